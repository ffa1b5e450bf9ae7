"""Reasons in a writer's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.api.wire import (
    AnimationRequest,
    AudioScript,
    FaceSquare,
    Provider,
    RenderConfig,
    TalkRequest,
    TextScript,
    VoiceConfig,
)
from didgen.catalog.versions import ENGINE
from didgen.plan.identity import identity_of, service_id
from didgen.plan.reasons import changes
from didgen.plan.scene import Input

PHOTO = {"source_url": Input(Path("/p"), "ab")}


def talk(text: str = "Good morning", voice: str = "heart", service: str = "local", **more: Any) -> dict[str, Any]:
    config = more.pop("config", None)
    inputs = more.pop("inputs", PHOTO)
    rate = more.pop("rate", None)
    provider = Provider(type="didgen", voice_id=voice, voice_config=VoiceConfig(rate=rate) if rate else None)
    script = more.pop("script", None) or TextScript(input=text, provider=provider)
    request = TalkRequest(source_url="file:///p", script=script, config=config and RenderConfig(**config), **more)
    return identity_of(request, inputs, service_id(service))


def recording(digest: str) -> dict[str, Any]:
    inputs = {**PHOTO, "audio_url": Input(Path("/a"), digest)}
    return talk(script=AudioScript(audio_url="file:///a"), inputs=inputs)


def driven(digest: str) -> dict[str, Any]:
    return talk(driver_url="file:///d.mp4", inputs={**PHOTO, "driver_url": Input(Path("/d.mp4"), digest)})


def lit(digest: str) -> dict[str, Any]:
    request = AnimationRequest(source_url="file:///p", config=RenderConfig(overlay="file:///o.mov"))
    inputs = {**PHOTO, "overlay_url": Input(Path("/o.mov"), digest)}
    return identity_of(request, inputs, service_id("local"))


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        (talk(), talk(), ()),
        (talk(), talk("Good evening"), ("script changed: Good [morning → evening]",)),
        (talk(), talk(voice="am_michael"), ("voice changed: heart → am_michael",)),
        (talk(), talk(rate="0.9"), ("voice.rate changed: not set → 0.9",)),
        (talk(rate="0.8"), talk(rate="0.9"), ("voice.rate changed: 0.8 → 0.9",)),
        (talk(), talk(inputs={"source_url": Input(Path("/p"), "cd")}), ("source image changed",)),
        (talk(), talk(config={"stitch": True}), ("config.stitch changed: false → true",)),
        (talk(), talk(config={"pad_audio": 2.0}), ("config.pad_audio changed: 0.0 → 2.0",)),
        (talk(), talk(config={"output_resolution": 720}), ("config.output_resolution changed: not set → 720",)),
        (
            talk(),
            talk(face=FaceSquare(size=9, top_left=(1, 2))),
            ("face changed",),
        ),
        (talk(), talk(driver_url="bank://lively/"), ("driver changed: chosen to fit → lively",)),
        (
            talk(driver_url="bank://lively/"),
            talk(driver_url="bank://subtle/driver-02"),
            ("driver changed: lively → subtle/driver-02",),
        ),
        (talk(driver_url="bank://lively/"), driven("1"), ("driver changed: lively → a video",)),
        (driven("1"), driven("2"), ("driver video changed",)),
        (recording("1"), recording("2"), ("audio changed",)),
        (lit("1"), lit("2"), ("overlay changed",)),
        (talk(), recording("1"), ("script changed: text to speak → a recording",)),
        (
            talk(),
            identity_of(AnimationRequest(source_url="file:///p"), PHOTO, service_id("local")),
            ("was a talk, is an animation now",),
        ),
        (talk(service="d-id"), talk(service="https://x.org"), ("rendered by api.d-id.com, now by x.org",)),
        (
            talk(),
            talk("Good evening", "am_puck", config={"stitch": True}),
            (
                "voice changed: heart → am_puck",
                "script changed: Good [morning → evening]",
                "config.stitch changed: false → true",
            ),
        ),
    ],
)
def test_what_changed_is_said(old: dict[str, Any], new: dict[str, Any], reasons: tuple[str, ...]) -> None:
    """One sentence for each change, in the words of the project file."""
    assert reasons == changes(old, new)


def test_engine_and_models_have_words() -> None:
    """A new engine is one reason; within one engine the models that changed are named."""
    old = talk()
    engine = {**old, "service": {**old["service"], "engine": ENGINE + 1}}
    assert (f"rendered by engine {ENGINE}, now {ENGINE + 1}",) == changes(old, engine)
    models = {**old, "service": {"engine": ENGINE, "models": {**old["service"]["models"], "hibari.onnx": "new"}}}
    assert ("the engine's models changed: hibari.onnx",) == changes(old, models)
    other_voice = talk(voice="am_michael")
    assert ("voice changed: heart → am_michael",) == changes(old, other_voice), "a voice brings its own models"
    assert ("fingerprints of format 1, now 2",) == changes(old, {**old, "format": 2})


json_leaves = st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2)
requests = st.dictionaries(
    st.sampled_from(["source_url", "driver_url", "config", "face", "script", "later"]),
    json_leaves | st.dictionaries(st.sampled_from(["input", "type", "provider", "x"]), json_leaves, max_size=3),
)


@given(requests, requests)
def test_a_difference_never_goes_unexplained(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Two identities that differ have a reason, also of shapes we do not know yet; equal ones have none."""
    a, b = ({"format": 1, "kind": "talk", "service": {"host": "h"}, "request": r} for r in (old, new))
    assert (a != b) == bool(changes(a, b))
