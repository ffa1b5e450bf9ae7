"""What the page shows: every scene as it stands, in memory. Written by one thread, read by others; nothing is opened.

Every change makes a new revision, and each scene knows the revision it was changed at. So a reader needs no queue: it
remembers the revision it has seen and asks what is different now, however many changes that was.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from didgen.errors import Problem

State = Literal["up-to-date", "stale", "rendering", "failed", "waiting"]
"""stale: not made as it is written now, and nobody is at it; waiting: it will be rendered, and waits for its turn."""

Word = tuple[str, float, float]
"""A word as written, its start and end in seconds."""

KEPT_FILES = 512
"""Files that may still be asked for after the board stopped naming them: a page may be playing one."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished video. Files are never changed once they are named here: those of the object store are not.

    kind: mp4, mov or gif.
    """

    video: Path
    duration_s: float
    words: tuple[Word, ...] = ()
    poster: Path | None = None
    kind: str = "mp4"


@dataclass(frozen=True, slots=True)
class Card:
    """One scene on the board.

    project, locale, row: what it is filtered by, "" where there is none. group: what it is listed under, the address of
    its film without "#film". script: the text as captions show it. clip: what there is to play, also while it is stale;
    former: the one before it. growing: a fragmented MP4 that is being written, while rendering. progress: 0–1. reason:
    why it failed; place: where the scene is written, "file:line:column". why: what it is rendered for. seconds:
    estimated length; credits: estimated price at the service it is released by, None where nobody knows. title: what it
    is called where its address is no name.
    """

    address: str
    project: str
    state: State = "waiting"
    group: str = ""
    locale: str = ""
    row: str = ""
    script: str = ""
    clip: Clip | None = None
    former: Clip | None = None
    growing: Path | None = None
    progress: float = 0.0
    stage: str = ""
    reason: str = ""
    place: str = ""
    why: tuple[str, ...] = ()
    seconds: float = 0.0
    credits: int | None = None
    title: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.progress <= 1.0:
            raise ValueError(f"progress is a share, not {self.progress}")

    def files(self) -> Iterator[Path]:
        """Every file a page may ask for on its behalf."""
        for clip in (self.clip, self.former):
            if clip is not None:
                yield clip.video
                if clip.poster is not None:
                    yield clip.poster
        if self.growing is not None:
            yield self.growing


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different since a revision. cards: those that were changed, in order. order: every address, when scenes
    came, went or moved, else None. films: address of a film → its scenes; problems: of the workspace; both complete."""

    revision: int
    cards: tuple[Card, ...]
    order: tuple[str, ...] | None
    films: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...]


@dataclass
class _Files:
    """Files by names that tell nothing and cannot be guessed; the oldest that nobody names any more are forgotten."""

    by_name: dict[str, Path] = field(default_factory=dict)
    names: dict[Path, str] = field(default_factory=dict)

    def name(self, path: Path) -> str:
        if path not in self.names:
            self.names[path] = secrets.token_urlsafe(16)
            self.by_name[self.names[path]] = path
        return self.names[path]

    def forget_all_but(self, named: set[Path]) -> None:
        spare = [path for path in self.names if path not in named]
        for path in spare[: max(0, len(spare) - KEPT_FILES)]:
            del self.by_name[self.names.pop(path)]


class Board:
    """The scenes of one workspace, in order. Every method may be called from any thread.

    title: what the page is called. live: whether somebody goes on writing, so that a page waits for changes. form:
    whether talks can be made on the page, by the API of the server that it belongs to.
    """

    def __init__(self, title: str = "didgen", *, live: bool = True, form: bool = False) -> None:
        self.title, self.live, self.form = title, live, form
        self.name = secrets.token_hex(4)  # a page that saw another board's revisions has seen nothing of this one
        self._lock = threading.RLock()
        self._revision = 0
        self._ordered = 0
        self._cards: dict[str, Card] = {}
        self._changed: dict[str, int] = {}
        self._films: Mapping[str, tuple[str, ...]] = {}
        self._problems: tuple[Problem, ...] = ()
        self._listeners: set[Callable[[], None]] = set()
        self._files = _Files()
        self.closed = False

    # -- writing ------------------------------------------------------------------------------------------------

    def show(self, cards: Sequence[Card], films: Mapping[str, Sequence[str]] | None = None) -> None:
        """Put these scenes up in this order, in place of all others. The problems of the workspace are gone.

        What was on the board keeps playing: a scene whose new card has another clip and no former one gets the clip it
        had as its former one. films: address of a film → addresses of its scenes, in order.
        """
        with self._lock:
            put = {card.address: self._with_history(card) for card in cards}
            played = {address: tuple(scenes) for address, scenes in (films or {}).items()}
            moved = list(put) != list(self._cards)
            changed = [address for address, card in put.items() if self._cards.get(address) != card]
            if not (moved or changed or self._problems or played != self._films):
                return
            self._next()
            self._ordered = self._revision if moved else self._ordered
            self._changed = {address: self._changed.get(address, 0) for address in put}
            self._changed |= dict.fromkeys(changed, self._revision)
            self._cards, self._films, self._problems = put, played, ()
            self._files.forget_all_but({path for card in put.values() for path in card.files()})
        self._tell()

    def change(self, address: str, **fields: Any) -> None:
        """Change fields of one card; nothing happens for an address that is not on the board."""
        with self._lock:
            card = self._cards.get(address)
            if card is None:
                return
            new = self._with_history(replace(card, **fields))
            if new == card:
                return
            self._next()
            self._cards[address], self._changed[address] = new, self._revision
        self._tell()

    def trouble(self, problems: Sequence[Problem]) -> None:
        """Say what is wrong with the workspace as a whole; the scenes stay as they are. () clears it."""
        with self._lock:
            if self._problems == tuple(problems):
                return
            self._next()
            self._problems = tuple(problems)
        self._tell()

    def close(self) -> None:
        """Nothing will be written any more: who listens is let go."""
        self.closed = True
        self._tell()

    def _next(self) -> None:
        self._revision += 1

    def _with_history(self, card: Card) -> Card:
        """The card with the clip that it had before, when it has another one now, and with the former one else."""
        old = self._cards.get(card.address)
        if old is None or card.former is not None:
            return card
        if old.clip is not None and card.clip is not None and card.clip.video != old.clip.video:
            return replace(card, former=old.clip)
        return replace(card, former=old.former)

    def _tell(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for wake in listeners:
            wake()

    # -- reading ------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """How often the board was changed."""
        with self._lock:
            return self._revision

    @property
    def listeners(self) -> int:
        """How many want to hear of changes."""
        with self._lock:
            return len(self._listeners)

    def card(self, address: str) -> Card | None:
        """One scene as it stands; None when it is not on the board."""
        with self._lock:
            return self._cards.get(address)

    def since(self, revision: int = 0) -> Changes:
        """What is different since a revision; everything since 0."""
        with self._lock:
            cards = tuple(card for address, card in self._cards.items() if self._changed[address] > revision)
            order = tuple(self._cards) if self._ordered > revision or not revision else None
            return Changes(self._revision, cards, order, self._films, self._problems)

    @contextmanager
    def listening(self, wake: Callable[[], None]) -> Iterator[None]:
        """Have `wake` called after every change, from the thread that made it; it must return at once."""
        with self._lock:
            self._listeners.add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(wake)

    def name_of(self, path: Path) -> str:
        """The name under which a page may ask for a file."""
        with self._lock:
            return self._files.name(path)

    def file(self, name: str) -> Path | None:
        """The file of such a name; None for a name that the board did not give."""
        with self._lock:
            return self._files.by_name.get(name)
