"""A disk that is full at every moment: a small tmpfs in a mount namespace of its own, from far too small to enough.

As a program, inside `unshare -rm`: `python -m tests.money.full FOLDER KIB[:INODES] …` builds on a disk of each size,
makes it large, builds again, and prints what came of each as a JSON line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bank.started import REPOSITORY, Started, opened
from tests.money import scenes
from tests.money.warm import Warm

INSIDE = ("unshare", "-rm", sys.executable, "-m", "tests.money.full")


def possible() -> str:
    """Why a small disk cannot be made here; "" when it can."""
    try:
        mounted = subprocess.run(
            ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /tmp"], capture_output=True, text=True
        )
    except FileNotFoundError:
        return "there is no unshare here"
    return "" if mounted.returncode == 0 else f"no namespaces here: {mounted.stderr.strip()}"


def tried(folder: Path, sizes: list[str]) -> list[dict[str, Any]]:
    """What came of building on disks of those sizes; run from outside."""
    done = subprocess.run([*INSIDE, str(folder), *sizes], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def mount(disk: Path, size: str, *, again: bool = False) -> None:
    """Make a disk of `KIB[:INODES]`, or change the size of one."""
    kib, _, inodes = size.partition(":")
    options = f"size={kib}k" + (f",nr_inodes={inodes}" if inodes else "") + (",remount" if again else "")
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], check=True)


def one(warm: Warm, bank: Started, disk: Path, size: str) -> dict[str, Any]:
    """Build on a disk of that size, free some space, build again."""
    salt = size.replace(":", "x")
    disk.mkdir()
    mount(disk, "65536")
    root = scenes.make(disk / "work", bank, salt)
    mount(disk, size, again=True)
    first = warm.build(scenes.order(root, bank))
    result = {"size": size, "first": first} | _afterwards(
        warm, bank, root, salt, lambda: mount(disk, "65536:65536", again=True)
    )
    subprocess.run(["umount", str(disk)], check=True)
    return result


def problems(result: dict[str, Any]) -> list[str]:
    """What is not as it must be in the result of one size; [] for nothing."""
    first, second = result["first"], result["second"]
    found = [f"exit {first.get('exit')}, then {second.get('exit')}"]
    if first.get("exit") in (0, 6) and second.get("exit") == 0:
        found = []
    if first.get("exit") == 6 and result["root"] not in first["error"]:
        found.append("the message names no path")
    if sorted(scenes.SCENES) != result["bought"]:
        found.append(f"bought {result['bought']}")
    return [*found, *result["wrong"], *(f"left over: {name}" for name in result["left"]), *result["halves"]]


def at_each_write(warm: Warm, bank: Started, folder: Path, every: int = 1) -> tuple[int, list[str]]:
    """Builds for which the disk is full from the n-th write on, for every n or each `every`-th: how many writes a
    build has, and what was wrong. The error is raised in the process that builds, so this works everywhere."""
    whole = warm.build(scenes.order(scenes.make(folder / "whole", bank, "whole"), bank))
    found = []
    for n in range(1, whole["writes"] + 1, every):
        root = scenes.make(folder / f"write-{n}", bank, f"write{n}")
        result = {"first": warm.build(scenes.order(root, bank, full=n))}
        result |= _afterwards(warm, bank, root, f"write{n}")
        found += [f"write {n}: {problem}" for problem in problems(result)]
        if result["first"].get("exit") != 6:
            found.append(f"write {n}: {scenes.told(result['first'])}")
    return whole["writes"], found


def _afterwards(
    warm: Warm, bank: Started, root: Path, salt: str, free: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """What a build on a full disk left, and what the next one makes of it after some space was freed."""
    left = [path.name for path in root.rglob(".didgen-*") if path.is_file()]
    ids = tuple(job["id"].encode() for job in bank.bought())
    halves = [f"half: {path.name}" for path in root.rglob("*.mp4") if not path.read_bytes().endswith(ids)]
    free()
    second = warm.build(scenes.order(root, bank))
    bought, wrong = sorted(scenes.bought(bank, salt)), scenes.wrong(root, bank, salt)
    return {"root": str(root), "left": left, "halves": halves, "second": second, "bought": bought, "wrong": wrong}


def main() -> None:
    """Try every size named on the command line."""
    folder, *sizes = sys.argv[1:]
    with opened(Path(folder) / "bank", "--credits", "100000") as bank, Warm() as warm:
        for size in sizes:
            print(json.dumps(one(warm, bank, Path(folder) / f"disk-{size.replace(':', '-')}", size)), flush=True)


if __name__ == "__main__":
    main()
