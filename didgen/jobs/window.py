"""How many jobs may be under way at a service that says 429 when there are too many. Pure arithmetic, no clock.

Additive increase, multiplicative decrease (Chiu and Jain, 1989): several builds that share one account come to equal
shares without knowing of each other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Window:
    """A limit that finds itself: one more place for each window's worth of taken jobs, half at a 429.

    size: the limit as it stands, a fraction counting towards the next place; within `least` to `most`.
    """

    size: float = 8.0
    least: int = 1
    most: int = 256
    _sent: int = 0
    _halved_at: int = 0

    @property
    def places(self) -> int:
        """How many jobs may be under way, at least one."""
        return int(self.size)

    def sent(self) -> int:
        """The number of a submission that goes out now."""
        self._sent += 1
        return self._sent

    def taken(self) -> None:
        """The service took a job."""
        self.size = min(float(self.most), self.size + 1 / self.places)

    def refused(self, number: int) -> bool:
        """The service answered 429 to a submission; whether that is news.

        Those that went out before the last halving say nothing new: ten at once are one refusal, not 2 ** 10.
        """
        if number <= self._halved_at:
            return False
        self._halved_at = self._sent
        self.size = max(float(self.least), self.size / 2)
        return True
