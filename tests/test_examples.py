"""The examples under projects/, built as they stand by the local engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import av
import pytest

from didgen.walk import steps

PROJECTS = Path(__file__).parents[1] / "projects"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("examples")
    shutil.copytree(PROJECTS, root / "projects")
    summary = steps.build(steps.wish(root, ["course", "team"]))
    assert summary.error is None
    assert 6 == summary.count("rendered")
    return root


def length_s(video: Path) -> float:
    with av.open(str(video)) as box:
        frames = sum(1 for _ in box.decode(video=0))
    return frames / 25


@pytest.mark.render
def test_the_course_has_a_film_in_each_language(built: Path) -> None:
    """Each with its own words, face and voice; a scene for one language alone is in its film alone."""
    below = built / "output" / "course"
    assert {"de", "en", "manifest.json"} == {path.name for path in below.iterdir()}
    assert "Willkommen" in (below / "de/film.vtt").read_text("utf-8")
    assert "Miles" in (below / "en/film.srt").read_text("utf-8")
    assert not (below / "de/units.mp4").exists()
    manifest = json.loads((below / "manifest.json").read_bytes())
    assert ["course[locale=en]#film", "course[locale=de]#film"] == [film["address"] for film in manifest["films"]]
    for film in manifest["films"]:
        assert length_s(below / film["files"]["video"]["file"]) == pytest.approx(film["duration_s"], abs=0.1)


@pytest.mark.render
def test_a_new_row_on_top_of_the_team_renders_itself_alone(built: Path) -> None:
    """The others are known by their mail address, wherever they stand."""
    people = built / "projects/team/people.csv"
    assert "Hello Bob!" in (built / "output/team/hello-bob-example-com.vtt").read_text("utf-8")
    assert "Thank you, Anna." in (built / "output/team/thanks/anna.vtt").read_text("utf-8")
    head, *rows = people.read_text().splitlines()
    people.write_text("\n".join([head, "carl@example.com,Carl,free,lively", *reversed(rows)]) + "\n")
    (planned,) = steps.plan(steps.wish(built, ["team"]))
    decided = {one.scene.address: one.action for one in planned.plan.decisions}
    assert "render" == decided.pop("team/hello[people=carl@example.com]")
    assert {"reuse"} == set(decided.values())
    assert 3 == len(decided)
