"""Motion files: how somebody moved, as numbers, for drivers of one's own. No picture and no sound is in them.

One JSON object, a channel a line, whole numbers: hundredths of a degree (`*_deg`), thousandths of a centimetre
(`*_cm`), thousandths of a weight (all others). A channel that is not there is 0 all along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from didgen.catalog.nearest import nearest
from didgen.catalog.shapes import SHAPES
from didgen.digest import canonical_json, sha256_bytes
from didgen.errors import DidgenError

FORMAT, VERSION = "didgen motion", 1
MAX_BYTES = 16 << 20
MAX_FRAMES = 300 * 60
SLOWEST_FPS, FASTEST_FPS = 10, 60
POSE = ("yaw_deg", "pitch_deg", "roll_deg")
PLACE = ("x_cm", "y_cm", "z_cm")
GAZE = ("gaze_x_deg", "gaze_y_deg")
CHANNELS = (*POSE, *PLACE, *GAZE, *SHAPES)
PER_UNIT = {"deg": 100, "cm": 1000}  # by the end of a channel's name; of a weight 1000
_MOST = {"deg": 90, "cm": 10}  # of a weight 1
_WHAT = "head, gaze, lids and face of a driver, from how it rests; no sound"
_AGAIN = "make it again: didgen driver VIDEO --name NAME"


class MotionError(DidgenError):
    """A file that is no motion file of ours; the message goes on from the file's name."""

    def __init__(self, message: str, *, hint: str = _AGAIN) -> None:
        super().__init__(message, hint=hint)


@dataclass(frozen=True, slots=True)
class Motion:
    """fps: whole pictures a second. frames: how many. channels: name → one whole number a frame. made_from: the
    video's name. engine: the version of the engine that followed it."""

    fps: int
    frames: int
    channels: Mapping[str, tuple[int, ...]]
    made_from: str = ""
    engine: int = 0

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    def span(self, channel: str) -> tuple[float, float]:
        """The least and the most of a channel, in its unit."""
        values = self.channels.get(channel, (0,))
        return min(values) / per_unit(channel) + 0.0, max(values) / per_unit(channel) + 0.0


def per_unit(channel: str) -> int:
    """How many of a channel's whole numbers make one degree, centimetre or full weight."""
    return PER_UNIT.get(channel.rpartition("_")[2], 1000)


def is_motion(head: bytes) -> bool:
    """Whether a file that begins so is no video but may be one of these."""
    return head.lstrip()[:1] == b"{"


def motion_bytes(motion: Motion) -> bytes:
    """The file of a motion."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "what": _WHAT,
        "units": "*_deg 1/100 degree, *_cm 1/1000 cm, others 1/1000 of a weight",
        "made": {"from": motion.made_from, "engine": motion.engine},
        "fps": motion.fps,
        "frames": motion.frames,
        "sha256": _digest(motion),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    rows = [f"  {json.dumps(name)}: {json.dumps(values, separators=(',', ':'))}" for name, values in _moving(motion)]
    return ("{\n" + ",\n".join(lines) + ',\n"channels": {\n' + ",\n".join(rows) + "\n}}\n").encode()


def read_motion(data: bytes) -> Motion:
    """The motion in a file's bytes. Raises MotionError: another file, a newer form, damaged, out of range."""
    if len(data) > MAX_BYTES:
        raise MotionError(f"is {len(data) >> 20} MiB, and a motion file has at most {MAX_BYTES >> 20}")
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MotionError("is no motion file, or damaged: it cannot be read as JSON") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise MotionError(f'is no motion file: "format" is not {FORMAT!r}')
    if record.get("version") != VERSION:
        newer = f"is a motion file of form {record.get('version')!r}; this didgen reads form {VERSION}"
        raise MotionError(newer, hint="update didgen, or make it again")
    motion = _checked(record)
    if record.get("sha256") != _digest(motion):
        raise MotionError("was changed or damaged: its numbers are not those that were written")
    return motion


def _checked(record: Mapping[str, Any]) -> Motion:
    fps, frames, given = record.get("fps"), record.get("frames"), record.get("channels")
    if not _whole(fps, SLOWEST_FPS, FASTEST_FPS):
        raise MotionError(f'"fps" is not a whole number from {SLOWEST_FPS} to {FASTEST_FPS}')
    if not _whole(frames, 1, MAX_FRAMES):
        raise MotionError(f'"frames" is not a whole number from 1 to {MAX_FRAMES:,}')
    if not isinstance(given, dict):
        raise MotionError('has no "channels"')
    for name, values in given.items():
        if name not in CHANNELS:
            raise MotionError(f"has a channel {name!r} that nobody knows", hint=nearest(name, CHANNELS))
        most = _MOST.get(name.rpartition("_")[2], 1) * per_unit(name)
        if not isinstance(values, list) or len(values) != frames:
            raise MotionError(f"has no {frames} numbers in its channel {name}")
        if not all(_whole(value, -most, most) for value in values):
            raise MotionError(f"has more than -{most:,} to {most:,}, or no whole number, in its channel {name}")
    made = record.get("made")
    made = made if isinstance(made, dict) else {}
    source, engine = str(made.get("from", "")), made.get("engine")
    channels = {name: tuple(values) for name, values in given.items()}
    return Motion(fps, frames, channels, source, engine if _whole(engine, 0, 1_000_000) else 0)  # type: ignore[arg-type]


def _whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _moving(motion: Motion) -> list[tuple[str, tuple[int, ...]]]:
    """Channels in which anything is, in the order of CHANNELS."""
    return [(name, motion.channels[name]) for name in CHANNELS if any(motion.channels.get(name, ()))]


def _digest(motion: Motion) -> str:
    numbers = {name: list(values) for name, values in _moving(motion)}
    return sha256_bytes(canonical_json({"fps": motion.fps, "frames": motion.frames, "channels": numbers}))
