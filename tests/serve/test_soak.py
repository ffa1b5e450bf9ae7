"""What the soak calls flat: a leak is none, nor is what nobody can tell."""

from __future__ import annotations

import random

from tests.serve.soak import FLAT_MIB_PER_HOUR, Look, growth


def looks(minutes: float, per_hour: float, noise: float = 2.0, warm: float = 20.0) -> list[Look]:
    """As a soak takes them, every other second: a start that fills caches, noise upwards, and a leak."""
    dice = random.Random(1)
    times = [k * 2.0 for k in range(int(minutes * 30))]
    return [(t, 80 + warm * min(1.0, t / 300) + per_hour * t / 3600 + abs(dice.gauss(0, noise))) for t in times]


def upper(seen: list[Look]) -> float:
    """What growth may be at most, as the soak reckons."""
    slope, error = growth(seen)
    return slope + 2 * error


def test_a_level_memory_is_flat_whatever_is_under_way_for_a_moment() -> None:
    """Half an hour with 2 MiB of noise and a warm start of 20 MiB."""
    assert FLAT_MIB_PER_HOUR > upper(looks(30, per_hour=0))


def test_a_leak_is_told_by_its_slope() -> None:
    """6 MiB an hour are 3 in the run, about the noise of a single look."""
    slope, error = growth(looks(30, per_hour=6))
    assert abs(6 - slope) < 2 * error + 0.5
    assert FLAT_MIB_PER_HOUR < upper(looks(30, per_hour=6))


def test_what_is_too_short_or_too_noisy_to_tell_is_not_flat() -> None:
    """Four minutes, and floors that jump by tens of MiB."""
    assert FLAT_MIB_PER_HOUR < upper(looks(4, per_hour=0))
    jumping = [(t, mib + random.Random(int(t // 60)).uniform(0, 40)) for t, mib in looks(30, per_hour=0)]
    assert FLAT_MIB_PER_HOUR < upper(jumping)
