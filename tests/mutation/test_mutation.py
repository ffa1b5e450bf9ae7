"""Changes that alter a pixel or a sample are always planned, others never; the long run does a hundred thousand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from didgen.plan import resolve
from didgen.walk import shortcut
from tests.mutation.run import run


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_planned_is_what_has_changed(tmp_path: Path, seed: int) -> None:
    """Five hundred changes of one project: no wrong hit, no needless render, from state as from nothing."""
    tally = run(tmp_path, 500, seed, scratch_every=10, per_base=500)
    assert [] == tally.problems
    assert 500 == tally.done
    assert tally.meaningful < tally.rendered
    assert 0 < tally.short


def test_a_field_that_is_forgotten_in_the_identity_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle knows what the identity does not."""
    real = resolve.identity_of

    def without_driver(*given: Any) -> dict[str, Any]:
        identity = real(*given)
        identity["request"].pop("driver_url", None)
        return identity

    monkeypatch.setattr(resolve, "identity_of", without_driver)
    assert run(tmp_path, 150, 1).wrong_hits


def test_a_field_too_many_in_the_identity_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as what a scene is called."""
    real = resolve.identity_of

    def with_title(request: Any, *given: Any) -> dict[str, Any]:
        return {**real(request, *given), "title": request.name}

    monkeypatch.setattr(resolve, "identity_of", with_title)
    assert run(tmp_path, 150, 1).needless


def test_a_short_cut_that_does_not_look_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that believes what it is told."""
    monkeypatch.setattr(shortcut, "unchanged", lambda *_: True)
    assert any("short cut" in problem for problem in run(tmp_path, 20, 1).wrong_hits)
