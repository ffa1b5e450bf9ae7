"""The same work by other build tools: four outputs for every scene, made from its script, the photo and the project.

Each `write` leaves what its tool reads in the workspace and returns the command; the outputs of each lie in a folder
of their own. `cat` stands for the rendering. Make (4.3, for `&:`) is taken from the machine, ninja and doit from the
packages of the group `bench`, else from the machine as well.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

SUFFIXES = ("mp4", "vtt", "srt", "jpg")

DODO = '''"""What doit has to do."""

import os
from pathlib import Path

DOIT_CONFIG = {"backend": "sqlite3", "dep_file": ".doit.sqlite", "verbosity": 0}


def make(inputs, outputs):
    """What `cat` does, without a process for each."""
    data = b"".join(Path(name).read_bytes() for name in inputs)
    for name in outputs:
        os.makedirs(os.path.dirname(name), exist_ok=True)
        Path(name).write_bytes(data)


def task_scene():
    for part in sorted(os.listdir("projects")):
        home = f"projects/{part}"
        for script in sorted(os.listdir(f"{home}/scripts")):
            scene = script.removesuffix(".txt")
            inputs = [f"{home}/scripts/{script}", f"{home}/photo.jpg", f"{home}/project.yaml"]
            outputs = [f"out-doit/{part}/{scene}.{suffix}" for suffix in ("mp4", "vtt", "srt", "jpg")]
            yield {
                "name": f"{part}/{scene}",
                "file_dep": inputs,
                "targets": outputs,
                "actions": [(make, (inputs, outputs))],
            }
'''


def write_make(root: Path) -> Sequence[str]:
    """A Makefile with a grouped target a scene."""
    lines, made = [], []
    for inputs, outputs in _scenes(root, "out-make"):
        made += outputs
        lines.append(f"{' '.join(outputs)} &: {' '.join(inputs)}\n\t@cat $^ | tee {' '.join(outputs)} > /dev/null\n")
    (root / "Makefile").write_text(f".PHONY: all\nall: {' '.join(made)}\n\n{''.join(lines)}")
    return ("make", "--silent")


def write_ninja(root: Path) -> Sequence[str]:
    """A build.ninja with an edge a scene."""
    rule = "rule make\n  command = cat $in | tee $out > /dev/null\n"
    edges = [f"build {' '.join(o)}: make {' '.join(i)}\n" for i, o in _scenes(root, "out-ninja")]
    (root / "build.ninja").write_text(rule + "".join(edges))
    return (_tool("ninja"), "--quiet")


def write_doit(root: Path) -> Sequence[str]:
    """A dodo.py with a task a scene."""
    (root / "dodo.py").write_text(DODO)
    return (_tool("doit"),)


def _scenes(root: Path, out: str) -> Iterator[tuple[list[str], list[str]]]:
    for home in sorted((root / "projects").iterdir()):
        (root / out / home.name).mkdir(parents=True, exist_ok=True)
        shared = [f"projects/{home.name}/photo.jpg", f"projects/{home.name}/project.yaml"]
        for script in sorted((home / "scripts").iterdir()):
            outputs = [f"{out}/{home.name}/{script.stem}.{suffix}" for suffix in SUFFIXES]
            yield [f"projects/{home.name}/scripts/{script.name}", *shared], outputs


def _tool(name: str) -> str:
    """Where a tool lies: beside this Python, else on the machine, "" when it is nowhere."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name) or ""


PEERS: dict[str, Callable[[Path], Sequence[str]]] = {"ninja": write_ninja, "doit": write_doit, "make": write_make}


def commands(root: Path) -> dict[str, Sequence[str]]:
    """The command of every peer that is here, its files written."""
    written = {name: write(root) for name, write in PEERS.items() if _tool(name)}
    return {name: command for name, command in written.items() if command[0]}
