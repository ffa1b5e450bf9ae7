"""Recordings, drivers, overlays and links as inputs of scenes."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.api.wire import AudioScript
from didgen.errors import ProjectError, UsageError
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Input
from didgen.project.files import Files
from didgen.project.load import load_project
from tests import fakes
from tests.media.test_clips import clip
from tests.plan.resolving import HEAD, one


def test_a_recording(folder: Path) -> None:
    """A recording is an input; the length of a WAV is known exactly, and silence asked for is added."""
    scene = one(folder, "script: {audio: voice.wav, reduce_noise: true}, config: {pad_audio: 2}")
    assert AudioScript(audio_url=(folder / "voice.wav").as_uri(), reduce_noise=True) == scene.request.script  # type: ignore[union-attr]
    assert {"source_url", "audio_url"} == set(scene.inputs)
    assert 5.0 == scene.seconds


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


def test_everything_read_is_seen(folder: Path) -> None:
    """What the no-op check must watch: the project, its texts and its inputs."""
    (folder / "a.md").write_text("Hello")
    (folder / "project.yaml").write_text(HEAD + "scenes: [{id: a, script: {file: a.md}}]\n")
    files = Files(folder)
    resolve(load_project(folder / "project.yaml", files), files, service_id("local"))
    assert {"project.yaml", "a.md", "photo.jpg"} == set(files.seen())


def test_an_animation_is_as_long_as_its_driver(folder: Path) -> None:
    """As the header of a clip says; up to the engine's limit. Changed, it is looked at again."""
    (folder / "nod.mp4").write_bytes(clip(folder / "a.mp4", 73).read_bytes())
    assert pytest.approx(3.65, abs=0.051) == one(folder, "driver: nod.mp4").seconds
    (folder / "nod.mp4").write_bytes(clip(folder / "b.mp4", 33).read_bytes())
    scene = one(folder, "driver: nod.mp4")
    assert pytest.approx(1.65, abs=0.051) == scene.seconds == scene.most_s
    assert 7.4 == one(folder, "driver: nostalgia/driver-02").seconds
    assert 9.4 == one(folder, "driver: nostalgia/driver-02, config: {pad_audio: 2}").seconds
