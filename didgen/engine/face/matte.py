"""Which pixels are the person: the selfie net's coarse matte, sharpened along the picture's own edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.nets import net

_SIDE = 256  # px of the net's square input and output
_GUIDE_PX = 512  # long side the filter works at: finer than the net can tell, and cheap
_RADIUS_PX = 9
_EPSILON = 2e-3  # of guide values 0..1: how much colour change counts as an edge


def person_matte(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) float32, 1 = person, 0 = background, of an (H, W, 3) RGB picture. A picture without a person is near 0."""
    height, width = rgb.shape[:2]
    small = cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    coarse = net("selfie_segmentation")(small[None])[0].reshape(_SIDE, _SIDE)
    scale = min(1.0, _GUIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    guide = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    weights, offset = guided_weights(guide, cv2.resize(coarse, size), _RADIUS_PX, _EPSILON)
    # The filter is linear in the guide: its smooth weights are enlarged and meet the full picture's own edges.
    full = rgb.astype(np.float32) / 255
    matte = (cv2.resize(weights, (width, height)) * full).sum(2) + cv2.resize(offset, (width, height))
    return np.asarray(np.clip(matte, 0, 1), np.float32)


def guided_weights(
    guide: NDArray[np.float32], values: NDArray[np.float32], radius: int, epsilon: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(H, W, 3) a and (H, W) b with values ≈ a·guide + b in each window: the colour guided filter (He, Sun and Tang,
    "Guided Image Filtering", TPAMI 2013, equations 19-21), averaged over the windows that hold a pixel.

    guide: (H, W, 3) 0..1. values: (H, W). radius: half the window, px. epsilon: added to the variance.
    """

    def mean(image: NDArray[np.floating]) -> NDArray[np.float32]:
        side = 2 * radius + 1
        return np.asarray(cv2.blur(image, (side, side), borderType=cv2.BORDER_REFLECT_101), np.float32)

    guide_mean, value_mean = mean(guide), mean(values)
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    products = mean(np.dstack([guide[..., i] * guide[..., j] for i, j in pairs]))
    rr, rg, rb, gg, gb, bb = (
        products[..., k] - guide_mean[..., i] * guide_mean[..., j] + np.float32(epsilon * (i == j))
        for k, (i, j) in enumerate(pairs)
    )
    shared = mean(guide * values[..., None]) - guide_mean * value_mean[..., None]
    # The inverse of a symmetric 3 x 3 matrix by its cofactors: a fifth of the time of a solver called per pixel.
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    r, g, b = (shared[..., k] for k in range(3))
    a = np.dstack([c_rr * r + c_rg * g + c_rb * b, c_rg * r + c_gg * g + c_gb * b, c_rb * r + c_gb * g + c_bb * b])
    a /= (rr * c_rr + rg * c_rg + rb * c_rb)[..., None]
    offset: NDArray[np.float32] = value_mean - (a * guide_mean).sum(-1)
    return mean(a), mean(offset)
