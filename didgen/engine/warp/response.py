"""How far a head looks turned when its relief is turned by so much, and the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEPS = 33  # of a table from the limit on one side to the limit on the other
_LEAST, _MOST = 0.5, 1.1  # a slope the net may see, per degree; what lies outside is its mistake
_SOFT_FROM = 0.85  # of what can be seen at most: up to here a turn is what was asked, beyond it bends towards the most


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """drawn_deg, seen_deg: (n,) each rising, through 0 together; their ends are the furthest turns."""

    drawn_deg: NDArray[np.float64]
    seen_deg: NDArray[np.float64]

    @classmethod
    def through(cls, drawn_deg: Sequence[float], seen_deg: Sequence[float], limit_deg: float) -> Response:
        """The smooth response nearest to these measurements: a cubic through 0, kept rising.

        One degree on either side of a photo is not seen alike: more of the far cheek is hidden. limit_deg: of what may
        be drawn either way.
        """
        asked, seen = np.asarray(drawn_deg, np.float64), np.asarray(seen_deg, np.float64)
        seen = np.sign(asked) * np.clip(seen * np.sign(asked), _LEAST * np.abs(asked), _MOST * np.abs(asked))
        degrees = np.array([1, 2, 3]) if len(asked) > 2 else np.array([1])
        factors = np.linalg.lstsq(asked[:, None] ** degrees, seen, rcond=None)[0]
        within = min(limit_deg, float(np.abs(asked).max()))  # a cubic says nothing beyond what was measured
        drawn = np.linspace(-limit_deg, limit_deg, _STEPS)
        near = np.clip(drawn, -within, within)
        slopes = np.clip((near[:, None] ** (degrees - 1)) @ factors, _LEAST, _MOST)
        table = slopes * drawn
        middle = _STEPS // 2
        table[middle:] = np.maximum.accumulate(table[middle:] + 1e-6 * np.arange(middle + 1))
        table[middle::-1] = np.minimum.accumulate(table[middle::-1] - 1e-6 * np.arange(middle + 1))
        return cls(drawn, table)

    def possible(self, wanted_deg: float) -> float:
        """What will be seen of a turn: itself where it can be, else ever nearer to the furthest one."""
        return soft_clamp(wanted_deg, float(self.seen_deg[-1] if wanted_deg > 0 else -self.seen_deg[0]))

    def drawn(self, wanted_deg: float) -> float:
        """What to draw so that `possible(wanted_deg)` is seen."""
        return float(np.interp(self.possible(wanted_deg), self.seen_deg, self.drawn_deg))


def soft_clamp(value: float, limit: float) -> float:
    """`value` itself up to 85 % of the limit, then ever less more; never beyond the limit. Smooth, odd."""
    knee = _SOFT_FROM * limit
    beyond = abs(value) - knee
    if beyond <= 0:
        return value
    return float(np.copysign(knee + (limit - knee) * np.tanh(beyond / (limit - knee)), value))
