"""The two voice models: phonemes in, sound and the duration of every phoneme out. Sessions are made once a process.

The graphs know how long each phoneme lasts but do not say so: an ONNX file is protobuf, in which a message appended to
another is merged into it, so a few bytes behind the model name an inner value as one more output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.local_voices import Voice
from didgen.engine.speech.kokoro import SAMPLE_RATE_HZ, Kokoro, kokoro_model
from didgen.engine.speech.loudness import without_rumble
from didgen.engine.speech.reading import ids

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

STYLE_SHAPE: Final = (510, 256)  # a voice vector file: one style a count of phonemes


@dataclass(frozen=True, slots=True)
class Take:
    """What a voice gives for one phoneme string of n symbols.

    samples: (N,) float32 mono at 24 kHz, as loud as the model left it. edges_s: (n + 3,) where each symbol starts and
    the last ends, the pads in front and behind included.
    """

    samples: NDArray[np.float32]
    edges_s: NDArray[np.float64]


def speak_phonemes(voice: Voice, phonemes: str, rate: float) -> Take:
    """Sound of a phoneme string of at most 400 symbols; the same bytes each time. `rate` 1 is the voice's own pace."""
    samples, units = _ENGINES[voice.engine](voice.id, ids(phonemes), rate)
    edges = np.concatenate([[0.0], np.cumsum(np.asarray(units, np.float64).ravel())])
    edges *= len(samples) / SAMPLE_RATE_HZ / edges[-1]
    return Take(without_rumble(samples, SAMPLE_RATE_HZ), edges)


def with_output(model: bytes, name: str) -> bytes:
    """The ONNX model with the inner value `name` as its last output.

    ModelProto.graph is field 7, GraphProto.output field 12, ValueInfoProto.name field 1, all length-delimited.
    """
    info = b"\x0a" + _delimited(name.encode())
    output = b"\x62" + _delimited(info)
    return model + b"\x3a" + _delimited(output)


def _delimited(payload: bytes) -> bytes:
    size, prefix = len(payload), bytearray()
    while size >= 0x80:
        prefix.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*prefix, size]) + payload


def _session(model: bytes) -> InferenceSession:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = (
        1  # one worker a core; the same sums in the same order
    )
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _hibari(_: str, tokens: list[int], rate: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    from hibari import dsp

    feed = {"ids": np.asarray([tokens], np.int64), "speed": np.asarray([rate], np.float32)}
    *spectrum, units = _hibari_session().run(None, feed)
    noise = np.random.default_rng(0)  # of the breathy part of the sound
    return dsp.synth(*(part[0] for part in spectrum), noise), units


@lru_cache(maxsize=1)
def _hibari_session() -> InferenceSession:
    model = (files("hibari") / "assets" / "hibari.onnx").read_bytes()
    return _session(with_output(model, "/Clip_output_0"))


def _kokoro(voice: str, tokens: list[int], rate: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return _kokoro_once()(tokens, _style(voice)[min(len(tokens) - 2, STYLE_SHAPE[0] - 1)], rate)


@lru_cache(maxsize=1)
def _kokoro_once() -> Kokoro:
    return Kokoro(kokoro_model(), _session)


@lru_cache(maxsize=8)
def _style(voice: str) -> NDArray[np.float32]:
    return unpacked((files(__package__) / "models" / "voices" / f"{voice}.xz").read_bytes())


def unpacked(data: bytes) -> NDArray[np.float32]:
    """(510, 256) styles of a packed voice (models/voices/pack.py): byte planes of second differences of the bits."""
    import lzma

    rows, columns = STYLE_SHAPE
    planes = np.frombuffer(lzma.decompress(data), np.uint8).reshape(4, columns * rows)
    change = np.ascontiguousarray(planes.T).view("<u4").reshape(columns, rows)
    bits = change.cumsum(axis=1, dtype=np.uint32).cumsum(axis=1, dtype=np.uint32)
    return np.ascontiguousarray(bits.T).view(np.float32)


_ENGINES: Final[dict[str, Callable[[str, list[int], float], tuple[NDArray[np.float32], Any]]]] = {
    "hibari": _hibari,
    "kokoro": _kokoro,
}
