"""Photos that follow driver videos, measured against the drivers.

`python -m tests.quality.driven` draws both into docs/gallery/, the photo under the driver that moves it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np

from didgen.engine.face.retrack import follow
from didgen.engine.render import render
from didgen.engine.shot import Config, Memo, Shot
from didgen.engine.video.pictures import DriverPictures
from didgen.engine.video.probe import probe
from didgen.quality.clip import pictures_at, pictures_of, track_of
from didgen.quality.driven import Shown, follows, reenacts, skin_turned_deg
from didgen.quality.figures import Figures, Row
from didgen.quality.page import Sheet
from didgen.quality.strips import face_cut, jpeg
from tests.quality.acted import CLIPS, act, path_of
from tests.quality.gallery import ROOT
from tests.quality.run import Measured, Shelf

LIMIT_S = 60.0
SHEETS, QUALITY = ROOT / "docs" / "gallery", 80
CONFIG = Config(logo=None)


def measure_clip(name: str, shelf: Memo, keep: Path | None = None) -> Measured:
    """One of our own clips, by its name, moving the face that it is to move. keep: a folder for the videos."""
    (part,) = (part for part in CLIPS if part.name == name)
    with tempfile.TemporaryDirectory() as folder:
        clip, lids = act(part, keep or Path(folder))
        return measure_driver(clip, path_of(part.moved), shelf, lids, keep)


def measure_driver(
    clip: Path, photo: Path, shelf: Memo, lids: np.ndarray | None = None, keep: Path | None = None
) -> Measured:
    """A driver video moving a photo, and moving its own first picture. lids: as acted, where that is known."""
    pictures = DriverPictures(clip, LIMIT_S)
    seen = follow(pictures)
    fps = (len(seen) - 1) / max(pictures.times[-1], 1e-6)
    driver = Shown.of(seen, fps, lids, skin_turned_deg(lambda: DriverPictures(clip, LIMIT_S), seen))
    with tempfile.TemporaryDirectory() as folder:
        ours, figures, out = _moved(clip, photo, driver, keep or Path(folder), shelf)
        own = _reenacted(clip, Path(folder), shelf)
        figures = replace(figures, **{k: v for k, v in asdict(reenacts(driver, own)).items() if v is not None})
        sheet = Sheet(_pairs(clip, driver, out, ours), ours.seen.lip_gap_cm, _gap(driver, ours))
    return Measured(Row(clip.stem, figures), sheet)


def _moved(clip: Path, photo: Path, driver: Shown, folder: Path, shelf: Memo) -> tuple[Shown, Figures, Path]:
    out = folder / f"{clip.stem}-{photo.stem}.mp4"
    rendered = render(Shot(photo, None, clip, CONFIG), out, lambda *_: None, shelf)
    seen, track = follow(pictures_of(out)), track_of(rendered.facts["track"])
    rest = int(np.abs(track.pose_deg).sum(1).argmin())
    ours = Shown.of(seen, probe(out).fps, skin_deg=skin_turned_deg(lambda: pictures_of(out), seen, rest))
    return ours, follows(driver, ours, out, track), out


def _reenacted(clip: Path, folder: Path, shelf: Memo) -> Shown:
    first, out = folder / f"{clip.stem}-first.png", folder / f"{clip.stem}-own.mp4"
    cv2.imwrite(str(first), next(iter(DriverPictures(clip, LIMIT_S)))[:, :, ::-1])
    render(Shot(first, None, clip, replace(CONFIG, auto_match=False)), out, lambda *_: None, shelf)
    seen = follow(pictures_of(out))
    return Shown.of(seen, probe(out).fps, skin_deg=skin_turned_deg(lambda: pictures_of(out), seen))


def _gap(driver: Shown, ours: Shown) -> np.ndarray:
    return np.interp(ours.times, driver.times, driver.seen.lip_gap_cm)


def _moments(driver: Shown) -> dict[str, int]:
    """Pictures of the driver that tell most."""
    turned, open_ = driver.turned_deg, driver.lids.max(1) < 0.2
    poses = np.where(open_[:, None], turned, np.median(turned, axis=0))
    found = {"start": 0, "left": poses[:, 0].argmin(), "right": poses[:, 0].argmax(), "up": poses[:, 1].argmin()}
    found |= {"down": poses[:, 1].argmax(), "tilt": np.abs(poses[:, 2]).argmax()}
    found |= {"open": driver.seen.lip_gap_cm.argmax(), "wide": driver.seen.mouth_width_cm.argmax()}
    found |= {"narrow": driver.seen.mouth_width_cm.argmin(), "blink": driver.lids.min(1).argmax()}
    return {name: int(k) for name, k in found.items()}


def _pairs(clip: Path, driver: Shown, out: Path, ours: Shown) -> dict[str, bytes]:
    """Moment → JPEG: the driver's face over ours."""
    wanted = _moments(driver)
    match = {k: min(len(ours.seen) - 1, int((k + 0.5) / driver.fps * ours.fps)) for k in wanted.values()}
    theirs = {k: rgb for k, rgb in enumerate(DriverPictures(clip, LIMIT_S)) if k in match}
    own = pictures_at(out, set(match.values()))
    pair = {
        k: np.vstack(
            [face_cut(theirs[k], driver.seen.landmarks[k]), face_cut(own[match[k]], ours.seen.landmarks[match[k]])]
        )
        for k in match
    }
    return {name: jpeg(pair[k]) for name, k in wanted.items()}


def main() -> None:
    cv2.setNumThreads(1)
    shelf, rows = Shelf(), []
    for name in sys.argv[1:] or [part.name for part in CLIPS]:
        pictures = measure_clip(name, shelf).sheet.pictures.values()
        rows.append(np.hstack([cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) for data in pictures]))
    target = SHEETS / "driven.jpg"
    cv2.imwrite(str(target), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
