"""Where in a recording somebody speaks: Silero's voice activity net, which music and noise do not fool.

What it takes: 16 kHz, steps of 512 samples, each with the 64 samples before it. Where it is from: models/README.md.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SAMPLE_RATE_HZ: Final = 16_000
STEP: Final = 512
CONTEXT: Final = 64
STATE: Final = (1, 1, 128)
FRAME: Final = 160  # samples of a frame at 100 Hz, as the lip-shape net's
DOUBT: Final = (0.4, 0.65)  # probability of speech below which nobody speaks, above which somebody does
AT_ONCE: Final = 1024  # steps the net is given at once, so that memory stays flat; it remembers what it heard before
REACH_S: Final = 0.06  # a mouth opens this long before it is heard, and closes after

Samples = NDArray[np.float32]


def speech_share(samples: Samples) -> Samples:
    """(F,) 0..1 at 100 frames a second of (N,) mono samples at 16 kHz, F = N // 160: 0 where nobody speaks."""
    frames = len(samples) // FRAME
    probability = speech_probability(samples)
    if not frames or not len(probability):
        return np.zeros(frames, np.float32)
    low, high = DOUBT
    share = np.clip((probability - low) / (high - low), 0, 1)
    centres = (np.arange(len(share)) + 0.5) * STEP / FRAME
    fine = np.interp(np.arange(frames) + 0.5, centres, share)
    reach = round(REACH_S * SAMPLE_RATE_HZ / FRAME)
    padded = np.pad(fine, reach, mode="edge")
    widest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    return np.asarray(widest, np.float32)


def speech_probability(samples: Samples) -> Samples:
    """(ceil(N / 512),) 0..1 for each step of (N,) mono samples at 16 kHz: the net's own answer."""
    count = -(-len(samples) // STEP)
    if not count:
        return np.zeros(0, np.float32)
    padded = np.zeros(CONTEXT + count * STEP, np.float32)
    padded[CONTEXT : CONTEXT + len(samples)] = samples
    steps = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + STEP)[::STEP]
    answers, h, c = [], np.zeros(STATE, np.float32), np.zeros(STATE, np.float32)
    for start in range(0, count, AT_ONCE):
        given = {"input": np.ascontiguousarray(steps[start : start + AT_ONCE]), "h": h, "c": c}
        answer, h, c = _session().run(None, given)
        answers.append(np.asarray(answer, np.float32).reshape(-1))
    return np.concatenate(answers)


@lru_cache(maxsize=1)
def _session() -> InferenceSession:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the same sums in the same order
    options.log_severity_level = 3
    model = (files(__package__) / "models" / "silero-vad.onnx").read_bytes()
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
