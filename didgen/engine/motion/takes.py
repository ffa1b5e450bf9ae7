"""What each driver of an animation's bank does: its own few seconds, decided by its name alone.

A take is written as moves: by then the head stands so, the eyes look there, the face shows this. Within a bank every
driver has its own way of moving, side, pace, size of smile and length, dealt out so that neighbours share hardly any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.drivers import ANIMATION_BANKS
from didgen.engine.motion.curves import Curve, frame_times, ramp, weights_of
from didgen.engine.motion.track import SHAPES

Three = tuple[float, float, float]
Face = Mapping[str, float]
SMILE: Face = {"mouthSmile": 1.0, "cheekSquint": 0.6, "eyeSquint": 0.15}
SHORTEST_S, LONGEST_S = 5.0, 10.0  # of a take, as the service's


@dataclass(frozen=True, slots=True)
class Move:
    """By `at_s` + `takes_s` everything has reached this and stays until the next move. Degrees and centimetres as in
    MotionTrack; gaze_deg: off the camera."""

    at_s: float
    takes_s: float
    pose_deg: Three = (0.0, 0.0, 0.0)
    place_cm: Three = (0.0, 0.0, 0.0)
    gaze_deg: tuple[float, float] = (0.0, 0.0)
    face: Face = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beat:
    """Something that repeats `bpm` times a minute: pose and place swing by so much, `lift` rises to each beat.

    swing_deg, place_cm: once to and fro over two beats; circle: yaw and pitch go round instead; double: nods twice.
    """

    bpm: float
    swing_deg: Three
    nod_deg: float
    place_cm: Three
    circle: bool
    face: Face
    lead: float


@dataclass(frozen=True, slots=True)
class Take:
    """length_s: of the whole. moves: in order. beat: what goes on all the time; None for a take that is not to a beat.
    blinks_per_min: of the lids, besides what moves say."""

    length_s: float
    moves: tuple[Move, ...]
    blinks_per_min: float
    beat: Beat | None = None


Channels = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""pose (T, 3), place (T, 3), gaze (T, 2), weights (T, 44)."""


def drawn(take: Take, frames: int, fps: int) -> Channels:
    """The take over `frames` frames; from its end on it begins again."""
    clock = frame_times(frames, fps)
    times = clock % take.length_s
    rows = np.concatenate([_targets(take.moves), np.zeros((1, 8 + len(SHAPES)))])
    here = np.zeros((frames, rows.shape[1]))
    for k, move in enumerate(take.moves):
        share = ramp(times, move.at_s, move.at_s + move.takes_s)[:, None]
        here += share * (rows[k] - here)
    if take.beat is not None:
        _swing(take.beat, clock, here)
    return here[:, :3], here[:, 3:6], here[:, 6:8], here[:, 8:]


def _targets(moves: Sequence[Move]) -> NDArray[np.float64]:
    rows = [[*m.pose_deg, *m.place_cm, *m.gaze_deg, *weights_of(m.face)] for m in moves]
    return np.array(rows, np.float64).reshape(-1, 8 + len(SHAPES))


def _swing(beat: Beat, times: Curve, here: NDArray[np.float64]) -> None:
    count = times * beat.bpm / 60
    sway, lift = beat.lead * np.sin(np.pi * count), 0.5 - 0.5 * np.cos(2 * np.pi * count)
    here[:, :3] += sway[:, None] * np.array(beat.swing_deg)
    if beat.circle:
        here[:, 1] += abs(beat.swing_deg[0]) * 0.7 * np.cos(np.pi * count)
    here[:, 1] += beat.nod_deg * lift
    here[:, 3:6] += np.stack([sway, lift, sway], 1) * np.array(beat.place_cm)
    here[:, 8:] += (0.55 + 0.45 * lift)[:, None] * weights_of(beat.face)


def take_of(category: str, name: str) -> Take:
    """The take of a driver. Raises KeyError and ValueError for one that is not in the banks of `catalog.drivers`."""
    k = ANIMATION_BANKS[category].index(name)
    return _MAKERS[category](k)


def _smiling(share: float, **more: float) -> Face:
    return {shape: share * weight for shape, weight in SMILE.items()} | more


def _side(k: int) -> float:
    return 1.0 if (k * 5 // 3) % 2 == 0 else -1.0


def _length(k: int, low_s: float, high_s: float) -> float:
    """Between the two, in steps that do not repeat soon (golden section), to a tenth of a second."""
    return round(low_s + (high_s - low_s) * ((0.5 + 0.618034 * k) % 1.0), 1)


def _nostalgia(k: int) -> Take:
    """Somebody who remembers: away slowly, in one of eight ways, and back with a smile of its own size."""
    s, smile = _side(k % 8) * (-1.0) ** (k // 8), (0.5, 0.28, 0.62, 0.4)[(k + k // 8) % 4]
    length = _length(k, 7.0, 10.0)
    away: Sequence[Move] = (
        (Move(0.6, 1.5, (7 * s, 0.5, 1.2 * s), gaze_deg=(3 * s, 0)),),
        (Move(0.6, 1.3, (1.5 * s, 4.5, 0), gaze_deg=(0, 4), face={"lidDown": 0.3}),),
        (Move(0.5, 1.6, (2 * s, -1, 5.5 * s)),),
        (Move(0.5, 1.2, (4.5 * s, -3.5, 1.5 * s), gaze_deg=(4 * s, -3.5), face={"browInnerUp": 0.4}),),
        (Move(0.5, 1.0, (-4 * s, 0.5, 0)), Move(2.2, 1.4, (5 * s, 0.5, 1.5 * s))),
        (Move(0.6, 1.2, (0, 3.2, 1.5 * s), face={"lidDown": 0.45}), Move(2.3, 1.0, (0, -2.4, -1 * s))),
        (Move(0.5, 1.8, (1.5 * s, 0.5, -2.5 * s), place_cm=(0, 0, -1.2), face={"eyeSquint": 0.15}),),
        (Move(0.5, 0.9, (2.5 * s, 1.8, 1 * s), gaze_deg=(5.5 * s, 2)), Move(2.6, 1.0, (-2 * s, 0.5, -2.5 * s))),
    )[k % 8]
    turn_s = away[-1].at_s + away[-1].takes_s + 0.5 + 0.25 * (k % 3)
    back = Move(turn_s, 1.3, (0.8 * s, -0.6, 1.2 * s), face=_smiling(smile, browInnerUp=0.12 + 0.2 * (k % 2)))
    nod = Move(length - 2.4, 0.7, (0, 1.6 if k % 3 else -1.2, 1.6 * s), face=_smiling(0.8 * smile))
    return Take(length, (*away, back, nod, Move(length - 1.3, 1.0, face=_smiling(0.3 * smile))), 12 + k % 4)


_FACES: tuple[tuple[Face, Three], ...] = (
    ({"browInnerUp": 1.0, "browOuterUp": 1.0, "eyeWide": 0.7, "jawOpen": 0.25, "seal": 0.4}, (0, -4, 0)),
    (_smiling(0.85, eyeSquint=0.4), (0, 0, 7)),
    ({"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.8, "mouthSmileLeft": 0.6, "browDownLeft": 0.4}, (-4, 1, -5)),
    ({"mouthPucker": 0.95, "mouthFunnel": 0.2, "browInnerUp": 0.5, "seal": 1.0}, (0, 3, -4)),
    ({"mouthLeft": 0.9, "browOuterUpLeft": 0.9, "browDownRight": 0.6, "seal": 1.0}, (-6, 0, 4)),
    ({"cheekPuff": 0.9, "mouthPress": 0.4, "eyeWide": 0.5, "seal": 1.0}, (0, 2, 0)),
    ({"eyeBlinkRight": 1.0, "cheekSquintRight": 0.8, "mouthSmileRight": 0.6, "browDownRight": 0.4}, (4, 1, 5)),
    ({"mouthFrown": 0.8, "mouthShrugLower": 0.7, "browInnerUp": 0.8, "seal": 1.0}, (0, 4, 3)),
    ({"mouthRight": 0.9, "browOuterUpRight": 0.9, "browDownLeft": 0.6, "seal": 1.0}, (6, 0, -4)),
    ({"noseSneer": 0.7, "browDown": 0.8, "eyeSquint": 0.5}, (0, -3, 0)),
)


def _fun(k: int) -> Take:
    """Makes faces: each driver begins with one of its own and has three more, every time with a turn of the head."""
    s, now_s = _side(k), 0.5 + 0.15 * (k % 3)
    moves: list[Move] = []
    for n, step in enumerate((0, 3, 4 + k % 2, 8)):
        face, turn = _FACES[(k + step) % len(_FACES)]
        rise_s, hold_s = (0.2, 0.28, 0.24)[(k + n) % 3], (0.55, 0.8, 0.65, 0.95)[(2 * k + n) % 4]
        moves.append(Move(now_s, rise_s, (1.1 * turn[0], turn[1], turn[2]), face=face))
        calm = Move(now_s + rise_s + hold_s, 0.32, (2.5 * s * (-1) ** n, 0, 0), face=_smiling(0.2))
        moves.append(calm)
        now_s = calm.at_s + 0.32 + 0.2 + 0.13 * ((k + n) % 3)
    return Take(round(now_s + 0.9, 1), (*moves, Move(now_s, 0.5)), 16)


def _dance(k: int) -> Take:
    """Moves to a beat in one of eleven ways, faster or slower; halfway through it changes its side or its size."""
    s, bpm = _side(k), (104, 118, 96, 124, 110, 128, 100, 114, 122, 106, 92)[k % 11]
    ways: tuple[tuple[Three, float, Three, bool], ...] = (
        ((0, 0, 7.5), 2.0, (0.55, 0.3, 0), False),  # sways
        ((0, 0, 1.5), 6.0, (0, 0.6, 0), False),  # nods hard
        ((7, 0, 2), 1.2, (0.3, 0.2, 0), False),  # from side to side
        ((5, 0, 3), 0.0, (0.3, 0, 0), True),  # in circles
        ((3, 0, -7), 1.5, (0.5, 0.2, 0), False),  # shoulders and chin
        ((2, 0, 4.5), 4.5, (0.3, 0.5, 0), False),  # sways and nods
        ((6, 0, -5), 2.0, (0.5, 0.3, 0), False),  # leads with the chin
        ((0, 0, 3), -4.5, (0.2, -0.4, 0), False),  # chin up on the beat
        ((8, 0, 0), 0.0, (0.7, 0, 0), False),  # slides
        ((-4, 0, 5), 3.0, (-0.4, 0.4, 0.3), False),  # rocks
        ((4, 0, 6), 1.0, (0.4, 0.2, 0), True),  # rolls
    )
    swing, nod, place, circle = ways[k % 11]
    length = _length(k, 7.0, 10.0)
    smile = (0.45, 0.25, 0.6, 0.35)[k % 4]
    beat = Beat(bpm, swing, nod, place, circle, _smiling(smile, browOuterUp=0.25 * (k % 3 == 0)), s)
    half = length / 2
    accents: Sequence[Move] = (
        (Move(half - 0.4, 0.5, (4 * s, 0, 0), face={"browInnerUp": 0.5, "browOuterUp": 0.4}),),
        (Move(half - 0.4, 0.5, (0, -3, 0), face={"jawOpen": 0.2, "seal": 0.3}),),
        (Move(half - 0.4, 0.5, (0, 0, -4 * s), face={"eyeSquint": 0.4}),),
        (Move(half - 0.4, 0.5, (-3 * s, 2, 0), face={"mouthPucker": 0.5, "seal": 0.9}),),
    )[(k // 2) % 4]
    return Take(length, (*accents, Move(half + 1.6, 0.7)), 16, beat)


_QUIET: tuple[tuple[tuple[Three, Three, tuple[float, float], Face], ...], ...] = (
    (((1, 0.1, 0.15), (0, 0, 0), (0, 0), {}), ((-0.6, 0, 0), (0, 0, 0), (0, 0), {})),  # turns aside, then the other way
    (((0, 1, 0), (0, 0, 0), (0, 0), {}), ((0, -0.5, 0), (0, 0, 0), (0, 0), {})),  # a slow nod
    (((0, -0.1, 1.25), (0, 0, 0), (0, 0), {}), ((0, 0, 0.7), (0, 0, 0), (0, 0), {})),  # head to one side
    (((0.1, 0.2, 0), (0, 0, -1), (0, 0), {}), ((0, 0, 0), (0, 0, 0.5), (0, 0), {})),  # leans in
    (((0.35, 0, 0), (0, 0, 0), (1, 0.1), {}), ((-0.2, 0, 0), (0, 0, 0), (-0.8, 0.2), {})),  # the eyes wander
    (((0, -0.5, 0.2), (0, 0, 0), (0, -0.4), {"browInnerUp": 0.9}), ((0, 0.1, 0), (0, 0, 0), (0, 0), {})),
    (((0.2, 0.2, 0.3), (0, 0, 0), (0, 0), dict(SMILE)), ((0.1, 0, 0.4), (0, 0, 0), (0, 0), _smiling(0.7))),  # smiles
    (((0.6, 0.7, 0), (0, 0, 0), (0.7, 0.8), {"lidDown": 0.4}), ((0.1, -0.3, 0), (0, 0, 0), (0, 0), {})),  # down and up
)  # fmt: skip


_BEARINGS: tuple[Three, ...] = ((0, 0, 0), (0.15, 0.1, -0.55), (-0.3, -0.6, 0.1), (0.5, 0.5, 0.3))


def _quiet(k: int, size_deg: float, place_cm: float, smile: float) -> Take:
    """One of eight small ways of moving, in one of four bearings, each with a side and a pace of its own."""
    way, bearing = k % 8, _BEARINGS[k // 8 % 4]
    turn, pace = _side(way) * (-1.0) ** (k // 8), (1.0, 1.5, 1.25, 0.85)[k // 8 % 4]
    length, moves, now_s = _length(k, 6.0, 10.0), [], 0.5
    for n, (pose, place, gaze, face) in enumerate(_QUIET[way] * 2):
        takes_s = (1.0 + 0.25 * ((k + n) % 3)) / pace
        if now_s + takes_s > length - 1.2:
            break
        shown = {shape: weight * min(1.0, smile * 4 if shape in SMILE else 0.6) for shape, weight in face.items()}
        fainter = 1.0 if n < 2 else 0.75
        moves.append(
            Move(
                now_s,
                takes_s,
                (
                    size_deg * (fainter * turn * pose[0] + turn * bearing[0]),
                    size_deg * 0.75 * (fainter * pose[1] + bearing[1]),
                    size_deg * (fainter * turn * pose[2] + turn * bearing[2]),
                ),
                (0.0, 0.0, place_cm * place[2]),
                (turn * 5 * gaze[0], 4 * gaze[1]),
                shown or _smiling(smile * (0.3 + 0.7 * ((k + n) % 2))),
            )
        )
        now_s += takes_s + (0.7 + 0.2 * ((k + 2 * n) % 3)) / pace
    return Take(length, (*moves, Move(length - 1.1, 0.8)), 12 + 2 * (k % 5))


_MAKERS: dict[str, Callable[[int], Take]] = {
    "nostalgia": _nostalgia,
    "fun": _fun,
    "dance": _dance,
    "subtle": lambda k: _quiet(k, 2.6, 0.45, 0.1),
    "stitch": lambda k: _quiet(k, 4.2, 0.8, 0.16),
}
