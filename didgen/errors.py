"""The error tree: branches follow what the caller can do about it, and each knows its exit code.

A foreign error is translated once, where it happens; `didgen.cli` prints whatever arrives here as one clear
message and never shows a traceback for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file the user wrote. Lines and columns count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        spot = self.file
        if self.line:
            spot += f":{self.line}"
            if self.column:
                spot += f":{self.column}"
        return spot


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the user's input: what, where, and what to do."""

    message: str
    place: Place | None = None
    field: str = ""  # path inside the file, e.g. "scenes[2].voice"
    hint: str = ""  # what to do: the nearest right name, the limit, the command

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        field = f"{self.field}: " if self.field else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{field}{self.message}{hint}"


class DidgenError(Exception):
    """Anything didgen says no to. `hint` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ProjectError(DidgenError):
    """The project as written is wrong; carries every problem found, in file order."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = tuple(problems)


class UsageError(DidgenError):
    """The command as typed cannot be done."""

    exit_code = 2


class RenderError(DidgenError):
    """A renderer, ours or the service, refused or failed one scene.

    `kind` is the service's word for it (`InvalidFaceError`, `InvalidImageResolutionError`, …), so that the local
    engine, `didgen serve` and D-ID itself say the same thing in the same way.
    """

    exit_code = 1

    def __init__(self, kind: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class ScenesFailedError(DidgenError):
    """Some scenes failed; the rest of the build is done and kept."""

    exit_code = 1


class UnresolvedJobError(DidgenError):
    """A paid job may or may not exist; a person decides."""

    exit_code = 3


class BudgetError(DidgenError):
    """Going on would spend money nobody agreed to spend."""

    exit_code = 4


class UpgradeError(DidgenError):
    """Going on would render again, for an upgrade of didgen alone, what nobody asked to be rendered again."""

    exit_code = 4


class LockedError(DidgenError):
    """Another build holds the workspace."""

    exit_code = 5


class TakenError(LockedError):
    """Another build, on another machine perhaps, is at this scene, or has made it."""


class StorageError(DidgenError):
    """The disk is full, read-only or damaged, or the state is of a newer didgen."""

    exit_code = 6


class UnreachableError(DidgenError):
    """The service cannot be reached; what was submitted stays resumable."""

    exit_code = 7


class NotYetError(UnreachableError):
    """One scene is not there yet; the others are not affected, and the next build goes on with it."""


class InterruptedBuildError(DidgenError):
    """Ctrl-C: what finished is kept, the next build goes on from there."""

    exit_code = 130
