"""Prices: every job billed by itself, what is not known refused, and what joined scenes would cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from didgen.api.wire import AnimationRequest, AudioScript, Provider, RenderConfig, TalkRequest, TextScript
from didgen.plan.bill import Bill, bill_of, credits_for, total
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.identity import identity_of, service_id
from didgen.plan.scene import Input, Scene

D_ID = service_id("d-id")
UNKNOWN = service_id("https://talks.example")


def scene(
    name: str, seconds: float = 3.0, most_s: float = 0.0, *, text: str = "", photo: str = "a", **more: Any
) -> Scene:
    """A talk of its own words."""
    script = more.pop("script", None) or TextScript(input=text or f"Words of {name}.")
    request = TalkRequest(source_url="file:///a.jpg", script=script, **more)
    return resolved(name, request, seconds, most_s, photo, getattr(script, "input", ""))


def resolved(name: str, request: Any, seconds: float, most_s: float, photo: str = "a", spoken: str = "") -> Scene:
    inputs = {"source_url": Input(Path("/a.jpg"), photo)}
    identity = identity_of(request, inputs, D_ID)
    kind = "talk" if isinstance(request, TalkRequest) else "animation"
    mark = fingerprint_of(identity)
    output = Path(f"x/{name}.mp4")
    return Scene(f"x/{name}", kind, request, inputs, identity, mark, output, spoken, "en", seconds, most_s=most_s)


def names(scenes: list[Scene]) -> list[str]:
    return [one.address for one in scenes]


def test_credits_are_begun_quarter_minutes() -> None:
    """One credit for each fifteen seconds begun, and never none."""
    assert [1, 1, 1, 2, 2, 3] == [credits_for(s, 15) for s in (0, 1, 15, 15.1, 30, 30.04)]
    assert 1 == credits_for(0.1 + 0.2 + 14.7, 15)


def test_every_job_is_rounded_up_by_itself() -> None:
    """Forty talks of three seconds are forty credits; a range where a text may take longer."""
    bill = bill_of([scene(f"s{k}") for k in range(40)], D_ID)
    assert (40, 40, 120.0) == (bill.credits, bill.most, bill.seconds)
    assert "40 scenes from api.d-id.com, about 120 s: 40 credits" == bill.words
    bill = bill_of([scene("a", 12, 16.8), scene("b", 40, 40)], D_ID)
    assert (4, 5) == (bill.credits, bill.most)
    assert ["1 to 2 credits", "3 credits"] == [item.words for item in bill.items]


def test_one_rendering_for_several_scenes_is_billed_once() -> None:
    """Within a project and between two of them."""
    same = [scene(name, text="Same.") for name in ("a", "b")]
    assert 1 == bill_of(same, D_ID).credits
    both = total([bill_of(same[:1], D_ID), bill_of([same[1], scene("c")], D_ID)])
    assert (["x/a", "x/c"], 2) == ([item.address for item in both.items], both.credits)


def test_an_unknown_price_is_none_and_never_nothing() -> None:
    """One unknown price makes the total unknown, whatever is known of the others."""
    bill = bill_of([scene("a")], UNKNOWN)
    assert (None, None, ("talks.example",), "price unknown") == (
        bill.credits,
        bill.most,
        bill.unpriced,
        bill.items[0].words,
    )
    mixed = total([bill, bill_of([scene("b")], D_ID)])
    assert (None, ("talks.example", "api.d-id.com")) == (mixed.credits, mixed.hosts)
    assert 3 == bill_of([scene("a", 5)], service_id("https://talks.example", credit_s=2)).credits


@pytest.mark.parametrize("name", ["local", "http://127.0.0.1:8000", "https://talks.example"])
def test_what_is_free_is_on_no_bill(name: str) -> None:
    """The local engine, a server of one's own on this machine, and one of which that is stated."""
    assert Bill() == bill_of([scene("a")], service_id(name, credit_s=0))


def test_forty_short_talks_would_be_cheaper_as_one() -> None:
    """Eight credits instead of forty, and what that would mean."""
    scenes = [scene(f"s{k}") for k in range(40)]
    (hint,) = bill_of(scenes, D_ID, names(scenes)).hints
    assert (40, 1, 8, 40) == (hint.credits, hint.talks, hint.joined, len(hint.addresses))
    for part in ("x/s0 to s39", "bill 40 credits", "as one talk", "about 8", "bought again as a whole"):
        assert part in hint.words


def test_joined_talks_stay_within_what_the_service_takes() -> None:
    """Five minutes a talk, and ten thousand characters."""
    scenes = [scene(f"s{k}", 46.0) for k in range(12)]
    (hint,) = bill_of(scenes, D_ID, names(scenes)).hints
    assert (48, 2, 38) == (hint.credits, hint.talks, hint.joined)
    scenes = [scene(f"s{k}", 3.0, text=f"{k}" + "w" * 3000) for k in range(8)]
    (hint,) = bill_of(scenes, D_ID, names(scenes)).hints
    assert 3 == hint.talks


CONFIG = RenderConfig(stitch=True)
EXPRESSIONS = RenderConfig.model_validate(
    {"driver_expressions": {"expressions": [{"start_frame": 0, "expression": "happy", "intensity": 1}]}}
)


@pytest.mark.parametrize(
    "different",
    [
        {"photo": "b"},
        {"config": CONFIG},
        {"driver_url": "bank://lively/driver-02"},
        {"script": TextScript(input="Words.", provider=Provider(type="microsoft", voice_id="en-US-GuyNeural"))},
        {"script": TextScript(input="Words.", ssml=True)},
        {"script": AudioScript(audio_url="https://a.example/a.wav")},
        {"result_url": "https://a.example/b.mp4"},
    ],
)
def test_only_what_could_be_one_talk_is_called_so(different: dict[str, Any]) -> None:
    """Two talks that differ in anything but their words are two jobs, whatever that costs."""
    pair = [scene("a"), scene("b", **different)]
    assert () == bill_of(pair, D_ID, names(pair)).hints
    same = [scene("a"), scene("b")]
    assert 1 == len(bill_of(same, D_ID, names(same)).hints)


def test_expressions_belong_to_frames_of_their_own_video() -> None:
    """Two equal entries at frame 0 would not be one at frame 0."""
    pair = [scene(name, config=EXPRESSIONS) for name in ("a", "b")]
    assert () == bill_of(pair, D_ID, names(pair)).hints


def test_only_neighbours_in_the_film_can_be_joined() -> None:
    """Not without a film, not across another scene, and a scene that stands in the film twice is joined once."""
    a, b, c = scene("a"), scene("b"), scene("c")
    animation = resolved("d", AnimationRequest(source_url="file:///a.jpg"), 10.0, 15.0)
    assert () == bill_of([a, b], D_ID, []).hints
    assert () == bill_of([a, b, animation], D_ID, ["x/a", "x/d", "x/b"]).hints
    assert () == bill_of([a, b], D_ID, ["x/a", "x/c", "x/b"]).hints  # c is there already
    (hint,) = bill_of([a, b, c], D_ID, ["x/a", "x/b", "x/a", "x/b", "x/c"]).hints
    assert ("x/a", "x/b") == hint.addresses


def test_joining_that_saves_nothing_is_not_suggested() -> None:
    """Two talks of fifteen seconds are two credits either way."""
    pair = [scene("a", 15.0), scene("b", 15.0)]
    assert () == bill_of(pair, D_ID, names(pair)).hints
