"""Small true videos for the page: a few seconds, a colour that moves, a tone; and one that is still being written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from didgen.engine.shot import preview_path
from didgen.engine.video.encode import Encoder
from didgen.film.poster import poster
from didgen.page.board import Clip

FPS, RATE = 25, 48_000
WORDS = ("Good", "morning,", "everybody", "here", "and", "there.")


def words(*texts: str, each_s: float = 0.5) -> tuple[tuple[str, float, float], ...]:
    """Words one after the other."""
    return tuple((text, k * each_s, k * each_s + 0.8 * each_s) for k, text in enumerate(texts))


def clip(folder: Path, name: str, seconds: float = 3.0, grey: int = 90, said: tuple[str, ...] = WORDS) -> Clip:
    """A finished video with its poster; told apart from others by its grey."""
    path = folder / f"{name}.mp4"
    with _encoder(path, seconds) as encoder:
        for k in range(round(seconds * FPS)):
            encoder.write(frame(k, grey))
    poster(path, path.with_suffix(".jpg"))
    return Clip(path, seconds, words(*said), path.with_suffix(".jpg"))


@contextmanager
def growing(folder: Path, name: str, grey: int = 200) -> Iterator[Path]:
    """A video of four seconds of which one is there; the rest is written, and the file whole, when the block ends."""
    with _encoder(folder / f"{name}.mp4", 4.0) as encoder:
        for k in range(25):
            encoder.write(frame(k, grey))
        yield preview_path(folder / f"{name}.mp4")
        for k in range(25, 100):
            encoder.write(frame(k, grey))


def _encoder(path: Path, seconds: float) -> Encoder:
    tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * RATE)) / RATE)
    return Encoder(path, 160, 160, (tone.astype(np.float32), RATE))


def frame(k: int, grey: int) -> np.ndarray:
    """(160, 160, 3): grey, with a bar that moves one pixel a picture."""
    rgb = np.full((160, 160, 3), grey, np.uint8)
    rgb[:, k % 160] = 255 - grey
    return rgb
