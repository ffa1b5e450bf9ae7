"""The report as text: a row a measure, a column a face."""

from __future__ import annotations

from collections.abc import Sequence

from didgen.quality.figures import MEASURES, Measure, Row, missed, worst

NOT_REACHED = "!"


def table(rows: Sequence[Row]) -> str:
    """Lines of a table; a figure that misses its target has a ! behind it. Measures nobody has are left out."""
    lost = [{m.name for m in missed(row)} for row in rows]
    cells = [["", "target", *(row.name for row in rows)]]
    for m in _shown(rows):
        values = [m.shown(getattr(row.figures, m.name)) for row in rows]
        marks = [NOT_REACHED if m.name in names else " " for names in lost]
        cells.append([m.title, m.aim(), *(v + mark for v, mark in zip(values, marks, strict=True))])
    return _aligned(cells, left=2)


def summary(rows: Sequence[Row]) -> str:
    """Lines of a table: of each measure the worst face, and how many faces reach the target."""
    cells = [["", "target", "reached by", "worst", "on"]]
    for m in _shown(rows):
        last = worst(rows, m)
        assert last is not None
        having = [row for row in rows if getattr(row.figures, m.name) is not None]
        reached = sum(m not in missed(row) for row in having)
        share = f"{reached} of {len(having)}" if m.target is not None else ""
        cells.append([m.title, m.aim(), share, m.shown(getattr(last.figures, m.name)), last.name])
    return _aligned(cells, left=2)


def _shown(rows: Sequence[Row]) -> list[Measure]:
    return [m for m in MEASURES if any(getattr(row.figures, m.name) is not None for row in rows)]


def _aligned(cells: Sequence[Sequence[str]], left: int) -> str:
    """Columns of equal width; the first `left` begin at their left edge, the others end at their right one."""
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    lines = []
    for row in cells:
        parts = [c.ljust(w) if k < left else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)
