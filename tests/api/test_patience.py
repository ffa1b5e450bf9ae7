"""How long things are tried: every pause bounded, Retry-After kept, a crowd that is turned away comes back in time."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.api.patience import CONNECT, DOWNLOAD, POLL, READ, SUBMIT, UPLOAD, Patience, Tries, come_back, poll_pause_s

ALL = (CONNECT, DOWNLOAD, POLL, READ, SUBMIT, UPLOAD)
ASKED = st.one_of(st.none(), st.floats(1, 3600))


class Clock:
    """A monotonic clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 1e6 * random.random()

    def __call__(self) -> float:
        return self.now_s


@given(st.sampled_from(ALL), st.lists(st.tuples(ASKED, st.floats(0, 400)), min_size=20, max_size=20), st.floats(0, 1))
def test_whatever_a_service_answers_trying_ends(
    patience: Patience, answers: list[tuple[float | None, float]], chance: float
) -> None:
    """After so many tries, within the whole time; no pause is shorter than what was asked for."""
    clock = Clock()
    tries, began_s = Tries(patience, 1.0, clock, lambda: chance), clock.now_s
    for asked_s, took_s in answers:
        assert tries.each_s <= patience.each_s
        clock.now_s += min(took_s, tries.each_s)
        pause_s = tries.pause_s(asked_s)
        if pause_s is None:
            break
        assert (asked_s or 0) <= pause_s <= (asked_s or 0) + max(patience.cap_s, (asked_s or 0) / 4)
        clock.now_s += pause_s
        assert clock.now_s - began_s <= patience.total_s + 1e-3
    assert tries.done <= patience.tries


@given(st.sampled_from(ALL), st.floats(0, 0.99))
def test_who_is_to_come_back_after_the_deadline_is_told_at_once(patience: Patience, spent: float) -> None:
    """Waiting first and failing then would help nobody."""
    clock = Clock()
    tries = Tries(patience, 1.0, clock)
    clock.now_s += spent * patience.total_s
    left_s = tries.left_s
    assert tries.pause_s(left_s + 1) is None
    assert Tries(patience, 1.0, Clock()).pause_s(1.0) is not None


@pytest.mark.parametrize(("asked_s", "words"), [(None, "to go on"), (30, "to go on"), (3600, "back in 60 minutes")])
def test_when_to_come_back_is_passed_on(asked_s: float | None, words: str) -> None:
    """In minutes: the time of day may be wrong."""
    assert words in come_back(asked_s)


@given(st.integers(1, 1000), st.floats(0, 1))
def test_all_jobs_together_are_not_asked_after_too_often(watched: int, chance: float) -> None:
    """Ten times a second in the mean, and every job at least each 25 s with 250 of them."""
    interval_s = 0.0
    for _ in range(20):
        interval_s, pause_s = poll_pause_s(interval_s, watched, 1.0, lambda: chance)
        assert max(1.0, watched / 10) / 2 <= pause_s <= 1.5 * max(15.0, watched / 10)
    assert 15 == interval_s


def test_jobs_that_began_together_are_not_asked_after_in_step() -> None:
    """After a few polls each hundredth of a second has about its share of 300 jobs, wherever one looks."""
    chance = random.Random(1)
    times: list[float] = []
    for _ in range(300):
        at_s = interval_s = 0.0
        while at_s < 120:
            interval_s, pause_s = poll_pause_s(interval_s, 300, 1.0, chance.random)
            at_s += pause_s
            times.append(at_s)
    seconds = [sum(k <= at_s < k + 1 for at_s in times) for k in range(60, 110)]
    assert max(seconds) <= 25
    assert min(seconds) >= 2


def storm(clients: int, served_a_second: float, asked_s: float | None, seed: int) -> dict[str, object]:
    """Clients that all come at once to a service that takes so many a second and answers 429 to the rest.

    When each pause ended since it began, by number of the try; how many tries each took; the time of the last.
    """
    chance, clock, order = random.Random(seed), Clock(), count()
    clock.now_s = 0.0
    queue = [(0.0, next(order), Tries(SUBMIT, 1.0, clock, chance.random)) for _ in range(clients)]
    pauses: dict[int, list[float]] = defaultdict(list)
    room, former_s, tried, taken = served_a_second, 0.0, [], 0
    while queue:
        clock.now_s, _, tries = heapq.heappop(queue)
        room, former_s = min(served_a_second, room + (clock.now_s - former_s) * served_a_second), clock.now_s
        if room >= 1:
            room, taken = room - 1, taken + 1
            tried.append(tries.done + 1)
            continue
        pause_s = tries.pause_s(asked_s)
        if pause_s is None:
            tried.append(tries.done)
            continue
        pauses[tries.done].append(pause_s)
        heapq.heappush(queue, (clock.now_s + pause_s, next(order), tries))
    return {"pauses": pauses, "tried": tried, "last_s": clock.now_s, "taken": taken}


@pytest.mark.parametrize("asked_s", [None, 1.0, 7.0, 120.0])
def test_ten_thousand_that_are_turned_away_come_back_spread_out(asked_s: float | None) -> None:
    """After each try over the whole of its window, evenly; six tries each; all of it within the time."""
    seen = storm(10_000, 10, asked_s, 1)
    pauses, tried = seen["pauses"], seen["tried"]
    assert isinstance(pauses, dict)
    assert isinstance(tried, list)
    assert sorted(pauses) == list(range(1, SUBMIT.tries))
    for number, waited in pauses.items():
        least = asked_s or 0.0
        width = max(SUBMIT.base_s * 2 ** (number - 1), least / 4)
        assert least <= min(waited)
        assert max(waited) - min(waited) >= 0.9 * width
        tenths = [0] * 10
        for pause_s in waited:
            tenths[min(9, int((pause_s - least) / width * 10))] += 1
        assert max(tenths) <= 1.3 * len(waited) / 10
    assert (10_000, SUBMIT.tries) == (len(tried), max(tried))
    assert isinstance(seen["last_s"], float)
    assert seen["last_s"] <= SUBMIT.total_s


def test_without_jitter_the_crowd_would_come_back_at_once() -> None:
    """What the measure above is worth: the same clients without chance are not spread at all."""
    clocks = [Clock() for _ in range(100)]
    pauses = {Tries(SUBMIT, 1.0, clock, lambda: 1.0).pause_s(7.0) for clock in clocks}
    assert 1 == len(pauses)
