"""What is answered before the parser of command lines is imported, which takes longer than the answer: that there is
nothing to do. All other words, right or wrong, are for click.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from didgen.walk.shortcut import Standing

QUIET = ("-q", "--quiet")


def at_once(words: Sequence[str]) -> tuple[bool, Standing | None]:
    """Whether a command line was answered; and if not, what was found out meanwhile about what stands. words: those
    after the program's name. Raises DidgenError as the command would."""
    if words[:1] in (["build"], ["plan"]) and not any(w.startswith("-") and w not in QUIET for w in words):
        return _nothing_to_do(words)
    return False, None


def _nothing_to_do(words: Sequence[str]) -> tuple[bool, Standing | None]:
    from didgen.project.finding import root_above

    if "_DIDGEN_COMPLETE" in os.environ:
        return False, None
    root, named = root_above(os.getcwd()), [word for word in words[1:] if word not in QUIET]
    keys = _keys(root, named)
    if not keys:
        return False, None  # a part of a project, another file, or nothing there is
    from didgen.walk.untouched import today, untouched

    held = untouched(root, keys, today())
    if len(held) < len(keys):
        if words[0] == "plan" and (lines := _refilled(root, keys, held)) is not None:
            if not any(word in QUIET for word in words):
                print("\n".join(lines))
            return True, None
        return False, _standing(root, named, held)
    if not any(word in QUIET for word in words):
        print("\n".join(_told(words[0], root, [held[key] for key in keys])))
    return True, None


def _keys(root: str, named: Sequence[str]) -> list[str]:
    """The keys of the walks of projects that are called as their folders are, all for no name; [] for other words."""
    from didgen.project.finding import file_of, names_below
    from didgen.walk.untouched import key_of

    names = list(dict.fromkeys(named)) or names_below(root)
    if named and not all(_is_folder(root, name) for name in names):
        return []
    service = os.environ.get("DIDGEN_SERVICE") or ""
    return [key_of(file_of(name), (), service) for name in names]


def _is_folder(root: str, name: str) -> bool:
    from didgen.project.finding import file_of

    other = "/" in name or "[" in name or name.endswith((".yaml", ".yml"))
    return not other and os.path.isfile(os.path.join(root, file_of(name)))


def _standing(root: str, named: Sequence[str], held: Mapping[str, Mapping[str, Any]]) -> Standing:
    """What was found out, as the command wants it."""
    from pathlib import Path

    from didgen.walk.shortcut import standing_by, wish

    return standing_by(wish(Path(root), named), held)


def _refilled(root: str, keys: Sequence[str], held: Mapping[str, Mapping[str, Any]]) -> list[str] | None:
    """What `plan` says where nothing but words of scripts has changed; None where it takes the whole walk to know."""
    from didgen.cli.told import scene_told, total_told, up_to_date, warned
    from didgen.walk.refill import refilled
    from didgen.walk.untouched import today, warnings_in

    found = refilled(root, [key for key in keys if key not in held], today())
    if found is None:
        return None
    rows = [row for _, some in found.values() for row in some]
    changed = {address for address, *_ in rows}
    walks = [*(held[key] for key in keys if key in held), *(record for record, _ in found.values())]
    warnings = warned(one for record in walks for one in warnings_in(record) if one[0] not in changed)
    reused = sum(len(record["scenes"]) for record in walks) - len(rows)
    if not rows:
        return [up_to_date(reused), *warnings]
    lines = [
        line for address, s, reasons, notes in rows for line in scene_told("+", address, "talk", s, "", reasons, notes)
    ]
    return [*lines, total_told(len(rows), sum(s for _, s, *_ in rows), "local", reused), *warnings]


def _told(command: str, root: str, records: Sequence[Mapping[str, Any]]) -> list[str]:
    from didgen.cli.told import nothing_built, nothing_planned, warned
    from didgen.walk.untouched import left_in, warnings_in

    count = sum(len(record["scenes"]) for record in records)
    stale = [name for record in records for name in left_in(root, record)]
    warnings = warned(one for record in records for one in warnings_in(record))
    return (nothing_built if command == "build" else nothing_planned)(count, stale, warnings)
