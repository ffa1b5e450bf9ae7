"""`--locked` and `update` as typed: what is printed, and the exit codes that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bank.started import Started
from tests.cli.test_consent import bank, didgen, workspace

__all__ = ["bank", "workspace"]

LOCK = "projects/tiny/didgen.lock"


def test_a_build_in_ci_stops_at_the_changed_voice_and_goes_on_after_an_update(workspace: Path, bank: Started) -> None:
    """Offline and without a key the field is named; the lock is moved, committed, and then bought for."""
    project = workspace / "projects/tiny/project.yaml"
    voiced = "defaults: {source: a.jpg, voice: {provider: microsoft, voice_id: en-US-JennyNeural}}"
    project.write_text(project.read_text().replace("defaults: {source: a.jpg}", voiced))
    assert 0 == didgen(workspace, bank, "build", "--budget", "2").returncode
    assert (0, "") == (
        (done := didgen(workspace, bank, "plan", "--locked", DIDGEN_API_KEY="")).returncode,
        done.stderr,
    )
    project.write_text(project.read_text().replace("Jenny", "Guy"))
    lines = (workspace / LOCK).read_text("utf-8").splitlines()
    places = [lines.index(f'  "tiny/{name}": {{') + 1 for name in ("one", "two")]
    for words in (("plan", "--locked"), ("plan", "--locked", "--json"), ("build", "--locked", "--budget", "9")):
        done = didgen(workspace, bank, *words, DIDGEN_API_KEY="")
        assert (2, "") == (done.returncode, done.stdout)
        assert [
            f"didgen: {LOCK}:{place}: tiny/{name}: voice: en-US-JennyNeural → en-US-GuyNeural "
            "(didgen update moves the lock)"
            for place, name in zip(places, ("one", "two"), strict=True)
        ] == done.stderr.splitlines()
    moved = didgen(workspace, bank, "update", "tiny/one", DIDGEN_API_KEY="")
    assert (0, ["~ tiny/one: voice: en-US-JennyNeural → en-US-GuyNeural"]) == (
        moved.returncode,
        moved.stdout.splitlines(),
    )
    assert 1 == len(didgen(workspace, bank, "plan", "--locked").stderr.splitlines())
    assert 0 == didgen(workspace, bank, "update", "-q").returncode
    assert "the lock says what the projects say\n" == didgen(workspace, bank, "update").stdout
    assert 2 == len(bank.bought())
    done = didgen(workspace, bank, "build", "--locked", "--budget", "2")
    assert (0, 4) == (done.returncode, len(bank.bought())), done.stderr
    assert all(entry["job"] for entry in json.loads((workspace / LOCK).read_bytes())["scenes"].values())


def test_a_plan_file_and_the_lock_are_two_promises(workspace: Path, bank: Started) -> None:
    """One at a time: what a plan was bound to is in the plan."""
    done = didgen(workspace, bank, "build", "--plan", "p.json", "--locked")
    assert (2, True) == (done.returncode, "says already" in done.stderr)
    done = didgen(workspace, bank, "plan", "--locked", "--service", "local")
    assert (2, True) == (done.returncode, "no draft is locked" in done.stderr)
