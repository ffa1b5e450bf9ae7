"""The body of a singer: head, brows, eyes and breath that follow the tune. The mouth is the song's (see `mouth`)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from didgen.engine.motion.character import generator
from didgen.engine.motion.choice import Driver
from didgen.engine.motion.curves import Curve, bump, ends, frame_times, ramp, smoothed, wander, weights_of
from didgen.engine.motion.eyes import blink_at, gaze_of
from didgen.engine.motion.track import MotionTrack, mirrored
from didgen.engine.song.score import Note, Score
from didgen.engine.song.tunes import Manner, Tune

BREATH_S = 0.32  # air is drawn so long before a phrase
HELD_S = 0.55  # a note this long is one to lean into
_BLINK = weights_of({"eyeBlink": 1.0})
_BROWS = weights_of({"browInnerUp": 0.9, "browOuterUp": 0.45})
_LIDS = weights_of({"lidDown": 1.0})
_SMILE = weights_of({"mouthSmile": 1.0, "cheekSquint": 0.6, "eyeSquint": 0.15})


@dataclass(frozen=True, slots=True)
class _Habit:
    """How one manner of singing moves. Degrees and centimetres.

    lift_deg: the chin's rise for an octave up. sway_deg: roll over a bar; bob_deg: nod on each beat; turn_deg: spread
    of slow turns. brow: on held and high notes, 0..1. soft: how far lids sink on held notes. smile, lean_cm: into held
    notes.
    """

    lift_deg: float
    sway_deg: float
    bob_deg: float
    turn_deg: float
    brow: float
    soft: float
    smile: float
    lean_cm: float


_HABITS: dict[Manner, _Habit] = {
    "hymn": _Habit(4.0, 2.2, 0.3, 1.2, 0.55, 0.22, 0.05, 0.2),
    "party": _Habit(3.0, 4.5, 1.8, 2.0, 0.45, 0.0, 0.3, 0.25),
    "opera": _Habit(6.5, 1.8, 0.5, 2.6, 0.9, 0.12, 0.05, 0.5),
    "folk": _Habit(3.0, 3.2, 1.4, 1.6, 0.35, 0.05, 0.15, 0.2),
    "soul": _Habit(4.5, 3.4, 0.9, 2.2, 0.6, 0.3, 0.05, 0.35),
}


def singing_body(driver: Driver, tune: Tune, score: Score, frames: int, fps: int, seed: int) -> MotionTrack:
    """All of a singer's motion but the mouth, (T,) = `frames`; it begins and ends in the photo's pose.

    The song decides it, the seed only where the eyes look and how the head strays.
    """
    habit, times = _HABITS[tune.manner], frame_times(frames, fps)
    rng = generator(seed, driver.category, driver.name)
    lead = 1.0 if generator(0, driver.name, "lead").random() < 0.5 else -1.0
    singing = _within(score, times)
    height, held = _height(score.notes, times, fps), _held(score.notes, times)
    bar = np.pi * (times - score.first_s) / (score.beat_s * tune.bar)
    beat = 0.5 + 0.5 * np.cos(2 * np.pi * (times - score.first_s) / score.beat_s)
    moving = (0.35 + 0.65 * singing) * ends(frames, fps)
    pose = np.stack(
        [
            habit.turn_deg * (wander(rng, times, 0.5) + 0.6 * lead * np.sin(bar / 2)),
            habit.bob_deg * beat - habit.lift_deg * height - 0.35 * habit.lift_deg * held,
            habit.sway_deg * lead * np.sin(bar) + 0.35 * habit.turn_deg * wander(rng, times, 0.5),
        ],
        1,
    )
    pose *= moving[:, None]
    breath = _breath(score.notes, times)
    place = np.zeros((frames, 3))
    place[:, 0] = 0.06 * habit.sway_deg * lead * np.sin(bar) * moving
    place[:, 2] = -habit.lean_cm * smoothed(held, 0.15 * fps) * moving
    brow = np.clip(habit.brow * (0.6 * held + 0.7 * np.maximum(height, 0)), 0, 1)
    smile = habit.smile * (1 - 0.5 * singing) * ends(frames, fps)
    weights = (brow * moving)[:, None] * _BROWS + smile[:, None] * _SMILE
    weights += (habit.soft * held * moving)[:, None] * _LIDS + _blinks(score, times)[:, None] * _BLINK
    track = MotionTrack(
        fps=fps,
        pose_deg=pose.astype(np.float32),
        translation_cm=place.astype(np.float32),
        weights=np.clip(weights, -1, 1).astype(np.float32),
        gaze_deg=gaze_of(rng, pose, fps, 0.5).astype(np.float32),
        tongue=np.zeros(frames, np.float32),
        breath_cm=(0.3 * breath * ends(frames, fps, 0.2, 0.8)).astype(np.float32),
    )
    return mirrored(track) if driver.flipped else track


def _within(score: Score, times: Curve) -> Curve:
    """(T,) 1 from shortly before the first note to shortly after the last one."""
    end_s = score.notes[-1].end_s
    return ramp(times, score.first_s - 0.5, score.first_s) * (1 - ramp(times, end_s, end_s + 0.5))


def _height(notes: tuple[Note, ...], times: Curve, fps: int) -> Curve:
    """(T,) octaves above the song's middle, smooth; heads follow a tune slowly."""
    middle = float(np.median([note.midi for note in notes]))
    at = [t for note in notes for t in (note.start_s, note.end_s)]
    octaves = np.interp(times, at, [(note.midi - middle) / 12 for note in notes for _ in range(2)])
    return smoothed(np.asarray(octaves, np.float64), 0.22 * fps)


def _held(notes: tuple[Note, ...], times: Curve) -> Curve:
    """(T,) 0..1: growing into every long note and gone with it."""
    out = np.zeros(len(times))
    for note in notes:
        if note.end_s - note.start_s >= HELD_S:
            out = np.maximum(out, bump(times, note.start_s, 0.6 * note.end_s + 0.4 * note.start_s, note.end_s + 0.25))
    return out


def _breath(notes: tuple[Note, ...], times: Curve) -> Curve:
    """(T,) 0..1: in before every phrase, out over it."""
    starts = [note.start_s for note in notes if note.fresh]
    ends_s = [*[before.end_s for before, note in pairwise(notes) if note.fresh], notes[-1].end_s]
    marks, values = [0.0], [0.3]
    for start_s, end_s in zip(starts, ends_s, strict=True):
        marks += [max(start_s - BREATH_S, marks[-1] + 1e-3), max(start_s, marks[-1] + 2e-3), end_s]
        values += [values[-1], 1.0, 0.15]
    return np.asarray(np.interp(times, [*marks, marks[-1] + 1.2], [*values, 0.5]), np.float64)


def _blinks(score: Score, times: Curve) -> Curve:
    """(T,) lid closure: between phrases and after the last note; where a song does not rest, every four bars or so."""
    rests = [before.end_s for before, note in zip(score.notes, score.notes[1:], strict=False) if note.fresh]
    wanted = [score.first_s - 0.35, *rests, score.notes[-1].end_s + 0.12]
    length_s = float(times[-1])
    for start_s, end_s in pairwise(wanted):
        if end_s - start_s > 4.5:
            middle = (start_s + end_s) / 2
            wanted.append(min((note.start_s for note in score.notes), key=lambda s: abs(s - middle)))
    closure = np.zeros(len(times))
    for at_s in wanted:
        if 0.4 < at_s < length_s - 0.55:
            closure = np.maximum(closure, blink_at(times, at_s))
    return closure
