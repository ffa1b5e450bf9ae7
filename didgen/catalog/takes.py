"""How long the local engine's motion of each driver of an animation lasts, for plans: the engine makes it
(`engine.motion`, `engine.song`), and a test holds the two together.
"""

from __future__ import annotations

from didgen.catalog.drivers import ANIMATION_BANKS, split_driver

TAKES_S: dict[str, tuple[float, ...]] = {
    "nostalgia": (8.5, 7.4, 9.2, 8.1, 9.9, 8.8, 7.6, 9.5, 8.3, 7.2, 9.0, 7.9, 9.7, 8.6, 7.5, 9.3),
    "fun": (7.7, 8.1, 8.3, 7.7, 8.1, 8.3, 7.7, 8.1, 8.3, 7.7),
    "dance": (8.5, 7.4, 9.2, 8.1, 9.9, 8.8, 7.6, 9.5, 8.3, 7.2, 9.0),
    "subtle": (8.0, 6.5, 8.9, 7.4, 9.9, 8.4, 6.8, 9.3, 7.8, 6.2, 8.7, 7.2, 9.7, 8.1, 6.6, 9.1, 7.6, 6.0, 8.5),
    "stitch": (
        8.0, 6.5, 8.9, 7.4, 9.9, 8.4, 6.8, 9.3, 7.8, 6.2, 8.7, 7.2, 9.7, 8.1, 6.6, 9.1, 7.6, 6.0, 8.5, 7.0,
        9.4, 7.9, 6.4, 8.9, 7.3, 9.8, 8.3, 6.7, 9.2, 7.7, 6.2, 8.6,
    ),
    "classics": (9.85, 9.7, 8.8, 9.65, 8.8, 8.6, 9.6, 9.75, 9.95, 9.95, 9.7, 9.8, 9.45, 9.7, 7.85),
}  # fmt: skip
"""Seconds, in the order of `drivers.ANIMATION_BANKS`, up to a whole picture at 20 a second."""

OPEN = ("nostalgia", "subtle")
"""The banks of which the engine chooses where none is named."""


def takes_s(driver: str | None) -> tuple[float, ...]:
    """The lengths of all motions that a driver's URL may stand for, in seconds: one, a bank's, or those of OPEN."""
    bank, name, _ = split_driver(driver or "")
    if not bank:
        return tuple(length for one in OPEN for length in TAKES_S[one])
    return (TAKES_S[bank][ANIMATION_BANKS[bank].index(name)],) if name else TAKES_S[bank]
