"""Which driver a name means, and which one suits a photo and a speech when none is named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from didgen.catalog.drivers import ANIMATION_BANKS, ORIENTATIONS, TALK_BANKS, split_driver
from didgen.catalog.nearest import nearest
from didgen.engine.motion.character import TALKERS, Character, generator
from didgen.errors import RenderError

TURNED_DEG = 12.0  # a photo turned this far has little cheek to show: it gets a calm driver
ASIDE_DEG = 4.0  # a photo turned this far gets a driver whose favourite side is the other one
CLOSE = 0.2  # face heights: a face nearer than this to the edge of its picture has no room to move
SMALL_EYES_PX = 60.0  # in a face smaller than this nobody sees where the eyes look:
EYES_DO_IT = 0.5  # drivers that look away more often than this are no use
CALM, KEEN = 0.35, 0.62  # a speech's drive below and above which it is a calm or a keen one

_SHARES = {
    "calm": {"natural": 0.6, "lively": 0.0, "subtle": 0.4},
    "even": {"natural": 0.75, "lively": 0.25, "subtle": 0.0},
    "keen": {"natural": 0.35, "lively": 0.65, "subtle": 0.0},
    "animation": {"nostalgia": 0.6, "subtle": 0.4},
}


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver of a bank, which may be mirrored. `kind`: "talk" or "animation"; both have a bank "subtle"."""

    kind: str
    category: str
    name: str
    flipped: bool = False

    @property
    def url(self) -> str:
        """As the service reports it in `metadata.driver_url`."""
        return f"bank://{self.category}/{self.name}/{ORIENTATIONS[self.flipped]}"

    @property
    def character(self) -> Character:
        """Of a talk's driver. Raises KeyError for an animation's: what it does is its take."""
        return TALKERS[self.category][self.name]


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an open choice depends on.

    yaw_deg: of the photo. room: between the face and the nearest edge of the picture it moves in, but for the lower
    one, in face heights. neighbours: other faces in that picture.
    drive: how keenly is spoken, 0..1 (see `prosody.drive_of`). eyes_px: between the eyes.
    """

    yaw_deg: float = 0.0
    room: float = 1.0
    neighbours: int = 0
    drive: float = 0.5
    eyes_px: float = 100.0


def find_driver(wanted: str | None, kind: str, seed: int, occasion: Occasion = Occasion()) -> Driver:
    """The driver a talk or an animation asks for; the occasion and then the seed choose what it leaves open.

    A turned, close or crowded photo gets a calm driver, a keen speech a lively one. Where the orientation is open, a
    photo turned aside has the driver's favourite side be the other one. Roughly measured on purpose: an edited sentence
    should not bring in somebody else. `wanted`: "bank://lively/driver-02", with or without "/original" or "/flipped"
    behind it, "bank://lively", "lively", or None. Raises RenderError("DriverNotValidError") for what is not there.
    """
    banks = TALK_BANKS if kind == "talk" else ANIMATION_BANKS
    category, name, orientation = split_driver(wanted or "")
    rng = generator(seed, "driver")
    draws = rng.random(2)
    if not category:
        category = _category(kind, occasion, float(draws[0]))
    if category not in banks:
        raise _unknown(category, kind, list(banks))
    if name and name not in banks[category]:
        raise RenderError(
            "DriverNotValidError",
            f"the bank {category} has no {name}",
            hint=f"it has {banks[category][0]} to {banks[category][-1]}",
        )
    if orientation and orientation not in ORIENTATIONS:
        raise RenderError("DriverNotValidError", f"a driver is original or flipped, not {orientation}")
    if not name:
        names = banks[category] if kind == "animation" else _telling(category, occasion.eyes_px)
        name = names[int(draws[1] * len(names))]
    if orientation:
        return Driver(kind, category, name, orientation == "flipped")
    return Driver(kind, category, name, kind == "talk" and _turns_further(TALKERS[category][name], occasion.yaw_deg))


def _category(kind: str, occasion: Occasion, draw: float) -> str:
    if abs(occasion.yaw_deg) > TURNED_DEG or occasion.neighbours >= 2 or occasion.room < CLOSE:
        return "subtle"
    mood = "calm" if occasion.drive < CALM else "keen" if occasion.drive > KEEN else "even"
    shares = _SHARES[mood if kind == "talk" else "animation"]
    return list(shares)[int(np.searchsorted(np.cumsum(list(shares.values())), draw, side="right"))]


def _telling(category: str, eyes_px: float) -> list[str]:
    """The drivers of a talks' bank whose manner can be seen in a face of that size."""
    rows = TALKERS[category].items()
    return [name for name, row in rows if eyes_px >= SMALL_EYES_PX or row.averts <= EYES_DO_IT]


def _turns_further(character: Character, yaw_deg: float) -> bool:
    """Whether a driver's favourite side is the one that a photo is turned to already."""
    return abs(yaw_deg) > ASIDE_DEG and character.rest_deg[0] * yaw_deg > 0


def _unknown(category: str, kind: str, known: list[str]) -> RenderError:
    near = nearest(category, known)
    hint = near if near.startswith("did") else f"there are {', '.join(known)}"
    return RenderError("DriverNotValidError", f"no bank {category} for a {kind}", hint=hint)
