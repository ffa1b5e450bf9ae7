"""`didgen driver FILE --name NAME`: a video's motion, kept as a driver of one's own."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.cli import options
from didgen.cli.given import check_given
from didgen.errors import UsageError

if TYPE_CHECKING:
    from didgen.media.motion import Motion

FOLDER = Path("drivers")
_SPEAKING = 0.1  # of an open jaw
_SHUT = 900  # thousandths of a shut lid


@click.command("driver")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="What the driver is called: its file is drivers/NAME.motion.")
@click.option("--replace", is_flag=True, help="Write over a driver of that name.")
@options.in_folder
def command(file: Path, name: str, replace: bool) -> None:
    """Follow the face in the video FILE and keep how it moves, without picture and sound, in drivers/NAME.motion.

    A scene moves by it with `driver: ../../drivers/NAME.motion`.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name):
        raise UsageError(f"{name!r} cannot name a driver", hint="1-80 letters, digits, `.`, `_`, `-`")
    target = FOLDER / f"{name}.motion"
    if target.exists() and not replace:
        raise UsageError(f"{target} exists already", hint="give another name, or --replace")
    check_given(file, "driver_url", "video")
    from didgen.engine.motion.driver_video import track_driver
    from didgen.engine.motion.own import motion_of_track
    from didgen.media.motion import motion_bytes
    from didgen.store.whole import write_whole

    motion = motion_of_track(track_driver(file), file.name)
    write_whole(target, motion_bytes(motion))
    click.echo("\n".join([f"{target}  {described(target)}", f"  driver: ../../{target}  in a project's YAML"]))


def described(path: Path) -> str:
    """What is in a motion file, in one line. Raises UsageError for a file that is none."""
    from didgen.media.motion import MAX_BYTES, MotionError, read_motion

    try:
        with path.open("rb") as file:
            motion = read_motion(file.read(MAX_BYTES + 1))
    except MotionError as error:
        raise UsageError(f"{path} {error.message}", hint=error.hint) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    turned = ", ".join(f"{axis} {_degrees(motion.span(f'{axis}_deg'))}" for axis in ("yaw", "pitch", "roll"))
    mouth = "mouth moves" if motion.span("jawOpen")[1] >= _SPEAKING else "mouth closed"
    length = f"{motion.seconds:.1f} s, {motion.fps} fps"
    return f"{length}, {turned}, blinks {_blinks(motion)}, {mouth}, from {motion.made_from}"


def _degrees(span: tuple[float, float]) -> str:
    low, high = (round(degrees) for degrees in span)
    return f"{low:+d} to {high:+d}°"


def _blinks(motion: Motion) -> int:
    """How often both eyes shut."""
    lids = (motion.channels.get(f"eyeBlink{side}", (0,) * motion.frames) for side in ("Left", "Right"))
    shut = [min(pair) >= _SHUT for pair in zip(*lids, strict=True)]
    return sum(now and not before for before, now in pairwise([False, *shut]))
