"""The head of a talker, phrase by phrase: postures, nods on stress, stillness in pauses; and one that only wanders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.character import Character
from didgen.engine.motion.curves import Curve, bump, ends, frame_times, ramp, wander
from didgen.engine.motion.phrases import Phrase

ROLL_PER_YAW = 0.2  # a turning head tilts along
PAUSE_PACE = 0.3  # how fast the head goes on in a rest inside a phrase
POSTURE = 1.3  # spread of postures, and
WANDER = 0.85  # of the wandering about them, as shares of a character's swing
FAVOURED = 0.35  # spreads: how far postures are drawn to a favourite side
FARTHEST = 1.7  # spreads: no posture is farther out
POSTURE_S = (2.2, 5.0)  # how long a posture is kept where no rest ends it
MOVE_S = (0.45, 0.85)
SETTLE_S = 0.5  # before the end of the voice the head begins to come to rest
SETTLED_S = 0.18  # after it, it rests
OFF_REST = 0.25  # spreads: of the pose in a pause about the pose of rest; nobody comes back to the very same place
READY = 0.25  # spreads: of the pose that a phrase begins in
SHORTEST_READY_S = 0.12
READY_S = 0.3  # it is taken up in so much of the pause before, or less
FULL_S = 1.4  # a phrase shorter than this has smaller moves
IDLE = 0.22  # of the wandering, in a long silence
NOD_RISE_S, NOD_FALL_S = (0.17, 0.26), (0.3, 0.5)
CLOSE_DEG = 0.9  # the chin sinks at the end of a statement
ASK_DEG = -1.3  # and rises with a question
AVERTED = 0.22  # share of a look aside that the head goes along with
LIMIT_DEG = (9.5, 7.5, 8.5)  # what a face can be turned by without a photo's missing side being missed
BREATH_S = 3.8


@dataclass(frozen=True, slots=True)
class Head:
    """pose_deg, translation_cm: (T, 3) as in MotionTrack. breath: (T,) 0..1. brow: (T,) up 1, knit -1."""

    pose_deg: NDArray[np.float64]
    translation_cm: NDArray[np.float64]
    breath: Curve
    brow: Curve


def wandering_head(rng: np.random.Generator, character: Character, frames: int, fps: int) -> Head:
    """A head that has nothing to say, over T frames. The first and last frame are the photo's own pose."""
    times = frame_times(frames, fps)
    free = np.stack([std * wander(rng, times, character.high_hz) for std in _spread(character)], 1)
    free[:, 2] += ROLL_PER_YAW * free[:, 0]
    free *= ends(frames, fps)[:, None]
    period_s = rng.uniform(3.4, 4.4)
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * times / period_s)
    return Head(free[:, :3], free[:, 3:], wave * ends(frames, fps, 0.2, 0.8), np.zeros(frames))


def talking_head(
    rng: np.random.Generator,
    character: Character,
    phrase: Phrase,
    gaze: NDArray[np.float64],
    start: NDArray[np.float64],
    following: NDArray[np.float64],
    fps: int,
) -> Head:
    """A head over a phrase and the pause behind it, relative to the character's pose of rest.

    It begins in the pose `start` and at the end of the pause has taken up the pose of the `following` phrase, both (6,)
    in spreads (see `ready_pose`); up to the end of the voice nothing depends on what follows. It takes a new posture as
    the phrase begins, after every rest and with every entry of a list, wanders about it, nods on stressed syllables,
    and comes to rest with the voice: wide moves after pauses and sharp ones at the peaks of loudness (Hadar et al.
    1984). `gaze`: (length, 2), a look aside takes the head along.
    """
    times = frame_times(phrase.length, fps)
    size, spread = min(1.0, phrase.voice_s / FULL_S), np.array(_spread(character))
    free = POSTURE * spread * _postures(rng, character, phrase, size, start, following, times)
    free += WANDER * spread * _wandering(rng, character, phrase, size, times, fps)
    free[:, 2] += ROLL_PER_YAW * free[:, 0]
    along = ramp(times, 0.0, 0.3) * (1 - ramp(times, phrase.voice_s - SETTLE_S, phrase.voice_s + SETTLED_S))
    free[:, :2] += (AVERTED * along)[:, None] * _sluggish(gaze, fps)
    nod, brow = _beats(rng, character, phrase, times)
    free[:, 1] += nod
    return Head(free[:, :3], free[:, 3:], _breath(phrase, times), brow)


def ready_pose(rng: np.random.Generator) -> NDArray[np.float64]:
    """(6,) the pose somebody begins a phrase in, in spreads."""
    return np.clip(READY * rng.normal(0.0, 1.0, 6), -2 * READY, 2 * READY)


def limited(pose_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, 3) softly held within LIMIT_DEG."""
    limit = np.array(LIMIT_DEG)
    held: NDArray[np.float64] = limit * np.tanh(pose_deg / limit)
    return held


def _spread(character: Character) -> tuple[float, ...]:
    """Of yaw, pitch, roll, x, y, z."""
    return *character.swing_deg, character.sway_cm, 0.6 * character.sway_cm, character.lean_cm


def _postures(
    rng: np.random.Generator,
    character: Character,
    phrase: Phrase,
    size: float,
    start: NDArray[np.float64],
    following: NDArray[np.float64],
    times: Curve,
) -> NDArray[np.float64]:
    """(length, 6) moves from posture to posture, in spreads, from `start` to `following`."""
    settle_s = max(0.0, phrase.voice_s - SETTLE_S)
    moves: list[tuple[float, float, NDArray[np.float64]]] = []
    favourite = np.array([FAVOURED * np.sign(character.rest_deg[0]), 0, 0, 0, 0, 0])
    for k, at_s in enumerate(_turns(rng, phrase, settle_s)):
        target = np.clip(rng.normal(0.0, 1.0, 6) + favourite, -FARTHEST, FARTHEST)
        if at_s in phrase.items:
            target[0] = (1.0 if k % 2 else -1.0) * max(abs(target[0]), 0.7)  # one entry to this side, one to that
        moves.append((at_s, float(rng.uniform(*MOVE_S)), size * target))
    rest = np.clip(OFF_REST * rng.normal(0.0, 1.0, 6), -2 * OFF_REST, 2 * OFF_REST)
    moves.append((settle_s, SETTLE_S + SETTLED_S, rest))
    end_s = float(times[-1])
    if not phrase.last:
        ready_s = min(max(0.6 * (end_s - phrase.voice_s), SHORTEST_READY_S), READY_S)
        moves.append((end_s - ready_s, ready_s, following))
    out, now = np.tile(start, (len(times), 1)), start
    for start_s, length_s, target in moves:
        out += ramp(times, start_s, start_s + length_s)[:, None] * (target - now)
        now = target
    return out


def _turns(rng: np.random.Generator, phrase: Phrase, until_s: float) -> list[float]:
    """When postures change: as a phrase begins, after rests, at entries of a list, and where one lasts too long."""
    due = sorted({end_s for _, end_s in phrase.rests} | set(phrase.items))
    out = [0.0]
    while True:
        latest_s = out[-1] + float(rng.uniform(*POSTURE_S))
        soon = [t for t in due if out[-1] + MOVE_S[0] < t <= latest_s]
        at_s = soon[0] if soon else latest_s
        if at_s > until_s - MOVE_S[0]:
            return out
        out.append(at_s)


def _wandering(
    rng: np.random.Generator, character: Character, phrase: Phrase, size: float, times: Curve, fps: int
) -> NDArray[np.float64]:
    """(length, 6) of spread `size` while the voice is heard; slow and small in a long silence after it."""
    clock = np.cumsum(PAUSE_PACE + (1 - PAUSE_PACE) * phrase.talking) / fps
    free = np.stack([wander(rng, clock, character.high_hz) for _ in range(6)], 1)
    voiced = ramp(times, 0.0, 0.5) * (1 - ramp(times, phrase.voice_s - SETTLE_S, phrase.voice_s + SETTLED_S))
    end_s = times[-1] + 0.5 / fps
    silent = ramp(times, phrase.voice_s + 0.5, phrase.voice_s + 2.0) * (1 - ramp(times, end_s - 0.9, end_s))
    if not silent.any():
        return size * voiced[:, None] * free
    idle = np.stack([wander(rng, times, 0.5) for _ in range(6)], 1)
    return size * voiced[:, None] * free + (IDLE * silent)[:, None] * idle


def _beats(rng: np.random.Generator, character: Character, phrase: Phrase, times: Curve) -> tuple[Curve, Curve]:
    """(pitch in degrees, brows) of nods and brow beats on stresses, and of how the phrase ends."""
    nod, brow = np.zeros(len(times)), np.zeros(len(times))
    for stress in phrase.stresses:
        nods, ups, beats = rng.random(3)
        rise_s, fall_s, size = rng.uniform(*NOD_RISE_S), rng.uniform(*NOD_FALL_S), rng.uniform(0.7, 1.15)
        rise_s *= 0.8 + 0.1 * character.nod_deg  # a larger nod takes longer
        peak_s = stress.at_s + character.late_s
        if nods < character.nods * (0.75 + 0.5 * stress.weight):
            way = -0.8 if ups < character.upbeat else 1.0
            size *= way * character.nod_deg * (0.5 + 0.5 * stress.weight)
            nod += size * bump(times, peak_s - rise_s, peak_s, peak_s + fall_s)
        if beats < character.brows * (0.6 + 0.8 * stress.weight):
            lift = character.brow * (0.6 + 0.4 * stress.weight) * bump(times, peak_s - 0.16, peak_s, peak_s + 0.5)
            brow = np.where(np.abs(lift) > np.abs(brow), lift, brow)
    end_s = phrase.voice_s
    close = ASK_DEG if phrase.asks else CLOSE_DEG
    weight = 0.35 + 0.25 * character.nod_deg
    nod += close * weight * bump(times, end_s - 0.45, end_s - 0.05, end_s + SETTLED_S)
    if phrase.asks:
        brow = np.maximum(
            brow, (0.35 + max(character.brow, 0) * 0.5) * bump(times, end_s - 1.1, end_s - 0.3, end_s + 0.3)
        )
    return nod, brow


def _sluggish(gaze: NDArray[np.float64], fps: int) -> NDArray[np.float64]:
    """A head follows the eyes: later, and never at once (two one-pole filters of 0.12 s)."""
    out = gaze.copy()
    share = 1 - np.exp(-1 / (0.12 * fps))
    for _ in range(2):
        now = np.zeros(2)
        for k in range(len(out)):
            now = now + share * (out[k] - now)
            out[k] = now
    return out


def _breath(phrase: Phrase, times: Curve) -> Curve:
    """Full as the phrase begins, let out while speaking, in again in the pause; at rest, in and out every 3.8 s."""
    voice_s, end_s = phrase.voice_s, float(times[-1])
    out = 1 - 0.85 * np.minimum(times / max(voice_s, 2.5), 1.0)
    for _, again_s in phrase.rests:
        if 2.0 < again_s < voice_s - 1.0:  # a little air at every rest
            out += 0.25 * (1 - out) * ramp(times, again_s - 0.25, again_s)
    pause_s = max(end_s - voice_s, 1e-6)
    turns = int(pause_s / BREATH_S) + 0.5
    low = float(np.interp(voice_s, times, out))
    rising = low + (1 - low) * (0.5 + 0.5 * np.cos(2 * np.pi * turns * (end_s - times) / pause_s))
    return np.where(times < voice_s, out, rising)
