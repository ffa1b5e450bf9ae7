"""Shared by all tests: one thread per native library, no key, no colour, no real home."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.bank.started import Started, opened

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
_KEYS = ("D_ID_API_KEY", "DIDGEN_API_KEY", "D_ID_ELEVENLABS_KEY")
_STORE = ("DIDGEN_STORE", "DIDGEN_STORE_PUSH", *(name for name in os.environ if name.startswith("AWS_")))
for _name in (*_KEYS, *_STORE, "DIDGEN_SERVICE", "DIDGEN_JOBS", "DIDGEN_BUDGET", "DIDGEN_PAID", "FORCE_COLOR"):
    os.environ.pop(_name, None)
for _name in [name for name in os.environ if name.startswith(("GITHUB_", "RUNNER_"))]:
    os.environ.pop(_name)  # these tests may themselves run there
os.environ["NO_COLOR"] = "1"

# How fast a machine draws examples is no property of the program.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _same_environment() -> Iterator[None]:
    """What a test sets for its children is not there for the next test, and the collector that `plan` stops is."""
    before = dict(os.environ)
    yield
    gc.enable()
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Started]:
    """An independent paid service as a process of its own; see tests/bank/README.md."""
    with opened(tmp_path / "bank") as started:
        yield started
