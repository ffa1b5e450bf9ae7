"""The slits of a face: the three places where skin parts and something else is seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import LEFT_EYE, RIGHT_EYE
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.cutout import Cutout
from didgen.engine.warp.eyeball import eye_shows
from didgen.engine.warp.eyes import EyeSlit, build_eye
from didgen.engine.warp.geometry import Geometry, HeadMove
from didgen.engine.warp.layer import Region, shares
from didgen.engine.warp.mouth import Mouth, build_mouth
from didgen.engine.warp.seam import Picture, Shares


@dataclass(frozen=True, slots=True, eq=False)
class Slits:
    """One face's mouth, and those of its eyes that can be seen."""

    mouth: Mouth
    eyes: tuple[EyeSlit, ...]


def build_slits(geometry: Geometry, canvas: Canvas, cutout: Cutout) -> Slits:
    """Once per face. canvas: the source, in the geometry's work px; cutout: made of it. What is no person is not drawn
    over: beside a turned face it would move with the mouth."""
    mouth = build_mouth(geometry, canvas)
    shown = [eye for eye in (RIGHT_EYE, LEFT_EYE) if eye_shows(canvas, geometry.landmarks, eye)]
    eyes = [build_eye(geometry, canvas, eye) for eye in shown]
    return Slits(
        replace(mouth, cover=_within(cutout, mouth.cover, mouth.region)),
        tuple(replace(eye, cover=_within(cutout, eye.cover, eye.region)) for eye in eyes),
    )


def _within(cutout: Cutout, cover: Shares, region: Region) -> Shares:
    """What of a region's cover is the person."""
    return shares(cutout.within(region.grid()) * cover * np.float32(1 / 255))


def paint(
    slits: Slits,
    frame: Picture,
    weights: NDArray[np.floating],
    move: HeadMove,
    gaze_deg: NDArray[np.floating],
    tongue: float,
) -> None:
    """Draws mouth and eyes over the warped (h, w, 3) work frame, in place.

    weights: (44,); gaze_deg: (2,) x right, y down; tongue: 0..1: one frame of a `MotionTrack`. A slit whose parts do
    not move against each other is left as it is, to the bit.
    """
    slits.mouth.paint(frame, weights, move, tongue)
    for eye in slits.eyes:
        eye.paint(frame, weights, move, gaze_deg)
