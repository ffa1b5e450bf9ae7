"""How well a face can be seen: whether its mouth and eyes are really there, and whether the photo is sharp.

The landmark net always answers, also behind a beard, a mask or dark glasses and on cartoons: there it guesses. Guesses
give themselves away: when the net looks at the same face through a region that is a little shifted, scaled or turned,
points that it sees stay where they are, and points that it guesses scatter. The limits were measured on the gallery
(`tests/quality/faces`) and 25 more faces: seen lips scatter by 0.7 to 1.4 % of the eye distance, hidden ones by 1.8 to
3.1; seen eyes by 0.5 to 1.5, the worse of two hidden ones by 2.4 to 5.4; cartoons by more. On the bridge of a bare nose
the colour strays by up to 7 units of CIE L*a*b* from what is around, under the frame of glasses by 14 to 30. Chin and
tip of the nose differ from the brow by up to 16 in plain light, under a mask by 45.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.lab import lab
from didgen.engine.face.landmarks import Region, find_landmarks, region_of_landmarks

MAX_LIP_SCATTER, MAX_EYE_SCATTER = 0.015, 0.019  # in eye distances: above, the net guesses
MIN_DETAIL = 0.065  # below, the photo is blurred
MAX_BRIDGE = 10.0  # L*a*b*: above, something crosses the bridge of the nose
CLOSED_EYES = 0.17  # opening's height over its width: open eyes have 0.22 to 0.45, closed and lowered ones 0.1 to 0.15
MAX_LOWER = 22.0  # L*a*b*: nose and chin are not of the brow's skin above

_LOOKS = (  # shift right and down in regions, scale, turn in radians
    (0.05, 0.0, 1.0, 0.05),
    (-0.05, 0.0, 1.0, -0.05),
    (0.0, 0.05, 1.06, 0.05),
    (0.0, -0.05, 1.06, -0.05),
    (0.03, 0.03, 0.92, 0.0),
    (-0.03, -0.03, 0.92, 0.0),
)
_LIPS = (61, 291, 13, 14, 0, 17, 40, 270, 91, 321)
_EYES = ((33, 133, 159, 145, 160, 144, 158, 153), (263, 362, 386, 374, 387, 373, 385, 380))  # right, left
_BETWEEN_BROWS, _NOSE_RIDGE = 9, 197
_LIDS = ((160, 144), (159, 145), (158, 153)), ((387, 373), (386, 374), (385, 380))  # upper over lower; right, left
_CORNERS = (33, 133), (263, 362)  # outer and inner; right, left
_BROW, _TIP, _CHIN = (8, 9, 151, 168), (1, 4, 5, 45, 275), (175, 199, 200, 208, 428)
_EYES_PX = 100  # the size at which pixels are measured: about what a video shows


@dataclass(frozen=True, slots=True)
class Sight:
    """What is in the way of seeing a face: mouth, eyes hidden, eyes closed, glasses (seen through), photo blurred.

    masked: the mouth is hidden, and nose and chin with it, behind something of another colour; the eyes are not.
    """

    mouth_hidden: bool
    masked: bool
    eyes_hidden: bool
    eyes_closed: bool
    glasses: bool
    blurred: bool

    def warnings(self) -> list[str]:
        """One sentence for each thing in the way."""
        wrong, still = "lips may move in the wrong place", "lids, brows and gaze stay still"
        told = {
            f"the face can hardly be made out (a cartoon, an animal, hair?): {wrong}; {still}": (
                self.mouth_hidden and self.eyes_hidden
            ),
            f"the mouth can hardly be made out (a beard, a mask, a hand?): {wrong}": (
                self.mouth_hidden and not self.eyes_hidden and not self.masked
            ),
            "nose and mouth are covered (a mask?): the mouth stays still": self.masked,
            f"the eyes can hardly be made out (dark glasses, hair, a drawing?): {still}": (
                self.eyes_hidden and not self.mouth_hidden
            ),
            "the eyes are closed in the photo: they stay closed": self.eyes_closed,
            "the face wears glasses, which would bend: brows hardly move; without them it looks best": self.glasses,
            "the photo is blurred, and the video will be: a sharp one looks best": self.blurred,
        }
        return [sentence for sentence, so in told.items() if so]


def look_at(rgb: NDArray[np.uint8], face: Face) -> Sight:
    """How well a face of an (H, W, 3) picture can be seen. A drawn mouth was found by its line, not by the net."""
    scatter = point_scatter(rgb, face)
    mouth_hidden = face.stroke is None and scatter[list(_LIPS)].mean() > MAX_LIP_SCATTER
    eyes_hidden = max(scatter[list(eye)].mean() for eye in _EYES) > MAX_EYE_SCATTER
    return Sight(
        mouth_hidden=bool(mouth_hidden),
        masked=bool(mouth_hidden and not eyes_hidden) and lower_face_contrast(rgb, face) > MAX_LOWER,
        eyes_hidden=bool(eyes_hidden),
        eyes_closed=not eyes_hidden and eye_opening(face) < CLOSED_EYES,
        glasses=not eyes_hidden and wears_glasses(rgb, face),
        blurred=detail(rgb, face) < MIN_DETAIL,
    )


def point_scatter(rgb: NDArray[np.uint8], face: Face) -> NDArray[np.float64]:
    """(478,): how far each point wanders when the net looks again: its standard deviation, in eye distances."""
    region = region_of_landmarks(face.landmarks)
    again = [find_landmarks(rgb, _seen_from(region, *look))[0] for look in _LOOKS]
    wander = np.stack([face.landmarks, *again])[:, :, :2].astype(np.float64).std(0)
    spread: NDArray[np.float64] = np.hypot(wander[:, 0], wander[:, 1]) / face.eye_distance_px
    return spread


def eye_opening(face: Face) -> float:
    """How far the eyes are open: the height over the width of the lids' opening, the mean of three places and both."""

    def length(pair: tuple[int, int]) -> float:
        return float(np.hypot(*(face.landmarks[pair[0], :2] - face.landmarks[pair[1], :2])))

    ratios = [
        np.mean([length(pair) for pair in lids]) / length(ends) for lids, ends in zip(_LIDS, _CORNERS, strict=True)
    ]
    return float(np.mean(ratios))


def detail(rgb: NDArray[np.uint8], face: Face) -> float:
    """How much of the face's contrast is fine detail: the Laplacian's deviation over the brightness's.

    Measured at one size, eyes 100 px apart: sharp photos give 0.09 to 0.4, a blur of 3 px gives 0.05.
    """
    scale = _EYES_PX / face.eye_distance_px
    left, top, right, bottom = (max(0, round(side)) for side in face.box)
    grey = cv2.cvtColor(rgb[top : bottom + 1, left : right + 1], cv2.COLOR_RGB2GRAY)
    sized = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return float(cv2.Laplacian(sized, cv2.CV_32F).std() / max(float(sized.std()), 1e-6))


def bridge_contrast(rgb: NDArray[np.uint8], face: Face) -> float:
    """How far the colour between the brows and the nose strays from what is around it, CIE L*a*b*, lightness ×0.6.

    A strip down the ridge of the nose, 0.15 eye distances wide, against its own running median of a third of the eye
    distance: shading is gradual, the bridge of glasses is not.
    """
    start, end = face.landmarks[[_BETWEEN_BROWS, _NOSE_RIDGE], :2].astype(np.float64)
    step = face.eye_distance_px / _EYES_PX  # px a sample
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-6)
    across = np.array([-along[1], along[0]])
    down = np.arange(0, max(float(np.hypot(*(end - start))) / step, 32.0))[:, None, None]
    aside = np.arange(-7, 8)[None, :, None]
    at = (start + (along * down + across * aside) * step).astype(np.float32)
    rgb, at = _cut_out(rgb, at, round(2 * step) + 1)
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.5 * step) if step > 1 else rgb  # sampled sparser than its px
    strip = cv2.remap(soft, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    line = np.median(lab(strip), axis=1)
    around = np.array([np.median(line[max(0, k - 16) : k + 17], axis=0) for k in range(len(line))])
    strays = np.linalg.norm((line - around) * (0.6, 1, 1), axis=1)
    return float(strays[6:-6].max())


def _cut_out(
    rgb: NDArray[np.uint8], at: NDArray[np.float32], margin: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The part of a picture that holds places (..., 2) x, y and a margin of so many px, and the places in it."""
    height, width = rgb.shape[:2]
    places = at.reshape(-1, 2)
    left, top = (int(n) for n in np.clip(places.min(0) - margin, 0, (width - 1, height - 1)))
    right, bottom = (int(n) for n in np.clip(places.max(0) + margin, (left, top), (width - 1, height - 1)))
    return rgb[top : bottom + 1, left : right + 1], at - np.array([left, top], np.float32)


def wears_glasses(rgb: NDArray[np.uint8], face: Face) -> bool:
    """Whether something crosses the bridge of the nose."""
    return bridge_contrast(rgb, face) > MAX_BRIDGE


def lower_face_contrast(rgb: NDArray[np.uint8], face: Face) -> float:
    """How far tip of the nose and chin, the nearer of both, are from the colour of the brow, L*a*b*, lightness ×0.4."""
    brow, tip, chin = (_colour(rgb, face, points) for points in (_BROW, _TIP, _CHIN))
    return float(min(np.linalg.norm((part - brow) * (0.4, 1, 1)) for part in (tip, chin)))


def _colour(rgb: NDArray[np.uint8], face: Face, points: tuple[int, ...]) -> NDArray[np.float64]:
    """(3,) CIE L*a*b*: the median of spots of 0.06 eye distances about points of the mesh; those in the picture."""
    radius = max(1, round(0.03 * face.eye_distance_px))
    height, width = rgb.shape[:2]
    spots = []
    for x, y in face.landmarks[list(points), :2].round().astype(int).clip(0, (width - 1, height - 1)):
        spots.append(rgb[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1].reshape(-1, 3))
    return lab(np.median(np.concatenate(spots), axis=0))


def _seen_from(region: Region, right: float, down: float, scale: float, turn: float) -> Region:
    x, y = region.x + right * region.side, region.y + down * region.side
    return Region(x, y, region.side * scale, region.angle + turn)
