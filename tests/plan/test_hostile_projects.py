"""Whatever is written, the answer is scenes or one ProjectError with places: never a traceback."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from didgen.errors import DidgenError, Problem, ProjectError
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import load_project
from tests import fakes

FULL: dict[str, Any] = {
    "didgen": 1,
    "name": "x",
    "service": "local",
    "locale": "en",
    "vars": {"a": "b", "n": [1, {"c": 2.5}]},
    "matrix": {"plan": ["a", 2], "include": [{"plan": "a", "locale": "en"}], "exclude": [{"plan": 2}]},
    "data": {"people": "people.csv"},
    "locales": {"en": {"config": {"fluent": True}}},
    "voices": {"en": "heart", "de": {"provider": "microsoft", "voice_id": "de-DE-KatjaNeural"}},
    "pronounce": {"kubectl": "cube control"},
    "defaults": {"source": "p.jpg", "driver": "lively", "config": {"stitch": True, "pad_audio": 1}},
    "scenes": [
        {"id": "one", "script": "Hello there", "voice": "am_puck", "user_data": "u", "webhook": "https://x.org"},
        {
            "id": "two",
            "script": {"file": "t.md", "ssml": False, "subtitles": True},
            "voice": {"provider": "amazon", "voice_id": "Amy", "voice_config": {"rate": "0.9", "style": "s"}},
            "face": {"size": 10, "top_left": [1, 2]},
            "config": {
                "logo": {"url": "p.jpg", "position": [1, 2]},
                "driver_expressions": {"expressions": [{"start_frame": 0, "expression": "happy", "intensity": 1}]},
            },
        },
        {"id": "three", "script": {"audio": "a.wav", "reduce_noise": True}, "driver": "d.mp4"},
        {"id": "four", "driver": "nostalgia/driver-01", "config": {"mute": True, "result_format": "mov"}},
        {"id": "five", "each": {"people": "id"}, "when": {"row.plan": ["pro", 1]}, "script": "Hello there"},
    ],
    "film": ["one", "two"],
}

odd = st.sampled_from(
    [None, True, 0, -1, 2**70, 1.5, "", " ", "x", "no", "../..", "/", "~", "\0", "a\nb", "https://x.org/a", "bank://",
     "bank://x/y/z", "{}", "<b>", "世界", "😀" * 30, [], [[]], {}, {"": ""}, {"a": {"b": []}}, ["x", 1, None]]
) | st.text(max_size=8)  # fmt: skip


def nodes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, below in inner for p in nodes(below, (*path, key)))]


PATHS = [path for path in nodes(FULL) if path]


def changed(path: tuple[Any, ...], how: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(FULL)
    parent: Any = data
    for step in path[:-1]:
        parent = parent[step]
    if how == "delete":
        del parent[path[-1]]
    elif how == "rename" and isinstance(parent, dict):
        parent[f"{path[-1]}x"] = parent.pop(path[-1])
    elif how == "twice" and isinstance(parent, list):
        parent.append(parent[path[-1]])
    else:
        parent[path[-1]] = value
    return data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in (("p.jpg", fakes.photo()), ("a.wav", fakes.wav()), ("d.mp4", fakes.VIDEO_HEAD)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "t.md").write_text("# Title\nText\n")
    (tmp_path / "people.csv").write_text("id,plan\nanna,pro\nbob,free\n")
    return tmp_path


def take(folder: Path, data: Any) -> list[Scene]:
    (folder / "project.yaml").write_text(json.dumps(data), "utf-8")
    files = Files(folder)
    project = load_project(folder / "project.yaml", files)
    return resolve(project, files, service_id(project.spec.service))


def problems(folder: Path, data: Any) -> tuple[Problem, ...]:
    """What is wrong with a project; each problem must fit one line, for it is printed as one."""
    try:
        take(folder, data)
    except ProjectError as error:
        assert len(error.problems) == len(str(error).splitlines())  # noqa: PT017
        return error.problems
    return ()


def test_the_project_itself_is_fine(folder: Path) -> None:
    """What the changes below start from has no mistake."""
    names = [scene.address for scene in take(folder, FULL)]
    assert [*(f"x/{name}[plan=a]" for name in ("one", "two", "three", "four")), "x/five[people=anna,plan=a]"] == names


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PATHS), st.sampled_from(["replace", "replace", "delete", "rename", "twice"]), odd)
def test_no_change_gives_a_traceback(folder: Path, path: tuple[Any, ...], how: str, value: Any) -> None:
    """Any value replaced, removed, renamed or repeated: scenes, or problems that each have a place in a file."""
    assert all(problem.place and problem.message for problem in problems(folder, changed(path, how, value)))


@pytest.mark.parametrize("data", [None, 1, "x", [], {}, {"didgen": 1}, {"didgen": 1, "scenes": {}}, {"scenes": [[]]}])
def test_what_is_no_project_at_all(folder: Path, data: Any) -> None:
    """Other shapes are refused as clearly."""
    with pytest.raises(DidgenError):
        take(folder, data)
