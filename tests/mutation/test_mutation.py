"""Changes that alter a pixel or a sample are always planned, others never; the long run does a hundred thousand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from didgen.plan import identity
from didgen.plan.fingerprint import fingerprint_of
from didgen.walk import untouched
from tests.mutation.run import run


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
