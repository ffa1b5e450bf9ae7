"""One frame: a pure function of rig, track and index."""

from __future__ import annotations

from didgen.engine.motion.track import MotionTrack
from didgen.engine.warp.canvas import Picture
from didgen.engine.warp.rig import Rig
from didgen.engine.warp.slit import paint


def draw(rig: Rig, track: MotionTrack, index: int) -> Picture:
    """(height, width, 3) uint8 RGB: frame `index` of the track.

    A track at rest gives the source bit for bit; stitched, so does every px that no flow reaches: flows fade to zero
    inside the work picture, so it is pasted whole, without a mask.
    """
    work = draw_work(rig, track, index)
    if rig.photo is None:
        return work
    left, top = rig.corner
    frame = rig.photo.copy()
    frame[top : top + rig.geometry.height, left : left + rig.geometry.width] = work
    return frame


def draw_work(rig: Rig, track: MotionTrack, index: int) -> Picture:
    """(h, w, 3) uint8 RGB: the part of frame `index` in which anything ever moves; it lies at `rig.corner`."""
    weights, move = rig.calibration.weighed(track.weights[index]), rig.move(track, index)
    reading = rig.field.reading(weights, move)
    work = rig.cutout.drawn(reading)
    paint(rig.slits, work, weights, move, track.gaze_deg[index], float(track.tongue[index]))
    if rig.creases is not None:
        rig.creases.paint(work, weights, reading)
    if rig.pout is not None:
        rig.pout.paint(work, weights, reading)
    if rig.sheen is not None:
        rig.sheen.paint(work, move, reading)
    return work
