"""The store that several machines share: opened as the settings say, read before a plan is carried out, pushed, pulled.

Light to import: obstore comes with the first use of a store that is configured.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from didgen.errors import UnreachableError, UsageError
from didgen.project.workspace import read_settings
from didgen.walk.planned import OnNotice, Planned, decide_again, plans_of
from didgen.walk.shortcut import Wish

if TYPE_CHECKING:
    from didgen.jobs.turns import Alone
    from didgen.store.artifacts import Artifacts
    from didgen.store.owed import Owed
    from didgen.store.rows import Artifact
    from didgen.store.shared import Entry, Others, Shared

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8

PAY_BACK_S = 20.0
"""For how long a build begins to put there what earlier ones could not."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a push or pull did, in scenes. already: nothing had to be done; missing: it is needed and is not there;
    damaged: it is there and cannot be used."""

    moved: int = 0
    already: int = 0
    missing: int = 0
    damaged: int = 0


def shared_store(root: Path, on_notice: OnNotice, *, push: bool | None = None) -> Shared | None:
    """The shared store of a workspace; None when it has none. push: whether to write there; None: as configured.

    Raises UsageError without obstore.
    """
    settings = read_settings(root, os.environ)
    if not settings.store:
        return None
    from didgen.store.shared import open_shared

    writes = settings.store_push if push is None else push
    return open_shared(settings.store, root, writes=writes, on_notice=on_notice)


@dataclass(slots=True)
class Sharing:
    """The shared store during one build. jobs: fingerprint → ids of jobs that other machines bought it as. unsure:
    fingerprints that others had begun when the account gave reason to guess."""

    shared: Shared | None = None
    jobs: dict[str, list[str]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)

    async def others(self, fingerprints: Collection[str]) -> Others:
        """What others did by now."""
        import asyncio

        from didgen.store.shared import Others

        if self.shared is None:
            return Others()
        told = await asyncio.to_thread(self.shared.others, fingerprints)
        self.unsure |= told.begun
        return told

    def turns(self, wanted: Wish, store: Artifacts, on_notice: OnNotice) -> Alone:
        """Whose turn a scene is, for the executor."""
        from didgen.jobs.turns import Alone, Anew, Turns

        if self.shared is None:
            return Alone()
        if wanted.force:
            return Anew(self.shared, store)
        from didgen.store.claims import Claims

        return Turns(self.shared, Claims(self.shared), store, known=self.jobs, unsure=self.unsure, on_notice=on_notice)


def read_through(wanted: Wish, plans: Sequence[Planned], store: Artifacts, on_notice: OnNotice) -> Sharing:
    """Bring what is to be rendered and is in the shared store, and decide again; what is to be bought, by what others
    bought it as.

    With --force nothing is brought.
    """
    shared = shared_store(wanted.root, on_notice)
    if shared is None or wanted.force:
        return Sharing(shared)
    brought = len(_bring(_to_render(plans), store, shared))
    if brought:
        on_notice(f"{brought} scene{'s' * (brought != 1)} brought from {shared.name}")
        for planned in plans:
            decide_again(wanted, store, planned)
    return Sharing(shared, _jobs(plans, shared))


def pay_back(sharing: Sharing, store: Artifacts, on_notice: OnNotice) -> None:
    """Put into the shared store what earlier builds made and could not put there: each once, none begun after
    PAY_BACK_S. What is still owed then is told, unless it is because the store is away, which is told anyway."""
    shared = sharing.shared
    if shared is None or not shared.writes:
        return
    from didgen.store.owed import Owed

    owed, until = Owed(store), time.monotonic() + PAY_BACK_S
    lacking = sorted(owed.fingerprints())
    made = {one.fingerprint: one for one in store.find_all(lacking).values() if one is not None}
    for fingerprint in lacking:
        if fingerprint not in made:
            owed.forget(fingerprint)

    def put(one: Artifact) -> bool:
        return time.monotonic() < until and bool(_pushed(one, store, owed, shared, on_notice))

    moved = sum(_at_once(put, made.values()))
    if moved:
        on_notice(f"{moved} scene{'s' * (moved != 1)} made earlier put into {shared.name}")
    if (left := len(owed.fingerprints())) and shared.writes:
        words = f"{left} scene{'s' * (left != 1)} made here"
        on_notice(f"{words} not in {shared.name} yet: the next build goes on with that")


def _to_render(plans: Sequence[Planned]) -> list[str]:
    from didgen.plan.planner import to_render

    return list(dict.fromkeys(scene.fingerprint for planned in plans for scene in to_render(planned.plan)))


def _jobs(plans: Sequence[Planned], shared: Shared) -> dict[str, list[str]]:
    pairs = [(one, p.service.name) for p in plans if p.service.paid for one in _to_render([p])]
    rows = _at_once(lambda pair: (pair[0], shared.jobs(*pair)), pairs)
    return {fingerprint: [row.remote for row in found] for fingerprint, found in rows if found}


def _bring(fingerprints: Iterable[str], store: Artifacts, shared: Shared) -> list[Artifact]:
    """Bring artifacts that are not here: files from threads, the state told from this one, one by one."""

    def fetched(fingerprint: str) -> Entry | None:
        entry = shared.entry(fingerprint)
        return entry if entry is not None and shared.bring(entry, store.objects) else None

    return [store.take_in(entry.sidecar, entry.record) for entry in _at_once(fetched, fingerprints) if entry]


def _at_once(do: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(do, items)


# -- by hand ---------------------------------------------------------------------------------------------------------


def pull(wanted: Wish, on_notice: OnNotice) -> Moved:
    """Bring what the projects as they are now need. Renders and delivers nothing: the next build does.

    Raises UsageError when there is no shared store, or no such folder; UnreachableError when it does not answer.
    """
    from didgen.store.artifacts import Artifacts
    from didgen.store.home import prepare
    from didgen.store.lock import build_lock

    shared = _needed(wanted.root, on_notice, push=False)
    with build_lock(prepare(wanted.root), on_wait=on_notice), Artifacts(wanted.root) as store:
        plans = plans_of(wanted, store, on_notice)
        needed = {d.scene.fingerprint for planned in plans for d in planned.plan.decisions if d.action != "stop"}
        lacking = sorted(one for one in needed if store.find(one) is None)
        moved = len(_bring(lacking, store, shared))
    damaged = len(shared.damaged)
    rest = len(lacking) - moved - damaged
    return _ended(shared, Moved(moved, len(needed) - len(lacking), rest, damaged))


def push(root: Path, on_notice: OnNotice) -> Moved:
    """Put every video that is stored here into the shared store, and every job that was bought and is not done.

    Raises UsageError when there is no shared store, or no such folder; UnreachableError when it does not answer or lets
    nothing be written.
    """
    from didgen.store.artifacts import Artifacts
    from didgen.store.owed import Owed

    shared = _needed(root, on_notice, push=True)
    with Artifacts(root) as store:
        videos = [one for one in store.state.artifacts().values() if _is_of_a_scene(store, one)]
        there = shared.fingerprints()
        lacking = [one for one in videos if one.fingerprint not in there]
        owed = Owed(store)
        for one in there & owed.fingerprints():
            owed.forget(one)
        results = list(_at_once(lambda one: _pushed(one, store, owed, shared, on_notice), lacking))
        for row in store.state.jobs():
            if row.remote and row.state == "submitted":
                shared.note_job(row)
    moved, damaged = results.count(True), results.count(None)
    if not shared.writes and not shared.away:
        raise UnreachableError(f"{shared.name} lets nothing be written; {moved} scenes were pushed before")
    return _ended(shared, Moved(moved, len(videos) - len(lacking), 0, damaged))


def _is_of_a_scene(store: Artifacts, one: Artifact) -> bool:
    """Films, posters and captions are made from the videos in no time, and known by them."""
    return "step" not in store.sidecar(one.fingerprint).get("identity", {"step": ""})


def _pushed(one: Artifact, store: Artifacts, owed: Owed, shared: Shared, on_notice: OnNotice) -> bool | None:
    from didgen.store.objects import DamagedObjectError

    try:
        return owed.publish(one, shared)
    except DamagedObjectError as error:
        on_notice(f"{store.sidecar(one.fingerprint).get('address', one.fingerprint[:12])}: {error}")
        return None


def _needed(root: Path, on_notice: OnNotice, *, push: bool) -> Shared:
    shared = shared_store(root, on_notice, push=push)
    if shared is None:
        raise UsageError(
            "this workspace has no shared store", hint="`store: s3://bucket/prefix` in didgen.yaml, or DIDGEN_STORE"
        )
    missing = shared.bucket.missing()
    if missing is not None:
        raise UsageError(
            f"the shared store {shared.name} is not there: no folder {missing}",
            hint="mount it or correct `store`; the first `didgen push` makes the last part of its name",
        )
    return shared


def _ended(shared: Shared, moved: Moved) -> Moved:
    if shared.away:
        raise UnreachableError(f"{shared.name} cannot be used; {moved.moved} scenes were moved before that")
    return moved
