"""What has left `didgen.lock`, field by field, and moving the lock to what the projects say now. Renders nothing.

Light to import, as most walks need none of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from didgen.errors import Place, Problem, ProjectError, UsageError
from didgen.secret import sealed_url
from didgen.walk.planned import OnNotice, Planned, plans_of
from didgen.walk.shortcut import Wish

if TYPE_CHECKING:
    from didgen.jobs.lockfile import Lock, Released
    from didgen.plan.scene import Scene

SHOWN = 20  # scenes named in a refusal; of each the lock is read for its line
MOVE = "didgen update moves the lock"


def check_locked(wanted: Wish, plans: Sequence[Planned]) -> None:
    """Raises ProjectError that names every field in which a scene differs from its lock, and scenes that only one of
    the two knows; UsageError for what no lock speaks of: drafts, and rendering by force."""
    if wanted.force:
        raise UsageError("--force renders again what is locked", hint="leave out --force or --locked")
    for planned in plans:
        _refuse_draft(planned)
    found = [(planned, address, what) for planned in plans for address, what in _left(planned)]
    problems = [_problem(wanted, *one) for one in found[:SHOWN]]
    if more := len(found) - len(problems):
        problems.append(Problem(f"and {more} more scene{'s' * (more != 1)}", hint=MOVE))
    if problems:
        raise ProjectError(problems)


def _problem(wanted: Wish, planned: Planned, address: str, what: str) -> Problem:
    from didgen.jobs.lockfile import NAME, line_of

    folder = planned.project.folder
    shown = os.path.relpath(folder / NAME, wanted.root).replace(os.sep, "/")
    return Problem(what, Place(shown, line_of(folder, address)), address, MOVE)


def _refuse_draft(planned: Planned) -> None:
    from didgen.walk.release import is_release

    if not is_release(planned.project, planned.service):
        own, asked = sealed_url(planned.project.spec.service), sealed_url(planned.service.name)
        raise UsageError(
            f"{planned.project.name} is released by {own}; what {asked} renders is a draft, and no draft is locked",
            hint="leave out --service, DIDGEN_SERVICE or the setting `service`",
        )


def _left(planned: Planned) -> Iterator[tuple[str, str]]:
    """Addresses that have left the lock, and how."""
    lock = planned.lock
    for scene in [decision.scene for decision in planned.plan.decisions]:
        one = lock.scenes.get(scene.address)
        if one is None:
            yield scene.address, "not in the lock so far"
        elif (one.fingerprint, one.service) != (scene.fingerprint, planned.service.name):
            yield scene.address, "; ".join(_how(one, scene, planned.service.name))
    if not planned.target.parts:
        present = {scene.address for scene in planned.scenes}
        gone = [address for address in lock.addresses(planned.project.name) if address not in present]
        yield from ((address, "locked, and no scene any more") for address in gone)


def _how(one: Released, scene: Scene, service: str) -> tuple[str, ...]:
    from didgen.plan.fields import drifted, fields_of

    if not one.fields:
        return ("changed since an older didgen locked it, which wrote down no fields",)
    was, now = one.fields, fields_of(scene.identity)
    if one.service == service:
        return drifted(was, now) or ("changed",)
    was, now = ({path: value for path, value in side.items() if not path.startswith("service.")} for side in (was, now))
    return (f"service: {sealed_url(one.service)} → {sealed_url(service)}", *drifted(was, now))


def update(wanted: Wish, on_notice: OnNotice) -> list[tuple[str, str]]:
    """Write what the projects say now into their locks; what moved, as address and how.

    A scene that is as locked keeps its entry, one that only has another name brings it along; of all others the lock
    knows the wish, and the output once it is built. Entries beyond the addresses asked for stay as they are.
    Raises what `plans_of` raises, UsageError, LockedError, StorageError.
    """
    from didgen.jobs.lockfile import NAME, read_lock, write_lock
    from didgen.store.artifacts import Artifacts
    from didgen.store.home import prepare
    from didgen.store.lock import build_lock

    with build_lock(prepare(wanted.root), wait=wanted.wait, on_wait=on_notice), Artifacts(wanted.root) as store:
        plans = plans_of(wanted, store, on_notice)
        moved = []
        for planned in plans:
            _refuse_draft(planned)
            moved += list(_left(planned))
        for planned in plans:
            folder = planned.project.folder
            write_lock(folder, _updated(planned, read_lock(folder, f"{folder.name}/{NAME}")))
        return moved


def _updated(planned: Planned, lock: Lock) -> Lock:
    scenes = [decision.scene for decision in planned.plan.decisions]
    fresh = {scene.address: _entry(lock, scene, planned.service.name) for scene in scenes}
    kept = lock.addresses(planned.project.name) if planned.target.parts else []
    return lock.merged(planned.project.name, kept, fresh)


def _entry(lock: Lock, scene: Scene, service: str) -> Released:
    from didgen.jobs.lockfile import Released
    from didgen.plan.fields import fields_of

    fields = fields_of(scene.identity)
    one = lock.scenes.get(scene.address)
    if one is None or (one.fingerprint, one.service) != (scene.fingerprint, service):
        one = lock.of(scene.fingerprint, service) or Released(scene.fingerprint, service, "", 0, 0.0)
    return replace(one, fields=fields)
