"""From a project as written to scenes: words, voices, inputs, requests, and every mistake at once."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import pytest

from didgen.api.wire import AudioScript, TextScript
from didgen.cli.inspect import _judged
from didgen.digest import sha256_bytes
from didgen.errors import ProjectError, UsageError
from didgen.media import kinds
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Input, Scene
from didgen.project.files import Files
from didgen.project.load import load_project
from didgen.quality.figures import Figures
from tests import fakes
from tests.media.test_clips import clip

HEAD = "didgen: 1\nname: demo\ndefaults: {source: photo.jpg}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").write_bytes(fakes.photo())
    with wave.open(str(tmp_path / "voice.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 16_000 * 3))
    return tmp_path


def scenes(folder: Path, text: str, service: str = "local", **options: Any) -> list[Scene]:
    (folder / "project.yaml").write_text(text)
    files = Files(folder)
    return resolve(load_project(folder / "project.yaml", files), files, service_id(service), **options)


def one(folder: Path, scene: str, service: str = "local", head: str = HEAD, **options: Any) -> Scene:
    return scenes(folder, f"{head}scenes:\n  - {{id: a, {scene}}}\n", service, **options)[0]


def refusals(folder: Path, text: str, service: str = "local") -> list[str]:
    with pytest.raises(ProjectError) as caught:
        scenes(folder, text, service)
    return [str(p) for p in caught.value.problems]


def sent(scene: Scene) -> dict[str, Any]:
    return scene.request.model_dump(exclude_unset=True)


def test_a_film_has_no_place_for_a_gif(folder: Path) -> None:
    """Named in `film` it is a mistake, at its place; in the film of all talks it is passed over."""
    gif = f"{HEAD}scenes:\n  - {{id: a, script: Hello}}\n  - {{id: b, script: Hello, config: {{result_format: gif}}}}\n"
    assert [Path("demo/a.mp4"), Path("demo/b.gif")] == [scene.output for scene in scenes(folder, gif)]
    (found,) = refusals(folder, gif + "film: [a, b]\n")
    assert "7:11: film[1]: b is a GIF" in found


def test_a_video_without_a_mark_is_said(folder: Path) -> None:
    """`logo: false` is the writer's choice, and the plan tells it; the mark and a logo of one's own need no words."""
    (said,) = one(folder, "script: Hello, config: {logo: false}").notes
    assert "logo: false" in said
    (folder / "logo.png").write_bytes(fakes.photo())
    assert () == one(folder, "script: Hello, config: {logo: {url: logo.png, position: [-9, 9]}}").notes
    assert () == one(folder, "script: Hello").notes == one(folder, "script: Hello, config: {logo: true}").notes


@pytest.mark.parametrize(("url", "words"), [("s3://bucket/a.mp4", "s3:// link"), ("https://b.org/a.mp4", "needs them")])
def test_a_video_that_goes_to_a_bucket_of_ones_own_is_said(folder: Path, url: str, words: str) -> None:
    """We bring it from there, and have no keys for it. A render of this machine goes nowhere else."""
    written = f"script: Hello, result_url: '{url}', webhook: 'https://h.org/done'"
    there, (here,) = one(folder, written, "d-id"), one(folder, written).notes
    assert words in " ".join(there.notes)
    assert words not in here
    assert (url, "https://h.org/done") == (sent(there)["result_url"], sent(there)["webhook"])


def test_a_talk(folder: Path) -> None:
    """The request carries what was written and no more; the scene says where it goes and how long it will be."""
    scene = one(folder, "script: 'Hello {{ x }}', config: {stitch: true}", head=HEAD + "vars: {x: you}\n")
    photo = folder / "photo.jpg"
    assert {
        "source_url": photo.as_uri(),
        "config": {"stitch": True},
        "script": {"input": "Hello you", "provider": {"type": "didgen", "voice_id": "heart"}},
    } == sent(scene)
    assert {"source_url": Input(photo, sha256_bytes(fakes.photo()))} == scene.inputs
    assert ("demo/a", "talk", Path("demo/a.mp4")) == (scene.address, scene.kind, scene.output)
    assert ("Hello you", "Hello you", "en", 1.0) == (scene.spoken, scene.written, scene.locale, scene.seconds)


def test_an_animation(folder: Path) -> None:
    """Without a script there is no voice, no text, and the length of a driver."""
    scene = one(folder, "driver: nostalgia/driver-03, config: {mute: true, result_format: mov}")
    assert "bank://nostalgia/driver-03" == scene.request.driver_url
    assert ("animation", "", Path("demo/a.mov"), 9.2) == (scene.kind, scene.spoken, scene.output, scene.seconds)


def test_a_recording(folder: Path) -> None:
    """A recording is an input; the length of a WAV is known exactly, and silence asked for is added."""
    scene = one(folder, "script: {audio: voice.wav, reduce_noise: true}, config: {pad_audio: 2}")
    assert AudioScript(audio_url=(folder / "voice.wav").as_uri(), reduce_noise=True) == scene.request.script  # type: ignore[union-attr]
    assert {"source_url", "audio_url"} == set(scene.inputs)
    assert 5.0 == scene.seconds


def test_a_text_file_named_by_a_template(folder: Path) -> None:
    """The file's name may hold variables, the file is a template, and Markdown is read as prose."""
    (folder / "tour.de-AT.md").write_text("# Tour\n**{{ scene }}** of {{ name }}, {{ product }}\n")
    head = (
        HEAD
        + "locale: de-AT\nvars: {product: Acme}\nvoices: {de: {provider: microsoft, voice_id: de-DE-KatjaNeural}}\n"
    )
    scene = one(folder, "script: {file: 'tour.{{ locale }}.md'}", "d-id", head)
    assert "Tour.\n\na of demo, Acme" == scene.spoken
    assert "de-DE-KatjaNeural" == sent(scene)["script"]["provider"]["voice_id"]


def test_pronunciation_changes_the_sound_only(folder: Path) -> None:
    """Spoken is what is sent; written is what captions show."""
    scene = one(folder, "script: Run kubectl", head=HEAD + "pronounce: {kubectl: cube control}\n")
    assert ("Run cube control", "Run kubectl") == (scene.spoken, scene.written)
    assert {"cube control": "kubectl"} == scene.respelled


def test_defaults_merge_key_by_key(folder: Path) -> None:
    """Mappings merge at every depth, lists and scalars replace, null takes a default away."""
    head = (
        "didgen: 1\ndefaults:\n  source: photo.jpg\n  driver: lively\n  config: {stitch: true, pad_audio: 1}\n"
        "  voice: {provider: microsoft, voice_id: en-US-JennyNeural, voice_config: {rate: 0.9, style: Cheerful}}\n"
    )
    scene = one(folder, "script: Hello, config: {pad_audio: 2}, voice: {voice_config: {style: Sad}}", "d-id", head)
    assert {"stitch": True, "pad_audio": 2} == sent(scene)["config"]
    assert {"rate": "0.9", "style": "Sad"} == sent(scene)["script"]["provider"]["voice_config"]
    assert "bank://lively/" == scene.request.driver_url
    plain = one(folder, "script: Hello, driver: null, voice: en-US-GuyNeural", "d-id", head)
    assert "driver_url" not in sent(plain)
    assert {"type": "microsoft", "voice_id": "en-US-GuyNeural"} == sent(plain)["script"]["provider"]


def test_defaults_that_do_not_fit_are_not_applied(folder: Path) -> None:
    """A talk's driver, voice and expressions are not for animations; `mute` is not for talks."""
    head = (
        "didgen: 1\ndefaults:\n  source: photo.jpg\n  driver: lively\n  voice: heart\n"
        "  config: {mute: false, driver_expressions: {expressions: []}, stitch: true}\n"
    )
    animation, talk = one(folder, "user_data: x", head=head), one(folder, "script: Hello", head=head)
    assert {"source_url": talk.request.source_url, "config": {"mute": False, "stitch": True}, "user_data": "x"} == sent(
        animation
    )
    assert {"driver_expressions": {"expressions": ()}, "stitch": True} == sent(talk)["config"]


def test_user_data_leaves_room_for_the_tag_of_a_paid_job(folder: Path) -> None:
    """One character more is refused at its place, also where it stands under `defaults`; a free service takes it."""
    for length, service in ((926, "d-id"), (1000, "local"), (1000, "http://127.0.0.1:8000")):
        assert "x" * length == one(folder, f"user_data: {'x' * length}", service).request.user_data
    (found,) = refusals(folder, f"{HEAD}scenes:\n  - id: a\n    user_data: {'x' * 927}\n", "d-id")
    assert "project.yaml:6:16: scenes[0].user_data: is 927 characters long, and 926 is the limit" in found
    head = HEAD.replace("source: photo.jpg", f"source: photo.jpg, user_data: {'x' * 927}")
    (found,) = refusals(folder, f"{head}scenes:\n  - id: a\n", "d-id")
    assert "project.yaml:3:42: defaults.user_data: " in found


def test_the_voice_of_a_locale(folder: Path) -> None:
    """A scene's own voice, then the locale's, then the defaults'."""
    head = "didgen: 1\nlocale: en-GB\nvoices: {en: bf_emma}\ndefaults: {source: photo.jpg, voice: heart}\n"
    assert "bf_emma" == sent(one(folder, "script: Hello", head=head))["script"]["provider"]["voice_id"]
    assert "am_puck" == sent(one(folder, "script: Hello, voice: am_puck", head=head))["script"]["provider"]["voice_id"]
    head = head.replace("voices: {en: bf_emma}\n", "")
    assert "heart" == sent(one(folder, "script: Hello", head=head))["script"]["provider"]["voice_id"]


def test_one_file_serves_both_services(folder: Path) -> None:
    """A local voice is released in a like voice of the service, and the other way round, and the plan says so."""
    mine = one(folder, "script: Hello, voice: am_puck", "d-id")
    assert {"type": "microsoft", "voice_id": "en-US-GuyNeural"} == sent(mine)["script"]["provider"]
    assert ("am_puck is spoken by en-US-GuyNeural there",) == mine.notes
    theirs = one(folder, "script: Hello, voice: {provider: amazon, voice_id: Brian}")
    assert "bm_george" == sent(theirs)["script"]["provider"]["voice_id"]
    assert ("Brian is spoken by bm_george here",) == theirs.notes


def test_who_asks_does_not_change_a_local_render(folder: Path) -> None:
    """A local render has one fingerprint, whether its voice was asked for by our name or the service's."""
    ours, theirs = (one(folder, f"script: Hello, voice: {v}") for v in ("am_puck", "en-US-GuyNeural"))
    styled = one(
        folder, "script: Hello, voice: {voice_id: en-US-GuyNeural, voice_config: {style: Grumpy, rate: medium}}"
    )
    assert ours.fingerprint == theirs.fingerprint == styled.fingerprint
    assert ("en-US-GuyNeural is spoken by am_puck here; the local voices have no style 'Grumpy'",) == styled.notes


def test_a_manner_counts_as_what_it_does(folder: Path) -> None:
    """A style, and the pace and pitch it stands for, have one fingerprint; the plain voice has another."""
    sad = one(folder, "script: Hello, voice: {voice_id: heart, voice_config: {style: Sad}}")
    same = one(folder, "script: Hello, voice: {voice_id: heart, voice_config: {rate: 0.85, pitch: -1.8st}}")
    plain = one(folder, "script: Hello, voice: heart")
    assert sad.fingerprint == same.fingerprint != plain.fingerprint
    assert () == sad.notes


def test_a_text_in_another_language_is_told_at_its_place(folder: Path) -> None:
    """The plan says what a voice cannot speak before anything is rendered; another service is left to judge itself."""
    text = "script: Willkommen bei der Reise durch unser neues Haus in der Stadt"
    with pytest.raises(ProjectError, match="the voice heart cannot speak a text in the language 'de'") as caught:
        one(folder, text + ", voice: heart")
    assert "scenes[0].script" == caught.value.problems[0].field
    assert one(folder, text, "d-id")


def test_all_mistakes_at_once(folder: Path) -> None:
    """Form, files, voices, drivers, templates and names are told together, in file order, once each."""
    text = """didgen: 1
defaults: {source: missing.jpg}
scenes:
  - id: a
    script: Hello {{ nobody }}
    voice: hart
    config: {stitch: no}
  - id: A
    script: ab
    source: .
  - id: b
    script: |
      One
      {{ tow }}
    source: empty.jpg
    driver: livly
  - id: c
    voice: heart
    config: {driver_expressions: {expressions: []}}
    source: photo.jpg
  - id: d
    script: {audio: nope.wav}
    source: /etc/passwd
    config: {mute: true}
"""
    folder = folder / "w"
    folder.mkdir()
    another = "give one of them another id"
    for name in ("empty.jpg", "photo.jpg"):
        (folder / name).write_bytes(fakes.photo() if name == "photo.jpg" else b"")
    assert [
        "project.yaml:2:20: defaults.source: missing.jpg does not exist",
        "project.yaml:5:22: scenes[0].script: 'nobody' is undefined (known: locale, name, scene)",
        "project.yaml:6:12: scenes[0].voice: there is no voice 'hart' (did you mean 'heart'?)",
        "project.yaml:7:22: scenes[0].config.stitch: must be true or false (write false, without quotes)",
        f"project.yaml:8:9: scenes[1].id: w/a at project.yaml:4:9 has the same file name, a ({another})",
        "project.yaml:9:13: scenes[1].script: the script has 2 characters, at least 3 are needed",
        "project.yaml:10:13: scenes[1].source: . is a folder, not a file",
        "project.yaml:14:10: scenes[2].script: 'tow' is undefined (known: locale, name, scene)",
        "project.yaml:15:13: scenes[2].source: empty.jpg is empty (" + kinds.WANTED["source_url"].accepted + ")",
        "project.yaml:16:13: scenes[2].driver: there is no driver 'livly' (did you mean 'lively'?)",
        "project.yaml:18:12: scenes[3].voice: an animation has no voice (give the scene a script, or leave this out)",
        "project.yaml:19:34: scenes[3].config.driver_expressions: belongs to talks, and this is an animation",
        "project.yaml:22:21: scenes[4].script.audio: nope.wav does not exist",
        "project.yaml:23:13: scenes[4].source: '/etc/passwd' is an absolute path; name it relative to this file",
        "project.yaml:24:20: scenes[4].config.mute: belongs to animations, and this is a talk",
    ] == refusals(folder, text)


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        ("script: ''", "5:21: scenes[0].script: the script is empty"),
        ("script: '  '", "scenes[0].script: the script is empty"),
        (f"script: {'x' * 40_001}", "the script has 40,001 characters, at most 40,000 can be spoken"),
        ("script: {file: tour.md}", "5:28: scenes[0].script.file: tour.md does not exist"),
        ("script: {file: photo.bin}", "scenes[0].script.file: photo.bin is not UTF-8 text"),
        ("script: {file: bad.md}", "bad.md:3:4: 'x' is undefined"),
        ("script: {text: '{{ y }}'}", "5:32: scenes[0].script.text: 'y' is undefined"),
        (
            "script: Hello, voice: de-DE-KatjaNeural",
            "the voice 'de-DE-KatjaNeural' does not speak en (its language is de-DE)",
        ),
        ("script: Hello, voice: {provider: acme, voice_id: x}", "there is no provider 'acme'"),
        ("script: Hello, voice: {voice_id: heart, voice_config: {rate: quick}}", "voice_config.rate is 'quick'"),
        ("script: Hello, driver: nostalgia", "the driver 'nostalgia' is for an animation"),
        ("driver: classics/driver-rigoleto", "there is no driver 'driver-rigoleto' in classics"),
        ("script: Hello, driver: lively/driver-7", "there is no driver 'driver-7' in lively (did you mean 'driver-0"),
        ("script: Hello, driver: dance.mp4", "dance.mp4 does not exist"),
        ("script: Hello, source: https://example.org/a.jpg", "is not here: the local engine reads files"),
        ("script: Hello, source: http://example.org/a.jpg", "is neither a file nor an https URL"),
        ("script: Hello, source: file:///etc/passwd", "is neither a file nor an https URL"),
        (
            "script: Hello, config: {logo: {url: no.png, position: [0, 0]}}",
            "scenes[0].config.logo.url: no.png does not exist",
        ),
        ("config: {overlay: no.mov}", "project.yaml:5:31: scenes[0].config.overlay: no.mov does not exist"),
        ("config: {overlay: ''}", "5:31: scenes[0].config.overlay: '' is not a file name"),
        ("script: Hello, config: {overlay: no.mov}", "scenes[0].config.overlay: belongs to animations"),
        ("script: Hello, source: null", "scenes[0]: has no source (name a picture here or under `defaults`)"),
    ],
)
def test_mistakes_of_a_scene_that_resolving_finds(folder: Path, scene: str, message: str) -> None:
    """One mistake, one message, at its place."""
    (folder / "photo.bin").write_bytes(b"\xff\xd8\xff")
    (folder / "bad.md").write_text("a\n\n{{ x }}\n")
    found = refusals(folder, f"{HEAD}scenes:\n  - {{id: a, {scene}}}\n")
    assert 1 == len(found)
    assert message in found[0]


def test_a_language_nobody_speaks(folder: Path) -> None:
    """No local voice for a locale: the error says which languages there are."""
    found = refusals(folder, HEAD + "locale: tlh\nscenes: [{id: a, script: nuqneH}]\n")
    assert "scenes[0].script: no local voice speaks tlh (the local voices speak af, ar, az, bg," in found[0]


def test_a_voice_whose_extra_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice that is not installed names the command that installs it."""
    monkeypatch.setattr("didgen.plan.resolve.installed", lambda: frozenset({"heart"}))
    found = refusals(folder, HEAD + "scenes: [{id: a, script: Hello, voice: am_puck}]\n")
    assert "the voice 'am_puck' is not installed (pip install 'didgen[voices]'; here are: heart)" in found[0]


def test_pictures_by_url(folder: Path) -> None:
    """Fetched and pinned when there is a fetcher; else passed on to the service, and said."""
    (folder / "fetched").write_bytes(fakes.photo())
    pinned = Input(folder / "fetched", "d" * 64)
    url = "https://example.org/a.jpg"
    fetched = one(folder, f"script: Hello, source: '{url}'", remote=lambda _url, _kind: pinned)
    assert {"source_url": pinned} == fetched.inputs
    assert pinned.path.as_uri() == fetched.request.source_url
    passed = one(folder, f"script: Hello, source: '{url}'", "d-id")
    assert (url, {}) == (passed.request.source_url, passed.inputs)
    assert (f"{url} is not pinned: its content can change without a new rendering",) == passed.notes

    def unreachable(_url: str, _kind: str) -> Input:
        raise UsageError("cannot be reached")

    with pytest.raises(ProjectError, match=r"scenes\[0\]\.source: cannot be reached"):
        one(folder, f"script: Hello, source: '{url}'", remote=unreachable)


def test_each_input_by_url_is_asked_for_as_what_it_has_to_be(folder: Path) -> None:
    """A picture, a recording, a driver's video, a logo; a service gets the links it takes no uploads for."""
    asked: list[tuple[str, str]] = []

    def remote(url: str, kind: str) -> Input:
        asked.append((url.rpartition("/")[2], kind))
        return Input(folder / ("photo.jpg" if kind == "image" else "voice.wav"), "d" * 64, url)

    urls = {name: f"https://example.org/{name}" for name in "abcd"}
    parts = "source: '{a}', script: {{audio: '{b}'}}, driver: '{c}', config: {{logo: {{url: '{d}', position: [0, 0]}}}}"
    written = parts.format(**urls)
    one(folder, written, remote=remote)
    assert [("a", "image"), ("c", "video"), ("d", "image"), ("b", "audio")] == asked
    asked.clear()
    scene = one(folder, written, "d-id", remote=remote)
    assert [("a", "image"), ("b", "audio")] == asked
    assert {"source_url", "audio_url"} == scene.inputs.keys()
    assert urls["c"] == scene.request.driver_url


def test_an_overlay_is_an_input_of_an_animation(folder: Path) -> None:
    """Here a file or what a link led to, which is seen and counts; a service gets the link. A talk takes none from the
    defaults."""
    (folder / "over.mov").write_bytes(fakes.VIDEO_HEAD)
    head = HEAD.replace("photo.jpg", "photo.jpg, config: {overlay: ./over.mov}")
    (folder / "project.yaml").write_text(head + "scenes: [{id: a}, {id: b, script: Hello}]\n")
    files = Files(folder)
    moving, talk = resolve(load_project(folder / "project.yaml", files), files, service_id("local"))
    assert folder / "over.mov" == moving.inputs["overlay_url"].path
    assert {"sha256": moving.inputs["overlay_url"].digest} == moving.identity["request"]["config"]["overlay"]
    assert moving.request.config is not None
    assert (folder / "over.mov").as_uri() == moving.request.config.overlay
    assert "over.mov" in files.seen()
    assert "overlay_url" not in talk.inputs
    asked: list[str] = []

    def remote(_url: str, kind: str) -> Input:
        asked.append(kind)
        return Input(folder / "over.mov", "d" * 64, _url)

    url = "https://example.org/o.mov"
    assert url == one(folder, f"config: {{overlay: '{url}'}}", remote=remote).inputs["overlay_url"].url
    passed = one(folder, f"config: {{overlay: '{url}'}}", "d-id", remote=remote)
    assert passed.request.config is not None
    assert (url, ["video"]) == (passed.request.config.overlay, asked)


def test_another_server_gets_our_voices_as_they_are(folder: Path) -> None:
    """A base URL is most likely `didgen serve`: local names go out as local names."""
    scene = one(folder, "script: Hello, voice: am_puck", "http://127.0.0.1:8000")
    assert TextScript.model_validate({"input": "Hello", "provider": {"type": "didgen", "voice_id": "am_puck"}}) == (
        scene.request.script  # type: ignore[union-attr]
    )
    assert {"host": "127.0.0.1:8000"} == scene.identity["service"]


def test_everything_read_is_seen(folder: Path) -> None:
    """What the no-op check must watch: the project, its texts and its inputs."""
    (folder / "a.md").write_text("Hello")
    (folder / "project.yaml").write_text(HEAD + "scenes: [{id: a, script: {file: a.md}}]\n")
    files = Files(folder)
    resolve(load_project(folder / "project.yaml", files), files, service_id("local"))
    assert {"project.yaml", "a.md", "photo.jpg"} == set(files.seen())


BASE = """didgen: 1
name: demo
vars: {product: Acme, unused: 1}
pronounce: {kubectl: cube control}
defaults: {source: photo.jpg, config: {stitch: true}}
scenes:
  - id: a
    script: Welcome to {{ product }}
  - id: b
    driver: nostalgia
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("unused: 1", "unused: 2, more: x"),
        ("didgen: 1\n", "# a comment\ndidgen: 1\n"),
        ("id: a", "id: another"),
        ("name: demo", "name: other"),
        ("    driver: nostalgia", "    driver: bank://nostalgia/"),
        ("script: Welcome to {{ product }}", "script: {text: 'Welcome to Acme '}"),
        ("{stitch: true}}", "{stitch: true, fluent: false, sharpen: true}}"),
        ("id: a", "id: a\n    webhook: https://x.org\n    user_data: mine\n    result_url: s3://bucket/key"),
        ("source: photo.jpg", "source: ./copy/../copy/same.jpg"),
        ("pronounce: {kubectl: cube control}\n", ""),
        ("didgen: 1\n", "didgen: 1\nfilm: [a]\nservice: d-id\n"),
    ],
    ids="unused comment id name driver template defaults nosend place pronounce film".split(),
)
def test_what_does_not_change_a_render(folder: Path, old: str, new: str) -> None:
    """Names, order, comments, places of files, what is not used and what is only passed on: the same fingerprints."""
    (folder / "copy").mkdir()
    (folder / "copy" / "same.jpg").write_bytes(fakes.photo())
    before = [scene.fingerprint for scene in scenes(folder, BASE)]
    assert old in BASE
    assert before == [scene.fingerprint for scene in scenes(folder, BASE.replace(old, new, 1))]


def test_order_does_not_change_a_render(folder: Path) -> None:
    """Scenes the other way round are the same renders."""
    head, a, b = BASE.partition("  - id: a")[0], *BASE.partition("scenes:\n")[2].split("  - id: b")
    swapped = scenes(folder, f"{head}  - id: b{b}{a}")
    assert ["demo/b", "demo/a"] == [scene.address for scene in swapped]
    assert {scene.fingerprint for scene in scenes(folder, BASE)} == {scene.fingerprint for scene in swapped}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("product: Acme", "product: Acme Inc", ["a"]),
        ("stitch: true", "stitch: false", ["a", "b"]),
        ("driver: nostalgia", "driver: nostalgia/driver-01", ["b"]),
        ("id: a", "id: a\n    voice: am_puck", ["a"]),
        ("Welcome to", "Welcome to kubectl at", ["a"]),
        ("photo.jpg", "other.jpg", ["a", "b"]),
    ],
)
def test_what_changes_a_render(folder: Path, old: str, new: str, changed: list[str]) -> None:
    """A word spoken, a picture, a voice, a driver, a setting: the scenes it reaches, and no other."""
    (folder / "other.jpg").write_bytes(fakes.photo(grey=40))
    before, after = scenes(folder, BASE), scenes(folder, BASE.replace(old, new, 1))
    found = [b.address for a, b in zip(before, after, strict=True) if a.fingerprint != b.fingerprint]
    assert [f"demo/{name}" for name in changed] == found


def test_code_of_markdown_is_spoken_as_chosen(folder: Path) -> None:
    """`code` decides what is said of it, changes nothing else, and belongs to Markdown files alone."""
    (folder / "a.md").write_text("Run `ls` now")
    (folder / "a.txt").write_text("Run `ls` now")
    plain = one(folder, "script: {file: a.md}")
    assert plain.fingerprint == one(folder, "script: {file: a.md, code: text}").fingerprint
    assert "Run l s now" == one(folder, "script: {file: a.md, code: spell}").spoken
    assert "Run now" == one(folder, "script: {file: a.md, code: skip}").spoken
    head = HEAD + "scenes:\n  - {id: a, script: {%s, code: skip}}\n"
    assert "belongs to Markdown" in refusals(folder, head % "file: a.txt")[0]
    assert "code belongs to file" in refusals(folder, head % "text: Hello there")[0]
    (folder / "a.md").write_text("x" * 200_001)
    assert "longer than 200,000 characters" in refusals(folder, HEAD + "scenes: [{id: a, script: {file: a.md}}]")[0]


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_a_checkout_on_windows_says_the_same(folder: Path, name: str) -> None:
    """Whatever ends its lines and marks its encoding, a text is one scene; front matter is none of its words."""
    front = "---\ntitle: notes\n---\n" if name.endswith(".md") else ""
    text = f"{front}One line,\nand another.\n\nThe end.\n"
    said = []
    for ends in ("\n", "\r\n", "\r"):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", ends).encode())
        said.append(one(folder, f"script: {{file: {name}}}"))
    assert "notes" not in sent(said[0])["script"]["input"]
    assert {said[0].fingerprint} == {scene.fingerprint for scene in said}


def test_a_smile_that_is_meant_is_not_judged(folder: Path) -> None:
    """By `didgen inspect`: an animation's driver smiles, and a talk that is to be happy does."""
    figures = Figures(smile_neutral=0.8, tracked=1.0)
    happy = "config: {driver_expressions: {expressions: [{expression: happy, start_frame: 0, intensity: 1}]}}"
    for keys, kept in (("driver: nostalgia", None), ("script: Hello", 0.8), (f"script: Hello, {happy}", None)):
        judged = _judged(figures, one(folder, keys))
        assert (kept, 1.0) == (judged.smile_neutral, judged.tracked)


def test_an_animation_is_as_long_as_its_driver(folder: Path) -> None:
    """As the header of a clip says; up to the engine's limit. Changed, it is looked at again."""
    (folder / "nod.mp4").write_bytes(clip(folder / "a.mp4", 73).read_bytes())
    assert pytest.approx(3.65, abs=0.051) == one(folder, "driver: nod.mp4").seconds
    (folder / "nod.mp4").write_bytes(clip(folder / "b.mp4", 33).read_bytes())
    scene = one(folder, "driver: nod.mp4")
    assert pytest.approx(1.65, abs=0.051) == scene.seconds == scene.most_s
    assert 7.4 == one(folder, "driver: nostalgia/driver-02").seconds
    assert 9.4 == one(folder, "driver: nostalgia/driver-02, config: {pad_audio: 2}").seconds
