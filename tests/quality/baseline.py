"""The figures that the gallery had when they were last written down: what comes must not be worse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from didgen.quality.figures import Figures, Row
from tests.quality.sentences import SENTENCES

PATH = Path(__file__).parent / "baseline.json"


def key(numbers: Sequence[int]) -> str:
    """Under which name the figures of these sentences lie: "all", or their numbers."""
    return "all" if list(numbers) == list(range(1, len(SENTENCES) + 1)) else " ".join(map(str, numbers))


def read(name: str) -> dict[str, Figures]:
    """Figures by face; {} when there are none of these sentences."""
    return {face: Figures.from_json(record) for face, record in _all().get(name, {}).items()}


def write(name: str, rows: Sequence[Row]) -> None:
    """Put these faces or clips in the place of what was known of them."""
    if not rows:
        return
    record = _all()
    record[name] = dict(sorted((record.get(name, {}) | {row.name: row.figures.to_json() for row in rows}).items()))
    PATH.write_text(json.dumps(record, indent=1) + "\n")


def _all() -> dict[str, dict[str, dict[str, float]]]:
    return json.loads(PATH.read_text()) if PATH.is_file() else {}
