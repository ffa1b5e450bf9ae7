"""What is asked about an account on the command line, of the bank; and what needs no account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bank import shapes
from tests.bank.started import Started, opened
from tests.cli.test_commands import didgen


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with opened(tmp_path_factory.mktemp("bank"), "--credits", "49") as bank:
        yield bank


def test_voices_of_a_service(bank: Started, tmp_path: Path) -> None:
    """All, or those of a provider or a language, for people and programs; the key goes where it belongs."""
    ask = ("voices", "--service", bank.url)
    everything = json.loads(didgen(tmp_path, *ask, "--json", D_ID_API_KEY=bank.key).stdout)
    assert [voice["id"] for voice in shapes.VOICES] == [voice["id"] for voice in everything]
    jenny = next(voice for voice in everything if voice["id"] == "en-US-JennyNeural")
    assert ("microsoft", ["en-US"]) == (jenny["provider"], jenny["locales"])
    microsoft = json.loads(didgen(tmp_path, *ask, "--provider", "microsoft", "--json", D_ID_API_KEY=bank.key).stdout)
    assert {"microsoft"} == {voice["provider"] for voice in microsoft}
    assert len(microsoft) < len(everything)
    for wanted in ("en", "en-US", "en_us"):
        shown = didgen(tmp_path, *ask, "--language", wanted, D_ID_API_KEY=bank.key).stdout
        assert "en-US-JennyNeural" in shown
        assert len(shown.splitlines()) <= len(everything) + 1
    assert 1 == len(didgen(tmp_path, *ask, "--language", "xx", D_ID_API_KEY=bank.key).stdout.splitlines())
    assert [] == bank.leaks()
    assert not (tmp_path / ".didgen").exists()


def test_the_local_engine_has_no_voices_of_others(tmp_path: Path) -> None:
    """The message names the command that lists them."""
    done = didgen(tmp_path, "voices", "--provider", "microsoft")
    assert 2 == done.returncode
    assert "--service d-id --provider microsoft" in done.stderr


def test_a_large_account_is_told_in_full(tmp_path: Path) -> None:
    """Never as 1e+06."""
    with opened(tmp_path / "bank", "--credits", "1234567") as bank:
        done = didgen(tmp_path, "credits", "--service", bank.url, D_ID_API_KEY=bank.key)
    assert "1234567 of 1234567 credits left" in done.stdout


def test_credits_of_a_service(bank: Started, tmp_path: Path) -> None:
    """What is left of what, for people and programs; here rendering is free."""
    done = didgen(tmp_path, "credits", "--service", bank.url, D_ID_API_KEY=bank.key)
    assert "49 of 49 credits left; the first of them lapse on 20" in done.stdout
    told = json.loads(didgen(tmp_path, "credits", "--service", bank.url, "--json", D_ID_API_KEY=bank.key).stdout)
    assert (49, 49) == (told["remaining"], told["total"])
    assert "costs nothing" in didgen(tmp_path, "credits", "--service", "local").stdout
    assert json.loads(didgen(tmp_path, "credits", "--service", "local", "--json").stdout)["remaining"] is None


@pytest.mark.parametrize(
    ("words", "key", "status", "said"),
    [
        (("credits",), "", 2, "api.d-id.com demands a key (set D_ID_API_KEY)"),
        (("voices", "--service", "d-id"), "Bearer abc", 2, "D_ID_API_KEY is a Bearer token"),
        (("credits", "--service", "https://renders.example.org"), "a:b", 2, "demands a key (set DIDGEN_API_KEY)"),
        (("voices", "--service", "https://[bad"), "a:b", 2, "unknown service"),
        (("drivers", "--service", "d-idd"), "", 2, "did you mean 'd-id'?"),
    ],
)
def test_what_cannot_be_asked(tmp_path: Path, words: tuple[str, ...], key: str, status: int, said: str) -> None:
    """One message and its exit code; nothing is sent."""
    done = didgen(tmp_path, *words, D_ID_API_KEY=key)
    assert (status, True) == (done.returncode, said in done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_that_is_not_accepted(bank: Started, tmp_path: Path) -> None:
    """The service's own words, what to do, and nothing of the key."""
    done = didgen(tmp_path, "credits", "--service", bank.url, D_ID_API_KEY="somebody:canary")
    assert 1 == done.returncode
    assert "user unauthenticated" in done.stderr
    assert "shown the key in D_ID_API_KEY; set DIDGEN_API_KEY to its own" in done.stderr
    assert "canary" not in done.stderr + done.stdout
    own = didgen(tmp_path, "credits", "--service", bank.url, D_ID_API_KEY="", DIDGEN_API_KEY="somebody:canary")
    assert f"(set DIDGEN_API_KEY to the key of {bank.url.removeprefix('http://')})" in own.stderr


def test_drivers_of_both(tmp_path: Path) -> None:
    """18 and 103, those that sing among them, with how they move here."""
    local, there = (didgen(tmp_path, "drivers", "--service", name).stdout for name in ("local", "d-id"))
    assert "classics" in local
    assert "driver-la-cucaracha" in there
    assert "nostalgia  driver-01 … driver-17 (16, no 13)" in there
    told = json.loads(didgen(tmp_path, "drivers", "--json").stdout)
    assert (18, 103) == tuple(sum(map(len, told[kind].values())) for kind in ("talks", "animations"))
    assert 15 == len(told["animations"]["classics"])
