"""What a run of changes did, and what was wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """What was done, and what was wrong. wrong_hits: an instance that had to be made anew and was not planned to be;
    needless: one that was planned to be, for nothing; other: anything else. cpu_s: of this process and its children,
    in seconds."""

    done: int = 0
    meaningful: int = 0
    rendered: int = 0
    bases: int = 0
    builds: int = 0
    scratch: int = 0
    short: int = 0
    refilled: int = 0
    cpu_s: float = 0.0
    wrong_hits: list[str] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def problems(self) -> list[str]:
        return [*self.wrong_hits, *self.needless, *self.other]

    def add(self, more: Tally) -> None:
        """Count what another one has, too."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(more, name))

    def as_json(self) -> dict[str, Any]:
        """As it is kept in a log."""
        return dict(vars(self))

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Tally:
        """From a log."""
        return cls(**{**kept, "kinds": Counter(kept["kinds"])})


def told(tally: Tally, seconds: float) -> list[str]:
    """What a run says of itself. seconds: that it took on the clock."""
    wrong = (
        f"{len(tally.wrong_hits)} wrong hits, {len(tally.needless)} needless renders, {len(tally.other)} other faults"
    )
    made = f"{tally.rendered} instances to render, {tally.short} not looked at, {tally.builds} builds"
    ways = f"{tally.scratch} plans from nothing as well, {tally.refilled} from records of words alone"
    kinds = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in tally.kinds.most_common())
    return [
        f"{tally.done} changes of {tally.bases} projects, {tally.meaningful} of them meaningful: {wrong}",
        f"  {made}, {ways}; {seconds:.0f} s, {tally.cpu_s:.0f} s of CPU",
        f"  {len(tally.kinds)} kinds: {kinds}",
    ]
