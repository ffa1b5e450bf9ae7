"""Motion files: what was written comes back, and whatever else a file holds is one clear error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from didgen.errors import DidgenError
from didgen.media.motion import MAX_BYTES, VERSION, Motion, MotionError, is_motion, motion_bytes, read_motion

MOTION = Motion(25, 3, {"yaw_deg": (0, -250, 1234), "jawOpen": (0, 500, 1000), "z_cm": (1, 0, -1)}, "Ännä.mp4", 3)


def test_what_is_written_is_read() -> None:
    """Numbers, rate, length and source come back; a channel that rests is left out; two writings are equal."""
    data = motion_bytes(MOTION)
    assert MOTION == read_motion(data)
    resting = Motion(25, 3, {**MOTION.channels, "pitch_deg": (0, 0, 0)}, "Ännä.mp4", 3)
    assert data == motion_bytes(resting)
    assert (0.12, (-2.5, 12.34), (0, 1), (0, 0)) == (
        MOTION.seconds, MOTION.span("yaw_deg"), MOTION.span("jawOpen"), MOTION.span("roll_deg"),
    )  # fmt: skip
    assert is_motion(data)
    assert not is_motion(b"\x00\x00\x00 ftypisom")


def test_a_file_cut_anywhere_is_refused() -> None:
    """At no length but its own is a file read; what is wrong and what to do is said."""
    data = motion_bytes(MOTION).rstrip()
    for length in range(len(data)):
        with pytest.raises(MotionError) as caught:
            read_motion(data[:length])
        assert "didgen driver" in caught.value.hint


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    record = json.loads(motion_bytes(MOTION))
    change(record)
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "cannot be read as JSON"),
        (b"[" * 200_000, "cannot be read as JSON"),
        (b'{"a": ' + b"9" * 6000 + b"}", "cannot be read as JSON"),
        (b" " * (MAX_BYTES + 1), "at most 16"),
        (b"[1]", "is no motion file"),
        (changed(lambda r: r.update(format="other")), "is no motion file"),
        (changed(lambda r: r.update(version=VERSION + 1)), "of form 2; this didgen reads form 1"),
        (changed(lambda r: r.update(fps=25.0)), '"fps" is not a whole number from 10 to 60'),
        (changed(lambda r: r.update(fps=True)), '"fps"'),
        (changed(lambda r: r.update(frames=0)), '"frames"'),
        (changed(lambda r: r.update(channels=[])), 'no "channels"'),
        (changed(lambda r: r["channels"].update(jawOpne=[0, 0, 0])), "channel 'jawOpne' that nobody knows"),
        (changed(lambda r: r["channels"].update(yaw_deg=[0, 0])), "no 3 numbers in its channel yaw_deg"),
        (changed(lambda r: r["channels"].update(yaw_deg=[0, 0, 9001])), "-9,000 to 9,000"),
        (changed(lambda r: r["channels"].update(jawOpen=[0, 0.5, 1])), "no whole number, in its channel jawOpen"),
        (changed(lambda r: r["channels"].update(yaw_deg=[0, -250, 1235])), "was changed or damaged"),
    ],
)  # fmt: skip
def test_what_is_no_motion_is_said(data: bytes, said: str) -> None:
    """Another file, a newer form, numbers out of range or not those that were written: each with its own words."""
    with pytest.raises(DidgenError) as caught:
        read_motion(data)
    assert said in caught.value.message
    assert caught.value.hint
