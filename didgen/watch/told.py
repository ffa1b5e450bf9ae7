"""What a watch tells, to a terminal, a page or a bench: one value for each thing that happens, from any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from didgen.api.job import Event
from didgen.errors import DidgenError

if TYPE_CHECKING:
    from didgen.plan.bill import Bill
    from didgen.walk.planned import Planned
    from didgen.walk.summary import Summary


@dataclass(frozen=True, slots=True)
class Watching:
    """How much is watched; told again when that has changed. polling: why files are looked at again and again, and the
    system is not waited for to tell of changes; "" when it is."""

    projects: int
    scenes: int
    files: int
    polling: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """These files were saved, and that has settled. names: relative to the root."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Began:
    """A project was planned anew, and that plan is carried out now. price: what the scenes that are rendered here would
    cost at the service that the project is released by."""

    planned: Planned
    price: Bill


@dataclass(frozen=True, slots=True)
class Heard:
    """Something happened to a scene that is being made."""

    address: str
    event: Event


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A scene is no longer made as it was: it was edited meanwhile, or is gone."""

    address: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A plan is done: outputs and manifest are in place, and films but those that are `Joined` when nothing has been
    saved for a while (`Summary.later`); failed scenes are in the summary."""

    planned: Planned
    summary: Summary


@dataclass(frozen=True, slots=True)
class Joined:
    """Films that were left for later are in place, and so is the manifest that names them. files: relative to the
    root."""

    planned: Planned
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A project cannot be planned or carried out; what there is of it stays. Told once until it is another error.

    project: its file relative to the root, "" for the workspace."""

    project: str
    error: DidgenError


@dataclass(frozen=True, slots=True)
class Mended:
    """What was wrong with a project is not any more."""

    project: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A project is no longer there. project: its file relative to the root."""

    project: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that a person should read."""

    text: str


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is being made."""


Told = Watching | Changed | Began | Heard | Withdrawn | Finished | Joined | Wrong | Mended | Gone | Notice | Idle
View = Callable[[Told], None]
"""Hears of everything, from any thread; returns at once."""
