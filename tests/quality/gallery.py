"""The gallery: faces of many kinds, each with its source (`faces/SOURCES.md`) and the facts that can be measured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FACES = Path(__file__).parent / "faces"
INDEX = Path(__file__).parent / "faces.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One face of the gallery.

    id: the file's name without its ending. path: where it lies. tags: kinds, such as smiling, beard, glasses.
    eye_distance_px, yaw_deg: as `engine.face.find` measures them, within 5 px and 3°.
    warned: a word of each warning that the engine must give about it, in order; none for a good photo.
    """

    id: str
    path: Path
    tags: frozenset[str]
    eye_distance_px: float
    yaw_deg: float
    warned: tuple[str, ...]


def gallery(*tags: str) -> list[Entry]:
    """The faces that have all of these tags, in the index's order; every face when none is given."""
    entries = [_entry(fields) for fields in json.loads(INDEX.read_text())]
    return [entry for entry in entries if entry.tags.issuperset(tags)]


def _entry(fields: dict) -> Entry:
    path = ROOT / fields["file"]
    tags, warned = frozenset(fields["tags"]), tuple(fields["warned"])
    return Entry(path.stem, path, tags, fields["eye_distance_px"], fields["yaw_deg"], warned)
