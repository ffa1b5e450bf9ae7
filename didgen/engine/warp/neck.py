"""How much neck is seen: from the chin down to where skin ends and a collar begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import CHIN, FOREHEAD
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.geometry import Floats

SHORTEST, USUAL, LONGEST = 0.2, 0.35, 0.5  # of a face height
_CHEEKS = (50, 205, 280, 425)  # landmarks on plain skin
_ALIKE = 0.045  # of a colour's shares of red and green: the same skin in another light


def neck_length(canvas: Canvas, landmarks: Floats) -> float:
    """In face heights (forehead to chin), SHORTEST to LONGEST; USUAL where a beard or a hand hides the neck's begin."""
    down = (landmarks[CHIN] - landmarks[FOREHEAD])[:2]
    across = np.array([down[1], -down[0]], np.float32)
    steps = np.arange(0.02, LONGEST + 0.1, 0.02, dtype=np.float32)
    aside = np.linspace(-0.12, 0.12, 13, dtype=np.float32)
    places = landmarks[CHIN, :2] + steps[:, None, None] * down + aside[None, :, None] * across
    skin = _shares(canvas.sampled(landmarks[None, list(_CHEEKS), :2])[0]).mean(0)
    alike = np.abs(_shares(canvas.sampled(places.astype(np.float32))) - skin).max(-1) < _ALIKE
    bare = alike.mean(1) > 0.5
    if not bare[:2].any():
        return USUAL
    ends = [k for k in range(2, len(bare) - 2) if not bare[k : k + 3].any()]
    return float(np.clip(steps[ends[0]], SHORTEST, LONGEST)) if ends else LONGEST


def _shares(rgb: NDArray[np.uint8]) -> Floats:
    """(..., 2) red and green as shares of a colour's sum."""
    colours = rgb.astype(np.float32) + 4  # black is grey
    return np.asarray(colours[..., :2] / colours.sum(-1, keepdims=True), np.float32)
