"""The figures of one talk, and what each of them should be: one table for every report, test and baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

FRONTAL_DEG = 10.0  # a photo turned by less than this looks into the camera


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; None where it cannot be said (too few sounds, no photo, no track)."""

    closures: float | None = None
    closure_offset_ms: float | None = None
    closure_spread_ms: float | None = None
    gap_correlation: float | None = None
    lag_ms: float | None = None
    round_over_wide: float | None = None
    told_apart: float | None = None
    blinks: float | None = None
    lids_open: float | None = None
    yaw_error_deg: float | None = None
    pitch_error_deg: float | None = None
    roll_error_deg: float | None = None
    yaw_slope: float | None = None
    smile_neutral: float | None = None
    smile_serious: float | None = None
    likeness_cm: float | None = None
    identity: float | None = None
    flicker: float | None = None
    changed_outside: float | None = None
    driven_yaw: float | None = None
    driven_yaw_error_deg: float | None = None
    driven_pitch: float | None = None
    driven_pitch_error_deg: float | None = None
    driven_roll: float | None = None
    driven_roll_error_deg: float | None = None
    driven_gap: float | None = None
    driven_gaze: float | None = None
    driven_blinks: float | None = None
    driven_blinks_extra: float | None = None
    own_points: float | None = None
    own_points_still: float | None = None
    own_turn_deg: float | None = None
    own_turn_still_deg: float | None = None
    own_gaze: float | None = None
    tracked: float | None = None

    def to_json(self) -> dict[str, float]:
        """What was measured, by name, to four digits."""
        return {name: round(float(value), 4) for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Figures:
        """Figures of a baseline; names that are no measure any more are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: float(value) for name, value in record.items() if name in known})


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the report.

    better: "high", "low", "zero" (either side of it is worse) or "one". target: what to reach on the worst face, None
    where none is set; frontal_target: on photos that look into the camera. tolerance: how much worse than its baseline
    a figure may be: measured again on another machine it differs a little.
    """

    name: str
    title: str
    unit: Literal["%", "ms", "px", "°", "cm", ""]
    better: Literal["high", "low", "zero", "one"]
    target: float | None
    tolerance: float
    frontal_target: float | None = None

    def cost(self, value: float) -> float:
        """The value turned so that less is better."""
        return {"high": -value, "low": value, "zero": abs(value), "one": abs(value - 1)}[self.better]

    def wanted(self, frontal: bool) -> float | None:
        """The target for a photo."""
        return self.frontal_target if frontal and self.frontal_target is not None else self.target

    def reached(self, value: float, frontal: bool) -> bool:
        """Whether a figure is as good as its target; True where there is none."""
        target = self.wanted(frontal)
        return target is None or self.cost(value) <= self.cost(target) + 1e-9

    def fell(self, value: float, before: float) -> bool:
        """Whether a figure is worse than its baseline beyond the tolerance."""
        return self.cost(value) > self.cost(before) + self.tolerance

    def shown(self, value: float | None) -> str:
        """As a person reads it."""
        if value is None:
            return "–"
        if self.unit == "%":
            return f"{100 * value:.0f} %"
        if self.unit == "ms":
            return f"{value:+.0f} ms" if self.better == "zero" else f"{value:.0f} ms"
        if self.unit == "px":
            return f"{value:.0f}"
        return f"{value:.2f}" + {"°": "°", "cm": " cm", "": ""}[self.unit]

    def aim(self) -> str:
        """The target in words, "" where there is none."""
        if self.target is None:
            return ""
        if self.cost(self.target) == self.cost({"high": 1.0}.get(self.better, 0.0)):
            return self.shown(self.target)
        sign = {"high": "≥", "low": "≤", "zero": "±", "one": "1 ±"}[self.better]
        more = f" ({self.shown(self.frontal_target)} frontal)" if self.frontal_target is not None else ""
        return f"{sign} {self.shown(self.target).lstrip('+')}{more}"


MEASURES = (
    Measure("closures", "closures on p, b, m", "%", "high", 0.95, 0.06),
    Measure("closure_offset_ms", "closure after its sound", "ms", "zero", 20, 10),
    Measure("closure_spread_ms", "spread of that", "ms", "low", None, 15),
    Measure("gap_correlation", "lip gap, seen and intended: r", "", "high", 0.90, 0.03, 0.95),
    Measure("lag_ms", "lips after the sound", "ms", "zero", 20, 10),
    Measure("round_over_wide", "mouth width, oo and w over ee", "", "low", 0.80, 0.04),
    Measure("told_apart", "viseme groups told apart", "%", "high", 0.75, 0.08),
    Measure("blinks", "blinks with both lids shut", "%", "high", 1.0, 0.01),
    Measure("lids_open", "most left of an eye in a blink", "%", "low", None, 0.10),
    Measure("yaw_error_deg", "yaw error", "°", "low", 0.5, 0.15),
    Measure("pitch_error_deg", "pitch error", "°", "low", None, 0.3),
    Measure("roll_error_deg", "roll error", "°", "low", None, 0.15),
    Measure("yaw_slope", "yaw seen over asked", "", "one", None, 0.1),
    Measure("smile_neutral", "smile left when neutral", "%", "low", 0.30, 0.08),
    Measure("smile_serious", "smile left when serious", "%", "low", 0.30, 0.08),
    Measure("likeness_cm", "drift of the face's own shape", "cm", "low", None, 0.04),
    Measure("identity", "identity distance", "", "low", 0.35, 0.05),
    Measure("flicker", "background flicker, grey levels", "", "low", None, 0.15),
    Measure("changed_outside", "pixels changed outside the mask", "px", "low", 0.0, 0.0),
    Measure("driven_yaw", "yaw, driver's and ours: r", "", "high", 0.95, 0.02),
    Measure("driven_yaw_error_deg", "yaw off the driver's", "°", "low", 1.0, 0.2),
    Measure("driven_pitch", "pitch, driver's and ours: r", "", "high", None, 0.04),
    Measure("driven_pitch_error_deg", "pitch off the driver's", "°", "low", None, 0.3),
    Measure("driven_roll", "roll, driver's and ours: r", "", "high", None, 0.02),
    Measure("driven_roll_error_deg", "roll off the driver's", "°", "low", None, 0.2),
    Measure("driven_gap", "lip gap, driver's and ours: r", "", "high", 0.90, 0.03),
    Measure("driven_gaze", "gaze, driver's and ours: r", "", "high", None, 0.06),
    Measure("driven_blinks", "driver's blinks that shut ours", "%", "high", 0.90, 0.05),
    Measure("driven_blinks_extra", "blinks nobody made", "px", "low", 0.0, 0.5),
    Measure("own_points", "own first picture driven: points off, of the eyes' distance", "%", "low", None, 0.01),
    Measure("own_points_still", "the same of the picture left still", "%", "low", None, 1.0),
    Measure("own_turn_deg", "own first picture driven: turn off", "°", "low", 1.0, 0.25),
    Measure("own_turn_still_deg", "the same of the picture left still", "°", "low", None, 10.0),
    Measure("own_gaze", "own first picture driven: gaze, r", "", "high", None, 0.06),
    Measure("tracked", "pictures with a face found", "%", "high", 1.0, 0.01),
)
"""In the order of the report. Targets: what the local engine is to reach on the worst face of its gallery."""

BY_NAME = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True, slots=True)
class Fall:
    """A figure that is worse than its baseline beyond the tolerance. now: None where it cannot be said any more."""

    face: str
    measure: Measure
    before: float
    now: float | None

    def __str__(self) -> str:
        was, now = self.measure.shown(self.before), self.measure.shown(self.now)
        return f"{self.face}: {self.measure.title} was {was}, is {now}"


@dataclass(frozen=True, slots=True)
class Row:
    """One face of a report, or one scene: its figures, and whether its photo looks into the camera."""

    name: str
    figures: Figures
    frontal: bool = True


def falls(row: Row, baseline: Figures) -> Iterator[Fall]:
    """What fell since the baseline, in the order of MEASURES. A figure that is gone fell, a new one did not.

    Identity needs a net that is not always installed: without a figure it is not judged.
    """
    for measure in MEASURES:
        before, now = getattr(baseline, measure.name), getattr(row.figures, measure.name)
        if before is None or (now is None and measure.name == "identity"):
            continue
        if now is None or measure.fell(now, before):
            yield Fall(row.name, measure, before, now)


def missed(row: Row) -> list[Measure]:
    """The measures whose targets a face does not reach."""
    values = ((measure, getattr(row.figures, measure.name)) for measure in MEASURES)
    return [measure for measure, value in values if value is not None and not measure.reached(value, row.frontal)]


def worst(rows: Sequence[Row], measure: Measure) -> Row | None:
    """The face furthest from what is wanted: a missed target before a reached one, then the value; None without any."""
    having = [row for row in rows if getattr(row.figures, measure.name) is not None]

    def rank(row: Row) -> tuple[bool, float]:
        value = getattr(row.figures, measure.name)
        return not measure.reached(value, row.frontal), measure.cost(value)

    return max(having, key=rank, default=None)
