"""What a talk's frames cost, part by part, in CPU milliseconds a frame, beside x264 alone on the same frames."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.motion.compose import compose_talk
from didgen.engine.motion.track import MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.shot import Config, TextScript
from didgen.engine.speech.speak import speak
from didgen.engine.video.colour import i420, lay_i420
from didgen.engine.video.encode import Encoder
from didgen.engine.warp.frame import draw_work
from didgen.engine.warp.rig import Rig, build_rig
from didgen.engine.warp.slit import paint
from tests.bench.measure import cpu, row
from tests.bench.workspace import PHOTO, SAYING, wide_photo


def frames() -> None:
    """Every part of the frames of a 512 × 512 talk."""
    _film(load_photo(PHOTO), stitch=False)


def stitched() -> None:
    """The same of a 1920 × 1080 talk in which one face moves."""
    _film(wide_photo(), stitch=True)


def _film(photo: NDArray[np.uint8], *, stitch: bool) -> None:
    """x264 alone is the encoder without the conversion to I420."""
    cv2.setNumThreads(1)
    rig, track = _prepared(photo, stitch)
    each = 1000 / len(track)
    for name, seconds in _drawing_parts(rig, track).items():
        row(f"{name}, CPU ms per frame", f"{seconds * each:.2f}")
    drawing, _ = cpu(lambda: _draw(rig, track))
    drawn = [draw_work(rig, track, k) for k in range(len(track))]
    planes = i420(drawn[0] if rig.photo is None else rig.photo)
    converting, _ = cpu(lambda: [lay_i420(planes, part, *rig.corner) for part in drawn])
    with tempfile.TemporaryDirectory() as folder:
        encoding, _ = cpu(lambda: _encode(rig, drawn, Path(folder) / "a.mp4"))
    x264 = encoding - converting
    for name, seconds in (("I420", converting), ("x264 alone", x264), ("all", drawing + encoding)):
        row(f"{name}, CPU ms per frame", f"{seconds * each:.2f}")
    row("all / x264 alone", f"{(drawing + encoding) / x264:.2f}")


def _draw(rig: Rig, track: MotionTrack) -> None:
    """Every frame, none kept: memory that is asked for anew costs more than drawing into the same again."""
    for k in range(len(track)):
        draw_work(rig, track, k)


def _prepared(photo: NDArray[np.uint8], stitch: bool) -> tuple[Rig, MotionTrack]:
    """Rig and track of the talk; face and rig each with its cost."""
    speech = speak(TextScript(SAYING, "heart"))
    find_faces(photo)
    seconds, faces = cpu(lambda: find_faces(photo))
    row("face, CPU s", f"{seconds:.2f}")
    face, _ = choose_face(faces, None, "talk", photo.shape)
    seconds, rig = cpu(lambda: build_rig(photo, face, stitch=stitch))
    row("rig, CPU s", f"{seconds:.2f}")
    track = compose_talk(speech, face, "bank://natural/driver-1", Config(), 1)[0]
    row("frames", f"{len(track)} of {rig.width} × {rig.height}, {speech.duration_s:.1f} s of speech")
    return rig, track


def _drawing_parts(rig: Rig, track: MotionTrack) -> dict[str, float]:
    """CPU seconds of all frames by part: the flow, the person over the background, mouth and eyes."""
    parts = {"flow": 0.0, "head over background": 0.0, "mouth and eyes": 0.0}
    for k in range(len(track)):
        weights, move = rig.calibration.weighed(track.weights[k]), rig.move(track, k)
        seconds, reading = cpu(partial(rig.field.reading, weights, move))
        parts["flow"] += seconds
        seconds, work = cpu(partial(rig.cutout.drawn, reading))
        parts["head over background"] += seconds
        gaze, tongue = track.gaze_deg[k], float(track.tongue[k])
        parts["mouth and eyes"] += cpu(partial(paint, rig.slits, work, weights, move, gaze, tongue))[0]
    return parts


def _encode(rig: Rig, drawn: list[NDArray[np.uint8]], out: Path) -> None:
    with Encoder(out, rig.width, rig.height, None, still=rig.photo) as encoder:
        for part in drawn:
            encoder.write(part, *rig.corner)
