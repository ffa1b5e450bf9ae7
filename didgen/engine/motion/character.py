"""How each category of driver moves, and which driver a name means."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from didgen.catalog.drivers import ANIMATION_BANKS, ORIENTATIONS, SERVICE_ONLY_BANKS, TALK_BANKS, split_driver
from didgen.errors import RenderError


@dataclass(frozen=True, slots=True)
class Character:
    """Amplitude 1 is a natural talker; frequencies bound the head's wandering; rates are per minute."""

    amplitude: float
    high_hz: float = 1.6
    blinks_per_min: float = 21.0
    nods: float = 1.0  # factor on nods and brow beats of speech
    smile: float = 0.0  # rest smile of an animation


CHARACTERS = {
    "natural": Character(1.0),
    "lively": Character(1.6, high_hz=2.2, nods=1.5),
    "subtle": Character(0.45, high_hz=1.2, blinks_per_min=18, nods=0.55, smile=0.08),
    "nostalgia": Character(0.8, high_hz=0.6, blinks_per_min=14, smile=0.4),
    "fun": Character(1.3, high_hz=2.2, smile=0.2),
    "dance": Character(0.8, high_hz=2.0, smile=0.35),
    "stitch": Character(0.7, high_hz=1.2, smile=0.12),
}


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver of a bank: its category decides the character, its name the take, which may be mirrored."""

    category: str
    name: str
    flipped: bool = False

    @property
    def url(self) -> str:
        """As the service reports it in `metadata.driver_url`."""
        return f"bank://{self.category}/{self.name}/{'flipped' if self.flipped else 'original'}"

    @property
    def character(self) -> Character:
        return CHARACTERS[self.category]


def generator(seed: int, *names: str) -> np.random.Generator:
    """A stream of its own for each use of a seed, so that one more blink does not shift every nod.

    PCG64 gives the same numbers on every machine.
    """
    keys = [zlib.crc32(name.encode()) for name in names]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *keys])))


_CHOICES = {
    "talk": {"natural": 0.6, "lively": 0.25, "subtle": 0.15},
    "animation": {"nostalgia": 0.6, "subtle": 0.4},
}
TURNED_DEG = 12.0  # a photo turned this far has little cheek to show: it gets a calm driver


def find_driver(wanted: str | None, kind: str, seed: int, yaw_deg: float = 0.0) -> Driver:
    """The driver a talk or an animation asks for; the seed and the photo choose what it leaves open.

    A photo turned aside gets a calm one. `wanted`: "bank://lively/driver-02", with or without
    "/original" or "/flipped" behind it, "bank://lively", "lively", or None.
    Raises RenderError("DriverNotValidError") for a bank or a number that is not there.
    """
    banks = TALK_BANKS if kind == "talk" else ANIMATION_BANKS
    category, name, orientation = split_driver(wanted or "")
    rng = generator(seed, "driver")
    if not category:
        names, shares = zip(*_CHOICES[kind].items(), strict=True)
        category = "subtle" if abs(yaw_deg) > TURNED_DEG else str(rng.choice(names, p=shares))
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
    return Driver(category, name or str(rng.choice(banks[category])), orientation == "flipped")


def _unknown(category: str, kind: str, known: list[str]) -> RenderError:
    if category in SERVICE_ONLY_BANKS:
        return RenderError("DriverNotValidError", f"the bank {category} sings: only the D-ID service has it")
    return RenderError("DriverNotValidError", f"no bank {category} for a {kind}", hint=f"there are {', '.join(known)}")
