"""What must be done, and why. Decides and does not do: what exists is asked through functions that are handed in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from didgen.plan import reasons
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.scene import Decision, Known, Plan, Scene

Lookup = Callable[[str], Known | None]
Last = Callable[[str], Mapping[str, Any] | None]
Delivered = Callable[[Scene, Known], bool]


def make_plan(
    project_name: str,
    scenes: Sequence[Scene],
    lookup: Lookup,
    last: Last,
    delivered: Delivered,
    *,
    present: Callable[[Scene], bool] = lambda scene: False,  # noqa: ARG005
    moved: Callable[[Scene], str] = lambda scene: "",  # noqa: ARG005
    force: bool = False,
    stopped: Callable[[Scene], str] = lambda scene: "",  # noqa: ARG005
    known_addresses: Collection[str] = (),
) -> Plan:
    """Decide for every scene.

    lookup: what is stored for a fingerprint. last: the identity that an address was last built from. delivered: whether
    the scene's output file is there and is what is stored; present: whether it is there; moved: the file it was before
    its place changed. stopped: why a scene may not be made, "" for nothing. known_addresses: those that have outputs;
    the ones no scene makes any more become `stale`.
    Of scenes with one fingerprint only the first has a reason of its own: the others say whose video they share, and
    one rendering serves all.
    """
    first: dict[str, Scene] = {}
    decisions = []
    for scene in scenes:
        if why := stopped(scene):
            decisions.append(Decision(scene, "stop", (why,)))
            continue
        shared = first.setdefault(scene.fingerprint, scene)
        decision = _decide(scene, lookup, last, delivered, present, moved, force=force)
        if decision.action == "render" and shared is not scene:
            decision = Decision(scene, "render", (f"the same video as {shared.address}, rendered once",))
        decisions.append(decision)
    made = {scene.address for scene in scenes}
    return Plan(project_name, tuple(decisions), tuple(a for a in sorted(known_addresses) if a not in made))


def _decide(
    scene: Scene,
    lookup: Lookup,
    last: Last,
    delivered: Delivered,
    present: Callable[[Scene], bool],
    moved: Callable[[Scene], str],
    *,
    force: bool,
) -> Decision:
    if force:
        return Decision(scene, "render", (reasons.FORCED,))
    known = lookup(scene.fingerprint)
    if known is not None and delivered(scene, known):
        return Decision(scene, "reuse", (), length_s=known.duration_s)
    before = last(scene.address)
    changed = reasons.changes(before, scene.identity, scene.spelling) if before is not None else ()
    if known is not None:
        rendered_before = tuple(f"{reason}, rendered before" for reason in changed)
        why = rendered_before or (_why_restored(scene, present, moved),)
        return Decision(scene, "restore", why, length_s=known.duration_s)
    if before is None:
        return Decision(scene, "render", (reasons.NEW,))
    upgrade = reasons.only_upgraded(before, scene.identity) and lookup(fingerprint_of(before)) is not None
    return Decision(scene, "render", changed or (reasons.OBJECT_MISSING,), upgrade)


def _why_restored(scene: Scene, present: Callable[[Scene], bool], moved: Callable[[Scene], str]) -> str:
    if present(scene):
        return reasons.OUTPUT_CHANGED
    before = moved(scene)
    return f"{reasons.OUTPUT_MOVED} {before}" if before else reasons.OUTPUT_MISSING


def to_render(plan: Plan) -> list[Scene]:
    """The scenes a build renders, each fingerprint once."""
    scenes = {d.scene.fingerprint: d.scene for d in reversed(plan.decisions) if d.action == "render"}
    return list(scenes.values())[::-1]
