"""Whom a shot animates, and what can be seen of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.find import choose_face, choose_faces
from didgen.engine.face.visible import Sight, look_at
from didgen.engine.photo import photo_scale
from didgen.engine.shot import Shot


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the shot animates, each with what can be seen of it, and who else is in the picture. scale: px of the loaded
    photo per px of the file."""

    faces: tuple[Face, ...]
    sights: tuple[Sight, ...]
    scale: float
    others: tuple[Face, ...]
    warnings: tuple[str, ...]


def subject_of(shot: Shot, photo: NDArray[np.uint8], faces: list[Face]) -> Subject:
    """Of the faces of a loaded photo. Raises RenderError where none of them can be animated."""
    scale = photo_scale(shot.source)
    most = shot.config.max_animated_faces
    if shot.kind == "animation" and shot.config.stitch and shot.face is None and len(faces) > 1:
        chosen, warnings = choose_faces(faces, photo.shape, most, scale)
    else:
        face, warnings = choose_face(faces, shot.face, shot.kind, photo.shape, scale)
        chosen = [face]
    sights = tuple(look_at(photo, face) for face in chosen)
    told = dict.fromkeys([*warnings, *(warning for sight in sights for warning in sight.warnings())])
    others = tuple(other for other in faces if not any(other is face for face in chosen))
    return Subject(tuple(chosen), sights, scale, others, tuple(told))
