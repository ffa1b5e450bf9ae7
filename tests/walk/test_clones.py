"""A few short lives of two clones; the long run is `python -m tests.walk.clones`."""

from __future__ import annotations

import pytest

from didgen.jobs import turns
from didgen.store import claims
from tests.walk.clones import DONE, live


def test_whatever_happens_to_two_clones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs are what a fresh build makes, nothing damaged is delivered, nothing whole is rendered again."""
    for module, name in ((claims, "LEASE_S"), (claims, "BEAT_S"), (turns, "LOOK_S")):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back what the machine hurries
    monkeypatch.setenv("DIDGEN_FAKE_LOG", "")
    live(3, 10)
    assert DONE["build"]
