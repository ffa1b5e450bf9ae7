"""The whole walk of a project whose picture is an https URL, with a real site and a tiny real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen.digest import sha256_bytes
from didgen.errors import ProjectError
from didgen.walk import shortcut, steps, untouched
from tests import fakes
from tests.sites import PHOTO, Site, page, site_of_walks, tagged

PROJECT = """\
didgen: 1
name: hello
defaults: {source: "URL"}
scenes:
  - id: welcome
    script: "Hello there, everybody."
  - id: nod
    driver: bank://nostalgia
"""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with site_of_walks(monkeypatch) as web:
        yield web


@pytest.fixture
def root(tmp_path: Path, web: Site) -> Path:
    home = tmp_path / "work" / "projects" / "hello"
    home.mkdir(parents=True)
    (home / "project.yaml").write_text(PROJECT.replace("URL", web.url("/anna.jpg")))
    return tmp_path / "work"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every walk came long after the one before."""
    monkeypatch.setattr(untouched, "LINKS_FRESH_S", 0.0)
    monkeypatch.setattr("didgen.walk.planned.LINKS_FRESH_S", 0.0)


def build(root: Path, notices: list[str] | None = None) -> list[str]:
    """What became of each scene."""
    heard = notices if notices is not None else []
    summary = steps.build(steps.wish(root), command=fakes.COMMAND, on_notice=heard.append)
    assert summary.error is None
    return [scene.action for scene in summary.scenes]


def test_a_picture_by_url_is_rendered_like_a_file(root: Path, web: Site) -> None:
    """Brought once for all scenes, kept under its digest; the second build asks nobody."""
    notices: list[str] = []
    assert ["rendered", "rendered"] == build(root, notices)
    kept = root / ".didgen/cache/remote" / f"{sha256_bytes(PHOTO)}.jpg"
    assert PHOTO == kept.read_bytes()
    assert (root / "output/hello/welcome.mp4").stat().st_size
    assert ["reused", "reused"] == build(root, notices)
    assert 1 == len(web.seen)
    assert [] == notices


def test_equal_bytes_are_one_render_by_url_or_by_name(root: Path, web: Site) -> None:
    """The digest counts, not where the bytes came from."""
    build(root)
    (root / "projects/hello/anna.jpg").write_bytes(PHOTO)
    (root / "projects/hello/project.yaml").write_text(PROJECT.replace("URL", "anna.jpg"))
    assert ["reused", "reused"] == build(root)


@pytest.mark.usefixtures("later")
def test_another_picture_behind_the_same_url_is_rendered(root: Path, web: Site) -> None:
    """The server is asked again; when nothing changed, nothing is rendered, and when it did, the reason says so."""
    build(root)
    assert ["reused", "reused"] == build(root)
    assert "304" not in web.seen[1]
    assert 'if-none-match: "one"' in web.seen[1].lower()
    web.pages["/anna.jpg"] = tagged(PHOTO + b"smiling", '"two"')
    (planned,) = steps.plan(steps.wish(root))
    assert [("source image changed",)] * 2 == [decision.reasons for decision in planned.plan.decisions]
    assert ["rendered", "rendered"] == build(root)
    assert 4 == len(web.seen)


@pytest.mark.usefixtures("later")
def test_a_build_without_network_uses_the_pinned_copy(root: Path, web: Site) -> None:
    """With a notice, also in plan and check; a new scene can be rendered from it."""
    build(root)
    web.pages["/anna.jpg"] = page(b"", status=503)
    text = (root / "projects/hello/project.yaml").read_text()
    (root / "projects/hello/project.yaml").write_text(text + "  - {id: more, script: More.}\n")
    notices: list[str] = []
    steps.plan(steps.wish(root), notices.append)
    steps.check(steps.wish(root), notices.append)
    assert ["reused", "reused", "rendered"] == build(root, notices)
    assert 3 == len(notices)
    assert "/anna.jpg cannot be fetched now: its server answered 503; the copy from 20" in notices[0]


def test_a_copy_used_without_its_server_leaves_no_short_cut(
    root: Path, web: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next build asks again, however soon it comes."""
    with monkeypatch.context() as patch:
        patch.setattr(untouched, "LINKS_FRESH_S", 0.0)
        patch.setattr("didgen.walk.planned.LINKS_FRESH_S", 0.0)
        build(root)
        web.pages["/anna.jpg"] = page(b"", status=503)
        build(root)
    assert shortcut.nothing_to_do(steps.wish(root)) is None


def test_what_is_wrong_with_a_url_is_said_at_its_place(root: Path, web: Site) -> None:
    """One problem for each place that names it, with everything else that is wrong, and nothing is left behind."""
    web.pages["/page"] = page(b"<html>not here</html>")
    text = (
        PROJECT.replace("URL", web.url("/anna.jpg")) + f"  - {{id: a, source: '{web.url('/page')}', script: Hello}}\n"
    )
    text += f"  - {{id: b, source: '{web.url('/none?key=secret')}', script: Hello}}\n  - {{id: c, source: no.jpg}}\n"
    (root / "projects/hello/project.yaml").write_text(text)
    with pytest.raises(ProjectError) as caught:
        steps.check(steps.wish(root))
    found = [str(problem) for problem in caught.value.problems]
    assert 3 == len(found)
    assert found[0].startswith("projects/hello/project.yaml:9:")
    assert f"scenes[2].source: {web.url('/page')} holds a web page, not an image" in found[0]
    assert f"scenes[3].source: {web.url('/none')} was not given: its server answered 404" in found[1]
    assert "scenes[4].source: projects/hello/no.jpg does not exist" in found[2]
    assert not (root / "output").exists()


def test_a_refusal_names_the_url_without_its_secret(root: Path, web: Site) -> None:
    """Not the copy that was rendered from, which nobody has ever seen."""
    web.pages["/anna.jpg?signature=c4n4ry"] = page(PHOTO)
    text = PROJECT.replace("URL", web.url("/anna.jpg?signature=c4n4ry"))
    (root / "projects/hello/project.yaml").write_text(text.replace("Hello there, everybody.", "!where"))
    summary = steps.build(steps.wish(root), command=fakes.COMMAND)
    assert f"{web.url('/anna.jpg')}: face not detected" == summary.scenes[0].error


def test_a_service_gets_the_copy_as_an_upload(root: Path, web: Site, tmp_path: Path) -> None:
    """It is asked for the bytes that were pinned, never for the link."""
    from didgen.jobs.pool import Pool
    from didgen.serve.app import make_app
    from tests.api.served import serving

    with serving(make_app(Pool(1, command=fakes.COMMAND), tmp_path / "served", None)) as base:
        project = root / "projects/hello/project.yaml"
        project.write_text(project.read_text().replace("name: hello", f"name: hello\nservice: {base}"))
        assert ["rendered", "rendered"] == build(root)
        files = [path for path in (tmp_path / "served").rglob("*") if path.is_file()]
        assert PHOTO in [path.read_bytes() for path in files]
    assert 1 == len(web.seen)


def test_nothing_secret_of_a_url_is_kept(root: Path, web: Site) -> None:
    """A signed link's query is in no file below .didgen or output, in no log and no sidecar."""
    web.pages["/anna.jpg?signature=c4n4ry"] = page(PHOTO)
    (root / "projects/hello/project.yaml").write_text(PROJECT.replace("URL", web.url("/anna.jpg?signature=c4n4ry")))
    build(root)
    json.loads((root / "output/hello/manifest.json").read_bytes())
    written = [path for folder in (".didgen", "output") for path in (root / folder).rglob("*") if path.is_file()]
    assert [] == [path for path in written if b"c4n4ry" in path.read_bytes()]
