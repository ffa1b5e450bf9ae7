"""Drivers that can be named: the service's banks, all of which the local engine has as motion of its own."""

from __future__ import annotations

TALK_BANKS: dict[str, tuple[str, ...]] = {
    "natural": tuple(f"driver-{n}" for n in range(1, 9)),
    "lively": tuple(f"driver-{n:02}" for n in range(1, 7)),
    "subtle": tuple(f"driver-{n:02}" for n in range(1, 5)),
}

ANIMATION_BANKS: dict[str, tuple[str, ...]] = {
    "nostalgia": tuple(f"driver-{n:02}" for n in range(1, 18) if n != 13),
    "fun": tuple(f"driver-{n:02}" for n in range(1, 11)),
    "dance": tuple(f"driver-{n:02}" for n in range(1, 12)),
    "subtle": tuple(f"driver-{n:02}" for n in range(1, 20)),
    "stitch": tuple(f"driver-{n:02}" for n in range(1, 34) if n != 28),
}
"""`classics` (singing) needs soundtracks the project may not ship: known to the service only."""

SERVICE_ONLY_BANKS = ("classics",)
