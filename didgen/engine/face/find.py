"""Which faces a picture holds, which one is animated, and whether it can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.detect import detect, iou
from didgen.engine.face.drawn import drawn_mouth
from didgen.engine.face.face import Face
from didgen.engine.face.landmarks import (
    blendshape_scores,
    find_landmarks,
    region_of_detection,
    region_of_landmarks,
)
from didgen.engine.face.mesh import FACE_OVAL
from didgen.engine.face.pose import place_head
from didgen.engine.shot import FaceSquare
from didgen.errors import RenderError

MIN_EYES_PX, FEW_EYES_PX = 40, 100  # eye distance: refused below, warned below
MAX_TURN_DEG, FAR_TURN_DEG = 25, 15  # yaw or pitch: refused above, warned above
LEVEL_PITCH_DEG = 8.0  # what a head that looks into the camera measures: the canonical mesh leans back a little
MAX_TILT_DEG = 60  # roll: beyond it the photo itself lies on its side
MAX_OUTSIDE, SOME_OUTSIDE = 0.2, 0.03  # of the face's area: refused above, warned above

_MIN_PRESENCE = 0.5
_SAME_FACE_IOU = 0.5


def find_faces(rgb: NDArray[np.uint8]) -> list[Face]:
    """Every face of an (H, W, 3) RGB picture, largest first, as it is animated; none is an empty list. A drawing's lips
    lie on the line of its mouth."""
    return [_as_drawn(rgb, face) for face in seen_faces(rgb)]


def seen_faces(rgb: NDArray[np.uint8]) -> list[Face]:
    """The same as the net sees them."""
    faces: list[Face] = []
    for detection in detect(rgb):
        landmarks, presence = find_landmarks(rgb, region_of_detection(detection))
        if presence >= _MIN_PRESENCE:
            landmarks, presence = find_landmarks(rgb, region_of_landmarks(landmarks))  # its own region is tighter
        if presence >= _MIN_PRESENCE:
            faces.append(describe(landmarks, presence))
    return _distinct(sorted(faces, key=_area, reverse=True))


def describe(landmarks: NDArray[np.float32], presence: float) -> Face:
    """A Face from its points: blendshapes and pose are computed."""
    return Face(landmarks, presence, blendshape_scores(landmarks), place_head(landmarks).pose_deg)


def _as_drawn(rgb: NDArray[np.uint8], face: Face) -> Face:
    stroke, landmarks = drawn_mouth(rgb, face.landmarks)
    return face if stroke is None else replace(describe(landmarks, face.presence), stroke=stroke)


def choose_face(
    faces: Sequence[Face],
    square: FaceSquare | None,
    kind: Literal["talk", "animation"],
    picture: tuple[int, ...],
    scale: float = 1.0,
) -> tuple[Face, list[str]]:
    """The face to animate, and what the user should know about it.

    faces: largest first, as `find_faces` gives them. square: the user's choice, in px of the photo file. picture:
    shape (H, W, …) of the loaded photo. scale: loaded px per px of the file (`photo_scale`).
    Raises RenderError, InvalidFaceError for talks and FaceError for animations (the service's words): no face, none in
    the square, too small, turned too far, on its side, cut off.
    """
    refused = "InvalidFaceError" if kind == "talk" else "FaceError"
    if not faces:
        hint = "use a photo of one person who looks into the camera, the eyes at least 100 px apart"
        raise RenderError(refused, "no face was found in the picture", hint=hint)
    face = faces[0] if square is None else _in_square(faces, square, scale, refused)
    for problem, hint in _faults(face, picture):
        raise RenderError(refused, problem, hint=hint)
    warnings = list(_doubts(face, picture))
    if len(faces) > 1 and square is None:
        warnings.append(f"{len(faces)} faces in the picture: the largest is used; `face:` chooses another")
    return face, warnings


def choose_faces(
    faces: Sequence[Face], picture: tuple[int, ...], most: int, scale: float = 1.0
) -> tuple[list[Face], list[str]]:
    """The faces of a group to animate, largest first, at most `most`, and what the user should know about them.

    The largest has to be fit for it (RenderError as in `choose_face`); others that are not stay as they are.
    """
    first, warnings = choose_face(faces[:1], None, "animation", picture, scale)
    chosen = [first]
    for face in faces[1:]:
        fault = next(_faults(face, picture), None)
        where = f"the face at {as_response(face, scale)['top_left']}"
        if fault is not None:
            warnings.append(f"{where} stays still: {fault[0]}")
        elif len(chosen) < most:
            chosen.append(face)
            warnings += [f"{where}: {doubt}" for doubt in _doubts(face, picture)]
    left_out = sum(next(_faults(face, picture), None) is None for face in faces) - len(chosen)
    if left_out and most > 1:
        warnings.append(f"{len(chosen)} of {len(chosen) + left_out} faces move: more than {most} never do")
    return chosen, warnings


def as_response(face: Face, scale: float = 1.0, face_id: int = 0) -> dict[str, Any]:
    """A face in the shape of the service's answers, in px of the photo file; given back as `face:` it chooses it."""
    left, top, right, bottom = (round(side / scale) for side in face.box)
    size = round(1.5 * max(right - left, bottom - top))
    return {
        "mask_confidence": -1,
        "detection": [left, top, right, bottom],
        "overlap": "no",
        "size": size,
        "top_left": [(left + right - size) // 2, (top + bottom - size) // 2],
        "face_id": face_id,
        "detect_confidence": round(face.presence, 4),
    }


def outside_share(face: Face, picture: tuple[int, ...]) -> float:
    """0..1: how much of the face's area (hull of its oval) lies outside a picture of shape (H, W, …)."""
    hull = cv2.convexHull(face.landmarks[list(FACE_OVAL), :2].astype(np.float32))
    height, width = picture[:2]
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inside, _ = cv2.intersectConvexConvex(hull, frame)
    return float(1 - inside / max(cv2.contourArea(hull), 1e-6))


def _in_square(faces: Sequence[Face], square: FaceSquare, scale: float, refused: str) -> Face:
    """The face whose centre is nearest to the square's, among those with their centre inside it."""
    middle = np.array([square.left + square.size / 2, square.top + square.size / 2]) * scale
    offsets = [np.abs(np.reshape(face.box, (2, 2)).mean(0) - middle) for face in faces]
    inside = [k for k, offset in enumerate(offsets) if offset.max() <= square.size * scale / 2]
    if not inside:
        found = ", ".join(f"{s['top_left']} size {s['size']}" for s in (as_response(face, scale) for face in faces))
        where = f"top_left [{square.left}, {square.top}] size {square.size}"
        raise RenderError(refused, f"no face has its centre in the square {where}", hint=f"there is one at {found}")
    return faces[min(inside, key=lambda k: float(np.hypot(*offsets[k])))]


def _faults(face: Face, picture: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """Why a face cannot be animated, as (what, what to do); the first one counts."""
    eyes, (turn, way), outside = face.eye_distance_px, _turn(face), outside_share(face, picture)
    if round(eyes) < MIN_EYES_PX:
        yield f"the face is too small: its eyes are {eyes:.0f} px apart, {MIN_EYES_PX} are needed", "use a larger photo"
    if round(turn) > MAX_TURN_DEG:
        hint = "use a photo that looks into the camera"
        yield f"the face is turned {turn:.0f}° {way}, at most {MAX_TURN_DEG}° can be animated", hint
    if abs(face.pose_deg[2]) > MAX_TILT_DEG:
        yield f"the face lies on its side (tilted {face.pose_deg[2]:.0f}°)", "turn the photo upright"
    if outside > MAX_OUTSIDE:
        hint = "use a photo that shows the whole face"
        yield f"{outside:.0%} of the face is outside the picture, at most {MAX_OUTSIDE:.0%} may be", hint


def _doubts(face: Face, picture: tuple[int, ...]) -> Iterator[str]:
    """What will not look its best, and why; limits are compared as they are said, in whole px, degrees and per cent."""
    eyes, (turn, way), outside = face.eye_distance_px, _turn(face), outside_share(face, picture)
    if round(eyes) < FEW_EYES_PX:
        yield f"the face is small: its eyes are {eyes:.0f} px apart; from {FEW_EYES_PX} px on the result is sharp"
    if round(turn) > FAR_TURN_DEG:
        yield f"the face is turned {turn:.0f}° {way}; up to {FAR_TURN_DEG}° looks best"
    if outside > SOME_OUTSIDE:
        yield f"{outside:.0%} of the face is outside the picture; a photo that shows all of it looks best"


def _turn(face: Face) -> tuple[float, str]:
    """How far the face is turned from the camera in its worse direction, in degrees, and where to."""
    yaw, pitch = face.pose_deg[0], face.pose_deg[1] - LEVEL_PITCH_DEG
    if abs(yaw) >= abs(pitch):
        return abs(yaw), "to the picture's right" if yaw > 0 else "to the picture's left"
    return abs(pitch), "downwards" if pitch > 0 else "upwards"


def _area(face: Face) -> float:
    left, top, right, bottom = face.box
    return (right - left) * (bottom - top)


def _distinct(faces: list[Face]) -> list[Face]:
    """Two detections may slide onto one face: the first (largest) stays."""
    kept: list[Face] = []
    for face in faces:
        boxes = np.array([other.box for other in kept]).reshape(-1, 4)
        if not np.any(iou(np.array(face.box), boxes) > _SAME_FACE_IOU):
            kept.append(face)
    return kept
