"""How far a face may be turned, and how far it must be asked to turn to look as far as wanted.

A photo has no hidden cheek: its relief is pressed together (see `geometry.depth_map`), so a turned head looks turned
by less than asked. That is measured once per face with the landmark net itself, and made good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.landmarks import blendshape_scores, find_landmarks, region_of_landmarks
from didgen.engine.face.mesh import LIP_GAP, MOUTH_CORNERS, SCORE_INDEX, canonical_mesh
from didgen.engine.face.pose import place_head, pose_from_rotation
from didgen.engine.motion.curves import weights_of
from didgen.engine.motion.mouth import SHAPES_OF
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.warp.field import FlowField
from didgen.engine.warp.geometry import Geometry, HeadMove, smoothstep
from didgen.engine.warp.response import Response

_LEAST_AREA = 0.30  # of a piece of the head: squeezed further it looks folded
_LEAST_AREA_ROUND = 0.08  # of a piece of neck or of hair beside it: above 0, where it would fold
_FOLD_SHARE = 0.3  # percent of the head that may be squeezed further (noise of the relief at the nose's edge)
_FURTHEST_DEG = 24.0
_PROBED_DEG = 13.0  # the furthest turn shown to the net
_PROBES = ((-0.9, -0.45, 0.45, 0.9), (-0.7, 0.7), (-0.5, 0.5))  # of that or of the limit: yaw, pitch, roll
_SMILES = [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]
_SMILE_SCORES = [SCORE_INDEX["mouthSmileLeft"], SCORE_INDEX["mouthSmileRight"]]
_PUCKER, _JAW, _SEAL, _PRESS = (INDEX[name] for name in ("mouthPucker", "jawOpen", "seal", "mouthPress"))
_LIPS_APART = [INDEX[f"mouth{lip}{side}"] for lip in ("UpperUp", "LowerDown") for side in ("Left", "Right")]
_SMILE_CM = 0.62  # how far a smile of weight 1 lifts the corners of the mouth
_ASKED = 0.44  # of a photo's smile score: the weight with which a neutral talk takes a smile back (see `compose`)
_TAKEN = (
    0.62  # of the photo's smile shall be gone then: with more left the net still sees it, with less the likeness goes
)
_LEFT = 0.73  # of the photo's smile score shall be seen in p, b and m then: a quarter of that, over a whole talk
_LEFT_SLOPE = 0.85  # by how much of itself the taking back falls for what is missing of that
_LEAST_TAKEN = 0.61  # of what is taken without a look
_FROWN = 0.35  # the weight by which a smile taken back may go beyond a calm mouth; not of rounded lips: it narrows them
_WIDEST_SMILE = 1.15  # weight, the photo's own included: wider than that lips are stretched, not happier
_HAPPY_KEPT = 0.7  # of what rounded lips would take off the photo's smile, under a smile of weight 1
_AGAINST_SMILES = weights_of({"mouthPucker": 1.0, "mouthFunnel": 0.4, "mouthFrown": 0.25})
_EE, _OO, _PP = (weights_of(SHAPES_OF[viseme]) for viseme in ("I", "U", "PP"))
_ROUND_SHARE = 0.62  # how wide "oo" shall be seen, of "ee"
_PUCKER_SHARE = 0.7  # of the narrowing of "oo"; the rest is the funnel's and the smile's that goes with it
_PUCKER_GAIN = (0.6, 1.5)
_EE_GAP_CM = 0.8  # between the lips, as the net shall see "ee"
_OPENING_GAIN = (1.0, 1.5)
_SHUT_CM = 0.05  # the gap that the net still sees between lips that are shut
_PRESS_GAIN = (1.0, 1.7)
_STILL = np.zeros(len(SHAPES), np.float32)

Render = Callable[[NDArray[np.floating], HeadMove], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """turns: how yaw, pitch and roll are seen. relax: of smiles taken back. smile: weight of the photo's own smile, 0
    for a calm face. pucker, opening: gains of lips drawn together and of lips that part."""

    turns: tuple[Response, Response, Response]
    relax: float = 1.0
    smile: float = 0.0
    pucker: float = 1.0
    opening: float = 1.0
    press: float = 1.0

    def drawn(self, pose_deg: NDArray[np.floating]) -> tuple[float, float, float]:
        """Yaw, pitch, roll wanted → to draw."""
        yaw, pitch, roll = (turn.drawn(float(a)) for turn, a in zip(self.turns, pose_deg, strict=True))
        return yaw, pitch, roll

    def carried(self, pose_deg: NDArray[np.floating]) -> tuple[float, float, float]:
        """Yaw, pitch, roll wanted → what will be seen of them."""
        yaw, pitch, roll = (turn.possible(float(a)) for turn, a in zip(self.turns, pose_deg, strict=True))
        return yaw, pitch, roll

    def weighed(self, weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """(44,) weights wanted → to draw: a negative smile relaxes this photo's own smile, however wide that is, and
        so do lips that are rounded or drawn down: nobody kisses smiling. A smile on top of it goes the rest of the way
        only. The opening's gain tells on narrow openings: a jaw wide open stays what it is. Lips that shall be shut
        but look apart are pressed in silence, too."""
        out = weights.astype(np.float32)
        against = min(1.0, float(_AGAINST_SMILES @ out))
        least, most = -self.smile - _FROWN * (1 - max(against, 0.0)), max(0.0, _WIDEST_SMILE - self.smile)
        smiles = np.where(out[_SMILES] < 0, np.maximum(out[_SMILES] * self.relax, least), out[_SMILES].clip(max=most))
        out[_PUCKER] *= self.pucker
        out[_PRESS] *= self.press
        shut = min(1.0, max(0.0, (float(out[_SEAL]) - 0.97) / 0.03))
        out[_PRESS] = max(out[_PRESS], 0.6 * shut * (self.press - 1))
        out[_LIPS_APART] *= self.opening
        out[_JAW] += (self.opening - 1) * out[_JAW] * max(0.0, 1 - float(out[_JAW]))
        kept = _HAPPY_KEPT * min(1.0, max(0.0, float(out[_SMILES].max())))  # who is told to smile speaks smiling
        own = self.smile * against * (1 - kept)
        out[_SMILES] = np.minimum(smiles, smiles.clip(0) - own) if against > 0 else smiles
        return out


def calibrate(geometry: Geometry, field: FlowField, render: Render, smile_score: float) -> Calibration:
    """render: the work picture of weights and head move, mouth drawn. smile_score: 0..1, of the photo's blendshapes."""
    limits = turn_limit(geometry, field, 0), turn_limit(geometry, field, 1), _FURTHEST_DEG
    turns = []
    for axis, (limit, probes) in enumerate(zip(limits, _PROBES, strict=True)):
        drawn = [share * min(limit, _PROBED_DEG) for share in probes]
        turns.append(Response.through(drawn, [_seen_deg(geometry, render, axis, d) for d in drawn], limit))
    smile = smile_weight(geometry.mesh_cm)
    found = Calibration((turns[0], turns[1], turns[2]), relax_gain(smile, smile_score), smile)
    asked = np.array([_EE, _OO, _PP], np.float32)
    asked[:, _SMILES] -= _ASKED * smile_score
    ee, oo, pp = (_seen_mouth(geometry, render, found.weighed(weights)) for weights in asked)
    relax = found.relax if pp.smile is None else relaxed(found.relax, pp.smile, smile_score)
    gains = pucker_gain(oo.width_cm / ee.width_cm), opening_gain(ee.gap_cm), press_gain(pp.gap_cm)
    return replace(found, relax=relax, pucker=gains[0], opening=gains[1], press=gains[2])


def pucker_gain(width: float) -> float:
    """How much more lips must be drawn together to look round. width: of "oo" as a share of "ee", as seen without it;
    thin lips and turned faces show less of it."""
    missing = (width - _ROUND_SHARE) / max(1 - width, 0.1)
    return float(np.clip(1 + missing / _PUCKER_SHARE, *_PUCKER_GAIN))


def opening_gain(gap_cm: float) -> float:
    """How much further lips must part to be seen apart. gap_cm: of "ee", as seen without it."""
    return float(np.clip(1 + (_EE_GAP_CM - gap_cm) / _EE_GAP_CM, *_OPENING_GAIN))


def press_gain(gap_cm: float) -> float:
    """How much harder lips must be pressed to be seen shut. gap_cm: of p, b and m, as seen without it."""
    return float(np.clip(1 + (gap_cm - _SHUT_CM) / 0.1, *_PRESS_GAIN))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A mouth as the landmark net sees it: between its corners, between its inner lips; its smile, 0..1, None where the
    net sees no mouth."""

    width_cm: float
    gap_cm: float
    smile: float | None


def _seen_mouth(geometry: Geometry, render: Render, weights: NDArray[np.float32]) -> _Seen:
    """What is seen of weights; of a drawn mouth what the mesh says, less the line. Of the width the mesh has half a
    say: under hair, from the side and askew the net holds a round mouth for a wide one, and would have it drawn to a
    dot."""
    still = geometry.head_move(np.zeros(3), (0, 0, 0), 0.0)
    made = landmarks = geometry.moved(weights, still).astype(np.float32)
    smile, line_cm = None, 0.0
    if geometry.stroke is None:
        landmarks = find_landmarks(render(weights, still), region_of_landmarks(made))[0]
        smile = float(blendshape_scores(landmarks)[_SMILE_SCORES].mean())
    else:
        line_cm = geometry.stroke.thick_px / geometry.px_per_cm
    upper, lower = _canonical(landmarks, LIP_GAP)[:, 1]
    widths = [_width(_canonical(points, MOUTH_CORNERS)) for points in (landmarks, made)]
    return _Seen(float(np.mean(widths)), float(max(upper - lower - line_cm, 0.0)), smile)


def _width(corners_cm: NDArray[np.floating]) -> float:
    right, left = corners_cm[:, :2]
    return float(np.hypot(*(left - right)))


def _canonical(landmarks: NDArray[np.float32], points: Sequence[int]) -> NDArray[np.floating]:
    """(n, 3) cm: some of a face's points with its head straight."""
    return place_head(landmarks).canonical_from_picture(landmarks)[list(points)]


def relax_gain(smile: float, score: float) -> float:
    """By how much a negative smile is enlarged on this photo. smile: weight of its own smile; score: the same as the
    blendshape net sees it, by which talks ask for less of it. 1 for a face the net sees no smile in."""
    wanted = float(np.clip(_TAKEN * smile / (_ASKED * max(score, 0.1)), 1.0, 3.0))
    return 1 + (wanted - 1) * float(smoothstep(0.1, 0.3, np.array(score)))


def relaxed(relax: float, seen: float, score: float) -> float:
    """`relax_gain` after a look: a little of the smile shall stay, on every photo as much of its own: a face that talks
    without any is another one's. seen: the smile of p, b and m with that gain; score: the photo's. Who hardly smiles is
    left as before; less than is asked for is never taken."""
    share = float(np.clip(1 + _LEFT_SLOPE * (seen / max(score, 0.1) - _LEFT), _LEAST_TAKEN, 1.0))
    return max(1.0, relax * (1 + (share - 1) * float(smoothstep(0.4, 0.6, np.array(score)))))


def smile_weight(mesh_cm: NDArray[np.floating]) -> float:
    """Of the smile that a face (478, 3) smiles already: 0 calm, 1 as wide as a smile of ours, at most 1.5."""
    return float(np.clip(smile_lift_cm(mesh_cm) / _SMILE_CM, 0.0, 1.5))


def smile_lift_cm(mesh_cm: NDArray[np.floating]) -> float:
    """How much higher this face's corners of the mouth stand than a calm face's."""
    return _corner_lift(mesh_cm) - _corner_lift(canonical_mesh().vertices_cm)


def _corner_lift(mesh_cm: NDArray[np.floating]) -> float:
    """How far the corners of the mouth stand above the middle between the lips, cm."""
    return float(mesh_cm[list(MOUTH_CORNERS), 1].mean() - mesh_cm[list(LIP_GAP), 1].mean())


def turn_limit(geometry: Geometry, field: FlowField, axis: int) -> float:
    """The largest turn about an axis (0 yaw, 1 pitch), degrees, that folds no part of the head either way."""
    inside = field.head > 0.8
    for degrees in np.arange(2.0, _FURTHEST_DEG, 1.0):
        for sign in (-1, 1):
            pose = np.zeros(3)
            pose[axis] = sign * degrees
            area = area_change(field, geometry.head_move(pose, (0, 0, 0), 0.0))
            if np.percentile(area[inside], _FOLD_SHARE) < _LEAST_AREA or area.min() < _LEAST_AREA_ROUND:
                return float(degrees - 1)
    return _FURTHEST_DEG


def area_change(field: FlowField, move: HeadMove) -> NDArray[np.float32]:
    """(rows, columns) Jacobian determinant of the forward flow on the nodes: 1 = as in the photo, <= 0 = folded."""
    flow = field.forward(_STILL, move)
    down, across = (np.asarray(np.gradient(flow, field.grid.step, axis=axis)) for axis in (0, 1))
    area: NDArray[np.float32] = (1 + across[..., 0]) * (1 + down[..., 1]) - across[..., 1] * down[..., 0]
    return area


def _seen_deg(geometry: Geometry, render: Render, axis: int, degrees: float) -> float:
    """By how much the landmark net sees the head turned that is drawn turned by so much."""
    pose = np.zeros(3)
    pose[axis] = degrees
    move = geometry.head_move(pose, (0, 0, 0), 0.0)
    around = region_of_landmarks((geometry.moved(_STILL, move) + 0.5).astype(np.float32))
    rotation = place_head(find_landmarks(render(_STILL, move), around)[0]).R0 @ geometry.placement.R0.T
    return pose_from_rotation(rotation)[axis]
