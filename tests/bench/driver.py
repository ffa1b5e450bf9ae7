"""What an animation costs that a driver video moves, tracking included, beside one that a bank moves."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from didgen.engine.face.find import find_faces
from didgen.engine.face.retrack import follow
from didgen.engine.motion.bank import bank_track
from didgen.engine.photo import load_photo
from didgen.engine.render import render, warm
from didgen.engine.shot import Config, Shot
from didgen.engine.video.encode import Encoder
from didgen.engine.video.pictures import DriverPictures
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from tests.bench.measure import cpu, row
from tests.bench.workspace import PHOTO
from tests.quality.run import Shelf

FRAMES = 250
SIZES = ((512, 512), (1920, 1080))


def driver() -> None:
    """Ten seconds from a bank, and from driver videos of two sizes."""
    cv2.setNumThreads(1)
    warm()
    shelf = Shelf()
    with tempfile.TemporaryDirectory() as folder:
        clips = [_clip(Path(folder), *size) for size in SIZES]
        _rendered(Path(folder), "bank://nostalgia/driver-03", shelf)  # the photo's faces are on the shelf from now on
        bank = _rendered(Path(folder), "bank://nostalgia/driver-03", shelf)
        row("from a bank, CPU ms per frame", f"{1000 * bank / FRAMES:.1f}")
        for clip, (width, height) in zip(clips, SIZES, strict=True):
            reading, _ = cpu(lambda clip=clip: sum(1 for _ in DriverPictures(clip, 60.0)))
            following, _ = cpu(lambda clip=clip: follow(DriverPictures(clip, 60.0)))
            moved = _rendered(Path(folder), clip, shelf)
            name = f"from a video of {width} × {height}"
            row(f"{name}: reading, CPU ms per frame", f"{1000 * reading / FRAMES:.1f}")
            row(f"{name}: reading and following", f"{1000 * following / FRAMES:.1f}")
            row(f"{name}: all", f"{1000 * moved / FRAMES:.1f}")
            row(f"{name}: all / from a bank", f"{moved / bank:.2f}")


def _rendered(folder: Path, driver: str | Path, shelf: Shelf) -> float:
    """CPU seconds of an animation, from the photo to the file."""
    shot = Shot(PHOTO, None, driver, Config(), seed=1)
    return cpu(lambda: render(shot, folder / "made.mp4", lambda *_: None, shelf))[0]


def _clip(folder: Path, width: int, height: int) -> Path:
    """A face that moves as a bank's driver, filling the height of a video."""
    photo = load_photo(PHOTO)
    rig, track = build_rig(photo, find_faces(photo)[0]), bank_track("bank://nostalgia/driver-03", FRAMES, 2)
    path, left = folder / f"{width}.mp4", (width - height) // 2
    frame = np.full((height, width, 3), 90, np.uint8)
    with Encoder(path, width, height, None, metadata={}) as encoder:
        for k in range(FRAMES):
            frame[:, left : left + height] = cv2.resize(draw(rig, track, k), (height, height))
            encoder.write(frame.copy())
    return path
