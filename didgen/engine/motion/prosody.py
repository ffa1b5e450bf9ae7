"""What the body hears in speech: how loud it is, when somebody talks, how keenly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.curves import Curve, smoothed
from didgen.engine.shot import FPS
from didgen.engine.speech.speech import VOWELS, Speech

RANGE_DB = 30.0  # below the loud parts by this much counts as silence
SILENT_DB = -60.0  # nothing is loud beside this: a long rest is not
LOUD = 0.3  # level above which somebody speaks
USUAL_PACE = 7.4  # vowel shapes a second of voice, of the local voices at their own pace
HEARD_PACE = 6.6  # the same where shapes are heard from sound, which finds fewer
USUAL_SPREAD_DB = 5.4
CLOSING_QUOTES = "\"'”’)»"


@dataclass(frozen=True, slots=True)
class Prosody:
    """(T,) curves of one speech.

    level: 0 silent .. 1 as loud as the loud parts. talking: 0..1, smooth, pauses shorter than a breath filled.
    """

    level: Curve
    talking: Curve


def prosody_of(speech: Speech, frames: int, fps: int) -> Prosody:
    """Measure a speech on the frames of its video; frames after its end are silent.

    Where its sentences are known, each is measured against its own loud parts, so that an edit leaves the others alone.
    """
    rate_hz = speech.sample_rate_hz
    level = level_of(speech.samples, rate_hz, frames, fps)
    firsts = [round(s.start_s * fps) for s in speech.sentences]
    for first, end in pairwise([*firsts, frames]):
        sound = speech.samples[round(first / fps * rate_hz) : round(end / fps * rate_hz)]
        if len(sound):
            level[first:end] = level_of(sound, rate_hz, end - first, fps)
    talking = filled(level > LOUD, round(0.25 * fps)).astype(np.float64)
    return Prosody(level=smoothed(level, 0.6), talking=smoothed(talking, 0.12 * fps))


def drive_of(speech: Speech, level: Curve) -> float:
    """How keenly somebody speaks, 0..1: fast, now loud now soft, with exclamations is keen; slow and even is calm.

    An ordinary voice at its own pace is 0.5. With less than 0.4 s of voice nothing can be said: 0.5.
    """
    voiced = level > LOUD
    if voiced.sum() < 10:
        return 0.5
    syllables = sum(p.viseme in VOWELS for p in speech.phonemes)
    pace = syllables * FPS / voiced.sum()
    spread_db = RANGE_DB * float(level[voiced].std())
    stops = [w.text.rstrip(CLOSING_QUOTES)[-1:] for w in speech.words]
    cries = stops.count("!") / max(1, sum(stop in (".", "!", "?") for stop in stops))
    keen = (
        0.2 * (pace - (USUAL_PACE if speech.visemes is None else HEARD_PACE))
        + 0.06 * (spread_db - USUAL_SPREAD_DB)
        + 0.4 * cries
    )
    return float(np.clip(0.5 + keen, 0, 1))


def level_of(samples: NDArray[np.float32], rate_hz: int, frames: int, fps: int) -> Curve:
    """(T,) loudness of `frames` pictures from the first sample: 1 as loud as the loud parts, 0 RANGE_DB below."""
    hop = rate_hz / fps
    edges = np.minimum(np.round(np.arange(frames + 1) * hop).astype(int), len(samples)).tolist()
    # Picture by picture: float64 copies of ten minutes are hundreds of MB.
    mean = np.array([np.square(samples[a:b], dtype=np.float64).sum() for a, b in pairwise(edges)]) / hop
    db = 10 * np.log10(mean + 1e-9)
    heard = db[: max(1, int(np.ceil(len(samples) / hop)))]  # a long silence behind it makes nothing louder
    loud_db = max(np.percentile(heard, 95), SILENT_DB) if frames else SILENT_DB
    level: Curve = np.clip(1 + (db - loud_db) / RANGE_DB, 0, 1)
    return level


def filled(active: NDArray[np.bool_], gap_frames: int) -> NDArray[np.bool_]:
    """Close the gaps of up to `gap_frames` between active frames."""
    out = active.copy()
    on = np.flatnonzero(active)
    for a, b in pairwise(on):
        if b - a - 1 <= gap_frames:
            out[a:b] = True
    return out
