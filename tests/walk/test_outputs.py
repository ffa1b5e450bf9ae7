"""What a build puts beside its videos, what it puts back, and what it leaves or takes away."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from didgen.walk import steps
from tests import fakes
from tests.walk.hello import actions, build, edit, manifest, rendered

TEAM = """\
didgen: 1
name: hello
matrix: {locale: [en, en-GB]}
data: {people: people.csv}
defaults: {source: anna.jpg}
scenes:
  - {id: welcome, script: "Hello from {{ locale }}."}
  - {id: hello, each: {people: email}, when: {locale: en}, script: "Hello {{ row.name }}."}
"""


def test_subtitles_are_in_the_video_as_they_are_written(root: Path) -> None:
    """`subtitles: true` adds a track with the author's words, not with those the voice was given; another way of
    writing the same sound is another track, and another render."""
    edit(root, 'script: "Hello there, everybody."', 'script: {text: "Kubectl it.", subtitles: true}')
    edit(root, "scenes:\n", "pronounce: {Kubectl: cube control, KubeCTL: cube control}\nscenes:\n")
    build(root)

    def track() -> str:
        with av.open(str(root / "output/hello/welcome.mp4")) as box:
            return " ".join(
                bytes(packet)[2:].decode() for packet in box.demux(box.streams.subtitles[0]) if packet.size > 2
            )

    assert "Kubectl" == track()
    edit(root, "Kubectl it.", "KubeCTL it.")
    summary = build(root)
    assert ["rendered", "reused", "reused"] == actions(summary)
    assert ("subtitles changed: other words as written",) == summary.scenes[0].reasons
    assert "KubeCTL" == track()


@pytest.mark.parametrize("name", ["welcome.vtt", "welcome.jpg", "film.mp4", "film.srt", "manifest.json"])
def test_what_comes_with_the_videos_is_put_back_too(root: Path, name: str) -> None:
    """Captions, posters, the film and the manifest, byte for byte, without rendering."""
    build(root)
    path = root / "output/hello" / name
    whole = path.read_bytes()
    path.unlink()
    assert ["reused"] * 3 == actions(build(root))
    assert whole == path.read_bytes()
    path.write_bytes(b"edited")
    build(root)
    assert whole == path.read_bytes()
    assert 3 == len(rendered(root))


@pytest.mark.parametrize("damage", ["removed", "edited", "cut"])
def test_an_output_that_is_not_what_was_built_is_put_back(root: Path, damage: str) -> None:
    """Removed, edited in place or cut short: restored from the store, whose object no edit reaches."""
    build(root)
    output = root / "output/hello/more.mp4"
    whole = output.read_bytes()
    if damage == "removed":
        output.unlink()
    else:
        output.write_bytes(b"x" * len(whole) if damage == "edited" else whole[:-1])
    assert ["reused", "restored", "reused"] == actions(build(root))
    assert whole == output.read_bytes()
    assert 3 == len(rendered(root))


def test_an_untouched_manifest_names_every_file_with_its_digest(root: Path) -> None:
    """Address, fingerprint, file and sha256 of each scene, in project order."""
    from didgen.catalog.versions import ENGINE
    from didgen.digest import sha256_file

    build(root)
    scenes = manifest(root)["scenes"]
    assert isinstance(scenes, list)
    assert ["hello/welcome", "hello/more", "hello/nod"] == [scene["address"] for scene in scenes]
    for scene in scenes:
        for file in scene["files"].values():
            assert file["sha256"] == sha256_file(root / "output/hello" / file["file"])
        assert f"didgen engine {ENGINE}" == scene["rendered_by"]


def test_every_project_gets_its_film(root: Path) -> None:
    """All talks in order, with captions at true times and a poster; joined again only when a clip changed."""
    build(root)
    outputs = root / "output/hello"
    with av.open(str(outputs / "film.mp4")) as film:
        assert 2 * fakes.FRAMES == film.streams.video[0].frames
    assert "Hello there" in (outputs / "welcome.vtt").read_text()
    assert "00:00:00,000 --> " in (outputs / "welcome.srt").read_text()
    assert "00:00:00.240 --> " in (outputs / "film.vtt").read_text()
    for name in ("film.jpg", "welcome.jpg", "more.jpg", "nod.jpg"):
        assert b"\xff\xd8" == (outputs / name).read_bytes()[:2]
    assert not (outputs / "nod.vtt").exists()
    before = {path.name: path.stat().st_ino for path in outputs.iterdir()}
    edit(root, "There is more to say.", "So much more to say.")
    build(root)
    changed = {name for name, inode in before.items() if (outputs / name).stat().st_ino != inode}
    assert {"more.mp4", "more.vtt", "more.srt", "film.mp4", "film.vtt", "film.srt", "manifest.json"} <= changed
    assert not changed & {"welcome.mp4", "welcome.vtt", "welcome.jpg", "nod.mp4", "nod.jpg"}


def test_a_film_waits_for_all_its_scenes(root: Path) -> None:
    """No film while a scene has no video; the former one stays when a scene fails later."""
    build(root, "hello/more")
    assert not (root / "output/hello/film.mp4").exists()
    build(root)
    film = (root / "output/hello/film.mp4").read_bytes()
    edit(root, "There is more to say.", "!refuse")
    assert 1 == build(root).count("failed")
    assert film == (root / "output/hello/film.mp4").read_bytes()
    assert ["hello#film"] == [one["address"] for one in manifest(root)["films"]]  # type: ignore[attr-defined]


def test_stale_outputs_are_listed_and_removed_when_asked(root: Path) -> None:
    """A scene taken out of the project leaves its file until --prune."""
    build(root)
    edit(root, '  - id: more\n    script: "There is more to say."\n', "")
    assert "output/hello/more.mp4" in build(root).stale
    assert (root / "output/hello/more.mp4").exists()
    assert "output/hello/more.mp4" in build(root).stale
    assert "output/hello/more.mp4" in build(root, prune=True).pruned
    assert not (root / "output/hello/more.mp4").exists()
    assert [] == manifest(root)["stale"]


def test_another_service_drafts_beside_the_release(root: Path) -> None:
    """A draft goes to .didgen/drafts and touches neither output nor manifest."""
    edit(root, "name: hello", "name: hello\nservice: d-id")
    summary = build(root, service="local")
    assert ".didgen/drafts/hello/welcome.mp4" == summary.scenes[0].file
    assert (root / summary.scenes[0].file).exists()
    assert not (root / "output").exists()


def test_instances_are_built_chosen_and_gone_by_their_address(root: Path) -> None:
    """A row on top renders itself alone; what a brackets' value names is built; what goes is stale, and is pruned."""
    home, output = root / "projects/hello", root / "output/hello"
    (home / "project.yaml").write_text(TEAM)
    people = "email,name\nanna@acme.com,Anna\n"
    (home / "people.csv").write_text(people)
    assert ["hello/welcome[locale=en-GB]"] == [s.address for s in build(root, "hello[locale=en-GB]").scenes]
    assert {"en-gb/welcome.mp4", "en-gb/film.mp4", "manifest.json"} <= files_below(output)
    assert not (output / "en").exists()
    summary = build(root)
    assert ("output/hello/en/film.mp4", "output/hello/en-gb/film.mp4") == summary.films
    assert ["rendered", "rendered", "reused"] == actions(summary)
    assert {"en/hello-anna-acme-com.mp4", "en/hello-anna-acme-com.vtt", "en/film.srt"} <= files_below(output)
    assert steps.nothing_to_do(steps.wish(root)) is not None
    (home / "people.csv").write_text(people.replace("\n", "\nbob@acme.com,Bob\n", 1))
    assert steps.nothing_to_do(steps.wish(root)) is None
    assert {"hello/hello[locale=en,people=bob@acme.com]": "rendered"} == {
        scene.address: scene.action
        for scene in build(root, "hello/hello[locale=en]").scenes
        if scene.action != "reused"
    }
    (home / "people.csv").write_text(people)
    edit(root, "[en, en-GB]", "[en]")
    summary = build(root)
    assert {"reused"} == set(actions(summary))
    gone = {"en-gb/welcome.mp4", "en-gb/film.mp4", "en/hello-bob-acme-com.jpg"}
    assert {f"output/hello/{name}" for name in gone} <= set(summary.stale)
    assert set(summary.stale) == set(build(root, prune=True).pruned)
    assert not (output / "en-gb").exists()
    assert 2 == len(manifest(root)["scenes"])  # type: ignore[arg-type]


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
