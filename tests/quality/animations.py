"""`python -m tests.quality.animations [CATEGORY…]`: the 103 drivers of animations, a sheet a category, in docs/gallery.

A strip shows five frames of one driver that lie farthest from one another, in the order of time, and its name.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import sys

import cv2
import numpy as np

from didgen.catalog.drivers import ANIMATION_BANKS
from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.motion.compose import compose_animation
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.shot import Config
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from tests.quality.gallery import ROOT, gallery
from tests.quality.sheets import SHEETS, cell

FACE = "woman"
SIDE_PX, CELLS, COLUMNS, QUALITY = 92, 5, 3, 62
LIDS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]


def main() -> None:
    cv2.setNumThreads(1)
    photo = load_photo(next(entry.path for entry in gallery() if entry.id == FACE))
    face, _ = choose_face(find_faces(photo), None, "animation", photo.shape)
    rig = build_rig(photo, face)
    for category in sys.argv[1:] or ANIMATION_BANKS:
        strips = []
        for name in ANIMATION_BANKS[category]:
            track, _ = compose_animation(face, f"bank://{category}/{name}/original", Config(), seed=1)
            cells = [cell("", draw(rig, track, k), SIDE_PX) for k in telling(track)]
            strips.append(titled(np.hstack(cells), name.removeprefix("driver-")))
        blank = np.full_like(strips[0], 255)
        strips += [blank] * (-len(strips) % COLUMNS)
        sheet = np.vstack([np.hstack(strips[k : k + COLUMNS]) for k in range(0, len(strips), COLUMNS)])
        target = SHEETS / f"animations-{category}.jpg"
        cv2.imwrite(str(target), sheet[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB", flush=True)


def telling(track: MotionTrack) -> list[int]:
    """The frames that differ most in head and face, each from all before, in the order of time; blinks aside."""
    both = track.weights[:, LIDS].min(1)
    open_ = np.flatnonzero(both < 0.05)
    shown = np.concatenate([track.pose_deg, 3 * track.translation_cm, 6 * track.weights], 1)[open_]
    chosen = [0]
    while len(chosen) < CELLS:
        nearest = np.linalg.norm(shown[:, None] - shown[None, chosen], axis=2).min(1)
        chosen.append(int(nearest.argmax()))
    return sorted(int(open_[k]) for k in chosen)


def titled(strip: np.ndarray, name: str) -> np.ndarray:
    """The strip with its name in a corner and a white edge."""
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(strip, name, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, thickness, cv2.LINE_AA)
    return cv2.copyMakeBorder(strip, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=(255, 255, 255))


if __name__ == "__main__":
    main()
