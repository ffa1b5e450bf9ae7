"""Rings when something happens in a folder. An event only means: look again; what changed, the inputs themselves tell.

Folders are watched, not files, so that a file that is replaced by renaming another one is seen, and each by itself, so
that what lies beside and below them (`.git`, `node_modules`) costs nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable

DEBOUNCE_MS, STEP_MS = 50, 25
HEARTBEAT_MS = 500

Seen = frozenset[tuple[str, int, int]]
"""Folders with device and inode: one that was made anew has to be watched anew."""


class Doorbell:
    """ring: called whenever something happened, and once when watching has begun; broken: is told in words why nothing
    can be watched. Both from a thread."""

    def __init__(self, ring: Callable[[], None], broken: Callable[[str], None]) -> None:
        self._ring, self._broken = ring, broken
        self._seen: Seen = frozenset()
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None

    def listen(self, folders: Iterable[str]) -> None:
        """Watch these folders, and no others; nothing is done when they are watched already."""
        seen = _identified(folders)
        if seen == self._seen and self._stop is not None and not self._stop.is_set():
            return
        former = self._stop
        self._seen, self._stop = seen, threading.Event()
        paths = sorted(path for path, _, _ in seen)
        self._thread = threading.Thread(target=self._run, args=(paths, self._stop), name="doorbell", daemon=True)
        self._thread.start()
        if former is not None:
            former.set()

    def close(self) -> None:
        """Watch nothing any more."""
        if self._stop is not None:
            self._stop.set()
        if self._thread is not None:
            self._thread.join(2)

    def _run(self, paths: list[str], stop: threading.Event) -> None:
        from watchfiles import watch

        options = {"debounce": DEBOUNCE_MS, "step": STEP_MS, "rust_timeout": HEARTBEAT_MS, "yield_on_timeout": True}
        begun = False
        try:
            for changes in watch(
                *paths,
                watch_filter=None,
                stop_event=stop,
                raise_interrupt=False,
                recursive=False,
                force_polling=False,
                ignore_permission_denied=True,
                **options,  # type: ignore[arg-type]
            ):
                if changes or not begun:
                    begun = True
                    self._ring()
        except FileNotFoundError:
            stop.set()  # before anybody hears of it: this thread has ended, though it is alive for a moment
            self._ring()  # a folder went away meanwhile: whoever hears looks, and says what is to be watched now
        except (OSError, RuntimeError) as error:
            if not stop.is_set():
                self._broken(str(error))


def _identified(folders: Iterable[str]) -> Seen:
    found = set()
    for path in folders:
        try:
            stat = os.stat(path)
        except OSError:
            continue
        found.add((path, stat.st_dev, stat.st_ino))
    return frozenset(found)
