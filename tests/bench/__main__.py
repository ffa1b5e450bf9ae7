"""`python -m tests.bench`: what a 512 × 512 talk costs on this machine, part by part, in CPU milliseconds a frame."""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.motion.compose import compose_talk
from didgen.engine.photo import load_photo
from didgen.engine.shot import Config, TextScript
from didgen.engine.speech.speak import speak
from didgen.engine.video.colour import i420
from didgen.engine.video.encode import Encoder
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig

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


def main() -> None:
    cv2.setNumThreads(1)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    speak(TextScript("Warm up.", "heart"))
    speaking, speech = cpu(lambda: speak(TextScript(SAYING, "heart")))
    row("speech, CPU s per s of sound", f"{speaking / speech.duration_s:.2f}")
    photo = load_photo(PHOTO)
    finding, faces = cpu(lambda: find_faces(photo))
    face, _ = choose_face(faces, None, "talk", photo.shape)
    rigging, rig = cpu(lambda: build_rig(photo, face))
    row("face, s", f"{finding:.2f}")
    row("rig, s", f"{rigging:.2f}")
    track, _ = compose_talk(speech, face, "bank://natural/driver-1", Config(), 1)
    drawing, frames = cpu(lambda: [draw(rig, track, k) for k in range(len(track))])
    converting, _ = cpu(lambda: [i420(frame) for frame in frames])
    with tempfile.TemporaryDirectory() as folder:
        encoding, _ = cpu(lambda: encoded(frames, Path(folder) / "a.mp4"))
    x264 = encoding - converting
    each = 1000 / len(frames)
    for name, seconds in (("draw", drawing), ("I420", converting), ("x264 alone", x264)):
        row(f"{name}, CPU ms per frame", f"{seconds * each:.2f}")
    total = drawing + encoding
    row("all, CPU ms per frame", f"{total * each:.2f}")
    row("all / x264 alone", f"{total / x264:.2f}")


if __name__ == "__main__":
    main()
