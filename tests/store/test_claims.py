"""Claims: of all who try, one has a scene; who is dead loses it; who slept finds that out before anything is bought."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didgen.errors import TakenError
from didgen.store import claims as claims_module
from didgen.store.claims import Claims
from didgen.store.folder import open_bucket
from didgen.store.shared import Shared

SCENE = "f" * 64
LEASE_S = 0.3


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Claims]]:
    """Makes builds that share a folder. beats: whether it shows that it lives, or sleeps from the start."""
    monkeypatch.setattr(claims_module, "LEASE_S", LEASE_S)
    monkeypatch.setattr(claims_module, "BEAT_S", 0.05)
    made: list[Claims] = []

    def one(*, beats: bool = True, writes: bool = True) -> Claims:
        bucket = open_bucket("shared", tmp_path, {}, make=True)
        made.append(Claims(Shared(bucket, "shared", writes=writes, on_notice=print)))
        if not beats:
            made[-1]._ended.set()
        return made[-1]

    yield one
    for claims in made:
        claims.close()


def waited(claims: Claims) -> None:
    """Look on until nobody is at the scene."""
    end = time.monotonic() + 5
    while claims.holder(SCENE) is not None:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_one_of_many_has_it(build: Callable[..., Claims], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of twelve builds that try at once; the others see who."""
    monkeypatch.setattr(claims_module, "LEASE_S", 60.0)
    builds = [build() for _ in range(12)]

    def try_it(claims: Claims) -> bool:
        try:
            claims.take(SCENE)
        except TakenError:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(try_it, builds))
    assert 1 == got.count(True)
    assert [not mine for mine in got] == [claims.holder(SCENE) is not None for claims in builds]


def test_who_lives_keeps_it_however_long(
    build: Callable[..., Claims], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many leases later nobody has taken it over. Each look comes half a lease after a sign of life."""
    now_s = 0.0
    monkeypatch.setattr(claims_module, "time", SimpleNamespace(time=time.time, monotonic=lambda: now_s))
    a, b = build(), build()
    a.take(SCENE)
    sign = tmp_path / "shared" / "builds" / a._owner
    for _ in range(10):
        before, end = sign.read_bytes(), time.monotonic() + 20
        while sign.read_bytes() == before:
            assert time.monotonic() < end
            time.sleep(0.01)
        now_s += LEASE_S / 2
        assert b.holder(SCENE) is not None
        with pytest.raises(TakenError):
            b.take(SCENE)
    a.announce(SCENE, "job")


def test_who_is_dead_loses_it_and_who_slept_finds_out_before_it_buys(build: Callable[..., Claims]) -> None:
    """The sleeper's word that it is about to send comes too late, and it is told so."""
    sleeper, b = build(beats=False), build()
    sleeper.take(SCENE)
    assert b.holder(SCENE) is not None
    waited(b)
    before = b.take(SCENE)
    assert before is not None
    assert "" == before.sent
    with pytest.raises(TakenError):
        sleeper.announce(SCENE, "job")
    b.announce(SCENE, "other")


def test_who_takes_over_knows_what_may_be_on_its_way(build: Callable[..., Claims]) -> None:
    """Also the next one after it, until somebody knows what became of it."""
    dead, b, c = build(beats=False), build(), build()
    dead.take(SCENE)
    dead.announce(SCENE, "job-1")
    assert b.holder(SCENE) is not None
    waited(b)
    before = b.take(SCENE)
    assert before is not None
    assert "job-1" == before.sent
    b.leave(SCENE)
    before = c.take(SCENE)
    assert before is not None
    assert "job-1" == before.sent
    c.settle(SCENE)
    c.leave(SCENE)
    assert (again := b.take(SCENE)) is not None
    assert "" == again.sent


def test_what_is_given_back_or_left_at_the_end_is_free_at_once(build: Callable[..., Claims]) -> None:
    """Nobody waits for a lease to end."""
    a, b, c = build(), build(), build()
    a.take(SCENE)
    a.leave(SCENE)
    assert None is b.holder(SCENE)
    b.take(SCENE)
    b.close()
    assert None is c.holder(SCENE)
    c.take(SCENE)


def test_who_may_not_write_claims_nothing_but_respects_claims(build: Callable[..., Claims], tmp_path: Path) -> None:
    """It neither makes nor buys what another is at."""
    a, reader = build(), build(writes=False)
    reader.take("0" * 64)
    reader.announce("0" * 64, "job")
    assert not (tmp_path / "shared" / "claims").exists()
    a.take(SCENE)
    for do in (lambda: reader.take(SCENE), lambda: reader.announce(SCENE, "job")):
        with pytest.raises(TakenError):
            do()


def test_a_damaged_claim_holds_nobody_up(build: Callable[..., Claims], tmp_path: Path) -> None:
    """And its number is not used again."""
    a, b = build(), build()
    a.take(SCENE)
    (path,) = (tmp_path / "shared" / "claims" / SCENE).iterdir()
    for bad in (b"", b"{", b"[]", b'{"owner": []}'):
        path.write_bytes(bad)
        assert None is b.holder(SCENE)
    b.take(SCENE)
    with pytest.raises(TakenError):
        a.announce(SCENE, "job")


MOVES = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["take", "announce", "leave", "sleep", "wake", "finish"])),
    max_size=25,
)


@settings(max_examples=60)
@given(moves=MOVES)
def test_in_any_order_only_one_may_send(moves: list[tuple[int, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Three builds that take, announce, give back, fall asleep and wake: who was told that it may send is the last
    one to have been told, until the video is there."""
    folder = tmp_path_factory.mktemp("order")
    asleep: set[int] = set()

    class Clocked(Claims):
        """Dead is who sleeps, at once."""

        def _lives(self, owner: str) -> bool:
            return owner not in {builds[k]._owner for k in asleep}

        def _begin(self) -> bool:
            return True

    builds = [
        Clocked(Shared(open_bucket("shared", folder, {}, make=True), "shared", writes=True, on_notice=print))
        for _ in range(3)
    ]
    holds: int | None = None
    for who, what in moves:
        if what == "sleep":
            asleep.add(who)
        elif what == "wake":
            asleep.discard(who)
        elif what == "finish":
            if holds == who:
                builds[who].finish(SCENE)
                return  # who announces from now on finds the video in the index
        elif what == "leave":
            builds[who].leave(SCENE)
            holds = None if holds == who else holds
        else:
            with suppress(TakenError):
                builds[who].take(SCENE) if what == "take" else builds[who].announce(SCENE, f"job-{who}")
                if what == "take":
                    holds = who
                elif SCENE in builds[who]._mine:
                    assert who == holds
