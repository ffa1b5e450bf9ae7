"""The whole walk with a tiny real engine: what is rendered, why, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.errors import BudgetError, ProjectError, UsageError
from didgen.walk import steps
from tests import fakes
from tests.bank.started import Started
from tests.walk.hello import actions, build, edit, rendered


def test_build_twice_and_the_second_renders_nothing(root: Path) -> None:
    """The first build renders each scene once; the second touches no output and starts no worker."""
    first = build(root)
    assert ["rendered"] * 3 == actions(first)
    assert first.error is None
    assert ["-", "Hello there, everybody.", "There is more to say."] == rendered(root)
    before = {path: path.stat().st_mtime_ns for path in (root / "output").rglob("*")}
    second = build(root)
    assert ["reused"] * 3 == actions(second)
    assert 3 == len(rendered(root))
    assert before == {path: path.stat().st_mtime_ns for path in (root / "output").rglob("*")}


def test_one_changed_line_renders_one_scene(root: Path) -> None:
    """And the reason is in the writer's words."""
    build(root)
    edit(root, "Hello there", "Goodbye then")
    summary = build(root)
    assert ["rendered", "reused", "reused"] == actions(summary)
    assert "Hello there" in summary.scenes[0].reasons[0]
    assert "Goodbye then" in summary.scenes[0].reasons[0]
    assert 4 == len(rendered(root))


def test_an_edit_of_an_included_file_is_seen_by_the_next_build(root: Path) -> None:
    """With nothing changed there is nothing to do; an edit, however deep, renders the scene that speaks it."""
    home = root / "projects" / "hello"
    (home / "end.txt").write_text("{% include 'last.txt' %}")
    (home / "last.txt").write_text("Bye for now.")
    edit(root, "Hello there, everybody.", "Hello there. {% include 'end.txt' %}")
    build(root)
    assert ["reused"] * 3 == actions(build(root))
    (home / "last.txt").write_text("See you soon.")
    assert ["rendered", "reused", "reused"] == actions(build(root))
    assert "Hello there. See you soon." in rendered(root)


def test_going_back_restores_without_rendering(root: Path) -> None:
    """A former version is still in the store."""
    build(root)
    first = (root / "output/hello/welcome.mp4").read_bytes()
    edit(root, "Hello there", "Goodbye then")
    build(root)
    edit(root, "Goodbye then", "Hello there")
    assert ["restored", "reused", "reused"] == actions(build(root))
    assert first == (root / "output/hello/welcome.mp4").read_bytes()
    assert 4 == len(rendered(root))


def test_a_plan_says_what_a_build_would_do_and_does_nothing(root: Path) -> None:
    """Before, after a change, and when there is nothing to do."""
    build(root)
    edit(root, "There is more to say.", "There is much more to say.")
    (planned,) = steps.plan(steps.wish(root))
    assert ["reuse", "render", "reuse"] == [decision.action for decision in planned.plan.decisions]
    assert 3 == len(rendered(root))
    ((project, scenes),) = steps.check(steps.wish(root, service="d-id"))
    assert ("hello", 3) == (project.name, len(scenes))


def test_equal_scenes_are_rendered_once(root: Path) -> None:
    """Two scenes with one script share one rendering and get a file each."""
    edit(root, "There is more to say.", "Hello there, everybody.")
    assert ["rendered"] * 3 == actions(build(root))
    assert ["-", "Hello there, everybody."] == rendered(root)
    outputs = root / "output/hello"
    assert (outputs / "welcome.mp4").read_bytes() == (outputs / "more.mp4").read_bytes()


def test_a_failing_scene_does_not_stop_the_others(root: Path) -> None:
    """It is said which and why; the next build tries it again and nothing else."""
    edit(root, "There is more", "!refuse There is more")
    summary = build(root)
    assert ["rendered", "failed", "rendered"] == actions(summary)
    assert "face not detected (use a photo with a face)" == summary.scenes[1].error
    assert summary.error is not None
    assert 1 == summary.error.exit_code
    assert not (root / "output/hello/more.mp4").exists()
    edit(root, "!refuse There is more", "There is more")
    assert ["reused", "rendered", "reused"] == actions(build(root))


def test_a_message_names_the_authors_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rendered from is a copy, but the author never reads of it."""
    from didgen.errors import RenderError
    from didgen.jobs.pool import Pool

    async def submit(self: Pool, request: object, send: object) -> str:
        raise RenderError("SourceError", f"{request.source_url.removeprefix('file://')} is no picture")  # type: ignore[attr-defined]

    monkeypatch.setattr(Pool, "submit", submit)
    assert "projects/hello/anna.jpg is no picture" == build(root).scenes[0].error


def test_only_what_is_named_is_built(root: Path) -> None:
    """PROJECT/SCENE builds one scene and leaves the others; an unknown one is an error with the nearest name."""
    assert ["hello/more"] == [scene.address for scene in build(root, "hello/more").scenes]
    assert ["There is more to say."] == rendered(root)
    with pytest.raises(UsageError, match="hello/more"):
        build(root, "hello/mor")
    with pytest.raises(UsageError, match="no project 'helo'"):
        build(root, "helo")


def test_force_renders_again(root: Path) -> None:
    """Even what is up to date."""
    build(root)
    assert ["rendered"] * 3 == actions(build(root, force=True))
    assert 6 == len(rendered(root))


def test_nothing_is_bought_unasked(root: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by --service nor by a project that names a paid service, nor above a budget."""
    monkeypatch.setenv("DIDGEN_PAID", "1")
    monkeypatch.setenv("D_ID_API_KEY", bank.key)
    (root / "didgen.yaml").write_text("credit_s: 15\n")
    with pytest.raises(BudgetError, match="nobody agreed"):
        build(root, service=bank.url)
    edit(root, "name: hello", f"name: hello\nservice: {bank.url}")
    with pytest.raises(BudgetError, match=r"3 scenes from 127\.0\.0\.1:\d+, about \d+ s: 3 credits"):
        build(root)
    with pytest.raises(BudgetError, match="3 credits, and the budget is 2"):
        build(root, budget=2)
    assert [] == bank.bought()


def test_a_wrong_project_builds_nothing(root: Path) -> None:
    """All mistakes are told and no worker is started."""
    edit(root, "anna.jpg", "bella.jpg")
    with pytest.raises(ProjectError, match=r"bella\.jpg"):
        build(root)
    assert [] == rendered(root)


def test_a_served_engine_is_a_service_like_any_other(root: Path, tmp_path: Path) -> None:
    """A project whose service is a base URL is built through HTTP, with captions; on this machine nobody pays."""
    from didgen.jobs.pool import Pool
    from didgen.serve.app import make_app
    from tests.api.served import serving

    for path in (root / "projects/hello").glob("*.jpg"):
        path.write_bytes(fakes.photo())
    app = make_app(Pool(1, command=fakes.COMMAND), tmp_path / "served", None)
    with serving(app) as base:
        edit(root, "name: hello", f"name: hello\nservice: {base}")
        summary = build(root)
        assert ["rendered"] * 3 == actions(summary), [scene.error for scene in summary.scenes]
        assert "Hello there" in (root / "output/hello/welcome.vtt").read_text()
        edit(root, "There is more to say.", "!refuse")
        summary = build(root)
        assert ["reused", "failed", "reused"] == actions(summary)
        assert "face not detected" in summary.scenes[1].error
    assert 4 == len(rendered(root))
