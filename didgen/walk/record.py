"""What a finished walk leaves for the next one: stamps of every file it read and wrote, and what came of it.

{"form": 4, "surroundings", "asked_at", "until", "films", "stale", "stamps": columns (`project.stamps`),
 "scenes": [[address, file, duration_s, reasons, warnings, overrun, behind]],
 "again": what a script is planned from by itself (`again`), null where it cannot be}

Light on purpose: the build with nothing to do reads it.
"""

from __future__ import annotations

from collections.abc import Mapping

from didgen import __version__
from didgen.digest import canonical_json, sha256_bytes
from didgen.project.stamps import Packed, Stamp, pack, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from didgen.walk.summary import SceneResult, Summary

FORM = 4


def record_of(
    summary: Summary,
    stamps: Mapping[str, Stamp],
    surroundings: str,
    *,
    asked_at: float | None,
    until: str,
    again: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The record of a walk. asked_at: Unix time of the oldest answer about an input by URL; until: the first day at
    whose end rights end, "" for none."""
    return {
        "form": FORM,
        "surroundings": surroundings,
        "asked_at": asked_at,
        "until": until,
        "films": summary.films,
        "stale": summary.stale,
        "stamps": pack(stamps),
        "again": again,
        "scenes": [_row(scene) for scene in summary.scenes],
    }


def _row(scene: SceneResult) -> tuple[Any, ...]:
    told = (scene.reasons, scene.warnings, scene.overrun, scene.behind)
    return (scene.address, scene.file, scene.duration_s, *told)


def of_this_form(record: Mapping[str, Any]) -> bool:
    """Whether a record is one that this didgen writes."""
    return record.get("form") == FORM


def stamps_in(record: Mapping[str, Any]) -> dict[str, Stamp]:
    """The stamps of a record by name; {} for one of another form, so that every file is read."""
    packed: Packed = record.get("stamps", {})
    return unpack(packed) if of_this_form(record) else {}


def surroundings() -> str:
    """What a plan depends on besides files: the program, its engine, and the extras that bring voices."""
    from didgen.catalog import extras, versions

    models = versions.MODELS | versions.SPEECH_MODELS
    numbers = [versions.ENGINE, versions.IDENTITY_FORMAT, versions.PREPARED]
    return sha256_bytes(canonical_json([__version__, numbers, models, sorted(extras.missing_extras())]))
