"""From the wire to the engine and through a pipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from didgen.api.wire import AnimationRequest, RenderConfig, TalkRequest
from didgen.engine.motion.driver_video import LIMIT_S
from didgen.engine.shot import AudioScript, Config, Expression, FaceSquare, Logo, Shot, TextScript
from didgen.errors import RenderError
from didgen.jobs.shots import file_path, length_guess_s, shot_from_json, shot_to_json, to_shot


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "Anna Größe #1.jpg"
    path.write_bytes(b"picture")
    return path


def talk(photo: Path, **changes: Any) -> TalkRequest:
    body = {"source_url": photo.as_uri(), "script": {"type": "text", "input": "Hello"}, **changes}
    return TalkRequest.model_validate(body)


def test_a_talk_becomes_a_shot(photo: Path) -> None:
    """Every field that the engine knows arrives."""
    config = {
        "stitch": True,
        "fluent": True,
        "pad_audio": 1.5,
        "output_resolution": 720,
        "result_format": "mov",
        "driver_expressions": {
            "expressions": [{"start_frame": 5, "expression": "happy", "intensity": 0.7}],
            "transition_frames": 3,
        },
    }
    request = talk(photo, config=config, driver_url="bank://lively", face={"size": 50, "top_left": [10, 20]})
    shot, notes = to_shot(request)
    assert (photo, TextScript("Hello", "heart"), "bank://lively") == (shot.source, shot.script, shot.driver)
    assert FaceSquare(left=10, top=20, size=50) == shot.face
    assert (
        Config(
            stitch=True,
            fluent=True,
            pad_audio_s=1.5,
            output_resolution=720,
            result_format="mov",
            expressions=(Expression("happy", 5, 0.7),),
            transition_frames=3,
        )
        == shot.config
    )
    assert () == notes


def test_an_animation_moves_less_by_default(photo: Path) -> None:
    """The service's defaults differ by kind: 1 for talks, 0.75 for animations."""
    shot, _ = to_shot(AnimationRequest(source_url=photo.as_uri()))
    assert (None, 0.75, True) == (shot.script, shot.config.motion_factor, shot.config.mute)
    assert 1.0 == to_shot(talk(photo))[0].config.motion_factor


def test_every_shot_survives_the_pipe(photo: Path) -> None:
    """As JSON and back, equal: texts, recordings, driver names and driver files, faces, expressions."""
    shots = [
        to_shot(talk(photo, config={"driver_expressions": {"expressions": []}}))[0],
        Shot(photo, AudioScript(photo), photo, Config(expressions=(Expression("happy", 1, 0.5),)), seed=2**62),
        Shot(photo, None, "bank://fun/driver-01", face=FaceSquare(1, 2, 3)),
        Shot(photo, TextScript("Grüße", "am_puck", 1.2, True), config=Config(logo=Logo(photo, -5, 7))),
        Shot(photo, None, config=Config(logo=None)),
        Shot(photo, None, config=Config(overlay=photo)),
    ]
    for shot in shots:
        assert shot == shot_from_json(json.loads(json.dumps(shot_to_json(shot))))


def test_the_seed_is_the_pictured_persons(photo: Path, tmp_path: Path) -> None:
    """A moved file, another text, config or driver leave it; another photo or another face in it does not."""
    moved = tmp_path / "b.jpg"
    moved.write_bytes(b"picture")
    seed = to_shot(talk(photo))[0].seed
    same = [
        talk(moved),
        talk(photo, config={"stitch": True}),
        talk(photo, script={"type": "text", "input": "Hallo"}),
        talk(photo, script={"type": "text", "input": "Hello", "subtitles": True}),
        talk(photo, config={"logo": False, "sharpen": False, "fluent": True, "motion_factor": 0.5}),
        talk(photo, driver_url="bank://lively/driver-02"),
        talk(photo, user_data="x", webhook="https://a.example"),
    ]
    assert {seed} == {to_shot(request)[0].seed for request in same}
    assert seed != to_shot(talk(photo, face={"top_left": [1, 2], "size": 3}))[0].seed
    moved.write_bytes(b"another picture")
    assert seed != to_shot(talk(moved))[0].seed
    assert 0 <= seed < 2**63


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(None, 1.0), ("0.9", 0.9), ("slow", 0.75), ("+10%", 1.1), ("-20%", 0.8), ("9", 2.0), ("0.01", 0.5)],
)
def test_a_voices_rate_is_a_pace(photo: Path, rate: str | None, expected: float) -> None:
    """In each of the service's forms, held between half and double."""
    provider = {"type": "didgen", "voice_id": "heart", "voice_config": {"rate": rate}}
    shot, _ = to_shot(talk(photo, script={"type": "text", "input": "Hello", "provider": provider}))
    assert isinstance(shot.script, TextScript)
    assert expected == pytest.approx(shot.script.rate)


def test_a_voice_of_the_service_is_cast(photo: Path) -> None:
    """A request that comes by HTTP may name any provider; who stands in is said."""
    provider = {"type": "microsoft", "voice_id": "en-US-JennyNeural"}
    shot, notes = to_shot(talk(photo, script={"type": "text", "input": "Hello", "provider": provider}))
    assert isinstance(shot.script, TextScript)
    assert "heart" == shot.script.voice
    assert any("en-US-JennyNeural" in note for note in notes)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"source_url": "https://example.com/a.jpg"}, "BadRequestError"),
        ({"source_url": "file:///nowhere/a.jpg"}, "BadRequestError"),
        ({"script": {"type": "audio", "audio_url": "s3://bucket/a.mp3"}}, "BadRequestError"),
        ({"driver_url": "https://example.com/d.mp4"}, "DriverError"),
        ({"config": {"logo": {"url": "https://example.com/l.png", "position": [0, 0]}}}, "LogoError"),
        (
            {
                "script": {
                    "type": "text",
                    "input": "Hi",
                    "provider": {"type": "didgen", "voice_id": "heart", "voice_config": {"rate": "quick"}},
                }
            },
            "ValidationError",
        ),
        (
            {"script": {"type": "text", "input": "Hi", "provider": {"type": "didgen", "voice_id": "hart"}}},
            "TextToSpeechProviderError",
        ),
        ({"script": {"type": "text", "input": "Добро пожаловать"}}, "ValidationError"),
        ({"script": {"type": "text", "input": "… !? 😀"}}, "ValidationError"),
    ],
)
def test_what_the_engine_cannot_do_is_refused(photo: Path, changes: dict[str, Any], kind: str) -> None:
    """In the service's kinds, before anything is rendered."""
    with pytest.raises(RenderError) as caught:
        to_shot(talk(photo, **changes))
    assert kind == caught.value.kind


def test_what_ssml_says_is_not_judged_before_it_is_parsed(photo: Path) -> None:
    """Each of its voices reads its own."""
    text = "<speak><voice name='ru-RU-SvetlanaNeural'>Добро пожаловать</voice></speak>"
    shot, _ = to_shot(talk(photo, script={"type": "text", "input": text, "ssml": True}))
    assert isinstance(shot.script, TextScript)
    assert text == shot.script.text


def test_a_logo_is_a_picture_the_mark_or_nothing(photo: Path) -> None:
    """Unset and true are the mark, as at the service; false is neither; a place may be negative."""
    for given, logo in [
        ({}, "ai"),
        ({"logo": None}, "ai"),
        ({"logo": True}, "ai"),
        ({"logo": False}, None),
        ({"logo": {"url": photo.as_uri(), "position": [-90, 4]}}, Logo(photo, -90, 4)),
    ]:
        assert logo == to_shot(talk(photo, config=given))[0].config.logo


def test_an_overlay_is_an_animations(photo: Path) -> None:
    """A file; nothing to a talk; what is not here is refused in the service's kind."""
    given: dict[str, Any] = {"overlay": photo.as_uri()}
    assert photo == to_shot(AnimationRequest(source_url=photo.as_uri(), config=RenderConfig(**given)))[0].config.overlay
    assert None is to_shot(talk(photo, config=given))[0].config.overlay
    for url in ("https://example.com/o.mp4", "file:///nowhere/o.mp4"):
        with pytest.raises(RenderError, match="invalid overlay") as caught:
            to_shot(AnimationRequest(source_url=photo.as_uri(), config=RenderConfig(overlay=url)))
        assert "VideoEnhanceError" == caught.value.kind


def test_file_urls_name_paths(photo: Path) -> None:
    """With spaces, umlauts and hashes; other URLs and other machines name none."""
    assert photo == file_path(photo.as_uri())
    assert None is file_path("https://example.com/a.jpg")
    assert None is file_path("file://elsewhere/a.jpg")


def test_the_guess_grows_with_the_script(photo: Path) -> None:
    """A minute of text is given more than a minute; a recording is judged by its size."""
    assert length_guess_s(Shot(photo, TextScript("x" * 900, "heart"))) == 75.0
    assert length_guess_s(Shot(photo, TextScript("x" * 900, "heart", rate=2.0))) < 40.0
    assert length_guess_s(Shot(photo, AudioScript(photo))) < 1.0
    assert length_guess_s(Shot(photo, None, "bank://classics")) == 60.0
    assert length_guess_s(Shot(photo, None, photo)) == LIMIT_S  # nothing is heard of a driver while it is followed
