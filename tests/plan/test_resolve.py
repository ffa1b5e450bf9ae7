"""From a project as written to scenes: words, defaults, requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.cli.inspect import _judged
from didgen.digest import sha256_bytes
from didgen.plan.scene import Input
from didgen.quality.figures import Figures
from tests import fakes
from tests.plan.resolving import HEAD, one, refusals, scenes, sent


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


def test_a_variable_in_single_braces_is_noted_at_its_place(folder: Path) -> None:
    """In YAML, in blocks of it, in text files and in Markdown; it is spoken as it is written."""
    (folder / "a.txt").write_text("Good day.\nFrom { scene } here.\n")
    (folder / "b.md").write_text("# Hello\n\nThis **is {locale}** { name }.\n")
    text = HEAD + (
        "vars: {product: Acme}\nscenes:\n"
        "  - {id: a, script: 'Hello { product }.'}\n"
        "  - id: b\n    script:\n      text: |\n        One.\n        And { name }.\n"
        "  - {id: c, script: {file: a.txt}}\n"
        "  - {id: d, script: {file: b.md}}\n"
    )
    made = scenes(folder, text)
    said = "is spoken as it stands; its value is"
    assert [
        (f"project.yaml:6:28: {{ product }} {said} {{{{ product }}}}",),
        (f"project.yaml:11:13: {{ name }} {said} {{{{ name }}}}",),
        (f"a.txt:2:6: {{ scene }} {said} {{{{ scene }}}}",),
        (
            f"b.md:3:11: {{locale}} {said} {{{{ locale }}}}",
            f"b.md:3:22: {{ name }} {said} {{{{ name }}}}",
        ),
    ] == [scene.notes for scene in made]
    assert "Hello { product }." == made[0].spoken


def test_other_single_braces_are_the_writers_affair(folder: Path) -> None:
    """What is no variable of that scene, and what is a template."""
    (folder / "people.csv").write_text("id,email\n1,a@b.org\n")
    text = HEAD + (
        "data: {people: people.csv}\nscenes:\n"
        "  - {id: a, script: 'Hello { nobody }, {row.email} and {{ name }}.'}\n"
        "  - {id: b, each: {people: id}, script: 'Hello {row.email}.'}\n"
    )
    a, b = scenes(folder, text)
    assert () == a.notes
    assert 1 == len(b.notes)
