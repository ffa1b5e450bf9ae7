"""What came of a walk, scene by scene and in all. Light: the build with nothing to do makes one too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from didgen.errors import BudgetError, DidgenError, NotYetError, Place, ScenesFailedError, UnresolvedJobError


@dataclass(frozen=True, slots=True)
class SceneResult:
    """What became of one scene. file: relative to the root. seconds: wall time; duration_s: of the video.
    overrun: what is too long about it, "overruns 12 s by 3.4 s"; behind: of a stale translation, what changed.
    place: where one that failed is written."""

    address: str
    action: str  # rendered, fetched, restored, reused, failed, planned
    file: str
    seconds: float = 0.0
    duration_s: float = 0.0
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""
    overrun: str = ""
    behind: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did. films: files relative to the root, later: those that are still to be joined (by a watch);
    stale: outputs nothing makes any more; pruned: removed;
    credits: spent on it; over_budget: scenes failed because the money that was agreed to was not enough."""

    scenes: tuple[SceneResult, ...] = ()
    films: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    seconds: float = 0.0
    unresolved: bool = False
    unfinished: bool = False
    credits: int = 0
    over_budget: bool = False
    later: tuple[str, ...] = ()

    def count(self, action: str) -> int:
        """How many scenes were rendered, fetched, restored or reused, failed, or stay planned."""
        return sum(scene.action == action for scene in self.scenes)

    @property
    def error(self) -> DidgenError | None:
        """What the build has to end with: None when every scene is there."""
        failed, planned = self.count("failed"), self.count("planned")
        if not failed and not planned:
            return None
        what = [f"{failed} of {len(self.scenes)} scenes failed"] if failed else []
        what += [f"{planned} of {len(self.scenes)} scenes were not sent"] if planned else []
        message = f"{' and '.join(what)}; the rest is done and kept"
        if self.unresolved:
            return UnresolvedJobError(message)
        if self.over_budget:
            return BudgetError(message)
        return NotYetError(message) if self.unfinished else ScenesFailedError(message)


def joined(summaries: Sequence[Summary]) -> Summary:
    """One summary of several projects, in order."""
    return Summary(
        tuple(scene for s in summaries for scene in s.scenes),
        tuple(film for s in summaries for film in s.films),
        tuple(name for s in summaries for name in s.stale),
        tuple(name for s in summaries for name in s.pruned),
        unresolved=any(s.unresolved for s in summaries),
        unfinished=any(s.unfinished for s in summaries),
        credits=sum(s.credits for s in summaries),
        over_budget=any(s.over_budget for s in summaries),
        later=tuple(film for s in summaries for film in s.later),
    )
