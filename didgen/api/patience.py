"""How long something is tried, and how long to wait in between: the numbers in one place, the arithmetic pure.

All waiting is measured on the monotonic clock: the time of day may jump by hours, and nothing here notices.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """At most `tries` tries of `each_s`, all of them and the pauses between within `total_s`.

    The pause after the nth try is anywhere between nothing and base_s * 2 ** (n - 1), at most cap_s: "full jitter", so
    that many clients that were turned away at once do not come back at once.
    """

    tries: int
    each_s: float
    total_s: float
    base_s: float = 1.0
    cap_s: float = 30.0


READ = Patience(6, 30.0, 180.0)
POLL = Patience(10, 30.0, 600.0, base_s=2.0, cap_s=60.0)
"""A job that was paid for is worth waiting for while a network is away for some minutes."""
UPLOAD = Patience(6, 300.0, 900.0)
DOWNLOAD = Patience(4, 1800.0, 3600.0, base_s=2.0)
CONNECT = Patience(6, 120.0, 900.0)
"""A paid POST, tried again only while no connection comes about. The service speaks the text before it answers."""
SUBMIT = Patience(6, 120.0, 900.0, base_s=2.0, cap_s=60.0)
"""A paid POST that was answered with 429, while no other job of ours is under way."""

JOB_S = 1800.0
"""How long one build watches a job."""
POLLS_A_SECOND = 10.0
"""How often all watched jobs together are asked after, at most."""

HOLD_S, HELD = 15.0, 8
"""For how long a server of one's own is asked to hold back what it says of a job till that has changed, and of how many
jobs at once: each takes a place among the reads."""


class Tries:
    """One thing being tried. pace_s: the unit of jitter. clock: monotonic seconds. chance: uniform in 0 to 1."""

    def __init__(
        self,
        patience: Patience,
        pace_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.patience = patience
        self.done = 0
        self._pace_s, self._clock, self._chance = pace_s, clock, chance
        self._ends = clock() + patience.total_s

    @property
    def left_s(self) -> float:
        """What is left of the whole time, never negative."""
        return max(0.0, self._ends - self._clock())

    @property
    def each_s(self) -> float:
        """How long the next try may take."""
        return min(self.patience.each_s, self.left_s)

    def pause_s(self, asked_s: float | None = None, *, counts: bool = True) -> float | None:
        """The pause after a try that failed; None when it was the last.

        asked_s: what Retry-After asks for. It is kept, and up to a quarter of it or the jitter added, whichever is
        more; one that does not fit into the time left ends the tries at once. counts: False for a try that says
        nothing against another one.
        """
        least_s, left_s = asked_s or 0.0, self.left_s
        width_s = self._pace_s * min(self.patience.cap_s, self.patience.base_s * 2.0 ** min(self.done, 30))
        self.done += counts
        if self.done >= self.patience.tries or least_s > left_s or left_s == 0:
            return None
        return least_s + self._chance() * min(max(width_s, least_s / 4), left_s - least_s)


def come_back(asked_s: float | None) -> str:
    """What to do after the last try, in words: when the service said when, it is passed on."""
    if asked_s is None or asked_s < 60:
        return "run this again to go on"
    return f"it asks to come back in {asked_s / 60:.0f} minutes; run this again then"


def poll_pause_s(
    former_s: float, watched: int, pace_s: float = 1.0, chance: Callable[[], float] = random.random
) -> tuple[float, float]:
    """How long to wait until a job is asked after again: the interval of now, and the pause to make.

    former_s: the last interval, 0 for the first. watched: how many jobs are watched. The interval grows by half each
    time, up to 15 s, and is long enough for all of them together to be asked POLLS_A_SECOND times a second; the pause
    is half to one and a half of it, so that jobs that began together drift apart. Times in seconds, units of pace_s.
    """
    grown_s = min(max(former_s * 1.5, pace_s), 15 * pace_s)
    interval_s = max(grown_s, pace_s * watched / POLLS_A_SECOND)
    return grown_s, interval_s * (0.5 + chance())
