"""Mouth shapes from sound alone: log-mel frames through a small convolutional net, in numpy.

Frames are 10 ms; frame i is centred at (i + 0.5) * 10 ms. How the net was made: models/README.md.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 16_000
FRAME_RATE_HZ: Final = 100
HOP: Final = SAMPLE_RATE_HZ // FRAME_RATE_HZ
WINDOW: Final = 400
FFT: Final = 512
MELS: Final = 40
BAND_HZ: Final = (60.0, 7600.0)
DILATIONS: Final = (1, 2, 4, 8, 16)
_CHUNK: Final = 4096  # frames taken at once, so that memory stays flat
_AROUND: Final = 30  # frames before and after speech
_SEEN: Final = 2 + sum(DILATIONS)  # frames to either side that the net's answer for one depends on

Matrix = NDArray[np.float32]


def viseme_probabilities(samples: Matrix, share: Matrix | None = None) -> Matrix:
    """(F, 15) probabilities in the order of VISEMES of (N,) float32 mono samples at 16 kHz; F = N // 160.

    share: (F,) of speech, `voiced.speech_share`; needed where pauses may take more than half of the sound, which the
    net would take for the voice's own level.
    """
    features = log_mel(samples)
    features = _centred(features, _talk(share, len(features)))
    if not len(features):
        return np.zeros((0, 15), np.float32)
    starts = range(0, len(features), _CHUNK)
    return np.concatenate([_answers(features, start, min(start + _CHUNK, len(features))) for start in starts])


def _answers(features: Matrix, first: int, end: int) -> Matrix:
    """(end - first, 15) probabilities of frames `first` to `end`, of whose neighbours nothing is kept."""
    begin = max(first - _SEEN, 0)
    return _heard(features[begin : end + _SEEN])[first - begin : end - begin]


def _heard(features: Matrix) -> Matrix:
    """(T, 15) of (T, 40), as if there were silence beyond the ends."""
    net = _weights()
    h = np.maximum(_conv(features, net["in.w"], net["in.b"]), 0)
    for k, dilation in enumerate(DILATIONS):
        h += np.maximum(_conv(h, net[f"c{k}.w"], net[f"c{k}.b"], dilation), 0)
    logits = _conv(h, net["out.w"], net["out.b"])
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def log_mel(samples: Matrix) -> Matrix:
    """(F, 40) natural log of mel energies, 60 to 7600 Hz, of (N,) samples at 16 kHz in -1..1; zeros beyond the ends."""
    count = len(samples) // HOP
    lead = (WINDOW - HOP) // 2
    padded = np.concatenate([np.zeros(lead, np.float32), samples.astype(np.float32), np.zeros(WINDOW, np.float32)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:count]
    hann, bank = np.hanning(WINDOW), mel_bank()
    out = np.empty((count, MELS), np.float32)
    for start in range(0, count, _CHUNK):
        spectrum = np.fft.rfft(windows[start : start + _CHUNK] * hann, FFT)
        power = spectrum.real**2 + spectrum.imag**2
        out[start : start + _CHUNK] = np.log(power @ bank + 1e-7)
    return out


@lru_cache(maxsize=1)
def mel_bank() -> NDArray[np.float64]:
    """(257, 40) triangles, their corners evenly spaced in mel = 2595 log10(1 + f / 700), their sides straight in Hz."""
    low, high = (2595 * np.log10(1 + f / 700) for f in BAND_HZ)
    corners = 700 * (10 ** (np.linspace(low, high, MELS + 2) / 2595) - 1)
    f = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE_HZ)[:, None]
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    return np.asarray(np.maximum(0, np.minimum((f - left) / (middle - left), (right - f) / (right - middle))))


def _talk(share: Matrix | None, count: int) -> NDArray[np.bool_]:
    """(count,) the frames in and around speech, with as much of the pauses as the net was trained with; all of them
    where nobody knows or nobody speaks."""
    if share is None or not share.any():
        return np.ones(count, np.bool_)
    edges = np.convolve(share > 0, np.ones(2 * _AROUND + 1))[_AROUND : _AROUND + count]
    return np.asarray(edges > 0.5)


def _centred(features: Matrix, talk: NDArray[np.bool_]) -> Matrix:
    """Take away the mean of the louder half of the talk: the net hears the voice, not the microphone or the gain."""
    if not len(features):
        return features
    level = features.mean(axis=1)
    loud = features[talk & (level >= np.median(level[talk]))]
    return np.asarray((features - loud.mean(axis=0)) / 3, np.float32)


def _conv(x: Matrix, weight: Matrix, bias: Matrix, dilation: int = 1) -> Matrix:
    """(T, out) of (T, in) and (kernel, in, out): one matrix product a tap, zeros beyond the ends."""
    reach = len(weight) // 2
    out = np.tile(bias, (len(x), 1))
    for tap, w in enumerate(weight):
        shift = (tap - reach) * dilation
        first, last = max(0, -shift), min(len(x), len(x) - shift)
        if last > first:
            out[first:last] += x[first + shift : last + shift] @ w
    return out


@lru_cache(maxsize=1)
def _weights() -> dict[str, Matrix]:
    with (files(__package__) / "models" / "viseme-net.npz").open("rb") as f, np.load(f, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
