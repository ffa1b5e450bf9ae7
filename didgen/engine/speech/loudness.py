"""Loudness as ITU-R BS.1770-4 measures it, and a limiter that keeps true peaks down. Pure; any sample rate."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

TARGET_LUFS: Final = -16.0  # the usual level of spoken word on the web
PEAK_DB: Final = -1.5  # dB true peak: leaves room for AAC
RUMBLE_HZ: Final = 60.0
LOOK_S: Final = 0.005  # how far ahead and back the limiter looks
_CHUNK: Final = 1 << 19
_TAIL: Final = 1 << 15  # the K filter has rung out to -140 dB by then at 48 kHz

Samples = NDArray[np.float32]


def integrated_lufs(samples: Samples, sample_rate_hz: int) -> float:
    """Gated loudness of (N,) mono samples, LUFS. Under 0.4 s the whole is one block; -inf for silence."""
    power = np.square(k_weighted(samples, sample_rate_hz))
    size = min(round(0.4 * sample_rate_hz), len(power))
    if size == 0:
        return float("-inf")
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(power) - size + 1, max(1, round(0.1 * sample_rate_hz)))
    blocks = (total[starts + size] - total[starts]) / size
    blocks = blocks[blocks > _power(-70.0)]
    if not len(blocks):
        return float("-inf")
    blocks = blocks[blocks > blocks.mean() / 10]  # relative gate: 10 LU under the mean
    return float(-0.691 + 10 * np.log10(blocks.mean()))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def k_weighted(samples: Samples, sample_rate_hz: int) -> NDArray[np.float64]:
    """(N,) samples through the K filter, chunk by chunk in the frequency domain (overlap-add)."""
    out = np.zeros(len(samples) + _TAIL)
    size = min(_CHUNK, 1 << max(1, len(samples) - 1).bit_length())
    response = k_response(np.arange((size + _TAIL) // 2 + 1) / (size + _TAIL), sample_rate_hz)
    for start in range(0, len(samples), size):
        block = np.fft.irfft(np.fft.rfft(samples[start : start + size], size + _TAIL) * response, size + _TAIL)
        end = min(start + size + _TAIL, len(out))
        out[start:end] += block[: end - start]
    return out[: len(samples)]


def k_response(frequency: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.complex128]:
    """Complex response at frequencies in cycles a sample: BS.1770's shelf, then its high pass.

    The standard gives coefficients for 48 kHz only; these are the analogue prototypes behind them (EBU R 128 practice),
    so that the same curve holds at every rate.
    """
    z = np.exp(-2j * np.pi * frequency)
    k = np.tan(np.pi * 1681.974450955533 / sample_rate_hz)
    vh = 10 ** (3.999843853973347 / 20)
    vb, q = vh**0.4996667741545416, 0.7071752369554196
    shelf = (vh + vb * k / q + k * k) + 2 * (k * k - vh) * z + (vh - vb * k / q + k * k) * z * z
    shelf /= (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z * z
    k, q = np.tan(np.pi * 38.13547087602444 / sample_rate_hz), 0.5003270373238773
    a0 = 1 + k / q + k * k
    high = (1 - z) ** 2 / (1 + 2 * (k * k - 1) / a0 * z + (1 - k / q + k * k) / a0 * z * z)
    return np.asarray(shelf * high, np.complex128)


def without_rumble(samples: Samples, sample_rate_hz: int) -> Samples:
    """(N,) samples without what lies under speech: a fourth-order high pass at 60 Hz that delays nothing.

    Some voice models leave as much power at 10 to 30 Hz as in a soft vowel. Nobody hears it, but it fills the pauses
    for anything that looks for silence, and takes the room of the limiter.
    """
    size = -(-(len(samples) + _TAIL) // 4096) * 4096  # a length without large primes transforms faster
    hz = np.maximum(np.arange(size // 2 + 1) * (sample_rate_hz / size), 1e-3)
    gain = 1 / np.sqrt(1 + (RUMBLE_HZ / hz) ** 8)
    return np.asarray(np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)], np.float32)


def levelled(samples: Samples, sample_rate_hz: int, gain_db: float) -> Samples:
    """(N,) samples louder by `gain_db`, with true peaks under -1.5 dB.

    The gain is the voice's own (see `gains`), not what this sound would need: so a sentence sounds the same whatever
    stands around it, and a soft one stays softer than a loud one.
    """
    return limited(np.asarray(samples * np.float32(10 ** (gain_db / 20)), np.float32), sample_rate_hz)


def limited(samples: Samples, sample_rate_hz: int) -> Samples:
    """Turn the sound down around each true peak above -1.5 dB, with no step in the gain.

    The needed gain is held over 5 ms to both sides and then averaged over the same length, which never rises above
    what is needed.
    """
    ceiling = 10 ** (PEAK_DB / 20)
    peaks = true_peaks(samples)
    if not len(peaks) or peaks.max() <= ceiling:
        return samples
    need = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    reach = max(1, round(LOOK_S * sample_rate_hz))
    gain = _mean(_lowest(need, reach), reach)
    return np.asarray(samples * gain, np.float32)


def true_peaks(samples: Samples) -> NDArray[np.float64]:
    """(N,) the highest level in each sample's neighbourhood, between the samples too (4 times oversampled)."""
    if not len(samples):
        return np.zeros(0)
    x = samples.astype(np.float64)
    peaks: NDArray[np.float64] = np.abs(x)
    taps = np.arange(-8, 9)
    for phase in (0.25, 0.5, 0.75):
        window = 0.5 + 0.5 * np.cos(np.pi * (taps - phase) / 9)
        between = np.abs(np.convolve(x, np.sinc(taps - phase) * window)[8 : 8 + len(x)])
        peaks = np.maximum(peaks, between)
    peaks[:-1] = np.maximum(peaks[:-1], peaks[1:])  # a peak between two samples belongs to both
    return peaks


def _lowest(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Minimum over `reach` neighbours to both sides, by doubling: log2 passes instead of one a neighbour."""
    padded = np.pad(values, reach, constant_values=1.0)
    width = 2 * reach + 1
    span = 1
    while span < width:
        step = min(span, width - span)
        padded = np.minimum(padded[: len(padded) - step], padded[step:])
        span += step
    return padded


def _mean(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.concatenate([[0.0], np.cumsum(np.pad(values, reach, mode="edge"))])
    width = 2 * reach + 1
    return np.asarray((total[width:] - total[:-width]) / width)
