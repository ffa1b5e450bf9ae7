"""Whose turn a scene is, where several machines share a store: who renders or buys it, and who waits and fetches.

A scene is looked for in the store, and waited for while another build is at it; then it is claimed, made, published.
What blocks runs in threads, what touches the state does not.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from didgen.errors import TakenError
from didgen.plan.scene import Scene
from didgen.store.artifacts import Artifacts
from didgen.store.objects import DamagedObjectError
from didgen.store.owed import Owed
from didgen.store.rows import Artifact, JobRow
from didgen.store.shared import Others

if TYPE_CHECKING:
    from didgen.store.claims import Claim, Claims
    from didgen.store.shared import Shared

LOOK_S = (0.5, 5.0)
"""How long to wait before a scene that another build is at is looked for again: at first, and at most."""


@dataclass(frozen=True, slots=True)
class News:
    """What other machines did about buying a scene. jobs: those it was bought as; doubt: one that was perhaps sent;
    unsure: whether there was a guess before, which was left to now."""

    jobs: tuple[JobRow, ...] = ()
    doubt: JobRow | None = None
    unsure: bool = False

    def __bool__(self) -> bool:
        """Whether the account has to be asked again."""
        return bool(self.jobs or self.doubt or self.unsure)


class Alone:
    """The turns of a build that shares nothing: always its own."""

    def fetched(self, scene: Scene) -> bool:  # noqa: ARG002
        """Whether another machine made the video of a scene, and this build brought it."""
        return False

    async def elsewhere(self, scene: Scene) -> Artifact | None:  # noqa: ARG002
        """The video of a scene from the store, waiting for a build that is at it; None when it is to be made here."""
        return None

    async def take(self, scene: Scene) -> None:
        """Claim a scene. Raises TakenError when another build did, or has made it meanwhile."""

    async def news(self, scene: Scene, service: str) -> News:  # noqa: ARG002
        """What became known about buying a scene since this build asked the account."""
        return News()

    async def others(self, fingerprints: Collection[str]) -> Others:  # noqa: ARG002
        """What others did by now about scenes that are claimed by this build."""
        return Others()

    async def announce(self, row: JobRow) -> None:
        """A job is about to be sent. Raises TakenError when the scene is not ours any more; then nothing may be."""

    def settle(self, row: JobRow) -> None:
        """Nothing came of what was announced: it was refused, or never sent."""

    async def bought(self, row: JobRow) -> None:
        """The id of a job at its service is known."""

    async def publish(self, scene: Scene, artifact: Artifact) -> None:
        """The video of a scene is here."""

    async def leave(self, scene: Scene) -> None:
        """No video came of a scene."""

    async def close(self) -> None:
        """The build ends."""


class Turns(Alone):
    """The turns of a build that shares a store with others."""

    def __init__(
        self,
        shared: Shared,
        claims: Claims,
        store: Artifacts,
        *,
        known: Mapping[str, Collection[str]],
        unsure: Collection[str],
        on_notice: Callable[[str], None],
    ) -> None:
        """known: fingerprint → ids of jobs that were asked for already, before this build agreed to its bill. unsure:
        fingerprints of which a guess was left to their turn then."""
        self._shared, self._claims, self._store, self._owed = shared, claims, store, Owed(store)
        self._known, self._unsure, self._say = known, unsure, on_notice
        self._before: dict[str, Claim | None] = {}
        self._fetched: set[str] = set()

    def fetched(self, scene: Scene) -> bool:
        """See `Alone`."""
        return scene.fingerprint in self._fetched

    async def elsewhere(self, scene: Scene) -> Artifact | None:
        """See `Alone`. Raises StorageError."""
        told, pause_s = "", LOOK_S[0]
        while not self._shared.away:
            if (artifact := await self._bring(scene.fingerprint)) is not None:
                self._fetched.add(scene.fingerprint)
                return artifact
            holder = await asyncio.to_thread(self._claims.holder, scene.fingerprint)
            if holder is None:
                break
            if told != holder.owner:
                told = holder.owner
                self._say(f"{scene.address}: {holder.who} is at it; waiting for its video")
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))
            pause_s = min(LOOK_S[1], pause_s * 1.5)
        return None

    async def _bring(self, fingerprint: str) -> Artifact | None:
        entry = await asyncio.to_thread(self._shared.entry, fingerprint)
        if entry is None or not await asyncio.to_thread(self._shared.bring, entry, self._store.objects):
            return None
        return self._store.take_in(entry.sidecar, entry.record)

    async def take(self, scene: Scene) -> None:
        """See `Alone`. What is in the index by now was put there before the claims on it went."""
        self._before[scene.fingerprint] = await asyncio.to_thread(self._claims.take, scene.fingerprint)
        if await self._is_there(scene.fingerprint):
            await asyncio.to_thread(self._claims.finish, scene.fingerprint)
            raise TakenError("another build has made it")

    async def _is_there(self, fingerprint: str) -> bool:
        """Whether the store has a video of a fingerprint that can be used, as far as was seen up to now."""
        if fingerprint in self._shared.damaged:
            return False
        return await asyncio.to_thread(self._shared.entry, fingerprint) is not None

    async def news(self, scene: Scene, service: str) -> News:
        """See `Alone`."""
        rows = await asyncio.to_thread(self._shared.jobs, scene.fingerprint, service)
        before = self._before.get(scene.fingerprint)
        fresh = tuple(row for row in rows if row.remote not in self._known.get(scene.fingerprint, ()))
        unsure = scene.fingerprint in self._unsure
        if before is None or not before.sent or before.sent in {row.id for row in rows}:
            return News(fresh, None, unsure)
        known = self._store.state.job(before.sent)
        if known is not None and known.state in ("done", "failed", "forgotten"):
            return News(fresh, None, unsure)
        doubt = JobRow(before.sent, scene.fingerprint, scene.address, service, "intent", began=before.sent_s)
        return News(fresh, known or doubt, unsure)

    async def others(self, fingerprints: Collection[str]) -> Others:
        """What others did by now about scenes that are claimed by this build."""
        told = await asyncio.to_thread(self._shared.others, fingerprints)
        return replace(told, begun=frozenset())

    async def announce(self, row: JobRow) -> None:
        """See `Alone`. Claims may have gone because the scene was made: so the index is asked last."""
        await asyncio.to_thread(self._claims.announce, row.fingerprint, row.id)
        if await self._is_there(row.fingerprint):
            await asyncio.to_thread(self._claims.finish, row.fingerprint)
            raise TakenError("another build has made it")

    def settle(self, row: JobRow) -> None:
        """See `Alone`."""
        self._claims.settle(row.fingerprint)

    async def bought(self, row: JobRow) -> None:
        """See `Alone`."""
        await asyncio.to_thread(self._shared.note_job, row)
        self._claims.settle(row.fingerprint)

    async def publish(self, scene: Scene, artifact: Artifact) -> None:
        """See `Alone`."""
        try:
            there = await asyncio.to_thread(self._owed.publish, artifact, self._shared)
        except DamagedObjectError as error:
            self._say(f"{scene.address} is not shared: {error}")
            there = False
        end = self._claims.finish if there else self._claims.leave
        await asyncio.to_thread(end, artifact.fingerprint)

    async def leave(self, scene: Scene) -> None:
        """See `Alone`."""
        await asyncio.to_thread(self._claims.leave, scene.fingerprint)

    async def close(self) -> None:
        """See `Alone`."""
        await asyncio.to_thread(self._claims.close)


class Anew(Alone):
    """The turns of a build that is to render again what is there: it asks nobody, and replaces what others have."""

    def __init__(self, shared: Shared, store: Artifacts) -> None:
        self._shared, self._owed = shared, Owed(store)

    async def bought(self, row: JobRow) -> None:
        """See `Alone`."""
        await asyncio.to_thread(self._shared.note_job, row)

    async def publish(self, scene: Scene, artifact: Artifact) -> None:  # noqa: ARG002
        """See `Alone`."""
        await asyncio.to_thread(lambda: self._owed.publish(artifact, self._shared, anew=True))
