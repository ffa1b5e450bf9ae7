"""What D-ID takes: refused at its place before anything is sent, or sent and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from didgen.api.wire import AnimationRequest, RenderConfig, RenderRequest, TalkRequest, TextScript
from didgen.errors import ProjectError, UsageError
from didgen.plan import terms
from didgen.plan.identity import service_id
from didgen.plan.scene import Scene
from tests import fakes
from tests.plan import resolving

HEAD = "didgen: 1\nname: demo\ndefaults: {source: photo.jpg}\nscenes:\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").write_bytes(fakes.photo())
    (tmp_path / "moves.mp4").write_bytes(b"video")
    return tmp_path


def scene(folder: Path, keys: str, service: str = "d-id", head: str = HEAD) -> Scene:
    return resolving.scenes(folder, f"{head}  - {{id: a, {keys}}}\n", service)[0]


def refusals(folder: Path, keys: str, service: str = "d-id", head: str = HEAD) -> list[str]:
    return resolving.refusals(folder, f"{head}  - {{id: a, {keys}}}\n", service)


TALK = "script: Hello"
OWN_VOICE = (
    "voice: {provider: elevenlabs, model_id: m, language: en, voice_config: {stability: 0.5, similarity_boost: 1, "
    "style: 0.3, rate: 0.9, use_speaker_boost: true, apply_language_text_normalization: true}}"
)


@pytest.mark.parametrize(
    ("keys", "where", "said"),
    [
        (f"script: '{'x' * 10_001}'", "5:21: scenes[0].script", "has 10,001 characters, and D-ID speaks at most"),
        (f"script: {{text: '<p>{'x' * 10_001}</p>', ssml: true}}", "scenes[0].script", "SSML tags not counted"),
        ("script: {audio: 's3://b/a.ogg'}", "5:29: scenes[0].script.audio", "D-ID does not take s3://b/a.ogg"),
        ("script: {audio: 's3://b/a.mp3?t=1+1'}", "scenes[0].script.audio", "no + : ~"),
        (f"{TALK}, source: 's3://b/a.webp'", "scenes[0].source", "not take s3://b/a.webp (a link to a .jpg, .png)"),
        (f"{TALK}, source: 's3://b/a.tiff?k=canary'", "scenes[0].source", "s3://b/a.tiff (a link"),
        ("source: 's3://b/a.webp'", "scenes[0].source", "(a link to a .jpg, .png, .tiff or .bmp)"),
        (f"{TALK}, driver: moves.mp4", "5:36: scenes[0].driver", "a driver video by https link only"),
        ("config: {overlay: moves.mp4}", "5:31: scenes[0].config.overlay", "an overlay by https link only"),
        ("config: {overlay: 'https://h.org/o.gif'}", "5:31: scenes[0].config.overlay", "an https link to an .mp4"),
        ("config: {overlay: 'https://h.org/o.gif?k=mp4'}", "scenes[0].config.overlay", "must be an https link"),
        (f'{TALK}, user_data: "a\\nb"', "5:39: scenes[0].user_data", "has more than one line"),
        (f"{TALK}, voice: {{provider: amazon}}", "5:35: scenes[0].voice", "names no voice_id, and amazon needs one"),
        (
            f"{TALK}, voice: {{provider: elevenlabs, voice_config: {{rate: 1.3}}}}",
            "5:79: scenes[0].voice.voice_config.rate", "elevenlabs takes a number from 0.7 to 1.2",
        ),
        (
            f"{TALK}, voice: {{provider: elevenlabs, voice_config: {{style: Cheerful}}}}",
            "scenes[0].voice.voice_config.style", "from 0 to 1",
        ),
        (
            f"{TALK}, voice: {{provider: elevenlabs, voice_config: {{stability: 1.5}}}}",
            "scenes[0].voice.voice_config.stability", "from 0 to 1",
        ),
        (f"{TALK}, webhook: 'http://h.org/x'", "scenes[0].webhook", ""),
        (f"{TALK}, face: {{size: 9, top_left: [8001, 0]}}", "scenes[0].face.top_left[0]", ""),
        ("config: {max_animated_faces: 6}", "scenes[0].config.max_animated_faces", ""),
        (f"{TALK}, config: {{max_animated_faces: 2}}", "scenes[0].config.max_animated_faces", "belongs to animations"),
        ("script: Hi", "5:21: scenes[0].script", "at least 3"),
    ],
)  # fmt: skip
def test_what_the_service_refuses_is_told_at_its_place(folder: Path, keys: str, where: str, said: str) -> None:
    """One fault, one problem, its limit in the words; nothing of a link but what is public."""
    (found,) = refusals(folder, keys)
    assert f"{where}: " in found
    assert said in found
    assert "canary" not in found


def test_a_fault_of_the_defaults_is_told_there(folder: Path) -> None:
    """Once, however many scenes share it."""
    head = HEAD.replace("photo.jpg}", "photo.jpg, driver: moves.mp4}") + "  - {id: b, script: Hello}\n"
    (found,) = refusals(folder, TALK, head=head)
    assert "project.yaml:3:39: defaults.driver: " in found


@pytest.mark.parametrize("service", ["local", "https://renders.example.org"])
def test_other_renderers_have_other_terms(folder: Path, service: str) -> None:
    """D-ID's limits are its own."""
    assert scene(folder, f"script: '{'x ' * 6_000}'", service)


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        (f"{TALK}, driver: lively", "driver"),
        (f"{TALK}, face: {{size: 9, top_left: [1, 2]}}", "face"),
        (f"{TALK}, persist: true", "persist"),
        (f"{TALK}, config: {{sharpen: false, motion_factor: 0.5}}", "config.motion_factor, config.sharpen"),
        (f"{TALK}, config: {{result_format: gif}}", "config.result_format: gif"),
        (f"{TALK}, config: {{logo: false}}", "config.logo: false"),
        ("script: {audio: 's3://b/a.mp3', reduce_noise: true}", "script.reduce_noise"),
        (f"{TALK}, voice: {{provider: playHT, voice_id: x}}", "the provider playHT"),
        (f"{TALK}, voice: {{provider: amazon, voice_id: Amy, voice_config: {{rate: 0.9}}}}", "voice.voice_config"),
        (f"{TALK}, voice: {{provider: google, voice_id: x, language: English}}", "voice.language"),
        (
            f"{TALK}, voice: {{voice_id: en-US-GuyNeural, model_id: m, voice_config: {{stability: 0.5, style: Sad}}}}",
            "voice.model_id, voice.voice_config.stability",
        ),
        ("name: Maria", "name"),
        ("config: {pad_audio: 2, fluent: true}", "config.fluent, config.pad_audio"),
    ],
)
def test_what_is_no_longer_documented_is_sent_and_said(folder: Path, keys: str, named: str) -> None:
    """All that a scene has of it in one note."""
    found = scene(folder, keys)
    kind = "talks" if "script" in keys else "animations"
    assert f"D-ID does not document {named} for {kind} any more; sent all the same" in found.notes
    sent = found.request.model_dump(exclude_unset=True)
    written = {"driver": "driver_url", "the provider playHT": "script", "voice": "script"}
    for name in named.split(", "):
        top = name.split(":")[0].split(".")[0]
        top = written.get(top, top)
        assert top in sent
        if "." in name and top == "config":
            assert name.split(":")[0].split(".")[1] in sent["config"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f"{TALK}, config: {{stitch: true}}", ["stitch needs an account whose plan allows it"]),
        ("driver: classics/driver-la-cucaracha", ["classics sings only with"]),
        ("driver: classics, config: {mute: false}", []),
        ("config: {overlay: 'https://h.org/o.mp4?k=1'}", ["https://h.org/o.mp4 is not pinned"]),
        ("config: {max_animated_faces: 2}", ["max_animated_faces counts with stitch only"]),
        (f"{TALK}, voice: {{provider: amazon, voice_id: Stephen}}", ["amazon's Stephen is not among the voices"]),
        (f"{TALK}, voice: {{provider: amazon, voice_id: Brian}}", []),
        (f"{TALK}, voice: {{voice_config: {{style: Cheerful}}}}", []),
        (f"{TALK}, {OWN_VOICE}", []),
        (f"{TALK}, config: {{pad_audio: 1, fluent: true}}, name: Maria, webhook: 'https://h.org/x', user_data: x", []),
        ("driver: nostalgia, face: {size: 9, top_left: [-1, 2]}", []),
    ],
)
def test_what_a_writer_should_know_and_no_more(folder: Path, keys: str, said: list[str]) -> None:
    """What is documented needs no word."""
    found = scene(folder, keys).notes
    assert len(said) == len(found)
    assert [] == [part for part, note in zip(said, found, strict=True) if part not in note]


def test_every_field_of_a_request_has_its_terms() -> None:
    """A field that the models get is either documented today, or said to be outdated: it cannot be forgotten."""
    everything: dict[str, Any] = {"face": {"size": 1, "top_left": [0, 0]}, "persist": False, "name": "n"}
    config = {key: field.default for key, field in RenderConfig.model_fields.items()}
    config |= {"motion_factor": 1.0, "output_resolution": 200, "reduce_noise": False, "driver_expressions": None}
    talk: RenderRequest = TalkRequest(source_url="s", driver_url="d", config=RenderConfig(**config), **everything,
                                      script=TextScript(input="x"))  # fmt: skip
    (note, *_) = terms.notes(talk)
    old = {"align_driver", "align_expand_factor", "auto_match", "motion_factor", "normalization_factor", "sharpen",
           "output_resolution", "reduce_noise"}  # fmt: skip
    assert {"driver", "face", "persist", *(f"config.{key}" for key in old)} == set(
        note.removeprefix("D-ID does not document ").split(" for talks")[0].split(", ")
    )
    animation = AnimationRequest(source_url="s", driver_url="d", config=RenderConfig(**config), **everything)
    (note, *_) = terms.notes(animation)
    assert {"name", "persist", "config.fluent", "config.pad_audio", *(f"config.{key}" for key in old)} == set(
        note.removeprefix("D-ID does not document ").split(" for animations")[0].split(", ")
    )


def test_a_language_has_a_voice_though_none_is_named(folder: Path) -> None:
    """The service's own choice is an English voice: a German text gets a German one, and the plan says so."""
    head = HEAD.replace("name: demo", "locale: de-AT")
    german = scene(folder, "script: Guten Tag", head=head)
    assert {"type": "microsoft", "voice_id": "de-DE-KatjaNeural"} == german.request.model_dump(exclude_unset=True)[
        "script"
    ]["provider"]
    assert ("de-DE-KatjaNeural speaks, as no voice is named",) == german.notes
    assert "provider" not in scene(folder, TALK).request.model_dump(exclude_unset=True)["script"]
    styled = scene(folder, "script: Guten Tag, voice: {voice_config: {style: Cheerful}}", head=head)
    assert "de-DE-KatjaNeural" == styled.request.script.provider.voice_id  # type: ignore[union-attr]


def test_the_local_engine_says_what_it_makes_no_use_of(folder: Path) -> None:
    """What is a service's alone, in one note."""
    keys = "webhook: 'https://h.org/x', persist: true, config: {max_animated_faces: 2}"
    found = scene(folder, keys, "local")
    (note,) = found.notes
    assert "the local engine makes no use of webhook, persist" == note
    assert scene(folder, "driver: nostalgia", "local").fingerprint != found.fingerprint
    assert scene(folder, "name: Maria", "local").fingerprint == found.fingerprint
    assert () == scene(folder, f"{TALK}, user_data: x, name: y", "local").notes


def test_a_signed_link_is_sent_and_shown_nowhere(folder: Path) -> None:
    """Neither in notes nor in what is kept; the request alone has it."""
    link = "https://u:canary@h.org/{}?X-Amz-Signature=canary&key=canary#canary"
    keys = (
        f"{TALK}, driver: '{link.format('d.mp4')}', webhook: '{link.format('w')}', result_url: '{link.format('r')}', "
        f"source: 's3://b/a.jpg?token=canary', config: {{logo: {{url: '{link.format('l.png')}', position: [1, 2]}}}}"
    )
    found = scene(folder, keys)
    assert 5 < str(found.request).count("canary")
    assert "canary" not in f"{found.notes} {found.identity}"
    assert 3 == sum("is not pinned" in note for note in found.notes)
    for key in ("webhook", "result_url"):
        assert "canary" not in refusals(folder, f"{TALK}, {key}: 'ftp://u:canary@h.org/x?token=canary'")[0]
    with pytest.raises(ProjectError, match=r"unknown service 'https://h\.org'"):
        scene(folder, TALK, head=HEAD.replace("name: demo", "service: 'https://u:canary@h.org'"))
    with pytest.raises(UsageError, match=r"unknown service 'https://h\.org'"):
        service_id("https://u:canary@h.org")
    wrong = refusals(folder, f"{TALK}, driver: '{link.format('d.mp4').replace('https', 'ftp')}'")
    assert "'ftp://h.org/d.mp4' is neither a file nor an https URL" in wrong[0]
    assert "canary" not in wrong[0]
