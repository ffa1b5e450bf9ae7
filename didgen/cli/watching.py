"""What a watch shows: a view that stays in its place on a terminal, plain lines anywhere else, errors when quiet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from didgen.api.job import Event
from didgen.cli.build import as_text, still_joined
from didgen.cli.consent import on_upgrade
from didgen.cli.progress import STAGES, Lines, tell
from didgen.watch.told import (
    Began,
    Changed,
    Finished,
    Gone,
    Heard,
    Joined,
    Mended,
    Notice,
    Told,
    View,
    Watching,
    Withdrawn,
    Wrong,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from didgen.plan.bill import Bill
    from didgen.walk.summary import Summary
    from didgen.walk.upgrade import OnUpgrade, Upgrade

SHOWN_NAMES, SHOWN_SCENES = 3, 10


@contextmanager
def watching(quiet: bool, *, terminal: bool) -> Iterator[tuple[View, OnUpgrade]]:
    """The view that fits this output, and who asks about an upgrade without spoiling it."""
    if quiet:
        yield _errors, on_upgrade
    elif terminal:
        with _live() as screen:
            yield screen, screen.ask
    else:
        yield Plain(), on_upgrade


def _errors(told: Told) -> None:
    if isinstance(told, Wrong):
        tell(_error(told))
    elif isinstance(told, Finished) and told.summary.error is not None:
        tell(f"didgen: {told.summary.error}")


class Plain:
    """A line for everything that happens, in the order it happens in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watching: Watching | None = None
        self._lines = Lines()

    def __call__(self, told: Told) -> None:
        with self._lock, suppress(BrokenPipeError):
            self._say(told)

    def _say(self, told: Told) -> None:
        match told:
            case Watching():
                if self._watching is None or self._watching.polling != told.polling:
                    _print(*_watching(told))
                self._watching = told
            case Changed(names):
                self._lines = Lines()
                _print(f"{_clock()} changed: {_some(names)}")
            case Began(_, price):
                _print(*_reasons(told)[:SHOWN_SCENES])
                if price.items:
                    _print(f"released, that is {price.words}")
            case Heard(address, event):
                self._lines(address, event)
            case Withdrawn(address):
                _print(f"{address}: stopped, it was edited")
            case Finished(_, summary):
                _print(*as_text(summary))
            case Joined(_, films):
                _print(*(f"✓ {film}" for film in films))
            case Wrong():
                tell(_error(told))
            case Mended(project):
                _print(f"{project or 'the workspace'}: mended")
            case Gone(project):
                _print(f"{project}: gone")
            case Notice(text):
                tell(text)


def _print(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def _watching(told: Watching) -> list[str]:
    lines = [f"watching {_many(told.projects, 'project')}, {_many(told.scenes, 'scene')} (Ctrl-C ends it)"]
    if told.polling:
        lines.append(f"looking at all {_many(told.files, 'file')} again and again: {told.polling}")
    return lines


def _reasons(told: Began) -> list[str]:
    """Why each scene is rendered; how many more there are."""
    found = [d for d in told.planned.plan.decisions if d.action == "render"]
    lines = [f"{one.scene.address}: {'; '.join(one.reasons)}" for one in found]
    if len(lines) > SHOWN_SCENES:
        lines[SHOWN_SCENES - 1 :] = [f"and {len(lines) - SHOWN_SCENES + 1} more"]
    return lines


def _error(told: Wrong) -> str:
    return "\n".join(f"didgen: {line}" for line in str(told.error).splitlines())


def _clock() -> str:
    return time.strftime("%H:%M:%S")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(names[:SHOWN_NAMES]) + more


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


# -- on a terminal ------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """A scene that was made since the last change. seconds: it took; began: 0 while it waits."""

    why: str
    state: str = "waiting"
    done: int = 0
    total: int = 0
    began: float = 0.0
    seconds: float = 0.0
    note: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed")


@dataclass
class Scenery:
    """All that a terminal shows; what happens is put in by `put`, `lines` says how it looks."""

    watching: Watching | None = None
    change: str = ""
    rows: dict[str, Row] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    notice: str = ""
    outcome: str = ""
    price: str = ""
    films: str = ""

    def put(self, told: Told, now: float) -> None:
        """Something happened. now: monotonic seconds."""
        match told:
            case Watching():
                self.watching = told
            case Changed(names):
                self.change = f"{_clock()}  {_some(names)}"
                self.notice = self.outcome = self.films = self.price = ""
                self.rows = {address: row for address, row in self.rows.items() if not row.ended}
            case Began(planned, price):
                self.troubles.pop(planned.project.document.file, None)
                self.price = _price(price)
                for one in planned.plan.decisions:
                    if one.action == "render":
                        self.rows.setdefault(one.scene.address, Row("")).why = "; ".join(one.reasons)
            case Heard(address, event):
                self._heard(address, event, now)
            case Withdrawn(address):
                if address in self.rows:
                    self.rows[address] = Row(self.rows[address].why)
            case Finished(_, summary):
                self._finished(summary)
            case Joined(_, films):
                self.films = ", ".join(f"{film} is joined" for film in films)
            case Wrong(project):
                self.troubles[project] = str(told.error)
            case Mended(project) | Gone(project):
                self.troubles.pop(project, None)
            case Notice(text):
                self.notice = text

    def _finished(self, summary: Summary) -> None:
        self.outcome = as_text(summary)[-1]
        self.films = still_joined(summary.later)
        for scene in summary.scenes:
            if scene.address in self.rows:
                notes = (scene.error, scene.overrun, scene.behind, *scene.warnings)
                self.rows[scene.address].note = next((note for note in notes if note), "")

    def _heard(self, address: str, event: Event, now: float) -> None:
        row = self.rows.setdefault(address, Row(""))
        if event.state == "running" and (not row.began or row.ended):
            row.began = now
        row.state, row.done, row.total = event.stage or event.state, event.done, event.total
        if event.state in ("done", "failed"):
            row.state, row.seconds = event.state, now - (row.began or now)
            row.note = event.message.splitlines()[0] if event.message else ""

    def lines(self, now: float, height: int) -> list[str]:
        """From top to bottom, each beginning with a sign: ` ` plain, `✓`, `▸` under way, `·` waiting, `✗` wrong."""
        told = self.watching
        head = "  didgen watch" + (f" · {_watching(told)[0].removeprefix('watching ')}" if told else " · reading …")
        lines = [head, *(f"  {line}" for line in (_watching(told)[1:] if told else ()))]
        if self.change:
            lines += ["", f"  {self.change}"]
        for trouble in self.troubles.values():
            lines += [f"✗ {line}" for line in trouble.splitlines()]
        if self.troubles:
            lines.append("  the last good state stays; save again and it goes on")
        tail = [f"  {line}" for line in (*self.notice.splitlines(), self.outcome, self.films, self.price) if line]
        rows = sorted(self.rows.items(), key=lambda item: item[1].ended)
        room = max(3, height - len(lines) - len(tail) - 2)
        lines += [_row(address, row, now) for address, row in rows[:room]]
        if len(rows) > room:
            lines.append(f"  and {len(rows) - room} more")
        return lines + tail


def _row(address: str, row: Row, now: float) -> str:
    if row.state == "done":
        return f"✓ {address}  in {row.seconds:.1f} s{f'  {row.note}' if row.note else ''}"
    if row.state == "failed":
        return f"✗ {address}  {row.note}"
    if not row.began:
        return f"· {address}  {row.why}"
    count = f" {row.done}/{row.total}" if row.total > 1 else ""
    return f"▸ {address}  {STAGES.get(row.state, row.state)}{count}, {now - row.began:.0f} s  {row.why}"


def _price(price: Bill) -> str:
    return f"released, that is {price.words}" if price.items else ""


STYLES = {"✓": "green", "▸": "cyan", "·": "dim", "✗": "red"}


class Screen:
    """The scenery on a terminal, drawn in its place again and again."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._lock = threading.Lock()
        self._scenery = Scenery()
        self._console = Console()
        self.live = Live(get_renderable=self._drawn, console=self._console, refresh_per_second=8)

    def __call__(self, told: Told) -> None:
        with self._lock:
            self._scenery.put(told, time.monotonic())

    def ask(self, upgrade: Upgrade) -> bool:
        """Make room for a question."""
        self.live.stop()
        try:
            return on_upgrade(upgrade)
        finally:
            self.live.start()

    def _drawn(self) -> RenderableType:
        from rich.text import Text

        with self._lock:
            lines = self._scenery.lines(time.monotonic(), self._console.height)
        width = self._console.width
        text = Text(overflow="ellipsis", no_wrap=True)
        for line in lines:
            text.append(f"{line[: width - 1]}\n", STYLES.get(line[:1], ""))
        return text


@contextmanager
def _live() -> Iterator[Screen]:
    screen = Screen()
    screen.live.start()
    try:
        yield screen
    finally:
        screen.live.stop()
