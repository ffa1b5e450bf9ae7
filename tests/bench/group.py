"""How fast four faces of a photo of 1920 × 1080 are animated."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import cv2

from didgen.engine.photo import load_photo
from didgen.engine.render import render, warm
from didgen.engine.shot import Config, Shot
from tests.bench.measure import cpu, row
from tests.quality.gallery import ROOT
from tests.quality.run import Shelf

GROUP = ROOT / "tests" / "quality" / "group" / "group.jpg"
DRIVER = "bank://fun/driver-06"  # mouths, brows, lids and heads all move
ROUNDS = 3


def group() -> None:
    """Drawing and encoding by the wall, as a file says of itself, and CPU from the photo to the file."""
    cv2.setNumThreads(1)
    warm()
    with tempfile.TemporaryDirectory() as folder:
        photo, out = Path(folder) / "group.png", Path(folder) / "made.mp4"
        wide = cv2.resize(load_photo(GROUP), (1920, 1000), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(photo), cv2.copyMakeBorder(wide, 0, 80, 0, 0, cv2.BORDER_REFLECT_101)[:, :, ::-1])
        shot, shelf = Shot(photo, None, DRIVER, Config(stitch=True), seed=1), Shelf()
        runs = [cpu(lambda: render(shot, out, lambda *_: None, shelf).facts) for _ in range(ROUNDS)]
    facts = runs[0][1]
    width, height = facts["resolution"]
    row("frames", f"{facts['frames']} of {width} × {height}, {len(facts['faces'])} faces move")
    row("all, CPU ms per frame", f"{1000 * median(seconds for seconds, _ in runs) / facts['frames']:.1f}")
    rates = sorted(facts["metadata"]["processing_fps"] for _, facts in runs)
    row("drawn and encoded, frames a second of wall", f"{median(rates):.1f} ({rates[0]:.1f} to {rates[-1]:.1f})")
