"""The report as one HTML page: the table, and for each face a strip of moments and its lips against the intended ones.

Nothing outside the page is loaded: pictures are data URIs, curves are SVG.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from didgen.quality.clip import Clip, Curve, intended_gap_cm
from didgen.quality.figures import MEASURES, Fall, Measure, Row, missed, worst

_STYLE = """
:root { color-scheme: light dark; --bad: #c0392b; --line: #8884; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; white-space: nowrap; font-variant-numeric: tabular-nums; }
td, th { padding: .15rem .6rem; border-bottom: 1px solid var(--line); text-align: right; font-weight: normal; }
td:first-child, th:first-child { text-align: left; } thead th { font-weight: 600; }
.missed { color: var(--bad); font-weight: 600; }
.strip { display: flex; flex-wrap: wrap; gap: .4rem; } figure { margin: 0; }
figure img { display: block; width: 144px; height: auto; border-radius: 3px; }
figcaption { font-size: 12px; text-align: center; opacity: .75; }
svg { display: block; width: 100%; height: 110px; margin-top: .6rem; }
.seen { stroke: currentColor; } .meant { stroke: #2e86de; } polyline { fill: none; stroke-width: 1.2; }
"""
_CURVE_SIZE = 1000, 100


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page shows of one face beside its figures. pictures: name → JPEG; gap, meant: (T,) cm, meant empty where
    nothing is known of the intention."""

    pictures: Mapping[str, bytes]
    gap: Curve
    meant: Curve = field(default_factory=lambda: np.zeros(0))


def sheet_of(clip: Clip, pictures: Mapping[str, bytes]) -> Sheet:
    """The sheet of one clip."""
    meant = intended_gap_cm(clip) if clip.track is not None else np.zeros(0)
    return Sheet(pictures, clip.gap_cm, meant)


def page(title: str, rows: Sequence[Row], sheets: Mapping[str, Sheet], fallen: Sequence[Fall] = ()) -> str:
    """The whole page, UTF-8 text. sheets: by the name of the row."""
    parts = [f"<h1>{escape(title)}</h1>", _fallen(fallen), _table(rows)]
    parts += [_section(row, sheets[row.name]) for row in rows if row.name in sheets]
    body = "\n".join(part for part in parts if part)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    head += '<meta name="viewport" content="width=device-width">'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _fallen(fallen: Sequence[Fall]) -> str:
    if not fallen:
        return ""
    lines = "".join(f"<li>{escape(str(fall))}</li>" for fall in fallen)
    return f'<p class="missed">Worse than the baseline:</p><ul>{lines}</ul>'


def _table(rows: Sequence[Row]) -> str:
    names = "".join(f"<th>{escape(row.name)}</th>" for row in rows)
    shown = [m for m in MEASURES if any(getattr(row.figures, m.name) is not None for row in rows)]
    lines = "\n".join(_line(m, rows) for m in shown)
    head = f"<thead><tr><th></th><th>target</th>{names}{'<th>worst</th>' * (len(rows) > 1)}</tr></thead>"
    return f'<div class="wide"><table>{head}<tbody>{lines}</tbody></table></div>'


def _line(measure: Measure, rows: Sequence[Row]) -> str:
    cells = []
    for row in rows:
        mark = ' class="missed"' if measure in missed(row) else ""
        cells.append(f"<td{mark}>{measure.shown(getattr(row.figures, measure.name))}</td>")
    last = worst(rows, measure)
    if last is not None and len(rows) > 1:
        mark = ' class="missed"' if measure in missed(last) else ""
        cells.append(f"<td{mark}>{measure.shown(getattr(last.figures, measure.name))} {escape(last.name)}</td>")
    return f"<tr><th>{escape(measure.title)}</th><th>{escape(measure.aim())}</th>{''.join(cells)}</tr>"


def _section(row: Row, sheet: Sheet) -> str:
    figures = "".join(
        f'<figure><img alt="{escape(name)}" src="data:image/jpeg;base64,{b64encode(jpeg).decode()}">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for name, jpeg in sheet.pictures.items()
    )
    return f'<h2>{escape(row.name)}</h2><div class="strip">{figures}</div>{_curves(sheet)}'


def _curves(sheet: Sheet) -> str:
    """Lip gap over time: seen, and intended behind it, on one scale."""
    width, height = _CURVE_SIZE
    most = max(float(sheet.gap.max()), float(sheet.meant.max(initial=0.0)), 1e-3)
    lines = []
    for name, values in (("meant", sheet.meant), ("seen", sheet.gap)):
        if len(values):
            x = np.linspace(0, width, len(values))
            points = " ".join(f"{a:.1f},{height * (1 - v / most):.1f}" for a, v in zip(x, values, strict=True))
            lines.append(f'<polyline class="{name}" points="{points}" vector-effect="non-scaling-stroke"/>')
    label = f"lip gap, 0 to {most:.1f} cm: seen, and intended (blue)"
    return (
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img"><title>{label}</title>'
        f"{''.join(lines)}</svg><small>{label}</small>"
    )
