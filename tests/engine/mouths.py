"""A portrait's mouth without the rest of the rig, for the tests of its layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.find import find_faces
from didgen.engine.face.landmarks import find_landmarks, region_of_landmarks
from didgen.engine.face.mesh import LIP_GAP
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.warp.field import main_field
from didgen.engine.warp.geometry import HeadMove
from didgen.engine.warp.mouth import Mouth, build_mouth
from didgen.engine.warp.work import build_geometry

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"
FACES = Path(__file__).parents[1] / "quality" / "faces"
Picture = NDArray[np.uint8]


def weighted(**named: float) -> NDArray[np.float32]:
    """(44,) weights: those named, all others 0."""
    weights = np.zeros(len(SHAPES), np.float32)
    for name, value in named.items():
        weights[INDEX[name]] = value
    return weights


class Head:
    """One portrait's mouth over its warped picture, without the rest of the rig."""

    def __init__(self, rgb: Picture) -> None:
        self.geometry, self.canvas, _ = build_geometry(rgb, find_faces(rgb)[0], stitch=False, expand=0.3)
        self.field = main_field(self.geometry)
        self.mouth: Mouth = build_mouth(self.geometry, self.canvas)

    def move(self, pose_deg: tuple[float, float, float] = (0, 0, 0)) -> HeadMove:
        return self.geometry.head_move(pose_deg, (0, 0, 0), 0.0)

    def warped(self, weights: NDArray[np.float32], move: HeadMove) -> Picture:
        return self.canvas.sampled(self.field.backward(weights, move))

    def drawn(self, move: HeadMove | None = None, tongue: float = 0.0, **named: float) -> Picture:
        weights = weighted(**named)
        move = move or self.move()
        frame = self.warped(weights, move)
        self.mouth.paint(frame, weights, move, tongue)
        return frame

    def inner_lips(self, **named: float) -> tuple[int, int, int]:
        """The middle of the inner lips in a frame so drawn, px: x, y of the upper one, y of the lower."""
        (x, top), (_, low) = self.geometry.moved(weighted(**named), self.move())[[13, 14], :2].round().astype(int)
        return int(x), int(top), int(low)

    def gap_cm(self, frame: Picture) -> float:
        """Between the inner lips of a drawn frame, as the landmark net sees them."""
        landmarks, _ = find_landmarks(frame, region_of_landmarks(self.geometry.landmarks))
        upper, lower = landmarks[list(LIP_GAP), :2]
        return float(np.hypot(*(lower - upper))) / self.geometry.px_per_cm

    def pale(self, frame: Picture, down_cm: float) -> float:
        """The share of tooth-coloured px (bright, ivory: nearly as green as red, where lips are pink) under the middle
        of the upper lip."""
        x, y = self.geometry.landmarks[13, :2].astype(int)
        box = frame[y - 2 : y + int(down_cm * self.geometry.px_per_cm), x - 20 : x + 20]
        red, green, blue = np.moveaxis(box.astype(float), -1, 0)
        return float(np.mean((red > 85) & (green > 0.8 * red) & (green > blue + 4)))
