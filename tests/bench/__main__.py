"""`python -m tests.bench`: what a 512 × 512 talk costs on this machine, part by part, in CPU milliseconds a frame."""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import platform
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.motion.compose import compose_talk
from didgen.engine.motion.track import MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.shot import Config, TextScript
from didgen.engine.speech.speak import speak
from didgen.engine.video.colour import i420
from didgen.engine.video.encode import Encoder
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import Rig, build_rig
from didgen.engine.warp.slit import paint

PHOTO = Path(__file__).parents[2] / "projects/hello/assets/eileen.jpg"
SAYING = "Good morning. Nothing is rendered twice, and everything you change is on the screen a moment later."


def cpu(step: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of all threads, and the step's result."""
    began = time.process_time()
    result = step()
    return time.process_time() - began, result


def row(name: str, value: str) -> None:
    print(f"{name:<34} {value:>12}", flush=True)


def encoded(frames: list[np.ndarray], out: Path) -> None:
    height, width = frames[0].shape[:2]
    with Encoder(out, width, height, None) as encoder:
        for frame in frames:
            encoder.write(frame)


def drawing_parts(rig: Rig, track: MotionTrack) -> dict[str, float]:
    """CPU seconds of all frames by part: flow maps, the remap of the picture, mouth and eyes."""
    parts = {"flow maps": 0.0, "remap": 0.0, "mouth and eyes": 0.0}
    for k in range(len(track)):
        weights, move = track.weights[k], rig.move(track, k)
        seconds, flow = cpu(partial(rig.field.backward, weights, move))
        parts["flow maps"] += seconds
        seconds, work = cpu(partial(rig.canvas.sampled, flow))
        parts["remap"] += seconds
        gaze, tongue = track.gaze_deg[k], float(track.tongue[k])
        parts["mouth and eyes"] += cpu(partial(paint, rig.slits, work, weights, move, gaze, tongue))[0]
    return parts


def main() -> None:
    cv2.setNumThreads(1)
    print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    rig, track = prepared()
    each = 1000 / len(track)
    for name, seconds in drawing_parts(rig, track).items():
        row(f"{name}, CPU ms per frame", f"{seconds * each:.2f}")
    drawing, frames = cpu(lambda: [draw(rig, track, k) for k in range(len(track))])
    converting, _ = cpu(lambda: [i420(frame) for frame in frames])
    with tempfile.TemporaryDirectory() as folder:
        encoding, _ = cpu(lambda: encoded(frames, Path(folder) / "a.mp4"))
    x264 = encoding - converting
    for name, seconds in (("I420", converting), ("x264 alone", x264), ("all", drawing + encoding)):
        row(f"{name}, CPU ms per frame", f"{seconds * each:.2f}")
    row("all / x264 alone", f"{(drawing + encoding) / x264:.2f}")


def prepared() -> tuple[Rig, MotionTrack]:
    """Speech, face, rig and track of the talk, each with its cost."""
    speak(TextScript("Warm up.", "heart"))
    seconds, speech = cpu(lambda: speak(TextScript(SAYING, "heart")))
    row("speech, CPU s per s of sound", f"{seconds / speech.duration_s:.2f}")
    photo = load_photo(PHOTO)
    find_faces(photo)
    seconds, faces = cpu(lambda: find_faces(photo))
    row("face, CPU s", f"{seconds:.2f}")
    face, _ = choose_face(faces, None, "talk", photo.shape)
    seconds, rig = cpu(lambda: build_rig(photo, face))
    row("rig, CPU s", f"{seconds:.2f}")
    return rig, compose_talk(speech, face, "bank://natural/driver-1", Config(), 1)[0]


def processor() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
