"""didgen.catalog.drivers: what a head's motion comes from, by name."""

from __future__ import annotations

import pytest

from didgen.catalog.drivers import (
    ANIMATION_BANKS,
    CHARACTERS,
    SINGING,
    TALK_BANKS,
    fits,
    is_driver_file,
    resolve_driver,
)
from didgen.errors import UsageError


@pytest.mark.parametrize(
    ("name", "kind", "url"),
    [
        ("lively", "talk", "bank://lively/"),
        ("bank://lively", "talk", "bank://lively/"),
        ("bank://lively/", "talk", "bank://lively/"),
        ("natural/driver-8", "talk", "bank://natural/driver-8"),
        ("nostalgia", "animation", "bank://nostalgia/"),
        ("bank://stitch/driver-33", "animation", "bank://stitch/driver-33"),
        ("lively/driver-02/flipped", "talk", "bank://lively/driver-02/flipped"),
        ("bank://lively/driver-02/original", "talk", "bank://lively/driver-02/original"),
        ("bank://lively/driver-02/", "talk", "bank://lively/driver-02"),
        ("drivers/nod.mp4", "talk", "drivers/nod.mp4"),
        ("https://example.org/d", "animation", "https://example.org/d"),
    ],
)
def test_drivers_by_name(name: str, kind: str, url: str) -> None:
    """Short names are those of the bank; files and URLs stay."""
    assert url == resolve_driver(name, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("livly", "talk", r"no driver 'livly' \(did you mean 'lively'\?\)"),
        ("dancing", "animation", r"did you mean 'dance'"),
        ("nostalgia", "talk", "the driver 'nostalgia' is for an animation"),
        ("natural", "animation", "the driver 'natural' is for a talk"),
        ("lively/driver-2", "talk", "no driver 'driver-2' in lively"),
        ("nostalgia/driver-13", "animation", "no driver 'driver-13' in nostalgia"),
        ("lively/flipped", "talk", "no driver 'flipped' in lively"),
        ("lively/driver-02/fliped", "talk", r"not 'fliped' \(did you mean 'flipped'\?\)"),
        ("lively/driver-02/flipped/original", "talk", "a driver is original or flipped"),
        ("classics", "talk", "'classics' is for an animation"),
        ("classics/driver-rigoleto", "animation", r"in classics .*did you mean 'driver-rigoletto'"),
    ],
)
def test_drivers_nobody_has(name: str, kind: str, message: str) -> None:
    """A wrong bank, a wrong kind, a wrong number: the nearest right one."""
    with pytest.raises(UsageError, match=message):
        resolve_driver(name, kind)  # type: ignore[arg-type]


def test_the_songs_are_drivers_as_others_are() -> None:
    """They can be named, and flipped."""
    assert "bank://classics/driver-rigoletto" == resolve_driver("classics/driver-rigoletto", "animation")
    flipped = "bank://classics/driver-rigoletto/flipped"
    assert flipped == resolve_driver(flipped, "animation")


def test_the_banks_are_the_services() -> None:
    """18 talk drivers and 103 animation drivers, 15 of which sing, as the service lists them."""
    assert 18 == sum(map(len, TALK_BANKS.values()))
    assert 103 == sum(map(len, ANIMATION_BANKS.values()))
    assert 15 == len(ANIMATION_BANKS[SINGING])
    assert set(ANIMATION_BANKS) == set(CHARACTERS)


def test_which_kind_a_shared_driver_is_for() -> None:
    """Banks have a kind, `subtle` both, and so have files and URLs."""
    assert (True, False) == (fits("lively", "talk"), fits("bank://lively/", "animation"))
    assert (False, True) == (fits("classics", "talk"), fits("fun/driver-01", "animation"))
    assert all(fits(name, kind) for name in ("subtle", "a.mp4") for kind in ("talk", "animation"))  # type: ignore[arg-type]
    assert is_driver_file("a/B.MOV")
    assert not is_driver_file("https://x/a.mp4")
