"""A plan that was written down is built as it is, for what it said, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bank.started import Started
from tests.cli.test_consent import bank, didgen, workspace

__all__ = ["bank", "workspace"]

PROJECT = "projects/tiny/project.yaml"


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / PROJECT
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def planned(folder: Path, bank: Started) -> dict[str, object]:
    done = didgen(folder, bank, "plan", "--out", "p.json", DIDGEN_API_KEY="")
    assert 0 == done.returncode, done.stderr
    content: dict[str, object] = json.loads((folder / "p.json").read_bytes())
    return content


def test_a_plan_is_built_for_what_it_said_and_once(workspace: Path, bank: Started) -> None:
    """Planned without a key, bought without another question, and out of date once it is done."""
    plan = planned(workspace, bank)
    assert (1, 2, 2) == (plan["didgen_plan"], plan["credits"], plan["most_credits"])
    assert bank.key not in (workspace / "p.json").read_text()
    edit(workspace, "defaults:", "# a comment changes nothing\ndefaults:")
    no_key = didgen(workspace, bank, "build", "--plan", "p.json", DIDGEN_API_KEY="")
    assert (7, []) == (no_key.returncode, bank.bought()), no_key.stderr
    done = didgen(workspace, bank, "build", "--plan", "p.json")
    assert (0, 2) == (done.returncode, len(bank.bought())), done.stderr
    again = didgen(workspace, bank, "build", "--plan", "p.json")
    assert (2, 2) == (again.returncode, len(bank.bought()))
    assert "tiny/one: action was render, is reuse" in again.stderr
    (workspace / "output/tiny/one.mp4").unlink()
    planned(workspace, bank)
    free = didgen(workspace, bank, "build", "--plan", "p.json", DIDGEN_API_KEY="")
    assert (0, True) == (free.returncode, (workspace / "output/tiny/one.mp4").exists()), free.stderr


def test_what_moved_is_named_and_nothing_is_bought(workspace: Path, bank: Started) -> None:
    """A changed sentence with its file, a new and a lost scene, another price."""
    planned(workspace, bank)
    original = (workspace / PROJECT).read_text()
    edit(workspace, "Good morning", "Good night")
    edit(workspace, "id: two", "id: three")
    done = didgen(workspace, bank, "build", "--plan", "p.json")
    assert 2 == done.returncode
    for part in (
        f"{PROJECT}: changed",
        "tiny/one: fingerprint was",
        "tiny/two: is no scene",
        "tiny/three: is a new scene",
    ):
        assert part in done.stderr
    (workspace / PROJECT).write_text(original)
    (workspace / "didgen.yaml").write_text("credit_s: 1\n")
    dearer = didgen(workspace, bank, "build", "--plan", "p.json")
    assert 2 == dearer.returncode
    assert "tiny/one: credits was 1, is 2" in dearer.stderr
    (workspace / PROJECT).unlink()
    assert f"{PROJECT}: is gone" in didgen(workspace, bank, "build", "--plan", "p.json").stderr
    assert [] == bank.bought()


def test_a_plan_says_all_and_must_be_one(workspace: Path, bank: Started) -> None:
    """One sentence, exit code 2, for other words beside it and for files that are none."""
    planned(workspace, bank)
    content = json.loads((workspace / "p.json").read_bytes())
    wrong = {"none.json": None, "text.json": "text", "list.json": "[]"}
    wrong |= {
        "newer.json": json.dumps({**content, "didgen_plan": 2}),
        "cut.json": json.dumps({**content, "scenes": [{}]}),
    }
    wrong["out.json"] = json.dumps({**content, "targets": [{"file": "../x.yaml", "parts": []}]})
    for name, text in wrong.items():
        if text is not None:
            (workspace / name).write_text(text)
        done = didgen(workspace, bank, "build", "--plan", name)
        assert (2, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    for more in (("--budget", "1"), ("tiny",), ("--force",), ("--service", "local")):
        done = didgen(workspace, bank, "build", "--plan", "p.json", *more)
        assert (2, True) == (done.returncode, "says already" in done.stderr)
    assert [] == bank.bought()


def test_an_altered_total_buys_nothing_beyond_it(workspace: Path, bank: Started) -> None:
    """The total in the file is the ceiling, whatever the scenes say."""
    content = planned(workspace, bank)
    (workspace / "p.json").write_text(json.dumps({**content, "most_credits": 1}))
    done = didgen(workspace, bank, "build", "--plan", "p.json")
    assert (4, []) == (done.returncode, bank.bought()), done.stderr


def test_a_plan_of_one_scene_builds_that_scene_only(workspace: Path, bank: Started) -> None:
    """The addresses are part of the plan."""
    assert 0 == didgen(workspace, bank, "plan", "tiny/one", "--out", "p.json").returncode
    done = didgen(workspace, bank, "build", "--plan", "p.json")
    assert (0, 1) == (done.returncode, len(bank.bought())), done.stderr
