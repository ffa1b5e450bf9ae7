"""Targets and tolerances are judged the right way round, baselines keep what they were given, reports show it."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from didgen.quality.figures import BY_NAME, MEASURES, Figures, Measure, Row, falls, missed, worst
from didgen.quality.page import Sheet, page
from didgen.quality.text import summary, table
from tests.quality import baseline

GOOD = {measure.name: measure.target if measure.target is not None else 0.5 for measure in MEASURES}
WORSE = {"high": -1.0, "low": 1.0, "zero": 1.0, "one": -1.0}  # which way is worse, from a good value


def worse(measure: Measure, value: float, by: float) -> float:
    return value + WORSE[measure.better] * by


def test_every_figure_has_its_row_and_every_row_its_figure() -> None:
    """The table is whole: nothing is measured unseen, nothing is listed that is not measured."""
    assert [field.name for field in fields(Figures)] == [measure.name for measure in MEASURES]


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_a_figure_beyond_its_tolerance_fell_and_one_within_did_not(measure: Measure) -> None:
    """Just inside is no fall, just outside is one, better never is."""
    before = {"zero": 5.0, "one": 0.9}.get(measure.better, 0.5)
    baseline_figures = Figures(**{measure.name: before})

    def fallen(value: float) -> list[str]:
        return [fall.measure.name for fall in falls(Row("x", Figures(**{measure.name: value})), baseline_figures)]

    assert [] == fallen(before)
    assert [] == fallen(worse(measure, before, 0.99 * measure.tolerance))
    assert [measure.name] == fallen(worse(measure, before, 1.01 * measure.tolerance + 1e-6))
    assert [] == fallen(worse(measure, before, -0.05))


def test_late_and_early_are_as_bad() -> None:
    """A lag of +5 ms may become -12 but not -16: distance from zero counts."""
    lag = BY_NAME["lag_ms"]
    assert not lag.fell(-12, 5)
    assert lag.fell(-16, 5)
    assert lag.reached(-20, frontal=True)
    assert not lag.reached(-20.5, frontal=True)


def test_a_figure_that_is_gone_fell_but_identity_needs_its_net() -> None:
    """A measure that says nothing any more hides what became of it; identity is not measured everywhere."""
    before = Figures(closures=1.0, identity=0.2)
    (fall,) = falls(Row("ann", Figures()), before)
    assert "ann: closures on p, b, m was 100 %, is –" == str(fall)
    assert [] == list(falls(Row("ann", before), Figures()))


def test_targets_are_reached_at_the_target_and_missed_beyond() -> None:
    """Figures at their targets miss nothing; each alone made worse is the one that is missed."""
    assert [] == missed(Row("x", Figures(**GOOD), frontal=False))
    for measure in (m for m in MEASURES if m.target is not None):
        figures = Figures(**{**GOOD, measure.name: worse(measure, GOOD[measure.name], 0.011 if measure.unit else 1)})
        assert [measure] == missed(Row("x", figures, frontal=False)) or measure.unit == "ms"


def test_frontal_photos_have_the_higher_target() -> None:
    """A lip gap correlated by .93 is enough for a turned head only."""
    figures = Figures(gap_correlation=0.93)
    assert [] == missed(Row("x", figures, frontal=False))
    assert ["gap_correlation"] == [m.name for m in missed(Row("x", figures, frontal=True))]


def test_the_summary_names_the_worst_face_of_each_measure() -> None:
    """Worst is furthest from its own target: .94 on a frontal photo before .92 on a turned one."""
    rows = [
        Row("ann", Figures(gap_correlation=0.94, lag_ms=-12.0)),
        Row("bob", Figures(gap_correlation=0.92, lag_ms=8.0), frontal=False),
        Row("cat", Figures(lag_ms=2.0)),
    ]
    assert ["ann", "ann"] == [worst(rows, BY_NAME[name]).name for name in ("gap_correlation", "lag_ms")]
    assert worst(rows, BY_NAME["closures"]) is None
    _, gap, lag = summary(rows).splitlines()
    assert ["1", "of", "2", "0.94", "ann"] == gap.split()[-5:]
    assert ["3", "of", "3", "-12", "ms", "ann"] == lag.split()[-6:]


def test_figures_survive_json() -> None:
    """Written and read again they are the same; names of former measures are passed over."""
    figures = Figures(closures=0.9687, lag_ms=-3.25)
    record = json.loads(json.dumps(figures.to_json() | {"beauty": 1.0}))
    assert figures == Figures.from_json(record)


def test_a_baseline_keeps_the_other_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing one face leaves the others, and the figures of other sentences, as they were."""
    monkeypatch.setattr(baseline, "PATH", tmp_path / "baseline.json")
    ann, bob = Row("ann", Figures(closures=1.0)), Row("bob", Figures(closures=0.5))
    baseline.write("all", [bob, ann])
    baseline.write("1", [ann])
    baseline.write("all", [Row("bob", Figures(closures=0.75))])
    assert {"ann": ann.figures, "bob": Figures(closures=0.75)} == baseline.read("all")
    assert {"ann": ann.figures} == baseline.read("1")
    assert {} == baseline.read("2")


def test_reports_show_every_figure_and_mark_what_is_missed() -> None:
    """Text has a ! behind a missed figure and leaves out measures nobody has; the page marks it, shows the strip, and
    escapes what is not ours."""
    rows = [Row("ann", Figures(closures=0.5, lag_ms=3.0)), Row("<bob>", Figures(closures=1.0))]
    text = table(rows)
    assert "50 %!" in text
    assert "100 %!" not in text
    assert "yaw error" not in text
    html = page("Faces", rows, {"ann": Sheet({"blink": b"jpeg"}, np.array([0.1, 0.5]), np.array([0.0, 0.4]))})
    assert '<td class="missed">50 %</td><td>100 %</td><td class="missed">50 % ann</td>' in html
    assert "&lt;bob&gt;" in html
    assert "<bob>" not in html
    assert "data:image/jpeg;base64,anBlZw==" in html
    assert 2 == html.count("<polyline")
