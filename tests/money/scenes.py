"""A small project for the bank, and whether what came of it is right."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.bank.started import Started

SCENES = ("talk-1", "talk-2", "nod")
"""`nod` is an animation, every other name a talk."""


def photo(salt: str) -> bytes:
    """A JPEG of 256×256 px, as the service takes it, another one for each salt: equal scenes are equal everywhere."""
    import cv2
    import numpy as np

    shades = np.random.default_rng(list(salt.encode())).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", np.kron(shades, np.ones((64, 64, 1), np.uint8)))[1])


def make(root: Path, bank: Started, salt: str, scenes: Sequence[str] = SCENES, extra: str = "") -> Path:
    """A workspace with one project. salt: words that no other workspace of this bank has. extra: more of its lines."""
    home = root / "projects" / "money"
    home.mkdir(parents=True)
    (home / "anna.jpg").write_bytes(photo(salt))
    lines = ["didgen: 1", "name: money", f"service: {bank.url}", "defaults: {source: anna.jpg}", "film: []", extra]
    lines += ["scenes:"]
    for name in scenes:
        what = "driver: bank://nostalgia" if name == "nod" else f'script: "This is {salt} speaking, {name}."'
        lines += [f"  - id: {name}", f"    {what}", f'    user_data: "{salt}/{name}"']
    (home / "project.yaml").write_text("\n".join(line for line in lines if line) + "\n")
    return root


def bought(bank: Started, salt: str) -> list[str]:
    """The scenes of a workspace that were paid for, as often as they were: by the author's own `user_data`."""
    own = [str(job["user_data"] or "").split(" ")[0].split("/") for job in bank.bought()]
    return [where[1] for where in own if where[0] == salt]


def wrong(root: Path, bank: Started, salt: str, scenes: Sequence[str] = SCENES) -> list[str]:
    """What is not as it must be after a finished build: outputs, the jobs they came from, files left over."""
    jobs = {job["id"]: job for job in bank.bought()}
    problems = []
    for name in scenes:
        path = root / "output" / "money" / f"{name}.mp4"
        if not path.exists():
            problems.append(f"{name}: lost")
            continue
        job = jobs.get(path.read_bytes()[-25:].decode("ascii", "replace"))
        if job is None or job["user_data"].split(" ")[0] != f"{salt}/{name}":
            problems.append(f"{name}: not its own video")
    if not (root / "output" / "money" / "manifest.json").exists():
        problems.append("no manifest")
    problems += [f"left over: {path.relative_to(root)}" for path in root.rglob(".didgen-*") if path.is_file()]
    return problems


def order(root: Path, bank: Started, **more: Any) -> dict[str, Any]:
    """An order for `warm`."""
    return {"root": str(root), "key": bank.key, "env": {"DIDGEN_PAID": "1"}, **more}


def states(root: Path) -> list[tuple[str, str, str]]:
    """Address, state and our id of each job in the state file, read without the product."""
    with closing(sqlite3.connect(root / ".didgen" / "state.sqlite")) as db:
        return [tuple(row) for row in db.execute("SELECT address, state, id FROM jobs ORDER BY began, id")]


def uncertain(root: Path) -> dict[str, str]:
    """Jobs that wait for a person: address by our id."""
    return {job: address for address, state, job in states(root) if state in ("intent", "uncertain")}


def told(result: dict[str, Any]) -> str:
    """A result in a line, for messages."""
    return json.dumps(
        {name: result[name] for name in ("exit", "error", "errors", "actions", "stuck") if name in result}
    )
