"""The mouth followed by its pixels: lips moved by known amounts must be read as those, whatever the net believes.

A photo of a bearded man is cut along the line of his closed lips and drawn apart, nothing of the engine being used; the
landmarks stay those of the photo, as a net that sees nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.face.mesh import LIP_GAP, MOUTH_CORNERS
from didgen.engine.face.pose import place_head
from didgen.engine.face.retrack import Tracked
from didgen.engine.photo import load_photo
from didgen.quality.clip import mesh_of
from didgen.quality.lips import CLOSED_CM, correlation
from didgen.quality.mouthing import Mouth, followed
from didgen.quality.turning import STILL, follow_skin
from tests.quality.gallery import gallery

Picture = NDArray[np.uint8]
GAPS_CM = np.array([0, 0, 0.2, 0.6, 1.1, 0.7, 0.3, 0, 0, 0.4, 0.9, 1.3, 0.8, 0.4, 0, 0, 0.3, 0.6, 0.2, 0])


@dataclass(frozen=True)
class Portrait:
    photo: Picture
    face: Face

    def parted(self, gap_cm: float) -> Picture:
        """The lips that far apart: all below their line goes down, least at the corners; between them it is dark."""
        down, seam, u = self._grid()
        gap = gap_cm * place_head(self.face.landmarks).s * np.clip(1 - u**2, 0, 1)
        below = down - seam
        y = np.where(below > gap, down - gap * np.clip(1.6 - below / 250, 0, 1), down).astype(np.float32)
        x = np.broadcast_to(np.arange(self.photo.shape[1], dtype=np.float32), y.shape)
        out = cv2.remap(self.photo, np.ascontiguousarray(x), y, cv2.INTER_LINEAR)
        out[(below > 0) & (below <= gap)] = (40, 20, 20)
        return np.asarray(out, np.uint8)

    def narrowed(self, share: float) -> Picture:
        """The corners of the mouth drawn together by that share of its width; far beyond them nothing moves."""
        down, seam, u = self._grid()
        near = np.exp(-(((down - seam) / 100) ** 2))
        strength = share * near * np.clip(2.2 - np.abs(u), 0, 1)
        x = np.arange(self.photo.shape[1], dtype=np.float32)[None] + strength * u * self._half_px()
        y = np.broadcast_to(down, x.shape)
        return np.asarray(
            cv2.remap(self.photo, x.astype(np.float32), np.ascontiguousarray(y, np.float32), cv2.INTER_LINEAR), np.uint8
        )

    def _half_px(self) -> float:
        right, left = self.face.landmarks[list(MOUTH_CORNERS), :2]
        return float(np.linalg.norm(left - right)) / 2

    def _grid(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """(h, 1) rows, (1, w) row of the lips' line, (1, w) -1..1 from corner to corner."""
        right, left = self.face.landmarks[list(MOUTH_CORNERS), :2]
        middle = self.face.landmarks[list(LIP_GAP), :2].mean(0)
        x = np.arange(self.photo.shape[1], dtype=np.float32)[None]
        slope = (left[1] - right[1]) / (left[0] - right[0])
        seam = middle[1] + slope * (x - middle[0])
        return np.arange(self.photo.shape[0], dtype=np.float32)[:, None], seam, (x - middle[0]) / self._half_px()

    def seen(
        self, pictures: list[Picture], landmarks: NDArray[np.float32] | None = None, *, by_skin: bool = True
    ) -> Mouth:
        """What is read from these pictures, by a net that sees the photo's lips in all of them. by_skin: whether the
        head is where its skin is."""
        points = np.repeat(self.face.landmarks[None], len(pictures), 0) if landmarks is None else landmarks
        tracked = Tracked(points, np.zeros((len(pictures), 52), np.float32), np.ones(len(pictures), np.bool_))
        skin = follow_skin(pictures, tracked) if by_skin else None
        still = None if skin is None else skin.still_px
        return followed(pictures, tracked, (self.photo, self.face), hidden=True, still_px=still)


def _portrait(name: str) -> Portrait:
    photo = load_photo(next(entry.path for entry in gallery() if entry.id == name))
    photo = cv2.resize(photo, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC)  # as large as in a video
    return Portrait(photo, choose_face(find_faces(photo), None, "talk", photo.shape)[0])


@pytest.fixture(scope="module")
def bearded() -> Portrait:
    return _portrait("beard")


@pytest.fixture(scope="module")
def good(bearded: Portrait) -> NDArray[np.float64]:
    return bearded.seen([bearded.parted(gap) for gap in GAPS_CM]).gap_cm


def test_a_gap_in_a_beard_is_read_in_centimetres(good: NDArray[np.float64]) -> None:
    """Known openings come back in their order and size; closed is closed."""
    assert correlation(GAPS_CM, good) > 0.98
    assert np.polyfit(GAPS_CM, good, 1)[0] == pytest.approx(1, abs=0.3)
    assert good[GAPS_CM == 0].max() < 0.1


def test_smooth_lips_are_not_taken_for_the_chin_below_them() -> None:
    """Bare lips have a soft slope of light and little else, as what is under them has: they come back to a millimetre
    where they are, also where a round mouth has drawn them together and lit them."""
    bare = _portrait("dark-beard")
    rounded = np.arange(len(GAPS_CM)) % 3 == 1
    pictures = [bare.parted(gap) for gap in GAPS_CM]
    lit = [cv2.convertScaleAbs(Portrait(rgb, bare.face).narrowed(0.25), alpha=1.12) for rgb in pictures]
    seen = bare.seen([b if r else a for a, b, r in zip(pictures, lit, rounded, strict=True)]).gap_cm
    assert seen == pytest.approx(GAPS_CM, abs=0.08)


def test_a_frozen_mouth_has_no_gap(bearded: Portrait) -> None:
    """Nothing moves: nothing to correlate, though the net may see what it likes."""
    still = bearded.seen([bearded.parted(0)] * len(GAPS_CM))
    assert correlation(GAPS_CM, still.gap_cm) is None
    rng = np.random.default_rng(1)
    landmarks = np.repeat(bearded.face.landmarks[None], len(GAPS_CM), 0)
    landmarks[:, LIP_GAP[1], 1] += rng.uniform(0, 10, len(GAPS_CM)).astype(np.float32)
    assert bearded.seen([bearded.parted(0)] * len(GAPS_CM), landmarks).gap_cm.max() < 0.1


def test_a_late_mouth_is_late(bearded: Portrait) -> None:
    """Two pictures late are seen two pictures late, and agree with what was meant no more."""
    late = bearded.seen([bearded.parted(gap) for gap in np.roll(GAPS_CM, 2)]).gap_cm
    assert correlation(GAPS_CM, late) < 0.6
    assert correlation(np.roll(GAPS_CM, 2), late) > 0.98


def test_a_mouth_that_never_closes_is_open_all_the_time(bearded: Portrait) -> None:
    """Four millimetres more at every picture, the first one too: the photo's lips say what closed is."""
    open_ = bearded.seen([bearded.parted(0.4 + gap) for gap in GAPS_CM]).gap_cm
    assert open_.min() > CLOSED_CM + 0.05
    assert correlation(GAPS_CM, open_) > 0.95


def test_a_mouth_that_opens_half_as_far_measures_half(bearded: Portrait, good: NDArray[np.float64]) -> None:
    """Half the amplitude is half the gap."""
    half = bearded.seen([bearded.parted(gap / 2) for gap in GAPS_CM]).gap_cm
    assert half.max() / good.max() == pytest.approx(0.5, abs=0.12)


def test_eyes_that_are_guessed_move_no_mouth(bearded: Portrait, good: NDArray[np.float64]) -> None:
    """A net that sees no eyes draws the upper face together by up to a seventh: the lips are measured from where the
    skin is, and keep their gaps."""
    pictures = [bearded.parted(gap) for gap in GAPS_CM]
    landmarks = np.repeat(bearded.face.landmarks[None], len(GAPS_CM), 0)
    upper = landmarks[:, STILL, :2]
    middle = upper.mean(1, keepdims=True)
    together = 0.15 * (np.arange(len(GAPS_CM)) * 7 % len(GAPS_CM)) / len(GAPS_CM)
    landmarks[:, STILL, :2] = middle + (upper - middle) * (1 - together)[:, None, None]
    guessed = bearded.seen(pictures, landmarks, by_skin=False).gap_cm
    assert np.abs(guessed - good).max() > 0.3
    assert bearded.seen(pictures, landmarks).gap_cm == pytest.approx(good, abs=0.05)


def test_corners_in_a_beard_are_followed(bearded: Portrait) -> None:
    """A mouth drawn together by known shares, and one that keeps its width."""
    shares = np.array([0, 0, 0.1, 0.2, 0.3, 0.2, 0.1, 0, 0.15, 0.3, 0])
    width = bearded.seen([bearded.narrowed(share) for share in shares]).width_cm
    assert correlation(1 - shares, width) > 0.95
    assert width[4] / width[0] < 0.85
    assert np.ptp(bearded.seen([bearded.photo] * 6).width_cm) < 0.02


def test_lips_without_a_pattern_are_left_to_the_net(bearded: Portrait) -> None:
    """A blank has nothing to follow: the net's gap and width stand."""
    blank = bearded.seen([np.full_like(bearded.photo, 128)] * 3)
    mesh = mesh_of(bearded.face)
    assert blank.gap_cm == pytest.approx(max(0, mesh[LIP_GAP[0], 1] - mesh[LIP_GAP[1], 1]), abs=1e-6)
    right, left = mesh[list(MOUTH_CORNERS), :2]
    assert blank.width_cm == pytest.approx(np.linalg.norm(left - right), abs=1e-6)
