"""Whether a scene keeps to its `max_seconds`: by estimate before it is rendered, by its true length afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from didgen.api.wire import AudioScript, TalkRequest
from didgen.errors import Problem
from didgen.plan.scene import Decision, Limit, Scene

GRACE_S = 0.05
"""More than a picture of 25 in a second, which a length may be off by without anybody's doing."""


@dataclass(frozen=True, slots=True)
class Overrun:
    """A scene longer than it may be. seconds: its length, `pad_audio` included; exact: known, not estimated."""

    limit: Limit
    seconds: float
    exact: bool

    @property
    def over_s(self) -> float:
        """By how much."""
        return self.seconds - self.limit.seconds

    @property
    def words(self) -> str:
        """ "overruns 12 s by about 3.4 s"."""
        return f"overruns {self.limit.seconds:g} s by {'' if self.exact else 'about '}{self.over_s:.1f} s"

    def problem(self, address: str) -> Problem:
        """The same where the limit is written."""
        return Problem(f"{address} {self.words}", self.limit.place, self.limit.field, "say less, or allow more")


def overrun(limit: Limit | None, seconds: float, *, exact: bool) -> Overrun | None:
    """What is too long about a video of a length, None when it fits or may be of any length."""
    if limit is None or seconds <= limit.seconds + GRACE_S:
        return None
    return Overrun(limit, seconds, exact)


def estimated(scene: Scene) -> Overrun | None:
    """What is likely too long about a scene; nothing is said of a recording that only the service can read."""
    script = scene.request.script if isinstance(scene.request, TalkRequest) else None
    if isinstance(script, AudioScript) and "audio_url" not in scene.inputs:
        return None
    return overrun(scene.limit, scene.seconds, exact=scene.most_s <= scene.seconds)


def judged(scene: Scene, length_s: float) -> Overrun | None:
    """The same by the length of its video; by the estimate where that is 0, as there is none."""
    return overrun(scene.limit, length_s, exact=True) if length_s else estimated(scene)


def planned(decision: Decision) -> Overrun | None:
    """The same of a decision."""
    return judged(decision.scene, decision.length_s)


def words_of(found: Overrun | None) -> str:
    """What is too long, "" for nothing."""
    return found.words if found is not None else ""
