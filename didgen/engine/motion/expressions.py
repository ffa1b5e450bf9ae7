"""`driver_expressions`: neutral, happy, surprise and serious as weights over frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.curves import Curve, smooth, weights_of
from didgen.engine.shot import Expression

SHAPES_OF: dict[str, dict[str, float]] = {
    "neutral": {},
    "happy": {"mouthSmile": 0.6, "seal": -0.3, "cheekSquint": 0.5, "eyeSquint": 0.2, "browOuterUp": 0.15},
    "surprise": {"browInnerUp": 0.95, "browOuterUp": 0.95, "eyeWide": 0.85, "jawOpen": 0.07},
    "serious": {"browDown": 0.95, "mouthFrown": 0.3, "mouthPress": 0.2, "eyeSquint": 0.2},
}

UNSMILE = {"neutral": 1.0, "happy": 0.2, "surprise": 1.2, "serious": 1.7}
"""How much of a smiling photo's smile each takes away, as a factor on the talk's own share."""

SHORTEST_TRANSITION = 6  # frames: no face changes its expression in one picture


@dataclass(frozen=True, slots=True)
class Mood:
    """weights: (T, 44) added to the face. unsmile: (T,) factor of UNSMILE."""

    weights: NDArray[np.float64]
    unsmile: Curve


def mood_of(expressions: Sequence[Expression], transition_frames: int, frames: int) -> Mood:
    """Expressions over time: each holds from its start frame until the next has blended in over `transition_frames`.

    The first one holds from the first frame when it starts there; before the first start the face is neutral.
    """
    weights, unsmile = np.zeros((frames, len(weights_of({})))), np.full(frames, UNSMILE["neutral"])
    length = max(transition_frames, SHORTEST_TRANSITION)
    for entry in sorted(expressions, key=lambda e: e.start_frame):
        share = _arrival(entry.start_frame, length, frames)
        target = entry.intensity * weights_of(SHAPES_OF[entry.expression])
        factor = 1 + entry.intensity * (UNSMILE[entry.expression] - 1)
        weights += share[:, None] * (target - weights)
        unsmile += share * (factor - unsmile)
    return Mood(weights, unsmile)


def _arrival(start: int, length: int, frames: int) -> Curve:
    if start <= 0:
        return np.ones(frames)
    return smooth((np.arange(frames) - start) / length)
