"""Lines of text that several commands end with. Light: said before the parser of command lines is imported, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from didgen.walk.summary import SceneResult


MANY = 5  # of one kind that still have a line each
PRUNE = "didgen build --prune"


def warned(scenes: Iterable[tuple[str, str]]) -> list[str]:
    """A line for each scene that is longer than it may be, or behind its source. scenes: address, and that or ""."""
    return [f"! {address} {words}" for address, words in scenes if words]


def warnings_of(scenes: Iterable[SceneResult]) -> list[str]:
    """The same of scenes that were built."""
    return warned((scene.address, words) for scene in scenes for words in (scene.overrun, scene.behind))


def left_behind(files: Sequence[str]) -> list[str]:
    """What is said of output files that nothing makes any more."""
    if len(files) > MANY:
        return [f"- {len(files)} files, {files[0]} to {files[-1]}: nothing makes these any more ({PRUNE})"]
    return [f"- {name}: nothing makes this any more ({PRUNE})" for name in files]


def up_to_date(count: int) -> str:
    """That there is nothing to do."""
    return f"everything is up to date ({count} scene{'s' * (count != 1)})"


def scene_told(
    sign: str, address: str, kind: str, seconds: float, more: str, reasons: Iterable[str], notes: Iterable[str]
) -> list[str]:
    """What a plan says of one scene. more: of its price, "" for nothing."""
    head = f"{sign} {address}  {kind}, about {seconds:.0f} s{more}"
    return [head, *(f"    {reason}" for reason in reasons), *(f"    note: {note}" for note in notes)]


def total_told(count: int, seconds: float, where: str, reused: int) -> str:
    """What a plan says in all. count, seconds: of the scenes to render; where: the service."""
    return f"{count} to render (about {seconds:.0f} s of video, {where}), {reused} up to date"


def nothing_built(count: int, stale: Sequence[str], warnings: Sequence[str]) -> list[str]:
    """What `build` says when there is nothing to do. warnings: lines of `warned`."""
    return [*warnings, *left_behind(stale), up_to_date(count)]


def nothing_planned(count: int, stale: Sequence[str], warnings: Sequence[str]) -> list[str]:
    """What `plan` says then."""
    return [*left_behind(stale), up_to_date(count), *warnings]
