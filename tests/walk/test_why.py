"""From a scene, an output or a fingerprint to the files and lines that decide it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from didgen.cli.why import as_text
from didgen.digest import sha256_bytes, sha256_file
from didgen.errors import UsageError
from didgen.walk import steps
from didgen.walk.why import Why, why
from tests import fakes
from tests.walk.hello import edit, write

PROJECT = """\
didgen: 1
name: hello
vars: {product: Acme, unused: 1}
voices: {en: am_puck}
defaults:
  source: anna.jpg
  config: {stitch: true, pad_audio: 0.5}
scenes:
  - id: welcome
    script: "Good morning, {{ product }}."
    voice: heart
    config: {pad_audio: 1.0}
  - id: tour
    script: {file: "tour.{{ locale }}.md"}
  - id: nod
    source: bert.jpg
    driver: bank://nostalgia
"""
HERE = "projects/hello/project.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    home = write(tmp_path, PROJECT) / "projects" / "hello"
    (home / "tour.en.md").write_text("This is {{ product }}.")
    (home / "tour.de.md").write_text("Das ist {{ product }}.")
    (home / "bert.jpg").write_bytes(fakes.photo(120))
    return tmp_path


def build(root: Path) -> None:
    assert steps.build(steps.wish(root), command=fakes.COMMAND).error is None


def ask(root: Path, name: str) -> Why:
    (one,) = why(root, name, None, print)
    return one


def places(one: Why) -> dict[str, tuple[str, ...]]:
    assert one.present is not None
    return {origin.field.removeprefix("request."): origin.where for origin in one.present.origins}


def test_every_part_of_a_scene_has_its_place(root: Path) -> None:
    """The scene's own line, else that of the locale's voice or of the defaults, else that nobody wrote it."""
    found = places(ask(root, "hello/welcome"))
    assert (f"{HERE}:10:13", f"{HERE}:3:17") == found["script.input"]
    assert (f"{HERE}:11:12",) == found["script.provider.voice_id"]
    assert (f"{HERE}:12:25",) == found["config.pad_audio"]
    assert (f"{HERE}:7:20",) == found["config.stitch"]
    assert (f"{HERE}:6:11",) == found["source_url"]
    assert ("default",) == found["config.sharpen"]
    assert ("didgen",) == found["service.models"] == found["service.engine"]
    tour = places(ask(root, "hello/tour"))
    assert ("projects/hello/tour.en.md:1", f"{HERE}:14:20", f"{HERE}:3:17") == tour["script.input"]
    assert (f"{HERE}:4:14",) == tour["script.provider.voice_id"]
    nod = places(ask(root, "hello/nod"))
    assert (f"{HERE}:17:13",) == nod["driver_url"]


def test_an_overlay_has_its_place_and_its_file(root: Path) -> None:
    """As the other inputs have."""
    (root / "projects/hello/over.mov").write_bytes(fakes.VIDEO_HEAD)
    edit(root, "    driver: bank://nostalgia\n", "    driver: bank://nostalgia\n    config: {overlay: over.mov}\n")
    nod = ask(root, "hello/nod").present
    assert nod is not None
    (over,) = (origin for origin in nod.origins if origin.field == "request.config.overlay")
    assert ((f"{HERE}:18:23",), "projects/hello/over.mov") == (over.where, over.file)


def test_files_that_a_script_takes_in_have_their_place(root: Path) -> None:
    """Included files and what they name, also through others; one in a branch that nobody took has none."""
    home = root / "projects" / "hello"
    (home / "parts").mkdir()
    (home / "tour.en.md").write_text("Hi. {% include 'parts/end.md' %}{% if false %}{% include 'none.md' %}{% endif %}")
    (home / "parts" / "end.md").write_text("{% include 'last.md' %}")
    (home / "parts" / "last.md").write_text("By {{ product }}.")
    edit(root, '"Good morning, {{ product }}."', "\"Hi. {% include 'parts/last.md' %}\"")
    parts = ("projects/hello/parts/end.md:1", "projects/hello/parts/last.md:1")
    tour = places(ask(root, "hello/tour"))["script.input"]
    assert ("projects/hello/tour.en.md:1", f"{HERE}:14:20", *parts, f"{HERE}:3:17") == tour
    assert (f"{HERE}:10:13", parts[1], f"{HERE}:3:17") == places(ask(root, "hello/welcome"))["script.input"]


def test_values_of_matrix_rows_and_includes_have_their_own_places(root: Path) -> None:
    """A row's column, an axis and what `include` adds win over a variable; an included file has its own."""
    (root / "projects/shared.yaml").write_text("vars: {greeting: Hello}\n")
    (root / "projects/hello/people.csv").write_text("email,name\nanna@x.org,Anna\nbob@x.org,Bob\n")
    (root / HERE).write_text("""\
didgen: 1
name: hello
include: ../shared.yaml
vars: {product: Acme}
matrix:
  locale: [en]
  include: [{locale: en, product: Sample}]
data: {people: people.csv}
defaults: {source: anna.jpg}
scenes:
  - id: one
    each: {people: email}
    script: "{{ greeting }} {{ row.name }}, {{ product }} {{ locale }}."
""")
    found = places(ask(root, "hello/one[locale=en,people=bob@x.org]"))["script.input"]
    row, axis, added = "projects/hello/people.csv:3:11", f"{HERE}:6:12", f"{HERE}:7:35"
    assert (f"{HERE}:13:13", "projects/shared.yaml:1:18", row, added, axis) == found


def test_the_parts_are_the_whole_identity(root: Path) -> None:
    """Nothing that decides the fingerprint goes unexplained; an input names its file and the digest of its bytes."""
    (planned,) = steps.plan(steps.wish(root))
    for one, scene in zip(why(root, "hello", None, print), planned.scenes, strict=True):
        assert one.present is not None
        for origin in one.present.origins:
            value: object = scene.identity
            for step in origin.field.split("."):
                assert isinstance(value, dict)
                value = value[step]
            assert value == origin.value
        said = json.dumps([origin.value for origin in one.present.origins], ensure_ascii=False)
        assert all(given.digest in said for given in scene.inputs.values())
    nod = ask(root, "hello/nod").present
    assert nod is not None
    (source,) = [origin for origin in nod.origins if origin.field == "request.source_url"]
    assert ("projects/hello/bert.jpg", sha256_bytes(fakes.photo(120))) == (source.file, source.value["sha256"])


def test_an_output_file_tells_what_it_was_made_from_and_what_differs_now(root: Path) -> None:
    """By the bytes of the file: also when the scene has changed since, and when the file is gone or edited."""
    assert "nothing is stored that was made for it" == ask(root, "hello/welcome").note
    build(root)
    video = "output/hello/welcome.mp4"
    fresh = ask(root, video)
    assert fresh.stored is not None
    assert ("hello/welcome", sha256_file(root / video), ()) == (
        fresh.stored.address,
        fresh.stored.video,
        fresh.differences,
    )
    edit(root, "morning", "evening")
    edit(root, "voice: heart", "voice: am_michael")
    changed = ask(root, video)
    assert (
        "voice changed: heart → am_michael",
        "script changed: Good [morning → evening], Acme.",
    ) == changed.differences
    assert changed.stored == fresh.stored
    assert "Good morning, Acme." == changed.stored.identity["request"]["script"]["input"]
    text = "\n".join(as_text(changed))
    assert "would be rendered: voice changed" in text
    assert "differs now: script changed: Good [morning → evening], Acme." in text
    (root / video).write_bytes(b"another")
    edited = ask(root, video)
    assert "is not what was delivered" in edited.note
    assert fresh.stored == edited.stored  # by its address
    (root / video).unlink()
    assert f"{video} does not exist" == ask(root, video).note


def test_film_poster_and_captions_are_known_too(root: Path) -> None:
    """A film names the scenes it was joined from; what lies beside a video leads to its scene."""
    build(root)
    film = ask(root, "output/hello/film.mp4")
    assert film.stored is not None
    assert ("hello#film", ("hello/welcome", "hello/tour")) == (film.stored.address, film.stored.of)
    for name in ("welcome.jpg", "welcome.vtt", "welcome.srt"):
        beside = ask(root, f"output/hello/{name}")
        assert beside.present is not None
        assert "hello/welcome" == beside.present.address
    assert "made from the videos of hello/welcome, hello/tour" in "\n".join(as_text(film))


def test_an_artifact_is_known_by_its_fingerprint(root: Path) -> None:
    """By its first digits; also when no scene makes it any more, and when the project cannot be read."""
    build(root)
    welcome = ask(root, "hello/welcome")
    assert welcome.present is not None
    prefix = welcome.present.fingerprint[:12]
    edit(root, "Good morning", "Good night")
    assert ("script changed: Good [morning → night], Acme.",) == ask(root, prefix).differences
    edit(root, "id: welcome", "id: other")
    gone = ask(root, prefix)
    assert (None, "no scene makes this any more") == (gone.present, gone.note)
    assert '"Good morning, Acme."' in "\n".join(as_text(gone))
    (root / HERE).write_text("didgen: 1\nscenes: 3\n")
    assert "cannot be planned" in ask(root, prefix).note


@pytest.mark.parametrize(
    "name", ["hello/nobody", "output/hello/nobody.mp4", "abcdef012345", "nobody/one", "nobody.jpg"]
)
def test_of_what_nobody_knows_it_is_said(root: Path, name: str) -> None:
    """One sentence, exit code 2."""
    with pytest.raises(UsageError):
        why(root, name, None, print)
    words = [sys.executable, "-m", "didgen", "why", name]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=100)
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))


def test_json_is_complete(root: Path) -> None:
    """Every part with its place, and a version."""
    words = [sys.executable, "-m", "didgen", "why", "hello/welcome", "--json"]
    said = json.loads(subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=100).stdout)
    (one,) = said["found"]
    assert (1, None, "hello/welcome") == (said["version"], one["stored"], one["present"]["address"])
    assert {"field": "kind", "value": "talk", "where": [f"{HERE}:9:5"], "file": ""} in one["present"]["origins"]
