"""What a run of the Action did, as it goes from step to step, and from a pull request's run to the one that comments.

The second way crosses a border: a fork writes what it likes into its artifact. So what travels is plain values, read
with every type and length checked, and the Markdown is made on the other side, from these values only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from didgen.errors import UsageError
from didgen.github.workflow_commands import LEVELS, Finding

FORMAT = 1
MARK = "didgen_report"
MOST_BYTES = 8 << 20
MOST_ROWS = 20_000
MOST_TEXT = 20_000

CHANGED = ("added", "changed", "removed", "moved")


@dataclass(frozen=True, slots=True)
class Row:
    """One scene of the table. what: added, changed, removed, moved; or what a plan or a build did where there is
    nothing to compare with. credits, most: what its release would buy, None for unknown. video, poster: files below
    what is published."""

    address: str
    what: str = ""
    words: tuple[str, ...] = ()
    seconds: float = 0.0
    credits: int | None = 0
    most: int | None = 0
    note: str = ""
    video: str = ""
    poster: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """name: of the artifact, tells several of one workflow apart. changed: scenes that are not the same as in
    `against`, or that the plan would render. credits, most: what a release would buy; paid: whether it costs anything.
    spent: credits of this run. films: where the files of `rows` can be seen, page: a page of them all; artifact, run:
    where they are kept for a while, and the log."""

    name: str = "didgen"
    command: str = "build"
    service: str = "local"
    code: int = 0
    sha: str = ""
    against: str = ""
    rows: tuple[Row, ...] = ()
    same: int = 0
    changed: int = 0
    rendered: int = 0
    fetched: int = 0
    failed: int = 0
    spent: int = 0
    paid: bool = False
    credits: int | None = 0
    most: int | None = 0
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    manifests: tuple[str, ...] = ()
    films: str = ""
    page: str = ""
    artifact: str = ""
    run: str = ""


def written(report: Report) -> bytes:
    """The report as a file."""
    return json.dumps({MARK: FORMAT, **asdict(report)}, ensure_ascii=False).encode()


def read_own(data: bytes) -> Report:
    """A report that this job wrote. Raises UsageError."""
    return _read(data)


def read_foreign(data: bytes, run: str) -> Report:
    """A report that a pull request's run wrote: none of its links is kept. run: where that run is shown.

    Raises UsageError for one that is none, or too large.
    """
    return replace(_read(data), films="", page="", artifact=run, run=run, manifests=())


def _read(data: bytes) -> Report:
    if len(data) > MOST_BYTES:
        raise UsageError(f"the report has {len(data)} bytes, and may have {MOST_BYTES}")
    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        raise UsageError("the report is no JSON") from None
    if not isinstance(given, dict) or given.pop(MARK, None) != FORMAT:
        raise UsageError("this is not a report of this didgen", hint="pin both workflows to one commit of the action")
    made: Report = _of(Report, given)
    if made.command not in ("plan", "build", "drift"):
        raise UsageError("the report is of no command of the Action")
    return made


def _of(kind: Any, given: Any) -> Any:
    """A dataclass from JSON with every member checked, and no other."""
    hints = get_type_hints(kind)
    if not isinstance(given, dict) or not set(given) <= set(hints):
        raise UsageError(f"the report has a wrong {kind.__name__.lower()}")
    values = {one.name: _value(one.name, hints[one.name], given[one.name]) for one in fields(kind) if one.name in given}
    try:
        made = kind(**values)
    except TypeError:
        raise UsageError(f"the report has a {kind.__name__.lower()} that is not whole") from None
    if isinstance(made, Finding) and made.level not in LEVELS:
        raise UsageError("the report has a finding of no level")
    return made


def _value(name: str, hint: Any, value: Any) -> Any:
    if get_origin(hint) is tuple:
        return _list(name, get_args(hint)[0], value)
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    kinds = tuple(str if get_origin(kind) is Literal else kind for kind in kinds)
    if type(value) not in kinds and not (type(value) is int and float in kinds):
        raise UsageError(f"{name} of the report is of a wrong kind")
    if isinstance(value, str) and len(value) > MOST_TEXT:
        raise UsageError(f"{name} of the report is too long")
    if isinstance(value, int | float) and not -1 <= value <= 1e12:
        raise UsageError(f"{name} of the report is no number that it could be")
    return value


def _list(name: str, kind: Any, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        raise UsageError(f"{name} of the report is of a wrong kind")
    return tuple(_of(kind, one) if is_dataclass(kind) else _value(name, kind, one) for one in value)


# -- from what didgen's commands print ----------------------------------------------------------------------------


def rows_of(
    difference: Mapping[str, Any] | None,
    plan: Mapping[str, Any],
    release: Mapping[str, Any],
    built: Mapping[str, Any] | None,
) -> list[Row]:
    """The table: what changed since the commit before, where that is known, else what the plan would do; and what
    failed. difference, plan, built: `diff`, `plan` and `build --json`; release: the plan of each project's own
    service, which prices are taken from."""
    made = {scene["address"]: scene for scene in (built or {}).get("scenes", ())}
    priced = {scene["address"]: scene for scene in scenes_of(release)}
    if difference is not None:
        rows = [_changed(change) for change in difference["changes"]]
    else:
        planned = [scene for scene in scenes_of(plan) if scene["action"] != "reuse"]
        rows = [Row(s["address"], s["action"], tuple(s["reasons"]), s["seconds"]) for s in planned]
    known = {row.address for row in rows}
    failed = [scene for scene in made.values() if scene["action"] == "failed" and scene["address"] not in known]
    rows += [Row(scene["address"], "failed", tuple(scene["reasons"])) for scene in failed]
    return [_completed(row, made.get(row.address), priced.get(row.address)) for row in rows]


def scenes_of(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All scenes of `plan --json`."""
    return [scene for project in plan["projects"] for scene in project["scenes"]]


def _changed(change: Mapping[str, Any]) -> Row:
    before, after = change["before"], change["after"]
    side = after or before
    words = list(change["reasons"])
    if change["what"] == "moved" and before is not None:
        words.append(f"was {before['address']}, the same video")
    return Row(side["address"], change["what"], tuple(words), side["seconds"] if after else 0.0)


def _completed(row: Row, made: Mapping[str, Any] | None, priced: Mapping[str, Any] | None) -> Row:
    if priced is not None:
        row = replace(row, credits=priced["credits"], most=priced["most_credits"])
    if made is None:
        return row
    note = made["error"] or made["overrun"] or made["behind"] or "; ".join(made["warnings"])
    return replace(row, seconds=made["duration_s"] or row.seconds, note=note)
