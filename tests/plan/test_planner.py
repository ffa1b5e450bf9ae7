"""What is done with each scene, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from didgen.api.wire import AnimationRequest
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.identity import identity_of, service_id
from didgen.plan.planner import make_plan, to_render
from didgen.plan.reasons import only_upgraded
from didgen.plan.scene import Input, Known, Plan, Scene


def scene(name: str, driver: str = "bank://fun/") -> Scene:
    request = AnimationRequest(source_url="file:///p", driver_url=driver)
    identity = identity_of(request, {"source_url": Input(Path("/p"), "ab")}, service_id("d-id"))
    mark = fingerprint_of(identity)
    return Scene(f"x/{name}", "animation", request, {}, identity, mark, Path(f"x/{name}.mp4"), "", "en", 10.0)


def plan(
    *scenes: Scene,
    stored: tuple[Scene, ...] = (),
    built: Mapping[str, Scene] | None = None,
    there: tuple[str, ...] = (),
    **options: Any,
) -> Plan:
    """stored: scenes whose videos are kept. built: what each address was last made from. there: outputs that hold."""
    known = {s.fingerprint: Known(s.fingerprint, "o", "s", 1.0) for s in stored}
    last = {address: s.identity for address, s in (built or {}).items()}
    return make_plan("x", scenes, known.get, last.get, lambda s, _known: s.address in there, **options)


def decisions(made: Plan) -> list[tuple[str, tuple[str, ...]]]:
    return [(d.action, d.reasons) for d in made.decisions]


def test_a_new_scene_is_rendered() -> None:
    """Nothing known: render."""
    assert [("render", ("new scene",))] == decisions(plan(scene("a")))


def test_what_is_there_is_reused() -> None:
    """Stored and delivered: nothing to do, nothing to say."""
    a = scene("a")
    assert [("reuse", ())] == decisions(plan(a, stored=(a,), built={"x/a": a}, there=("x/a",)))


def test_a_changed_scene_is_rendered_with_the_change() -> None:
    """Other than last time: render, and say what changed."""
    made = plan(scene("a", "bank://dance/"), stored=(scene("a"),), built={"x/a": scene("a")}, there=("x/a",))
    assert [("render", ("driver changed: fun → dance",))] == decisions(made)


def test_what_only_an_upgrade_renders_again_is_marked() -> None:
    """Engine, models, form and the fitting of inputs are didgen's; any other change, and a lost video, are not."""
    inputs = {"source_url": {"sha256": "ab", "prepared": 1}, "driver_url": "bank://fun/"}
    old = {"format": 1, "kind": "talk", "service": {"engine": 1, "models": {"a": "1"}}, "request": inputs}
    newer = {**old, "format": 2, "service": {"engine": 2, "models": {"a": "2"}}}
    assert only_upgraded(old, newer)
    assert only_upgraded(old, {**old, "request": {**inputs, "source_url": {"sha256": "ab", "prepared": 2}}})
    assert not only_upgraded(old, old)
    assert not only_upgraded(old, {**newer, "kind": "animation"})
    assert not only_upgraded(old, {**newer, "service": {"host": "api.d-id.com"}})
    for changed in ({"driver_url": "bank://dance/"}, {"source_url": {"sha256": "cd"}}, {"config": {}}):
        assert not only_upgraded(old, {**newer, "request": {**inputs, **changed}})
    a = scene("a")
    before = replace(a, identity={**a.identity, "format": 0})
    before = replace(before, fingerprint=fingerprint_of(before.identity))
    (kept,) = plan(a, stored=(before,), built={"x/a": before}).decisions
    (lost,) = plan(a, built={"x/a": before}).decisions
    (forced,) = plan(a, stored=(before,), built={"x/a": before}, force=True).decisions
    assert (True, False, False) == (kept.upgrade, lost.upgrade, forced.upgrade)


def test_a_missing_output_is_put_back() -> None:
    """Stored but not delivered: copy it out, render nothing."""
    a = scene("a")
    assert [("restore", ("output file missing",))] == decisions(plan(a, stored=(a,), built={"x/a": a}))


def test_an_edited_output_is_put_back() -> None:
    """Something else lies where the video was delivered: the reason says so."""
    a = scene("a")
    made = plan(a, stored=(a,), built={"x/a": a}, present=lambda _scene: True)
    assert [("restore", ("output file is not what was delivered",))] == decisions(made)


def test_a_change_taken_back_is_put_back() -> None:
    """A scene changed to what was rendered before costs a copy."""
    now, before = scene("a"), scene("a", "bank://dance/")
    made = plan(now, stored=(now, before), built={"x/a": before})
    assert [("restore", ("driver changed: dance → fun, rendered before",))] == decisions(made)


def test_a_lost_video_is_rendered_again() -> None:
    """The same as last time, but its object is gone."""
    a = scene("a")
    assert [("render", ("its video is no longer in the store",))] == decisions(plan(a, built={"x/a": a}))


def test_force_renders_everything() -> None:
    """--force renders what is there, too."""
    a = scene("a")
    assert [("render", ("rendering was forced",))] == decisions(plan(a, stored=(a,), there=("x/a",), force=True))


def test_equal_scenes_are_rendered_once() -> None:
    """Scenes of one fingerprint share a rendering; the plan says whose."""
    a, b, c = scene("a"), scene("b"), scene("c", "bank://dance/")
    made = plan(a, b, c)
    assert [
        ("render", ("new scene",)),
        ("render", ("the same video as x/a, rendered once",)),
        ("render", ("new scene",)),
    ] == decisions(made)
    assert [a, c] == to_render(made)


def test_order_and_names_change_nothing() -> None:
    """Scenes swapped, and a scene renamed: no rendering, at most a copy."""
    a, b = scene("a"), scene("b", "bank://dance/")
    swapped = plan(b, a, stored=(a, b), built={"x/a": a, "x/b": b}, there=("x/a", "x/b"))
    assert ["reuse", "reuse"] == [d.action for d in swapped.decisions]
    renamed = plan(replace(a, address="x/z"), stored=(a,), built={"x/a": a})
    assert ["restore"] == [d.action for d in renamed.decisions]


def test_outputs_nobody_makes_any_more_are_listed() -> None:
    """An address that has outputs and no scene is stale."""
    assert ("x/gone",) == plan(scene("a"), known_addresses=("x/a", "x/gone")).stale
