"""What a lock keeps of an identity: enough to name the field that differs, and nothing that should not be committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.api.wire import TalkRequest
from didgen.plan.fields import drifted, fields_of
from didgen.plan.identity import identity_of, service_id
from didgen.plan.scene import Input

ANNA = "a" * 64
TEXT = "Good morning, everybody."


def fields(service: str = "d-id", voice: str = "en-US-JennyNeural", text: str = TEXT, **more: object) -> dict[str, str]:
    kind = "didgen" if service == "local" else "microsoft"
    script = {"type": "text", "input": text, "provider": {"type": kind, "voice_id": voice}}
    request = TalkRequest.model_validate({"source_url": "https://example.com/a.jpg", "script": script, **more})
    inputs = {"source_url": Input(Path("a.jpg"), str(more.pop("digest", ANNA)), prepared=1)}
    return fields_of({**identity_of(request, inputs, service_id(service)), "respelled": {"dee eye dee": "D-ID"}})


def test_each_field_has_one_short_value() -> None:
    """A voice, a number and a driver as they are; a text, a link and a file as the head of a digest."""
    found = fields(driver_url="bank://lively", config={"stitch": True})
    assert "en-US-JennyNeural" == found["request.script.provider.voice_id"]
    assert ("bank://lively", "true", "1") == (
        found["request.driver_url"],
        found["request.config.stitch"],
        found["request.config.motion_factor"],
    )
    assert (f"sha256:{'a' * 12}", "1") == (found["request.source_url"], found["request.source_url.prepared"])
    assert list(found) == sorted(found)
    assert all(len(value) <= 48 for value in found.values())
    assert not any(word in value for value in found.values() for word in ("morning", "dee", "example.com"))


def test_short_texts_are_not_repeated_either() -> None:
    """What is spoken may be one word, and is the author's."""
    assert fields(text="Hello")["request.script.input"].startswith("sha256:")


@pytest.mark.parametrize(
    ("change", "phrases"),
    [
        ({}, ()),
        ({"voice": "en-US-GuyNeural"}, ("voice: en-US-JennyNeural → en-US-GuyNeural",)),
        ({"text": "Good night."}, ("script: changed",)),
        ({"driver_url": "bank://lively"}, ("driver: not set → bank://lively",)),
        ({"config": {"stitch": True}}, ("config.stitch: false → true",)),
        ({"service": "https://example.com"}, ("service: api.d-id.com → example.com",)),
    ],
)
def test_the_field_that_differs_is_named(change: dict[str, object], phrases: tuple[str, ...]) -> None:
    """With what it was and is, where that can be told."""
    assert phrases == drifted(fields(), fields(**change))  # type: ignore[arg-type]


def test_models_are_told_when_they_changed_and_not_when_a_voice_brought_them() -> None:
    """A voice comes with its own."""
    nova, sky = fields("local", "af_nova"), fields("local", "af_sky")
    assert ("voice: af_nova → af_sky",) == drifted(nova, sky)
    model = next(path for path in nova if "nova" in path and path.startswith("service.models."))
    assert (f"{model.removeprefix('service.')}: changed",) == drifted(nova, {**nova, model: "sha256:0"})
    assert ("engine: 3 → 4",) == drifted({**nova, "service.engine": "3"}, {**nova, "service.engine": "4"})
