"""A workspace of thousands of scenes, each with its own script file, a hundred to a project; and bringing it up to
date without rendering."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from unittest.mock import patch

SCENES = 100
"""Scenes of one project."""

BYTES = 400
"""About so long is a script, as half a minute of speech is."""

_WORDS = (
    "the quick brown fox jumps over a lazy dog while we talk about nothing in particular and everything that "
    "matters to people who read what others wrote for them before they were here to listen"
).split()


def write(root: Path, count: int) -> Path:
    """Projects of a hundred scenes, `count` in all, with files older than what is too young to trust."""
    from tests import fakes

    picture = fakes.photo()
    for part in range(1, count // SCENES + 1):
        home = root / "projects" / f"part-{part:03d}"
        (home / "scripts").mkdir(parents=True)
        (home / "photo.jpg").write_bytes(picture)
        lines = [f"didgen: 1\nname: part-{part:03d}\ndefaults: {{source: photo.jpg}}\nscenes:\n"]
        for scene in range(1, SCENES + 1):
            name = f"scene-{scene:03d}"
            lines.append(f"  - id: {name}\n    script: {{file: scripts/{name}.txt}}\n")
            (home / "scripts" / f"{name}.txt").write_text(script(part, scene))
        (home / "project.yaml").write_text("".join(lines))
    age(root / "projects", 3600)
    return root


def script(part: int, scene: int) -> str:
    """A text like no other here, of small words."""
    text, k = f"This is scene {scene} of part {part}.", scene + part * SCENES
    while len(text) < BYTES:
        text += f" {_WORDS[k % len(_WORDS)]}"
        k = k * 7 + 3
    return f"{text}.\n"


def age(folder: Path, seconds: float) -> None:
    """Set the time of every file back by so much from now."""
    then = time.time() - seconds
    for path in files(folder):
        os.utime(path, (then, then))


def files(folder: Path) -> Iterator[str]:
    """All files below a folder."""
    for base, _, names in os.walk(folder):
        yield from (os.path.join(base, name) for name in sorted(names))


def fill(root: Path) -> None:
    """Bring a workspace up to date: one small video is stored for every scene, and the build does the rest.

    Nothing here has to outlive a power cut, so nothing waits for the disk.
    """
    from didgen.store.artifacts import Artifacts
    from didgen.walk import steps
    from tests import fakes

    wanted = steps.wish(root)
    with patch("os.fsync", lambda _: None):
        plans = steps.plan(wanted)
        with Artifacts(root) as store:
            video = store.objects.temporary / "talk.mp4"
            fakes.write_video(video, 90)
            known = store.keep(video, "0" * 64, "", {}, {})
            facts = {"duration_s": 0.24, "words": [["This", 0.0, 0.08], ["is", 0.1, 0.18]]}
            found = []
            for scene in [scene for one in plans for scene in one.scenes]:
                bare = type(known)(**{**asdict(known), "fingerprint": scene.fingerprint, "duration_s": 0.24})
                artifact = store.describe(bare, scene.address, scene.identity, facts)
                found.append((artifact, scene.address, scene.identity, None))
            store.state.keep_all(found)
        summary = steps.build(wanted)
    if summary.error is not None:
        raise summary.error
    age(root / "output", 1800)  # as after a while; else they are too young to trust
    steps.build(wanted)


def list_for_bare(root: Path, to: Path) -> None:
    """Write what `bare.py` compares with: digests of all inputs, sizes and times of all outputs."""
    from didgen.digest import sha256_file

    inputs = {os.path.relpath(path, root): sha256_file(path) for path in files(root / "projects")}
    outputs = {}
    for path in files(root / "output"):
        found = os.stat(path)
        outputs[os.path.relpath(path, root)] = [found.st_size, found.st_mtime_ns]
    to.write_text(json.dumps({"inputs": inputs, "outputs": outputs}))


if __name__ == "__main__":
    number, what, root, *to = sys.argv[1:]
    if what == "write":
        write(Path(root), int(number))
    else:
        fill(Path(root))
        list_for_bare(Path(root), Path(*to))
