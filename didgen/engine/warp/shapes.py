"""What each weight of a motion track does to a face: displacements of the 478 mesh points, in canonical cm.

Canonical axes: x to the picture's right, y up, z towards the camera. The subject's left stands at x > 0. All shapes are
made by hand on the person's own mesh, so they fit its proportions; a few words used throughout: mw is the width of
the mouth, u runs -1..1 from corner to corner (further beyond them), a bump is a Gaussian in x and y.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from math import radians

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES, LIP_CORNERS, LIP_GAP, LIP_ROWS_LOWER, LIP_ROWS_UPPER, MOUTH_CORNERS, Eye
from didgen.engine.motion.track import INDEX
from didgen.engine.warp.held import NOSE_WINGS, off_edge, off_nose

Floats = NDArray[np.float64]

SIDES = (("Left", 1.0), ("Right", -1.0))  # the sign of x

_JAW_DEG = 12.5  # at weight 1: wider than speech ever asks
_JAW_GLIDE_CM = (0.0, -0.85, 1.0)  # the joint slides forward as it turns: without it the chin goes back, not down
_SQUEEZE = 2.2  # of the gap that lips seem to have, per unit of mouthPress: p, b and m ask for about a half
_CALM_MOUTH_CM = 5.4  # wide; what a smile adds goes with the smile, which rounding takes back (see `Calibration`)
_FULLER = 0.22  # of their height lips lose by a smile of weight 1, which pulls them long: it comes back as a smile goes
_THIN_LIP_CM = 0.5  # thicker lips gain no more than such
_OO_WIDE, _OH_WIDE = 0.64, 0.84  # u where the hole of round lips ends
_OH_SHUT = 0.18
_MIDDLE_OUT_CM = 0.5  # how far lips come forward that are drawn together
_UNBENT = 0.85  # of how far their corners lie behind the middle: they come forward by that, besides
_EVEN = 0.75  # of what one side of a crooked mouth is longer than half of it; an oh asks for most of a pucker
_UP, _LO = (np.array(rows) for rows in (LIP_ROWS_UPPER, LIP_ROWS_LOWER))


def shape_basis(mesh_cm: Floats, mouth_open: bool, gap_cm: float) -> NDArray[np.float64]:
    """(44, 478, 3) cm: how far each mesh point goes per unit weight, in the order of `track.SHAPES`.

    mesh_cm: (478, 3) the person's own mesh, head straight. mouth_open, gap_cm: whether and how far the photo's lips
    are apart; `seal` closes that, and does nothing on closed lips.
    """
    head = _Head(mesh_cm)
    basis = np.zeros((len(INDEX), len(mesh_cm), 3))
    for name, moved in _mouth(head, gap_cm if mouth_open else 0.0):
        basis[INDEX[name]] = moved * (head.below_eyes * head.off_nose)[:, None]
    for name, moved in (*_nose(head), *_upper_face(head)):
        basis[INDEX[name]] = moved
    return basis


class _Head:
    """Measures of one mesh that the shapes share."""

    def __init__(self, mesh_cm: Floats) -> None:
        self.mesh = mesh_cm.astype(np.float64)
        self.x, self.y, self.z = self.mesh.T
        right, left = self.mesh[list(MOUTH_CORNERS)]
        self.cx, self.cy, _ = (right + left) / 2
        self.mw = float(np.hypot(*(left - right)[:2]))
        # a crooked mouth's lies nearer to one corner
        self.middle = float(self.x[[_UP[0, 5], _LO[0, 5]]].mean() - self.cx)
        aside = self.x - self.cx - self.middle
        self.u = aside / (self.mw / 2 - np.sign(aside) * self.middle)
        self.lat = np.clip(1 - self.u**2, 0, 1)
        self.bent = max(float(self.z[list(LIP_GAP)].mean() - (right + left)[2] / 2), 0.0)  # around the teeth, cm
        inner = np.abs(self.u[_UP[3, [0, -1]]]).mean()
        self.bow = np.clip(1 - (self.u / inner) ** 2, 0, 1) ** 0.48  # an ellipse, hardly blunter

    def bump(self, x: float, y: float, rx: float, ry: float) -> Floats:
        """(478,) 1 at x, y, falling off by the radii rx, ry (cm)."""
        out: Floats = np.exp(-0.5 * (((self.x - x) / rx) ** 2 + ((self.y - y) / ry) ** 2))
        return out

    def side(self, sign: float) -> Floats:
        """(478,) 0 on the other side of the mouth, 1 on this one, soft over its middle, where both sides make 0.9."""
        return _smoothstep(-0.37, 0.43, sign * self.u)

    def corner(self, sign: float) -> Floats:
        """(3,) the corner of the mouth on one side."""
        point: Floats = self.mesh[MOUTH_CORNERS[1] if sign > 0 else MOUTH_CORNERS[0]]
        return point

    def corner_pull(self, sign: float) -> Floats:
        """(478,) how much a point follows the corner of the mouth: the lips along their length, the skin near by."""
        x, y, _ = self.corner(sign)
        pull = self.bump(x, y, 0.22 * self.mw, 0.24 * self.mw)
        lips = 0.95 * _smoothstep(0.05, 1.0, sign * self.u) ** 1.3
        rows = np.unique(np.concatenate([_UP, _LO]))
        pull[rows] = np.maximum(pull[rows], lips[rows])
        return pull

    @cached_property
    def fullness(self) -> Floats:
        """(478,) cm up (lower lip: down) that the edges of lips go which grow by their own height, full ones by no more
        than thin ones; the skin under the lower one gives way."""
        upper, lower = (np.clip(self.y[r[0]] - self.y[r[3]], -_THIN_LIP_CM, _THIN_LIP_CM) for r in (_UP, _LO))
        out = 0.8 * self.bump(self.cx, self.cy - 0.34 * self.mw, 0.34 * self.mw, 0.14 * self.mw) * float(lower.mean())
        for above, below, share in zip(_UP, _LO, (1.0, 0.55, 0.2, 0.0), strict=True):
            out[above], out[below] = share * upper, share * lower
        fuller: Floats = out * np.sqrt(self.lat)
        return fuller

    def rows(self, lips: NDArray[np.intp], shares: tuple[float, ...]) -> Floats:
        """(478,) one share per row of lip points, outer to inner; a corner has its innermost row's."""
        out = np.zeros(len(self.mesh))
        for row, share in zip(lips, shares, strict=True):
            out[row] = share
        return out

    @cached_property
    def below_eyes(self) -> Floats:
        """(478,) 1 for the lower face, 0 from the lower lids up: what mouths do must not pull at eyes."""
        under = np.mean([self.y[list(eye.under)].mean() for eye in EYES.values()])
        lids = np.mean([self.y[list(eye.lo)].mean() for eye in EYES.values()])
        return _smoothstep(lids, under - 0.9, self.y)

    @cached_property
    def off_nose(self) -> Floats:
        """(478,) how much of what a mouth does is left on the nose and about it, see `held`."""
        return off_nose(self.mesh)

    @cached_property
    def off_edge(self) -> Floats:
        """(478,) the same of the outline of the face, for what draws cheeks along."""
        return off_edge(self.mesh)

    @cached_property
    def jaw(self) -> Floats:
        """(478,) how much a point turns with the jaw: the chin wholly, the upper lip hardly, nothing above it."""
        hinge_y, hinge_z = self.y[[234, 454]].mean(), self.z[[234, 454]].mean()
        angle = np.degrees(np.arctan2(self.y - hinge_y, np.maximum(self.z - hinge_z, 0.5)))
        corner = angle[list(MOUTH_CORNERS)].mean()
        near = _smoothstep(corner + 5, corner - 9, angle)
        far = 0.9 * _smoothstep(corner + 20, corner - 16, angle)
        out = near + _smoothstep(1.0, 2.3, np.abs(self.u)) * (far - near)
        out[_UP.ravel()] = (0.48 * (1 - self.bow) ** 1.2)[_UP.ravel()]
        out[_LO.ravel()] = (0.48 + 0.42 * self.bow)[_LO.ravel()]
        out[list(LIP_CORNERS)] = 0.48
        return out


def _mouth(head: _Head, gap_cm: float) -> Iterator[tuple[str, Floats]]:
    yield from _jaw(head)
    yield "seal", _vertical(_seal(head, gap_cm))
    yield from _rounding(head)
    yield from _lip_rows(head, parted=gap_cm > 0)
    for side, sign in SIDES:
        yield from _corners(head, side, sign)
        yield from _lips_apart(head, side, sign)
        across = head.bump(head.cx, head.cy, 0.75 * head.mw, 0.5 * head.mw)
        yield f"mouth{side}", _along((0.6 * sign, 0, 0), across)
        yield from _cheek(head, side, sign)
    puff = sum(head.bump(head.cx + s * 0.95 * head.mw, head.cy + 0.1 * head.mw, 1.1, 1.3) * s for _, s in SIDES)
    yield "cheekPuff", np.stack([0.4 * puff, 0 * puff, 0.5 * np.abs(puff)], 1)


def _jaw(head: _Head) -> Iterator[tuple[str, Floats]]:
    turn = radians(_JAW_DEG)
    hinge = np.array([0, head.y[[234, 454]].mean(), -0.3])
    arm = head.mesh - hinge
    # about the x axis, chin down and back
    down = arm[:, 1] * np.cos(turn) - arm[:, 2] * np.sin(turn)
    back = arm[:, 1] * np.sin(turn) + arm[:, 2] * np.cos(turn)
    opened = np.stack([0 * down, down - arm[:, 1], back - arm[:, 2]], 1) + _JAW_GLIDE_CM
    opened *= head.jaw[:, None]
    for _, sign in SIDES:
        x, y, _ = head.corner(sign)
        opened[:, 0] -= sign * 0.09 * head.mw * head.bump(x, y, 0.28 * head.mw, 0.36 * head.mw)
    yield "jawOpen", opened
    for side, sign in SIDES:
        yield f"jaw{side}", _along((0.55 * sign, 0, 0), head.jaw)
    yield "jawForward", _along((0, 0.06, 0.6), head.jaw)


def _seal(head: _Head, gap_cm: float) -> Floats:
    """The lower lip comes up nearly whole, the skin under it follows: stretched alone it would be one long smear."""
    arch = _smoothstep(0, 0.2, head.lat)
    down, up = head.rows(_UP, (0.3, 0.6, 0.85, 1.0)), head.rows(_LO, (0.66, 0.8, 0.92, 1.0))
    down[list(LIP_CORNERS)] = up[list(LIP_CORNERS)] = 0
    below = head.bump(head.cx, head.cy - 0.42 * head.mw, 0.3 * head.mw, 0.2 * head.mw)
    up = np.maximum(up, 0.55 * below * (1 - _on(head, np.concatenate([_UP, _LO]))))
    out: Floats = arch * _gap(head, gap_cm) * (0.62 * up - 0.38 * down)
    return out


def _gap(head: _Head, gap_cm: float) -> Floats:
    """(478,) the photo's own gap between the inner lips at each point's u; `gap_cm` says how far it may be trusted."""
    if gap_cm <= 0:
        return np.zeros(len(head.mesh))
    upper, lower = _UP[3], _LO[3]
    order = np.argsort(head.u[upper])
    height = np.maximum(head.y[upper] - head.y[lower], 0)
    out: Floats = np.interp(head.u, head.u[upper][order], height[order])
    return out


def _rounding(head: _Head) -> Iterator[tuple[str, Floats]]:
    """Lips drawn together and forward. The corners come in as far as anything: a mouth whose middle alone is narrowed
    does not look round; a crooked mouth's longer side comes in further, for a round hole stands under the nose. Beyond
    them the cheek gives way, its edge hardly. The corners come forward more than the middle: what was bent around the
    teeth is a ring now. Left behind they would hang over a head that is turned or nods: to one side, and up.
    """
    rise = head.y - head.cy
    tall = np.where(rise > 0, 0.24, 0.34) * head.mw
    near = np.exp(-0.5 * (rise / tall / (1 + 0.5 * _smoothstep(0.9, 1.6, np.abs(head.u)))) ** 2)  # and the cheeks
    beside = _smoothstep(2.2, 1.0, np.abs(head.u))
    aside = np.clip(head.u, -1, 1)
    # Of a lip the outer edge comes in less than the inner one, so that it is as full beside the hole as under it.
    flank = _smoothstep(0.15, 0.5, np.abs(head.u)) * _smoothstep(1.0, 0.75, np.abs(head.u))
    gives = beside * near * head.off_edge
    drawn = gives * (1 - flank * (head.rows(_UP, (0.3, 0.18, 0.07, 0)) + head.rows(_LO, (0.7, 0.42, 0.15, 0))))
    inward = -0.5 * min(head.mw, _CALM_MOUTH_CM) * aside * drawn
    even = _EVEN * head.middle * np.abs(aside) * drawn
    ring = gives * (_MIDDLE_OUT_CM + _UNBENT * head.bent * aside**2)
    arch = np.sqrt(head.lat)
    # Of an oo the lips touch towards the corners, and what is left open between them is an ellipse: not a slit, nor a
    # diamond; of an oh it reaches nearly as far as the lips. What opens moves a lip, what shuts only its inner edge.
    oo, oh = (np.sqrt(np.clip(1 - (head.u / width) ** 2, 0, 1)) for width in (_OO_WIDE, _OH_WIDE))
    upper, lower = head.rows(_UP, (0.8, 1, 1, 1)), head.rows(_LO, (0.9, 1, 1, 1))
    edges = 0.7 * head.rows(_LO, (0.4, 0.7, 1, 1)) - 0.75 * head.rows(_UP, (0.1, 0.4, 0.8, 1))
    shut, less = (share * (1 - hole) * arch * edges for share, hole in ((0.42, oo), (_OH_SHUT, oh)))
    opened = oh * (0.28 * upper - 0.44 * lower) + less
    thicker = arch * (head.rows(_UP, (0.22, 0.14, 0.05, 0)) - head.rows(_LO, (0.17, 0.11, 0.04, 0)))
    above = head.bump(head.cx, head.cy + 0.3 * head.mw, 0.3 * head.mw, 0.14 * head.mw)
    below = head.bump(head.cx, head.cy - 0.36 * head.mw, 0.3 * head.mw, 0.14 * head.mw)
    yield "mouthPucker", np.stack([0.31 * inward + even, thicker + shut + 0.1 * (above - below), ring], 1)
    opened += 0.6 * thicker + 0.1 * above - 0.28 * below
    yield "mouthFunnel", np.stack([0.2 * inward, opened, 0.7 * ring], 1)


def _lip_rows(head: _Head, *, parted: bool) -> Iterator[tuple[str, Floats]]:
    """Shapes that move one lip against itself. Pressed lips that only look a little apart come together too: p, b and m
    must be seen."""
    seam = (head.mesh[_UP[3]] + head.mesh[_LO[3]]) / 2
    rolled = {"Upper": np.zeros_like(head.mesh), "Lower": np.zeros_like(head.mesh)}
    pressed = np.zeros_like(head.mesh)
    for lip, rows in (("Upper", _UP), ("Lower", _LO)):
        for row in rows[:3]:
            rolled[lip][row] = 0.5 * (head.mesh[rows[3]] - head.mesh[row]) - (0, 0, 0.15)
            pressed[row] = 0.24 * (seam - head.mesh[row]) - (0, 0, 0.1)
        if not parted:
            for row, share in zip(rows, (0.3, 0.6, 0.85, 1.0), strict=True):
                pressed[row] += _SQUEEZE * share * np.clip(seam - head.mesh[rows[3]], -0.14, 0.14)
        rolled[lip][list(LIP_CORNERS)] = pressed[list(LIP_CORNERS)] = 0
        yield f"mouthRoll{lip}", rolled[lip]
    for _, sign in SIDES:
        pressed += _along((0.12 * sign, -0.03, -0.1), head.corner_pull(sign))
    yield "mouthPress", pressed
    arch, ones = np.sqrt(head.lat), (1.0, 1.0, 1.0, 1.0)
    upper, lower = arch * head.rows(_UP, ones), arch * head.rows(_LO, ones)
    chin = head.bump(head.cx, head.cy - 0.55 * head.mw, 0.42 * head.mw, 0.34 * head.mw)
    up = np.maximum(lower, chin * (1 - _on(head, _UP)))
    yield "mouthShrugLower", _along((0, 0.34, 0.18), up) + _along((0, 0.2, 0.05), upper)
    yield "mouthShrugUpper", _along((0, 0.2, 0.12), upper)


def _corners(head: _Head, side: str, sign: float) -> Iterator[tuple[str, Floats]]:
    pull = head.corner_pull(sign)
    x, y, _ = head.corner(sign)
    mw = head.mw
    cheek = head.bump(x + sign * 0.22 * mw, y + 0.5 * mw, 0.34 * mw, 0.28 * mw)
    fold = head.bump(x + sign * 0.12 * mw, y + 0.22 * mw, 0.18 * mw, 0.16 * mw)
    jowl = head.bump(x + sign * 0.1 * mw, y - 0.35 * mw, 0.3 * mw, 0.25 * mw)
    smile = _along((0.68 * sign, 0.62, -0.35), pull) + _along((0.1 * sign, 0.34, 0.12), cheek * (1 - 0.6 * pull))
    smile += _along((0.18 * sign, 0.2, 0), fold * (1 - pull)) + _along((0.12 * sign, 0.16, 0), jowl * (1 - pull))
    smile += _vertical(-_FULLER * head.side(sign) * head.fullness)
    yield f"mouthSmile{side}", smile * head.off_edge[:, None]
    yield f"mouthFrown{side}", _along((0.06 * sign, -0.5, 0), pull) + _along((0, -0.12, 0), jowl * (1 - pull))
    yield f"mouthStretch{side}", _along((0.6 * sign, -0.16, -0.2), pull)
    yield f"mouthDimple{side}", _along((0.35 * sign, 0.05, -0.25), pull)


def _lips_apart(head: _Head, side: str, sign: float) -> Iterator[tuple[str, Floats]]:
    half = head.side(sign) * head.bow
    mw = head.mw
    above = head.bump(head.cx + sign * 0.22 * mw, head.cy + 0.3 * mw, 0.24 * mw, 0.12 * mw)
    below = head.bump(head.cx + sign * 0.22 * mw, head.cy - 0.34 * mw, 0.26 * mw, 0.14 * mw)
    lips = _on(head, np.concatenate([_UP, _LO]))
    up = np.maximum(half * head.rows(_UP, (0.85, 0.95, 1, 1)), 0.6 * above * (1 - lips))
    down = np.maximum(half * head.rows(_LO, (0.8, 0.9, 1, 1)), 0.55 * below * (1 - lips))
    yield f"mouthUpperUp{side}", _along((0, 0.42, 0.02), up)
    yield f"mouthLowerDown{side}", _along((0, -0.45, 0.02), down)


def _cheek(head: _Head, side: str, sign: float) -> Iterator[tuple[str, Floats]]:
    eye = EYES[side]
    x, y, _ = head.mesh[list(eye.under)].mean(0)
    cheek = head.bump(x + sign * 0.3, y - 0.9, 1.5, 0.75)
    yield f"cheekSquint{side}", _along((0, 0.3, 0.1), cheek)


def _nose(head: _Head) -> Iterator[tuple[str, Floats]]:
    for (side, sign), wing in zip(SIDES, NOSE_WINGS, strict=True):
        x, y, _ = head.mesh[wing]
        sneer = head.bump(x, y, 0.75, 0.65) + 0.5 * head.bump(x + sign * 0.15, y - 0.75, 0.6, 0.45)
        yield f"noseSneer{side}", _along((0, 0.32, 0.05), sneer * head.below_eyes)


def _upper_face(head: _Head) -> Iterator[tuple[str, Floats]]:
    inner_up = np.zeros(len(head.mesh))
    for side, sign in SIDES:
        eye = EYES[side]
        inner = head.mesh[[eye.brow[4], eye.brow[9]]].mean(0)
        outer = head.mesh[[eye.brow[0], eye.brow[1], eye.brow[5]]].mean(0)
        middle = head.mesh[list(eye.brow)].mean(0)
        inner_up = np.maximum(inner_up, _brow(head, inner, 1.15))
        yield f"browOuterUp{side}", _along((0, 0.62, 0), _brow(head, outer, 1.35) * _half(head, sign))
        down = _brow(head, middle, 1.7) * _half(head, sign)
        yield f"browDown{side}", _along((-0.16 * sign, -0.55, 0.1), down)
        yield from _lids(head, side, eye)
    yield "browInnerUp", _along((0, 0.55, 0), inner_up)


def _half(head: _Head, sign: float) -> Floats:
    """(478,) 0..1: this side of the face, soft over a centimetre about its middle line."""
    return _smoothstep(-0.5, 0.7, sign * head.x)


def _brow(head: _Head, point: Floats, rx: float) -> Floats:
    """(478,) a bump about a point of a brow: far up the forehead, short towards the lids, which hardly follow."""
    ry = np.where(head.y > point[1], 2.6, 0.85)
    bump: Floats = np.exp(-0.5 * (((head.x - point[0]) / rx) ** 2 + ((head.y - point[1]) / ry) ** 2))
    for eye in EYES.values():
        bump[[*eye.up, *eye.lo, *eye.under]] *= 0.08
        bump[[*eye.crease]] *= 0.3
    return bump


def _lids(head: _Head, side: str, eye: Eye) -> Iterator[tuple[str, Floats]]:
    """Lids. The corners of an eye stay where they are."""
    opening = head.mesh[list(eye.lo)] - head.mesh[list(eye.up)]
    arch = np.sin(np.linspace(0, np.pi, len(eye.up)))[:, None]
    lift = arch * (0.0, 1.0, 0.0)
    yield f"eyeBlink{side}", _rows_of(head, eye, (0.94 * opening, 0.58 * opening, 0.1 * opening, -0.06 * opening))
    yield f"eyeSquint{side}", _rows_of(head, eye, (-0.1 * lift, -0.06 * lift, 0 * lift, 0.22 * lift))
    yield f"eyeWide{side}", _rows_of(head, eye, (0.26 * lift, 0.18 * lift, 0.08 * lift, -0.04 * lift))
    yield f"lidDown{side}", _rows_of(head, eye, (-0.22 * lift, -0.14 * lift, -0.05 * lift, -0.03 * lift))


def _rows_of(head: _Head, eye: Eye, moved: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    """(478, 3) from (9, 3) displacements of the upper lid, its crease, the row above, and the lower lid; what lies
    under the lower lid follows it by half."""
    out = np.zeros_like(head.mesh)
    up, crease, above, low = moved
    for points, shift in ((eye.up2, above), (eye.crease, crease), (eye.under, 0.5 * low), (eye.up, up), (eye.lo, low)):
        out[list(points)] = shift
    out[[eye.up[0], eye.up[-1]]] = 0
    return out


def _on(head: _Head, rows: NDArray[np.intp]) -> Floats:
    """(478,) 1 on these rows of points, 0 elsewhere."""
    out = np.zeros(len(head.mesh))
    out[np.unique(rows)] = 1
    return out


def _along(direction: tuple[float, float, float], amount: Floats) -> Floats:
    """(478, 3): a (478,) amount along one direction."""
    moved: Floats = amount[:, None] * np.array(direction)
    return moved


def _vertical(amount: Floats) -> Floats:
    return _along((0, 1, 0), amount)


def _smoothstep(low: float, high: float, x: Floats) -> Floats:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    out: Floats = t * t * (3 - 2 * t)
    return out
