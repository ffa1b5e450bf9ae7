"""What an animation costs that a driver video moves, tracking included, beside one that a bank moves."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from didgen.engine.face.find import find_faces
from didgen.engine.face.retrack import follow
from didgen.engine.motion.bank import bank_track
from didgen.engine.motion.choice import find_driver
from didgen.engine.photo import load_photo
from didgen.engine.render import render, warm
from didgen.engine.shot import FPS, Config, Shot
from didgen.engine.video.encode import Encoder
from didgen.engine.video.pictures import DriverPictures
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from tests.bench.measure import cpu, row
from tests.bench.workspace import PHOTO
from tests.quality.run import Shelf

BANK = "bank://nostalgia/driver-03"
SIZES = ((512, 512), (1920, 1080))
ROUNDS = 5  # of one and the other in turn


def driver() -> None:
    """An animation from a bank, and as long ones from driver videos of two sizes."""
    cv2.setNumThreads(1)
    warm()
    shelf = Shelf()
    with tempfile.TemporaryDirectory() as folder:
        _rendered(Path(folder), BANK, shelf)  # the photo's faces are on the shelf from now on
        bank, frames = _rendered(Path(folder), BANK, shelf)
        row("from a bank, CPU ms per frame", f"{1000 * bank / frames:.1f} ({frames} frames)")
        for width, height in SIZES:
            clip = _clip(Path(folder), width, height, frames)
            reading, _ = cpu(lambda clip=clip: sum(1 for _ in DriverPictures(clip, 60.0)))
            following, _ = cpu(lambda clip=clip: follow(DriverPictures(clip, 60.0)))
            pairs = [[_rendered(Path(folder), driver, shelf)[0] for driver in (BANK, clip)] for _ in range(ROUNDS)]
            ratios = sorted(moved / bank for bank, moved in pairs)
            name = f"{width} × {height} video"
            row(f"{name}: reading, CPU ms per frame", f"{1000 * reading / frames:.1f}")
            row(f"{name}: reading and following", f"{1000 * following / frames:.1f}")
            row(f"{name}: all", f"{1000 * median(moved for _, moved in pairs) / frames:.1f}")
            row(f"{name}: all / from a bank", f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def _rendered(folder: Path, driver: str | Path, shelf: Shelf) -> tuple[float, int]:
    """CPU seconds of an animation, from the photo to the file, and its frames."""
    shot = Shot(PHOTO, None, driver, Config(), seed=1)
    seconds, made = cpu(lambda: render(shot, folder / "made.mp4", lambda *_: None, shelf))
    return seconds, made.facts["frames"]


def _clip(folder: Path, width: int, height: int, frames: int) -> Path:
    """A face that moves as a bank's driver, filling the height of a video."""
    photo = load_photo(PHOTO)
    rig, track = build_rig(photo, find_faces(photo)[0]), bank_track(find_driver(BANK, "animation", 2), frames, 2, FPS)
    path, left = folder / f"{width}.mp4", (width - height) // 2
    frame = np.full((height, width, 3), 90, np.uint8)
    with Encoder(path, width, height, None, metadata={}) as encoder:
        for k in range(frames):
            frame[:, left : left + height] = cv2.resize(draw(rig, track, k), (height, height))
            encoder.write(frame.copy())
    return path
