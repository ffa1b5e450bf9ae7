"""The face mesh in numbers: which landmark is what, and the canonical head they are measured on.

Landmark numbers are those of the 478-point mesh (468 of the canonical face model, then 5 of each iris). Names say
the subject's side: the subject's right eye (33, 468) stands on the left of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.nets import MODELS_DIR

POINTS = 478
MESH_POINTS = 468  # without the irises

# Four rows of eleven from the lips' outer rim (skin) to the inner one (the slit); columns from the subject's right
# corner to the left one. Each pair of rows shares its two corners.
LIP_ROWS_UPPER = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
    (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
)
LIP_ROWS_LOWER = (
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)
LIP_CORNERS = (61, 76, 62, 78, 291, 306, 292, 308)
MOUTH_CORNERS = (61, 291)
LIP_GAP = (13, 14)  # middle of the inner upper and lower lip

FACE_OVAL: tuple[int, ...] = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
FACE_OVAL += (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)

CHIN, FOREHEAD, NOSE_TIP = 152, 10, 1
CHEEKS = (234, 454)  # subject's right, left: the width of the face


@dataclass(frozen=True, slots=True)
class Eye:
    """Landmark numbers of one eye; each row has nine columns, from the picture's outer corner to the inner one."""

    up: tuple[int, ...]  # upper lid's edge
    lo: tuple[int, ...]  # lower lid's edge
    crease: tuple[int, ...]  # the row above `up`
    up2: tuple[int, ...]  # the row above the crease
    under: tuple[int, ...]  # the row below `lo`
    iris: tuple[int, ...]  # centre, then four of its rim
    brow: tuple[int, ...]  # five of the upper edge, five of the lower


RIGHT_EYE = Eye(
    up=(33, 246, 161, 160, 159, 158, 157, 173, 133),
    lo=(33, 7, 163, 144, 145, 153, 154, 155, 133),
    crease=(130, 247, 30, 29, 27, 28, 56, 190, 243),
    up2=(226, 113, 225, 224, 223, 222, 221, 189, 244),
    under=(130, 25, 110, 24, 23, 22, 26, 112, 243),
    iris=(468, 469, 470, 471, 472),
    brow=(70, 63, 105, 66, 107, 46, 53, 52, 65, 55),
)
LEFT_EYE = Eye(
    up=(263, 466, 388, 387, 386, 385, 384, 398, 362),
    lo=(263, 249, 390, 373, 374, 380, 381, 382, 362),
    crease=(359, 467, 260, 259, 257, 258, 286, 414, 463),
    up2=(446, 342, 445, 444, 443, 442, 441, 413, 464),
    under=(359, 255, 339, 254, 253, 252, 256, 341, 463),
    iris=(473, 474, 475, 476, 477),
    brow=(300, 293, 334, 296, 336, 276, 283, 282, 295, 285),
)
EYES = MappingProxyType({"Right": RIGHT_EYE, "Left": LEFT_EYE})

SCORES = (
    "_neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft "
    "cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight "
    "eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft "
    "eyeWideRight jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft "
    "mouthFrownRight mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight "
    "mouthPucker mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft "
    "mouthSmileRight mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft "
    "noseSneerRight"
).split()
"""Order of `Face.blendshapes`."""

SCORE_INDEX = MappingProxyType({name: k for k, name in enumerate(SCORES)})

_SCORE_POINTS = """
0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 84 87 88 91 93 95 103 105 107
109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 157 158 159 160 161 162 163 168 172 173 176 178 181 185 191
195 197 234 246 249 251 263 267 269 270 276 282 283 284 285 288 291 293 295 296 297 300 308 310 311 312 314 317 318 321
323 324 332 334 336 338 356 361 362 365 373 374 375 377 378 379 380 381 382 384 385 386 387 388 389 390 397 398 400 402
405 409 415 454 466 468 469 470 471 472 473 474 475 476 477"""
SCORE_POINTS = np.array(_SCORE_POINTS.split(), np.intp)
"""(146,) the landmarks that the blendshape net reads, in its order."""


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalMesh:
    """The head that every head is measured on, in its own centimetres.

    vertices_cm: (468, 3) x to the picture's right, y up, z towards the camera. triangles: (898, 3).
    weights: (468,) how much each point counts in the Procrustes fit; zero for all but 33.
    """

    vertices_cm: NDArray[np.float64]
    triangles: NDArray[np.int32]
    weights: NDArray[np.float64]


@cache
def canonical_mesh() -> CanonicalMesh:
    """The mesh in `models/canonical_mesh.npz`, read once."""
    with np.load(MODELS_DIR / "canonical_mesh.npz") as arrays:
        return CanonicalMesh(
            arrays["vertices_cm"].astype(np.float64), arrays["triangles"], arrays["weights"].astype(np.float64)
        )
