"""The report as text: a row a measure, a column a face."""

from __future__ import annotations

from collections.abc import Sequence

from didgen.quality.figures import MEASURES, Row, missed

NOT_REACHED = "!"


def table(rows: Sequence[Row]) -> str:
    """Lines of a table; a figure that misses its target has a ! behind it. Measures nobody has are left out."""
    shown = [m for m in MEASURES if any(getattr(row.figures, m.name) is not None for row in rows)]
    lost = [{m.name for m in missed(row)} for row in rows]
    cells = [["", "target", *(row.name for row in rows)]]
    for m in shown:
        values = [m.shown(getattr(row.figures, m.name)) for row in rows]
        marks = [NOT_REACHED if m.name in names else " " for names in lost]
        cells.append([m.title, m.aim(), *(v + mark for v, mark in zip(values, marks, strict=True))])
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    return "\n".join(_line(row, widths) for row in cells)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join([*left, *right]).rstrip()
