"""What decides a render, and what does not: fields in turn, golden values, models of the kind."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from didgen.api.wire import (
    AnimationRequest,
    AudioScript,
    DriverExpressions,
    ExpressionEntry,
    FaceSquare,
    Logo,
    Provider,
    RenderConfig,
    RenderRequest,
    TalkRequest,
    TextScript,
    VoiceConfig,
)
from didgen.catalog import versions
from didgen.engine.motion import expressions
from didgen.errors import UsageError
from didgen.plan.drawn import SHORTEST_TRANSITION
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.identity import INPUT_FIELDS, NOT_IDENTITY, identity_of, service_id
from didgen.plan.scene import Input

LOCAL, D_ID = service_id("local"), service_id("d-id")
MODELS = {"face_landmarks.tflite": "66"}
SPEECH_MODELS = {
    "hibari.onnx": "11", "kokoro-int8.onnx": "22", "am_puck.bin": "33", "af_bella.bin": "44", "viseme-net.npz": "55",
    "silero-vad.onnx": "56",
}  # fmt: skip

PROVIDER = Provider(
    type="microsoft",
    voice_id="en-US-JennyNeural",
    voice_config=VoiceConfig(
        style="Cheerful", rate="0.9", pitch="+2st", stability=0.5, similarity_boost=0.5, use_speaker_boost=True,
        apply_language_text_normalization=True,
    ),
    language="English",
    model_id="m",
)  # fmt: skip
CONFIG = RenderConfig(
    stitch=True, result_format="mov", fluent=True, pad_audio=1.5, logo=Logo(url="file:///l.png", position=(1, 2)),
    driver_expressions=DriverExpressions(
        expressions=(ExpressionEntry(start_frame=0, expression="happy", intensity=0.5),), transition_frames=4
    ),
    align_driver=False, align_expand_factor=0.5, auto_match=False, motion_factor=0.9, normalization_factor=0.5,
    sharpen=False, output_resolution=720, mute=False, reduce_noise=True,
    max_animated_faces=2, overlay="https://h.org/o.mp4",
)  # fmt: skip
FACE = FaceSquare(
    size=9, top_left=(3, 4), overlap="NO", face_id="f", detect_confidence=0.9, detection={"top": 1.0, "left": 2.0},
    sharpness=0.9, face_occluded=False, face_occluded_confidence=0.9,
)  # fmt: skip
FULL = TalkRequest(
    source_url="file:///photo.jpg", driver_url="bank://lively/", config=CONFIG, face=FACE, user_data="u", name="n",
    webhook="https://w", result_url="https://r", persist=True,
    script=TextScript(input="Hello there", provider=PROVIDER, ssml=True, subtitles=True),
)  # fmt: skip
RECORDING = FULL.model_copy(
    update={"script": AudioScript(audio_url="file:///a.wav", subtitles=True, reduce_noise=True)}
)
ANIMATION = AnimationRequest(**{k: v for k, v in dict(FULL).items() if k != "script"})
INPUTS = {"source_url": Input(Path("/photo.jpg"), "ab"), "logo_url": Input(Path("/l.png"), "cd")}
SOUND = {**INPUTS, "audio_url": Input(Path("/a.wav"), "ef")}

ANOTHER: dict[str, Any] = {
    "result_format": "mp4", "expression": "serious", "logo": False, "type": "amazon", "detection": {"top": 3.0},
}  # fmt: skip


def fingerprint(request: RenderRequest, inputs: dict[str, Input] | None = None, service: Any = D_ID) -> str:
    return fingerprint_of(identity_of(request, INPUTS if inputs is None else inputs, service))


def another(key: str, value: Any) -> Any:
    """Some other valid value of a field."""
    if key in ANOTHER:
        return ANOTHER[key]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1 if isinstance(value, int) else value / 2
    if isinstance(value, str):
        return value + "x"
    return tuple(reversed(value))


def variants(model: BaseModel, path: str = "") -> list[tuple[str, BaseModel]]:
    """A copy of a model for each of its fields, at any depth, in which just that field differs."""
    found: list[tuple[str, BaseModel]] = []
    for key in type(model).model_fields:
        value = getattr(model, key)
        if value in ("text", "audio"):
            continue  # which of the two a script is; told apart in test_kind_and_service_count
        if key == "expressions":
            inner = [(p, (v, *value[1:])) for p, v in variants(value[0], f"{path}{key}.")]
        elif isinstance(value, BaseModel):
            inner = variants(value, f"{path}{key}.")
        else:
            inner = [(f"{path}{key}", another(key, value))]
        found += [(name, model.model_copy(update={key: changed})) for name, changed in inner]
    return found


@pytest.mark.parametrize("request_", [FULL, RECORDING, ANIMATION], ids=["text", "audio", "animation"])
def test_every_field_counts_or_is_named(request_: RenderRequest) -> None:
    """Changing any field of a request, at any depth, gives a new fingerprint; only the named ones do not."""
    inputs = SOUND if request_ is RECORDING else INPUTS
    urls = {".".join(INPUT_FIELDS[name]) for name in inputs}
    changed = variants(request_)
    assert 30 < len(changed)
    seen = {fingerprint(request_, inputs)}
    for name, variant in changed:
        mark = fingerprint(variant, inputs)  # type: ignore[arg-type]
        if name in NOT_IDENTITY or name in urls:
            assert fingerprint(request_, inputs) == mark, name
        else:
            assert mark not in seen, name
            seen.add(mark)


MOODS = CONFIG.driver_expressions
VIDEO = {**INPUTS, "driver_url": Input(Path("/d.mp4"), "77")}


def local(request: RenderRequest, inputs: dict[str, Input] = INPUTS) -> str:
    return fingerprint(request, inputs, LOCAL)


def with_config(request: RenderRequest, **changes: Any) -> RenderRequest:
    assert request.config is not None
    return request.model_copy(update={"config": request.config.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("request_", "inputs", "ignored"),
    [
        (
            FULL,
            INPUTS,
            {"align_driver": True, "auto_match": True, "mute": True, "reduce_noise": False, "sharpen": True},
        ),
        (FULL, VIDEO, {"mute": True, "reduce_noise": False, "align_expand_factor": 0.1}),
        (ANIMATION, INPUTS, {"driver_expressions": None, "align_driver": True, "mute": True, "reduce_noise": False}),
        (ANIMATION, VIDEO, {"driver_expressions": None, "pad_audio": 0.0}),
        (RECORDING, SOUND, {"reduce_noise": False, "overlay": None}),
    ],
    ids=["talk", "talk by video", "animation", "animation by video", "recording"],
)
def test_what_the_local_engine_ignores_renders_nothing_again(
    request_: RenderRequest, inputs: dict[str, Input], ignored: dict[str, Any]
) -> None:
    """Options that are nothing to this kind of scene change its fingerprint at a service, and not here."""
    for key, value in ignored.items():
        variant = with_config(request_, **{key: value})
        assert local(request_, inputs) == local(variant, inputs), key
        assert fingerprint(request_, inputs) != fingerprint(variant, inputs), key


def test_what_the_local_engine_draws_counts_there() -> None:
    """The same options where they do something."""
    cropped = with_config(FULL, stitch=False)
    for request, inputs, changes in [
        (FULL, VIDEO, {"align_driver": True}),
        (FULL, VIDEO, {"auto_match": True}),
        (ANIMATION, VIDEO, {"mute": True}),
        (ANIMATION, INPUTS, {"pad_audio": 0.0}),
        (cropped, INPUTS, {"sharpen": True}),
        (cropped, INPUTS, {"align_expand_factor": 0.1}),
        (FULL, INPUTS, {"driver_expressions": None}),
        (FULL, INPUTS, {"output_resolution": 500}),
        (FULL, INPUTS, {"logo": Logo(url="file:///l.png", position=(1, 3))}),
        (ANIMATION, INPUTS, {"overlay": None}),
    ]:
        assert local(request, inputs) != local(with_config(request, **changes), inputs), changes


def test_how_many_faces_move_counts_where_several_may() -> None:
    """In a stitched animation that chooses no face; nothing said is five."""
    group = with_config(ANIMATION, stitch=True, max_animated_faces=None).model_copy(update={"face": None})
    assert local(group) == local(with_config(group, max_animated_faces=5))
    assert local(group) != local(with_config(group, max_animated_faces=2))
    for one in (
        group.model_copy(update={"face": FaceSquare(size=9, top_left=(3, 4))}),
        with_config(group, stitch=False),
    ):
        assert local(one) == local(with_config(one, max_animated_faces=2))


def test_a_song_is_heard_or_not() -> None:
    """`mute` of a driver that sings counts; of the other banks it is nothing."""
    song = ANIMATION.model_copy(update={"driver_url": "bank://classics/driver-amazing"})
    silent = ANIMATION.model_copy(update={"driver_url": "bank://fun/driver-01"})
    assert local(with_config(song, mute=True)) != local(with_config(song, mute=False))
    assert local(with_config(silent, mute=True)) == local(with_config(silent, mute=False))


def test_one_way_of_asking_is_as_good_as_another_locally() -> None:
    """Noise taken out by the script's word or config's; no expressions or an empty list; a transition of 0 or of 6
    frames, which is the engine's shortest; a face with or without what else a service tells of it; captions of a
    recording, whose words nobody knows."""
    quiet = RECORDING.model_copy(update={"script": AudioScript(audio_url="file:///a.wav", reduce_noise=True)})
    loud = RECORDING.model_copy(update={"script": AudioScript(audio_url="file:///a.wav")})
    assert local(RECORDING, SOUND) == local(quiet, SOUND) == local(loud, SOUND)
    assert local(loud, SOUND) != local(with_config(loud, reduce_noise=False), SOUND)
    empty = DriverExpressions(expressions=(), transition_frames=9)
    assert local(with_config(FULL, driver_expressions=empty)) == local(with_config(FULL, driver_expressions=None))
    assert MOODS is not None
    at_once = MOODS.model_copy(update={"transition_frames": SHORTEST_TRANSITION})
    assert local(FULL) == local(with_config(FULL, driver_expressions=at_once))
    assert local(FULL) == local(FULL.model_copy(update={"face": FaceSquare(size=9, top_left=(3, 4))}))
    assert SHORTEST_TRANSITION == expressions.SHORTEST_TRANSITION


@pytest.mark.parametrize("name", ["source_url", "logo_url", "audio_url"])
def test_inputs_count_by_their_bytes(name: str) -> None:
    """Another digest is another render; another place of the same bytes is not."""
    before = fingerprint(RECORDING, SOUND)
    assert before != fingerprint(RECORDING, {**SOUND, name: Input(SOUND[name].path, "99")})
    assert before == fingerprint(RECORDING, {**SOUND, name: Input(Path("/elsewhere"), SOUND[name].digest)})


def test_a_driver_video_counts_by_its_bytes() -> None:
    """A driver that is a file is an input like the picture."""
    request = FULL.model_copy(update={"driver_url": "file:///d.mp4"})
    one, two = ({**INPUTS, "driver_url": Input(Path("/d.mp4"), digest)} for digest in ("1", "2"))
    assert fingerprint(request, one) != fingerprint(request, two)


def test_an_overlay_counts_by_its_bytes() -> None:
    """Where it is drawn: another digest is another animation, another place of the same bytes is not."""
    before = local(ANIMATION, {**INPUTS, "overlay_url": Input(Path("/o.mov"), "1")})
    assert before != local(ANIMATION, {**INPUTS, "overlay_url": Input(Path("/o.mov"), "2")})
    assert before == local(with_config(ANIMATION, overlay="x"), {**INPUTS, "overlay_url": Input(Path("/p.mov"), "1")})


def test_defaults_are_written_out() -> None:
    """Writing a default and leaving it out is one render, for talks and for animations."""
    bare = TalkRequest(source_url="s", script=TextScript(input="Hello"))
    full = bare.model_copy(update={"config": RenderConfig(motion_factor=1, stitch=False, logo=True)})
    assert fingerprint(bare, {}) == fingerprint(full, {})
    still = AnimationRequest(source_url="s")
    moving = still.model_copy(update={"config": RenderConfig(motion_factor=0.75, mute=True)})
    assert fingerprint(still, {}) == fingerprint(moving, {})


def test_kind_and_service_count() -> None:
    """A talk, an animation, each service and each host are all different renders."""
    services = [LOCAL, D_ID, service_id("https://example.org"), service_id("http://127.0.0.1:8000")]
    requests = [(FULL, INPUTS), (RECORDING, SOUND), (ANIMATION, INPUTS)]
    marks = {fingerprint(request, inputs, who) for (request, inputs), who in itertools.product(requests, services)}
    assert 12 == len(marks)


def test_a_host_is_written_in_many_ways() -> None:
    """Capitals and a slash at the end make no other service."""
    assert service_id("https://API.example.org/").host == service_id("https://api.example.org").host
    assert service_id("https://api.d-id.com").is_d_id


def test_services_elsewhere_are_paid_and_those_on_this_machine_are_not_unless_it_is_said() -> None:
    """The local engine costs nothing whatever is said, D-ID always costs. It does not change what is rendered."""
    elsewhere = ["d-id", "https://api.d-id.com", "https://127.0.0.1.example.org", "https://localhost.org"]
    here = ["http://127.0.0.1:8000", "http://localhost/x", "http://[::1]:1", "https://127.0.0.1"]
    assert [True] * 4 == [service_id(name).paid for name in elsewhere]
    assert [False] * 4 == [service_id(name).paid for name in here]
    assert [True] * 8 == [service_id(name, paid_at_home=True).paid for name in elsewhere + here]
    assert not service_id("local", paid_at_home=True).paid
    with pytest.raises(UsageError, match=r"unknown service 'lokal' \(did you mean 'local'\?\)"):
        service_id("lokal")


@pytest.mark.parametrize(
    ("script", "models"),
    [
        (TextScript(input="Hello", provider=Provider(type="didgen", voice_id="heart")), {"hibari.onnx"}),
        (TextScript(input="Hello"), {"hibari.onnx"}),
        (
            TextScript(input="Hello", provider=Provider(type="didgen", voice_id="am_puck")),
            {"kokoro-int8.onnx", "am_puck.bin"},
        ),
        (AudioScript(audio_url="a"), {"viseme-net.npz", "silero-vad.onnx"}),
        (None, set()),
    ],
    ids=["heart", "default", "puck", "audio", "animation"],
)
def test_only_the_models_a_render_uses_count(script: Any, models: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A new speech model changes the talks it speaks and nothing else; a face model changes everything."""
    monkeypatch.setattr(versions, "MODELS", MODELS)
    monkeypatch.setattr(versions, "SPEECH_MODELS", SPEECH_MODELS)
    request: RenderRequest = AnimationRequest(source_url="s")
    if script is not None:
        request = TalkRequest(source_url="s", script=script)
    assert models | {"face_landmarks.tflite"} == set(identity_of(request, {}, LOCAL)["service"]["models"])


def test_a_model_nobody_knows_counts_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of the face is part of every identity."""
    monkeypatch.setattr(versions, "MODELS", {**MODELS, "new.net": "77"})
    assert "new.net" in identity_of(AnimationRequest(source_url="s"), {}, LOCAL)["service"]["models"]


def without_later(request: RenderRequest) -> RenderRequest:
    """A request without the fields that the models have got since: who does not use them must not notice."""
    config = CONFIG.model_copy(update={"max_animated_faces": None, "overlay": None})
    face = FACE.model_copy(update=dict.fromkeys(("sharpness", "face_occluded", "face_occluded_confidence")))
    return request.model_copy(update={"config": config, "face": face})


def test_golden_fingerprints(monkeypatch: pytest.MonkeyPatch) -> None:
    """These values may change only together with IDENTITY_FORMAT: everything rendered before would be lost."""
    monkeypatch.setattr(versions, "MODELS", MODELS)
    monkeypatch.setattr(versions, "SPEECH_MODELS", SPEECH_MODELS)
    monkeypatch.setattr(versions, "ENGINE", 1)
    monkeypatch.setattr(versions, "IDENTITY_FORMAT", 1)
    bare = TalkRequest(source_url="s", script=TextScript(input="Grüße, 世界"))
    assert GOLDEN == {
        "talk": fingerprint(without_later(FULL)),
        "recording": fingerprint(without_later(RECORDING), SOUND),
        "animation": fingerprint(without_later(ANIMATION)),
        "local": fingerprint(bare, {"source_url": Input(Path("/p"), "ab")}, LOCAL),
    }


GOLDEN = {
    "talk": "44148b90980d696c38a3b4f8e30f1241b80f74f8b0798a0c4ee5857c1f33c323",
    "recording": "134afaf3ff02c12590922f22971b30e4897ca9e3e005ca2f64edb03739b7c1e0",
    "animation": "00d2dc5b4f26468e3d3c3d9692d1100936b620dcb0908d24cca46e8bf2a5318e",
    "local": "609bf3368530426fa06910721c7faf11ce7074ff0647e2cd104e3782438b220d",
}


@pytest.mark.parametrize(
    ("name", "stated", "paid", "credit_s"),
    [
        ("local", None, False, None),
        ("d-id", None, True, 15),
        ("d-id", 0, True, 15),
        ("d-id", 60, True, 15),
        ("https://talks.example", None, True, None),
        ("https://talks.example", 20, True, 20),
        ("https://talks.example", 0, False, None),
        ("http://127.0.0.1:8000", None, True, 15),
        ("http://127.0.0.1:8000", 20, True, 20),
    ],
)
def test_what_a_credit_buys(name: str, stated: float | None, paid: bool, credit_s: float | None) -> None:
    """D-ID's price cannot be talked away; another service's is what is stated, and unknown, not 0, where nothing is."""
    service = service_id(name, paid_at_home=True, credit_s=stated)
    assert (paid, credit_s) == (service.paid, service.credit_s)


def test_a_link_signed_anew_is_no_other() -> None:
    """What signs a link that is passed on is neither kept nor counted; what else it asks for counts."""
    link = "https://h.org/d.mp4?v={}&X-Amz-Signature={}&X-Amz-Expires=60"
    links = [link.format(version, signature) for version, signature in ((1, 1), (1, 2), (2, 1))]
    first, again, second = (FULL.model_copy(update={"driver_url": url}) for url in links)
    assert fingerprint(first) == fingerprint(again) != fingerprint(second)
    identity = str(identity_of(first, INPUTS, D_ID))
    assert "h.org/d.mp4" in identity
    assert "Signature" not in identity
    spoken = FULL.model_copy(update={"script": TextScript(input="Go to https://h.org?token=5")})
    assert "token=5" in str(identity_of(spoken, INPUTS, D_ID))


def test_a_service_has_one_name() -> None:
    """Its jobs are known by it, so other ways to write it must not hide them."""
    assert {"d-id"} == {service_id(name).name for name in ("d-id", "https://api.d-id.com", "https://API.d-id.com/")}
    assert {"https://x.org/v1"} == {service_id(name).name for name in ("https://x.org/v1", "https://X.org/v1/")}
    assert service_id("https://api.d-id.com:8443").name == "https://api.d-id.com:8443"
