"""Drivers that can be named: the service's banks, all of which the local engine has as motion of its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from didgen.catalog.nearest import nearest
from didgen.errors import UsageError

TALK_BANKS: dict[str, tuple[str, ...]] = {
    "natural": tuple(f"driver-{n}" for n in range(1, 9)),
    "lively": tuple(f"driver-{n:02}" for n in range(1, 7)),
    "subtle": tuple(f"driver-{n:02}" for n in range(1, 5)),
}

MANNERS: dict[str, str] = {
    "natural/driver-1": "even, as a newsreader",
    "natural/driver-2": "nods at everything, chin a little down",
    "natural/driver-3": "head to one side",
    "natural/driver-4": "thinks: slow, looks up and away",
    "natural/driver-5": "chin up, brows up",
    "natural/driver-6": "turns from side to side, one of them the favourite",
    "natural/driver-7": "leans in, smiles, hardly blinks",
    "natural/driver-8": "in earnest: chin down, brows knit, slow nods",
    "lively/driver-01": "quick nods",
    "lively/driver-02": "from side to side, smiling",
    "lively/driver-03": "rocks and tilts",
    "lively/driver-04": "delighted: chin and brows go up",
    "lively/driver-05": "restless eyes",
    "lively/driver-06": "leans in and insists",
    "subtle/driver-01": "hardly moves",
    "subtle/driver-02": "head a little to one side, a trace of a smile",
    "subtle/driver-03": "the eyes do it",
    "subtle/driver-04": "small nods, in earnest",
}
"""How each driver of a talk moves, as the local engine has it."""

ANIMATION_BANKS: dict[str, tuple[str, ...]] = {
    "nostalgia": tuple(f"driver-{n:02}" for n in range(1, 18) if n != 13),
    "fun": tuple(f"driver-{n:02}" for n in range(1, 11)),
    "dance": tuple(f"driver-{n:02}" for n in range(1, 12)),
    "subtle": tuple(f"driver-{n:02}" for n in range(1, 20)),
    "stitch": tuple(f"driver-{n:02}" for n in range(1, 34) if n != 28),
    "classics": tuple(
        f"driver-{name}"
        for name in (
            "amazing country-fire feliz-navidad happy-birthday-to-you here-comes-santa-claus "
            "hope-you-have-happy-birthday its-good-to-be-alive la-cucaracha la-traviata-female la-traviata-male "
            "old-souls on-my-way queen-of-the-night rigoletto rocking-around"
        ).split()
    ),
}

SINGING = "classics"
"""The bank whose drivers have a sound of their own."""

CHARACTERS: dict[str, str] = {
    "nostalgia": "gentle and slow, as a portrait that remembers",
    "fun": "makes faces",
    "dance": "moves to a beat",
    "subtle": "small movements, for several faces close together",
    "stitch": "stays near the middle, for `stitch: true`",
    "classics": "sings; heard with `mute: false`",
}
"""What the drivers of an animation's category have in common."""

VIDEO_SUFFIXES = (".mp4", ".mov", ".webm", ".mkv", ".m4v", ".mpeg", ".mpg", ".avi")
MOTION_SUFFIX = ".motion"  # a track that `didgen driver` made of a video


ORIENTATIONS = ("original", "flipped")
"""How a driver is seen, as the service reports it behind the name: as it is, or in a mirror."""


def split_driver(text: str) -> tuple[str, str, str]:
    """Bank, name and orientation of "bank://lively/driver-02/flipped"; "" for what is left open.

    Whether they exist is not looked at; whatever stands behind the name is the orientation.
    """
    bank, _, rest = text.removeprefix("bank://").strip("/").partition("/")
    name, _, orientation = rest.partition("/")
    return bank, name, orientation


def resolve_driver(text: str, kind: Literal["talk", "animation"]) -> str:
    """The driver's URL for its short name: "lively" is bank://lively/, "lively/driver-02" is bank://lively/driver-02.

    "/original" or "/flipped" may stand behind the name, as the service reports it. A file name (ending in a video
    suffix) and any URL but bank:// stay as they are. Raises UsageError with the nearest right name.
    """
    if is_driver_file(text) or ("://" in text and not text.startswith("bank://")):
        return text
    bank, name, orientation = split_driver(text)
    url = f"bank://{bank}/{name}" + (f"/{orientation}" if orientation else "")
    banks = TALK_BANKS if kind == "talk" else ANIMATION_BANKS
    if bank not in banks:
        raise _unknown_bank(text, bank, kind, banks)
    if name and name not in banks[bank]:
        raise UsageError(f"there is no driver {name!r} in {bank}", hint=nearest(name, banks[bank]))
    if orientation and orientation not in ORIENTATIONS:
        raise UsageError(
            f"a driver is original or flipped, not {orientation!r}", hint=nearest(orientation, ORIENTATIONS)
        )
    return url


def _unknown_bank(text: str, bank: str, kind: str, banks: dict[str, tuple[str, ...]]) -> UsageError:
    other = ANIMATION_BANKS if kind == "talk" else TALK_BANKS
    if bank in other:
        wanted = "an animation" if kind == "talk" else "a talk"
        return UsageError(f"the driver {bank!r} is for {wanted}", hint=nearest("", banks))
    close = nearest(bank, banks) if "." not in text else ""  # a file of another kind is no misspelt name
    hint = close if close.startswith("did you") else _may_be(banks)
    return UsageError(f"there is no driver {text!r}", hint=hint)


def _may_be(banks: Collection[str]) -> str:
    return f"a driver is {', '.join(banks)}, or a file: a video (mp4, mov, webm, mkv) or a {MOTION_SUFFIX} file"


def is_driver_file(text: str) -> bool:
    """Whether a driver is named as a file beside the project: a video, or a motion file made of one."""
    return "://" not in text and text.lower().endswith((*VIDEO_SUFFIXES, MOTION_SUFFIX))


def fits(text: str, kind: Literal["talk", "animation"]) -> bool:
    """Whether a driver shared by all scenes is meant for this kind: banks are, videos and URLs are for both."""
    bank = text.removeprefix("bank://").partition("/")[0]
    mine, other = (TALK_BANKS, ANIMATION_BANKS) if kind == "talk" else (ANIMATION_BANKS, TALK_BANKS)
    return bank in mine or bank not in other
