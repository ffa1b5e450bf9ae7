"""CIE L*a*b* of sRGB colours under D65, for tints that light must not decide.

Own code: the tables that OpenCV makes for its first such colour take a tenth of a second, longer than all of ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# IEC 61966-2-1, each row over the white point's X, Y, Z.
_XYZ = np.array(
    [
        [0.412453 / 0.950456, 0.357580 / 0.950456, 0.180423 / 0.950456],
        [0.212671, 0.715160, 0.072169],
        [0.019334 / 1.088754, 0.119193 / 1.088754, 0.950227 / 1.088754],
    ]
)


def lab(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """(..., 3) L* 0..100, a*, b* of (..., 3) RGB 0..255."""
    share = rgb.astype(np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ.T
    x, y, z = np.moveaxis(np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)
