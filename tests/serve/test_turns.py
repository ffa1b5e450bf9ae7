"""Whose turn it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from didgen.serve.turns import Turns


def test_a_client_with_many_jobs_delays_anothers_first_by_one() -> None:
    """The lines are served in rotation, each in its own order."""
    turns = Turns()
    for k in range(5):
        turns.add("many", f"m{k}")
    turns.add("one", "o0")
    turns.add("two", "t0")
    turns.add("two", "t1")
    taken = [turns.take() for _ in range(9)]
    assert ["m0", "o0", "t0", "m1", "t1", "m2", "m3", "m4", None] == taken


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.sampled_from("abc"))))
def test_nothing_is_lost_and_nobody_waits_for_two_jobs_of_another(steps: list[str | None]) -> None:
    """Whatever comes and goes: each job once, each client's in order, and while one waits nobody else has two turns."""
    turns, waiting, since, served = Turns(), dict[str, list[int]](), dict[str, int](), list[str]()
    for number, who in enumerate(steps):
        if who is not None:
            turns.add(who, f"{who}{number}")
            if not waiting.get(who):
                since[who] = len(served)
            waiting.setdefault(who, []).append(number)
            continue
        job = turns.take()
        if job is None:
            assert not any(waiting.values())
            continue
        client = job[0]
        assert f"{client}{waiting[client].pop(0)}" == job
        others = served[since[client] :]
        assert len(others) == len(set(others))
        served.append(client)
        since[client] = len(served)
    assert sum(map(len, waiting.values())) == len(turns)
