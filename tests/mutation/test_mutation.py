"""Changes that alter a pixel or a sample are always planned, others never; the long run does a hundred thousand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from didgen.plan import identity
from didgen.plan.fingerprint import fingerprint_of
from didgen.walk import untouched
from tests.mutation import base
from tests.mutation.__main__ import Log, carried_out
from tests.mutation.run import block, run


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_planned_is_what_has_changed(tmp_path: Path, seed: int) -> None:
    """Five hundred changes of two projects: no wrong hit, no needless render, from state as from nothing."""
    tally = run(tmp_path, 500, seed, fast=True, per_block=250)
    assert [] == tally.problems
    assert 500 == tally.done
    assert tally.meaningful < tally.rendered
    assert 0 < tally.short
    assert 0 < tally.scratch


def test_a_field_that_is_forgotten_in_the_identity_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle knows what the identity does not."""
    real = identity.Identities.of

    def without_driver(self: identity.Identities, *given: Any) -> tuple[dict[str, Any], str]:
        found, _ = real(self, *given)
        found = {**found, "request": {k: v for k, v in found["request"].items() if k != "driver_url"}}
        return found, fingerprint_of(found)

    monkeypatch.setattr(identity.Identities, "of", without_driver)
    assert run(tmp_path, 120, 2, fast=True).wrong_hits


def test_a_field_too_many_in_the_identity_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as what a service is told beside the request."""
    real = identity.Identities.of

    def with_more(self: identity.Identities, request: Any, *given: Any) -> tuple[dict[str, Any], str]:
        found, _ = real(self, request, *given)
        found = {**found, "told": [request.name, request.user_data, request.webhook, request.persist]}
        return found, fingerprint_of(found)

    monkeypatch.setattr(identity.Identities, "of", with_more)
    assert run(tmp_path, 120, 2, fast=True).needless


def test_a_short_cut_that_does_not_look_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that believes what it is told."""
    monkeypatch.setattr(untouched, "renewed", lambda _, packed: packed)
    assert any("not even looked at" in problem for problem in run(tmp_path, 20, 1, fast=True).wrong_hits)


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """What has ended is noted block by block, and counted again as it was; what another program did is not."""
    of = {"seed": 5, "program": "this"}
    log = Log(tmp_path / "log", of)
    for number, tally in carried_out(tmp_path, 5, [(0, 12), (1, 8)], workers=2, end=math.inf):
        log.note(number, tally)
    with (tmp_path / "log").open("a") as torn:
        torn.write('{"block": 2, "don')
    again = Log(tmp_path / "log", of)
    assert {0, 1} == again.done.keys()
    assert log.done == again.done
    assert 20 == sum(tally.done for tally in again.done.values())
    assert again.done[1].kinds == block(tmp_path, 5, 1, 8).kinds
    with pytest.raises(SystemExit, match="another run"):
        Log(tmp_path / "log", {**of, "program": "that"})


def test_a_record_that_is_believed_too_much_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by which nothing has other words."""
    monkeypatch.setattr(base, "refilled", lambda _root, keys, _day: {key: ({}, []) for key in keys})
    assert any("are missed" in problem for problem in run(tmp_path, 20, 1, fast=True).wrong_hits)
