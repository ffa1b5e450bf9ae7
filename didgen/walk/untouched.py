"""Which walks have nothing to do: no file that they read or wrote has changed since.

The lightest part of all, on which whole runs end: neither `dataclasses` nor `pathlib` nor `typing` is imported, which
would take as long as looking at two thousand scenes. So paths are strings here, and records what JSON made of them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from didgen.garbage import without_gc
from didgen.project.stamps import renewed
from didgen.store.walks import read_walks, renew_walks, unsealed
from didgen.walk.record import of_this_form, surroundings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LINKS_FRESH_S = 60.0
"""For how long a URL's last answer is relied on: a file's stamp tells that it changed, a link has to be asked."""


def key_of(file: str, parts: Sequence[str], service: str) -> str:
    """Under which name the record of a walk is kept: what was asked for, as far as it changes the result. file: the
    project file, relative to the root. In ASCII, for a file's name may be no text."""
    return json.dumps([file, list(parts), service], separators=(",", ":"))


def today() -> str:
    """YYYY-MM-DD in UTC, for rights that end."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def untouched(root: str, keys: Iterable[str], day: str) -> dict[str, dict[str, Any]]:
    """The records of those walks of which all still holds, by key. A file is read where its look is another, or cannot
    be trusted; looks that have become trustworthy are written down. day: what `today` is taken to be."""
    held: dict[str, dict[str, Any]] = {}
    fresh: dict[str, tuple[bytes, dict[str, Any]]] = {}
    with without_gc():
        kept = read_walks(root, keys)
        now = surroundings() if kept else ""
        for key, there in kept.items():
            record = read_record(there)
            if record is None or not in_time(record, now, day):
                continue
            stamps = renewed(root, record["stamps"])
            if stamps is None:
                continue
            held[key] = record
            if stamps is not record["stamps"]:
                fresh[key] = there, {**record, "stamps": stamps}
    if fresh:
        renew_walks(root, fresh)
    return held


def read_record(kept: bytes) -> dict[str, Any] | None:
    """A record in the form of this didgen; None for any other, and for one that is not as it was written."""
    record = unsealed(kept)
    return record if record is not None and of_this_form(record) else None


def in_time(record: Mapping[str, Any], now: str, day: str) -> bool:
    """Whether what a record depends on besides files is as it was. now: the surroundings."""
    asked_at, until = record["asked_at"], record["until"]
    fresh = asked_at is None or 0 <= time.time() - asked_at < LINKS_FRESH_S
    return bool(record["surroundings"] == now and fresh and not (until and until < day))  # else rights have ended


def warnings_in(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Address and words of each scene of a record that is longer than it may be, or behind its source."""
    for address, _, _, _, _, overrun, behind in record["scenes"]:
        if overrun or behind:
            yield from ((address, words) for words in (overrun, behind) if words)


def left_in(root: str, record: Mapping[str, Any]) -> list[str]:
    """Output files of a record that nothing makes any more, as far as they are still there."""
    return [name for name in record["stale"] if os.path.exists(os.path.join(root, name))]
