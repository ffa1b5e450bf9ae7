"""One face of the gallery: rendered, measured, and cut into a strip."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from didgen.engine.face.face import Face
from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.face.pose import place_head
from didgen.engine.motion.compose import compose_animation
from didgen.engine.photo import load_photo
from didgen.engine.render import render
from didgen.engine.shot import Config, Expression, Shot, TextScript
from didgen.engine.warp.rig import build_rig
from didgen.quality.clip import Clip, pictures_at, read_clip
from didgen.quality.figures import Row
from didgen.quality.head import smile
from didgen.quality.measure import is_frontal, measure
from didgen.quality.outside import changed_outside
from didgen.quality.page import Sheet, sheet_of
from didgen.quality.strips import strip
from tests.quality import identity
from tests.quality.sentences import DRIVER, SEED, SENTENCES, VOICE

IDENTITY_EVERY = 15  # pictures
RAW_FRAMES = (0, 30, 60, 90)  # of a lively animation, stitched

LIPS = (
    *("closures", "closure_offset_ms", "closure_spread_ms", "gap_correlation", "lag_ms"),
    *("round_over_wide", "told_apart", "smile_neutral", "smile_serious"),
)


class Shelf:
    """Keeps speech and faces from render to render: every face says the same."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.kept[key] = value


@dataclass(frozen=True, slots=True)
class Measured:
    """One face: the row of the report, and what the page shows of it."""

    row: Row
    sheet: Sheet


def measure_face(
    path: Path, sentences: Sequence[int], shelf: Shelf, *, whole: bool = True, keep: Path | None = None
) -> Measured:
    """Render a photo speaking these sentences (numbers from 1) and measure it.

    whole: also the serious smile, the identity and the raw stitched frames. keep: a folder for the video.
    """
    photo = load_photo(path)
    face, _ = choose_face(find_faces(photo), None, "talk", photo.shape)
    with tempfile.TemporaryDirectory() as folder:
        video = (keep or Path(folder)) / f"{path.stem}.mp4"
        clip = _spoken(path, face, " ".join(SENTENCES[n - 1] for n in sentences), Config(), video, shelf)
        figures = measure(clip)
        if whole:
            figures = replace(
                figures,
                smile_serious=_serious(path, face, Path(folder), shelf) if figures.smile_neutral is not None else None,
                identity=_identity(video, clip, photo, face) if identity.installed() else None,
                changed_outside=_changed_outside(photo, face),
            )
        pictures = strip(video, clip)
    return Measured(Row(path.stem, figures, is_frontal(face)), sheet_of(clip, pictures))


def mouthless(measured: Measured) -> Measured:
    """Without the figures of the lips: what follows them under a mask is a guess of the net's."""
    figures = replace(measured.row.figures, **dict.fromkeys(LIPS))
    return replace(measured, row=replace(measured.row, figures=figures))


def _spoken(path: Path, face: Face, text: str, config: Config, out: Path, shelf: Shelf) -> Clip:
    shot = Shot(path, TextScript(text, VOICE), DRIVER, config, seed=SEED)
    rendered = render(shot, out, lambda *_: None, shelf)
    return read_clip(out, rendered.facts, face, picture=load_photo(path))


def _serious(path: Path, face: Face, folder: Path, shelf: Shelf) -> float | None:
    serious = Config(expressions=(Expression("serious"),))
    return smile(_spoken(path, face, SENTENCES[0], serious, folder / "serious.mp4", shelf))


def _identity(video: Path, clip: Clip, photo: np.ndarray, face: Face) -> float:
    """Mean distance of the talk's pictures from the photo, which is first brought to the size of the face there."""
    scale = clip.tracked.placements[0].s / place_head(face.landmarks).s
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    own = identity.describe(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=how), face.landmarks * scale)
    pictures = pictures_at(video, range(0, len(clip.tracked), IDENTITY_EVERY))
    seen = [identity.distance(own, identity.describe(rgb, clip.tracked.landmarks[k])) for k, rgb in pictures.items()]
    return float(np.mean(seen))


def _changed_outside(photo: np.ndarray, face: Face) -> float:
    rig = build_rig(photo, face, stitch=True)
    track, _ = compose_animation(face, "bank://nostalgia/driver-03", Config(), SEED)
    return float(changed_outside(rig, track, RAW_FRAMES))
