"""All that a clip tells of its own quality."""

from __future__ import annotations

import numpy as np

from didgen.engine.face.face import Face
from didgen.quality import groups, head, lips
from didgen.quality.clip import Clip
from didgen.quality.figures import FRONTAL_DEG, Figures


def measure(clip: Clip) -> Figures:
    """The figures of one talk, seen and heard again; what needs more than this clip is left None."""
    closed = lips.closures(clip)
    lag_s = lips.sound_lag_s(clip)
    yaw, pitch, roll = (head.turns(clip, axis) for axis in range(3))
    blinks = head.blinks(clip)
    return Figures(
        closures=closed.found / closed.wanted if closed.wanted else None,
        closure_offset_ms=_ms(np.mean(closed.offsets_s)) if closed.offsets_s else None,
        closure_spread_ms=_ms(np.std(closed.offsets_s)) if len(closed.offsets_s) > 1 else None,
        gap_correlation=lips.gap_correlation(clip),
        lag_ms=None if lag_s is None else _ms(lag_s),
        round_over_wide=lips.round_over_wide(clip),
        told_apart=groups.told_apart(clip),
        blinks=blinks.shut / blinks.wanted if blinks and blinks.wanted else None,
        lids_open=blinks.widest if blinks else None,
        yaw_error_deg=yaw.error_deg if yaw else None,
        pitch_error_deg=pitch.error_deg if pitch else None,
        roll_error_deg=roll.error_deg if roll else None,
        yaw_slope=yaw.slope if yaw else None,
        smile_neutral=head.smile(clip),
        likeness_cm=head.likeness_cm(clip),
        flicker=clip.flicker,
        tracked=float(clip.tracked.found.mean()),
    )


def is_frontal(photo: Face | None) -> bool:
    """Whether a photo looks into the camera, as far as its yaw tells; True when it is not at hand."""
    return photo is None or abs(photo.pose_deg[0]) <= FRONTAL_DEG


def _ms(seconds: float | np.floating) -> float:
    return 1000 * float(seconds)
