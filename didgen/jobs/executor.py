"""Doing what a plan says: each decision carried out, a few scenes at a time, each equal render once.

How a video is made is the affair of `making`; here it is decided whether one is, whose turn it is, who waits for it,
where it is delivered and what became of the scene.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from didgen.api.job import Event, Service
from didgen.errors import (
    BudgetError,
    DidgenError,
    InterruptedBuildError,
    NotYetError,
    RenderError,
    TakenError,
    UnresolvedJobError,
)
from didgen.jobs.gate import Gate, HeldError
from didgen.jobs.making import Made, Maker, OnEvent
from didgen.jobs.outputs import Outputs
from didgen.jobs.purse import Purse
from didgen.jobs.stopping import stoppable
from didgen.jobs.turns import Alone
from didgen.plan.scene import Decision, Plan, Scene
from didgen.store.artifacts import Artifacts
from didgen.store.objects import DamagedObjectError, InputChangedError
from didgen.store.rows import Artifact

if TYPE_CHECKING:
    from didgen.jobs.search import Search

Action = Literal["rendered", "fetched", "reused", "restored", "failed", "planned"]
Rendering = dict[str, "asyncio.Task[Made]"]


def build_name() -> str:
    """A new name for a build; such names sort by the time they began at."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(2)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one decision. seconds: wall time, 0 where nothing was done. error: set when it failed.

    fetched: it was bought before this build, which brought its video. planned: nothing was done about it, because a
    refusal that another scene met concerns all.
    """

    scene: Scene
    action: Action
    artifact: Artifact | None = None
    seconds: float = 0.0
    error: DidgenError | None = None
    warnings: tuple[str, ...] = ()


async def execute(
    plan: Plan,
    service: Service,
    service_name: str,
    store: Artifacts,
    outputs: Outputs,
    gate: Gate,
    *,
    search: Search | None = None,
    purse: Purse | None = None,
    credit_s: float | None = None,
    rendering: Rendering | None = None,
    build: str = "",
    turns: Alone | None = None,
    on_event: OnEvent = lambda address, event: None,  # noqa: ARG005
    on_notice: Callable[[str], None] = lambda text: None,  # noqa: ARG005
) -> tuple[Outcome, ...]:
    """Carry out a plan; the outcomes in its order. A scene that fails does not stop the others.

    gate: the way in to the service, the same for all plans of a build. search: looks for a paid job whose answer was
    lost. purse: what may be bought, and for how much; nothing without one. credit_s: seconds that a credit buys.
    rendering: what this build rendered for other plans, by fingerprint; it is shared, and added to. build: this build's
    name in the state. turns: whose turn a scene is, where other machines build the same.

    Raises InterruptedBuildError after Ctrl-C or SIGTERM, with everything finished kept, and any other DidgenError
    that stops all scenes alike (a full disk, a service out of reach).
    """
    maker = Maker(
        service,
        service_name,
        store,
        outputs,
        gate,
        on_event,
        search,
        purse or Purse(),
        credit_s,
        build or build_name(),
        turns=turns or Alone(),
        on_notice=on_notice,
    )
    maker.forget_local_jobs()
    work = Work(maker, {} if rendering is None else rendering)
    tasks = [asyncio.create_task(work.carry_out(decision)) for decision in plan.decisions]
    with stoppable(tasks):
        try:
            return tuple(await asyncio.gather(*tasks))
        except asyncio.CancelledError:
            await work.stop(tasks)
            finished = sum(task.done() and not task.cancelled() and task.exception() is None for task in tasks)
            raise InterruptedBuildError(
                f"stopped: {finished} of {len(tasks)} scenes are finished and kept", hint=maker.left_running()
            ) from None
        except BaseException:
            await work.stop(tasks)
            raise
        finally:
            maker.snapshots.clear()


class Work:
    """What the scenes of one plan share while it is carried out.

    A rendering goes on when who waits for it is cancelled: `rendering` owns it, and `stop` ends it.
    """

    def __init__(self, maker: Maker, rendering: Rendering) -> None:
        """rendering: by fingerprint; it is shared with other plans, and added to."""
        self._maker, self._rendering = maker, rendering
        self._store, self._outputs, self._turns = maker.store, maker.outputs, maker.turns
        self._paid, self._tell = maker.service.paid, maker.on_event

    async def stop(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Cancel all that was started and wait until it has let go."""
        started = [*tasks, *self._rendering.values()]
        for task in started:
            if not task.cancelling():  # a second time would cut short the waiting for a killed worker's end
                task.cancel()
        await asyncio.gather(*started, return_exceptions=True)

    async def carry_out(self, decision: Decision) -> Outcome:
        """One scene, from its decision to its outcome."""
        scene, began = decision.scene, time.monotonic()
        try:
            if decision.action == "stop":
                raise RenderError("RightsError", "; ".join(decision.reasons))
            if decision.action != "render" and (artifact := self._at_hand(decision)) is not None:
                return Outcome(scene, "reused" if decision.action == "reuse" else "restored", artifact)
            artifact, warnings = await self._rendered(scene)
            self._deliver(scene, artifact)
        except (HeldError, BudgetError) as error:
            return Outcome(scene, "planned", None, 0.0, error)
        except (RenderError, InputChangedError, UnresolvedJobError, NotYetError) as error:
            kind = error.kind if isinstance(error, RenderError) else type(error).__name__
            self._tell(scene.address, Event("failed", kind=kind, message=str(error)))
            return Outcome(scene, "failed", None, time.monotonic() - began, error)
        self._tell(scene.address, Event("done"))
        bought_before = self._paid and not self._maker.purse.bought(scene.fingerprint)
        action: Action = "fetched" if bought_before or self._turns.fetched(scene) else "rendered"
        return Outcome(scene, action, artifact, time.monotonic() - began, None, warnings)

    def _at_hand(self, decision: Decision) -> Artifact | None:
        """The artifact of a scene that needs no rendering, delivered; None when it turns out to be damaged.

        Raises BudgetError where another rendering would have to be bought: nobody was asked about that.
        """
        artifact = self._restored(decision)
        if artifact is None and self._paid:
            message = "its stored video is missing or damaged, and another one may cost"
            raise BudgetError(message, hint="build again: it is fetched again where the service still has it")
        return artifact

    def _restored(self, decision: Decision) -> Artifact | None:
        scene = decision.scene
        artifact = self._store.find(scene.fingerprint)
        if artifact is None or decision.action == "reuse":
            return artifact
        try:
            self._deliver(scene, artifact)
        except DamagedObjectError:
            self._store.drop(scene.fingerprint)
            return None
        return artifact

    def _deliver(self, scene: Scene, artifact: Artifact) -> None:
        self._store.objects.deliver(artifact.object_digest, self._outputs.path(scene.output))
        self._outputs.note(scene.output, artifact.object_digest)
        self._store.state.point(self._outputs.key(scene.address), scene.fingerprint, scene.identity)

    async def _rendered(self, scene: Scene) -> Made:
        """The artifact of a scene and its warnings; scenes of one fingerprint wait for one rendering."""
        task = self._rendering.get(scene.fingerprint)
        if task is None:
            task = self._rendering[scene.fingerprint] = asyncio.ensure_future(self._in_turn(scene))
        return await asyncio.shield(task)

    async def _in_turn(self, scene: Scene) -> Made:
        """Bring the scene from another machine that made it or is at it, or make it; then the others know it too.

        A job of ours that runs already is seen to its end, whoever else is at the scene.
        """
        if self._maker.open_job(scene) is not None:
            return await self._shown(scene)
        while (found := await self._turns.elsewhere(scene)) is None:
            with suppress(TakenError):
                return await self._shown(scene)
        return found, tuple(self._store.facts(found).get("warnings", ()))

    async def _shown(self, scene: Scene) -> Made:
        try:
            made = await self._maker.make(scene)
        except (DidgenError, asyncio.CancelledError):
            await self._turns.leave(scene)
            raise
        await self._turns.publish(scene, made[0])
        return made
