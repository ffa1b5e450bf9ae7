"""Portraits that the tests of several layers of the mouth draw on: made ready once, changed by none."""

from __future__ import annotations

import pytest

from didgen.engine.photo import load_photo
from tests.engine.mouths import ASSETS, Head


@pytest.fixture(scope="session")
def smiling() -> Head:
    """A smile that shows teeth."""
    return Head(load_photo(ASSETS / "eileen.jpg"))


@pytest.fixture(scope="session")
def closed() -> Head:
    """A closed mouth."""
    return Head(load_photo(ASSETS / "woman.jpg"))
