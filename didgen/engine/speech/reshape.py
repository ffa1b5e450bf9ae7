"""Words of one spoken sentence made slower, higher or louder than the voice said them; their times follow.

FFmpeg's `atempo` (overlap-add of similar pieces) changes the pace, `asetrate` before it the pitch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.filters import filtered

Samples = NDArray[np.float32]

FADE_S: Final = 0.006  # over which one style's sound becomes the next one's
_PAD: Final = 2048  # samples of silence around a piece, so that the filter's window is full at its ends
_LOST: Final = 128  # samples by which the filter's sound comes early (found with tone bursts at 24 kHz)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the sound, [start_s, end_s), and what is done to it."""

    start_s: float
    end_s: float
    rate: float = 1.0
    pitch_st: float = 0.0
    gain_db: float = 0.0

    @property
    def untouched(self) -> bool:
        return self.rate == 1 and self.pitch_st == 0 and self.gain_db == 0

    @property
    def duration_s(self) -> float:
        """How long it lasts afterwards."""
        return (self.end_s - self.start_s) / self.rate


def reshaped(samples: Samples, rate_hz: int, pieces: Sequence[Piece]) -> tuple[Samples, Callable[[float], float]]:
    """(N,) mono samples with each piece done, and where a time of theirs lies afterwards.

    pieces: in order, one beginning where the other ends, from 0 to N / rate_hz. Times are true to about 8 ms inside a
    piece, exact at its ends.
    """
    if all(piece.untouched for piece in pieces):
        return samples, lambda time_s: time_s
    edges_s = np.array([pieces[0].start_s, *(piece.end_s for piece in pieces)])
    after_s = np.concatenate([[0.0], np.cumsum([piece.duration_s for piece in pieces])])
    fade = round(FADE_S * rate_hz)
    out = np.zeros(round(after_s[-1] * rate_hz), np.float32)
    for piece, begin_s, end_s in zip(pieces, after_s[:-1], after_s[1:], strict=True):
        start, end = round(begin_s * rate_hz), round(end_s * rate_hz)
        first, last = max(0, start - fade), min(len(out), end + fade)
        sound = _piece(samples, rate_hz, piece, (start - first, last - first))
        shape = _ramp(last - first, min(start - first, fade) * 2, min(last - end, fade) * 2)
        out[first:last] += sound * shape
    return out, lambda time_s: float(np.interp(time_s, edges_s, after_s))


def _piece(samples: Samples, rate_hz: int, piece: Piece, wanted: tuple[int, int]) -> Samples:
    """The sound of a piece, wanted[1] samples of it, which begins at sample wanted[0] of them."""
    lead, count = wanted
    pitch = 2 ** (piece.pitch_st / 12)
    tempo = piece.rate / pitch
    start = round(piece.start_s * rate_hz) - round(lead * piece.rate) - _PAD
    stop = start + round(count * piece.rate) + 2 * _PAD
    took = np.zeros(stop - start, np.float32)
    inside = samples[max(start, 0) : max(stop, 0)]
    took[max(-start, 0) : max(-start, 0) + len(inside)] = inside
    if piece.pitch_st == 0 and piece.rate == 1:
        sound = took[_PAD : _PAD + count]
    else:
        steps = [("asetrate", str(round(rate_hz * pitch))), ("aresample", str(rate_hz))]
        changed = filtered(took, rate_hz, steps + [("atempo", f"{t:.6f}") for t in _tempos(tempo)])
        skip = round((_PAD / pitch - _LOST) / tempo)
        found = changed[skip : skip + count]
        sound = np.pad(found, (0, count - len(found)))
    return np.asarray(sound * np.float32(10 ** (piece.gain_db / 20)), np.float32)


def _ramp(count: int, fade_in: int, fade_out: int) -> Samples:
    """Ones with straight slopes at the ends: two neighbours' slopes add up to one."""
    shape = np.ones(count, np.float32)
    if fade_in:
        shape[:fade_in] = (np.arange(fade_in) + 0.5) / fade_in
    if fade_out:
        shape[count - fade_out :] *= ((np.arange(fade_out) + 0.5) / fade_out)[::-1]
    return shape


def _tempos(tempo: float) -> list[float]:
    if 0.5 <= tempo <= 2:
        return [tempo]
    root = tempo**0.5  # two filters in a row for what one cannot do
    return [root, root]
