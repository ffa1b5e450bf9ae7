"""What whole commands cost, each a fresh process of the installed `didgen`, beside Python doing nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2

from tests.bench.measure import Cost, in_turn, process, ratio, row, typical
from tests.bench.workspace import PHOTO, TEN_WORDS, fill, long_text, many_scenes, one_scene, wide_photo

DIDGEN = str(Path(sys.executable).with_name("didgen"))
BARE = (sys.executable, "-c", "pass")
NEEDED = (sys.executable, "-c", "import click, sqlite3")  # what any such command line has to import


def first_video() -> None:
    """A photo and ten words to a finished video, everything loaded anew: three runs."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "a.mp4"
        words = (DIDGEN, "say", str(PHOTO), TEN_WORDS, "-o", str(out), "-q")
        costs = [process(words, Path(name)) for _ in range(3)]
        length_s = _length_s(out)
    row("didgen say, ten words, first run", typical(costs[:1]))
    row("didgen say, ten words, median of 3", f"{typical(costs)}, for {length_s:.1f} s of video")


def minute() -> None:
    """A minute of film from a cold start: photo and text to a finished video, once."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "a.mp4"
        cost = process((DIDGEN, "say", str(PHOTO), long_text(60), "-o", str(out), "-q"), Path(name))
        row("didgen say, a minute", f"{typical([cost])}, for {_length_s(out):.1f} s of video")


def memory() -> None:
    """The most memory a process holds for a stitched 1920 × 1080 video, a short one and one eight times as long."""
    with tempfile.TemporaryDirectory() as name:
        photo, out = Path(name) / "wide.png", Path(name) / "a.mp4"
        cv2.imwrite(str(photo), cv2.cvtColor(wide_photo(), cv2.COLOR_RGB2BGR))
        for seconds in (8, 64):
            text = long_text(seconds)
            cost = process((DIDGEN, "say", str(photo), text, "-o", str(out), "-q", "--stitch"), Path(name))
            row(f"didgen say --stitch, {_length_s(out):.0f} s of 1080p", f"{cost.peak_mib:.0f} MiB, {typical([cost])}")


def version() -> None:
    """`didgen --version`."""
    commands = {"didgen --version": (DIDGEN, "--version"), "python -c pass": BARE}
    _compared(in_turn(commands, Path.cwd()), "didgen --version")


def nothing_to_do() -> None:
    """A build with nothing to do: one scene that was really rendered, and five hundred that were not."""
    with tempfile.TemporaryDirectory() as name:
        root = one_scene(Path(name))
        row("first build of 1 scene", typical([process((DIDGEN, "build", "-q"), root)]))
        _idle_build(root, 1)
    with tempfile.TemporaryDirectory() as name:
        root = many_scenes(Path(name))
        costs = in_turn({"plan": (DIDGEN, "plan", "-q")}, root, rounds=3)
        row("first plan of 500 scenes, median of 3", typical(costs["plan"]))
        fill(root)
        _idle_build(root, 500)


def _idle_build(root: Path, count: int) -> None:
    build = (DIDGEN, "build")
    said = subprocess.run((*build, "--json"), cwd=root, capture_output=True, text=True, check=True).stdout
    actions = [scene["action"] for scene in json.loads(said)["scenes"]]
    if actions != ["reused"] * count:
        raise RuntimeError(f"there was something to do: {said}")
    name = f"build with nothing to do, scenes: {count}"
    commands = {name: build, "python -c pass": BARE, "python -c 'import click, sqlite3'": NEEDED}
    _compared(in_turn(commands, root), name)


def _compared(costs: Mapping[str, Sequence[Cost]], ours: str) -> None:
    row(ours, typical(costs[ours]))
    for name in costs:
        if name != ours:
            row(f"  against {name}", f"{ratio(costs[ours], costs[name]):.2f} × ({typical(costs[name])})")


def _length_s(video: Path) -> float:
    import av

    with av.open(str(video)) as box:
        return float(box.duration or 0) / 1_000_000
