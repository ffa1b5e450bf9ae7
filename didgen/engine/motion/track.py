"""The motion track: the one thing speech, drivers and expressions become, and all that the warp needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.shapes import SHAPES

__all__ = ["INDEX", "LIDS", "SHAPES", "MotionTrack", "eyes_at_rest", "mirrored", "mouth_at_rest"]

INDEX = {name: k for k, name in enumerate(SHAPES)}
LIDS = ("eyeBlink", "eyeSquint", "eyeWide", "lidDown")
"""What moves an upper lid, without the side."""


@dataclass(frozen=True, slots=True)
class MotionTrack:
    """T frames at `fps`. Relative to the photo: all zeros draws the photo as it is.

    pose_deg: (T, 3) yaw, pitch, roll in degrees; yaw > 0 turns the face to the picture's right, pitch > 0 looks
        down, roll > 0 tilts clockwise as seen on the picture.
    translation_cm: (T, 3) x right, y down, z away from the camera.
    weights: (T, 44) in the order of SHAPES, usually 0..1; mouthSmile* may be negative (un-smile).
    gaze_deg: (T, 2) x right, y down on the picture. tongue, breath_cm: (T,) 0..1, centimetres.
    """

    fps: int
    pose_deg: NDArray[np.float32]
    translation_cm: NDArray[np.float32]
    weights: NDArray[np.float32]
    gaze_deg: NDArray[np.float32]
    tongue: NDArray[np.float32]
    breath_cm: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pose_deg)

    @classmethod
    def still(cls, frames: int, fps: int = 25) -> MotionTrack:
        """A track in which nothing moves."""

        def zeros(*shape: int) -> NDArray[np.float32]:
            return np.zeros((frames, *shape), np.float32)

        return cls(fps, zeros(3), zeros(3), zeros(len(SHAPES)), zeros(2), zeros(), zeros())

    def to_json(self) -> dict[str, Any]:
        """Channels rounded to four digits; weights that are never used are left out."""
        live = [k for k in range(len(SHAPES)) if np.any(self.weights[:, k])]
        return {
            "fps": self.fps,
            "frames": len(self),
            "pose_deg": _rows(self.pose_deg),
            "translation_cm": _rows(self.translation_cm),
            "gaze_deg": _rows(self.gaze_deg),
            "tongue": _rows(self.tongue),
            "breath_cm": _rows(self.breath_cm),
            "weights": {SHAPES[k]: _rows(self.weights[:, k]) for k in live},
        }


def mirrored(track: MotionTrack) -> MotionTrack:
    """The same motion seen in a mirror: left and right change places in the head, the gaze and the face."""
    other = [INDEX[_opposite(name)] for name in SHAPES]
    return MotionTrack(
        fps=track.fps,
        pose_deg=track.pose_deg * np.array([-1, 1, -1], np.float32),
        translation_cm=track.translation_cm * np.array([-1, 1, 1], np.float32),
        weights=track.weights[:, other],
        gaze_deg=track.gaze_deg * np.array([-1, 1], np.float32),
        tongue=track.tongue,
        breath_cm=track.breath_cm,
    )


def eyes_at_rest(track: MotionTrack) -> MotionTrack:
    """The same motion with lids, brows and gaze as in the photo: for eyes that glasses or hair hide."""
    return replace(track, weights=_without(track, ("eye", "lid", "brow")), gaze_deg=np.zeros_like(track.gaze_deg))


def mouth_at_rest(track: MotionTrack) -> MotionTrack:
    """The same motion with jaw, lips, cheeks and tongue as in the photo: for a mouth that a mask covers."""
    weights = _without(track, ("jaw", "seal", "mouth", "cheek", "nose"))
    return replace(track, weights=weights, tongue=np.zeros_like(track.tongue))


def _without(track: MotionTrack, starts: tuple[str, ...]) -> NDArray[np.float32]:
    """(T, 44) the weights, 0 for every shape whose name starts so."""
    weights = track.weights.copy()
    weights[:, [k for k, name in enumerate(SHAPES) if name.startswith(starts)]] = 0
    return weights


def _opposite(name: str) -> str:
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def _rows(values: NDArray[np.float32]) -> list[Any]:
    return np.round(values.astype(np.float64), 4).tolist()  # type: ignore[no-any-return]
