"""Plans projects of which nothing but the words of scripts has changed, from the records of their walks.

Neither YAML nor pydantic nor a template is needed for that, and the rest of the project is not read. Whatever is
unusual is no case for it (None): the whole walk tells of it. What is decided here is what `plan.planner` decides, by
the same functions. Light to import; what it needs is imported once a script has changed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping

from didgen.project.stamps import altered, look_of
from didgen.store.walks import Stored, read_stored, read_walks
from didgen.walk.record import surroundings
from didgen.walk.untouched import in_time, read_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST = 4
"""Scripts that may have changed in a project. Of more scenes with one cause a plan makes one line."""
MOST_BYTES = 500_000
HARMLESS = frozenset(("DIDGEN_SERVICE",))  # it is in the key of the record

Row = tuple[str, float, tuple[str, ...], tuple[str, ...]]
"""A scene to be rendered: address, seconds, reasons, notes."""


def refilled(root: str, keys: Iterable[str], day: str) -> dict[str, tuple[dict[str, Any], list[Row]]] | None:
    """By key, the record of each walk and the scenes of it that have other words now; None where one of them needs the
    whole walk. All other scenes are up to date."""
    wanted = list(keys)
    if any(name.startswith("DIDGEN_") and name not in HARMLESS for name in os.environ):
        return None
    kept, now = read_walks(root, wanted), surroundings()
    found = {}
    for key in wanted:
        record = read_record(kept.get(key, b""))
        if record is None or record["again"] is None or not in_time(record, now, day):
            return None
        rows = _rows(root, record)
        if rows is None:
            return None
        found[key] = record, rows
    return found


def _rows(root: str, record: Mapping[str, Any]) -> list[Row] | None:
    again, changed = record["again"], altered(root, record["stamps"], MOST)
    if not changed or not all(name in again["scripts"] for name in changed):
        return None
    texts = [(name, _text(root, name)) for name in changed]
    scenes = sorted((*one, text) for name, text in texts for one in again["scripts"][name])
    if any(text is None for _, text in texts) or len(scenes) > MOST:
        return None
    addresses = [record["scenes"][number][0] for number, *_ in scenes]
    stored = read_stored(root, again["folder"], again["prints"], addresses)
    if stored is None or stored.owner != again["file"] or not _is_whole(root, record, stored):
        return None
    rows: list[Row] = []
    prints: set[str] = set()
    for number, locale, tongue, notes, text in scenes:
        spoken = again["pronounce"], locale, tongue, text
        made = _made(stored, record["scenes"][number][0], again["prints"][number], *spoken)
        if made is None:
            return None
        fingerprint, seconds, reasons = made
        if fingerprint == again["prints"][number]:
            continue
        if fingerprint in prints or fingerprint in again["prints"]:
            return None  # one video for two
        prints.add(fingerprint)
        rows.append((record["scenes"][number][0], seconds, reasons, tuple(notes)))
    return rows if not _are_known(root, prints) else None


def _text(root: str, name: str) -> str | None:
    """The text of a script that is a plain file with nothing for a template in it, and was not changed meanwhile."""
    path = os.path.join(root, name)
    try:
        before = os.lstat(path)
        if os.path.realpath(path) != path or not stat.S_ISREG(before.st_mode) or before.st_size > MOST_BYTES:
            return None
        with open(path, "rb") as file:
            data = file.read()
        same = look_of(os.lstat(path)) == look_of(before)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return text if same and "{" not in text else None


def _is_whole(root: str, record: Mapping[str, Any], stored: Stored) -> bool:
    """Whether the video of every scene of a record is in the store, and is the one that was put in its place."""
    digests = dict(zip(record["stamps"]["names"], record["stamps"]["digests"], strict=True))
    for fingerprint, (_, file, *_) in zip(record["again"]["prints"], record["scenes"], strict=True):
        digest, size = stored.objects.get(fingerprint, ("", -1))
        if not digest or digests.get(file) != digest:
            return False
        try:
            if os.stat(os.path.join(root, ".didgen", "objects", digest[:2], digest[2:])).st_size != size:
                return False
        except OSError:
            return False
    return True


def _made(
    stored: Stored,
    address: str,
    fingerprint: str,
    pronounce: Mapping[str, str],
    locale: str,
    tongue: str,
    text: str,
) -> tuple[str, float, tuple[str, ...]] | None:
    """Fingerprint, length in seconds and reasons of a scene with other words; None where something is wrong with them
    or with what is known of the scene. tongue: the locale of its voice."""
    from didgen.catalog.languages import unreadable, wordless
    from didgen.plan.estimate import text_length
    from didgen.plan.fingerprint import fingerprint_of
    from didgen.plan.reasons import changes
    from didgen.plan.spelling import Spelling
    from didgen.project.script import length_problem, plain_ends, speak_text

    before = stored.identities.get(address)
    if before is None or fingerprint_of(before) != fingerprint:
        return None
    request = before["request"]
    script, provider = request["script"], request["script"]["provider"]
    words = speak_text(plain_ends(text), pronounce)
    if words.respelled or length_problem(words) or wordless(words.spoken) or unreadable(words.spoken, tongue):
        return None
    now = {**before, "request": {**request, "script": {**script, "input": words.spoken}}}
    pad_s = float(request["config"].get("pad_audio") or 0.0)
    length = text_length(words.spoken, provider["voice_id"], locale, rate=_rate(provider), pad_s=pad_s)
    return fingerprint_of(now), length.seconds, changes(before, now, Spelling(words.written, pronounce))


def _rate(provider: Mapping[str, Any]) -> float:
    """The pace that a voice was asked for."""
    written = provider.get("voice_config", {}).get("rate")
    if not written:
        return 1.0
    from didgen.catalog.delivery import speaking_rate

    return speaking_rate(written)


def _are_known(root: str, prints: Iterable[str]) -> bool:
    """Whether one of these fingerprints has a video already."""
    stored = read_stored(root, "", prints, [])
    return stored is None or bool(stored.objects)
