"""Keys in every form that people paste them in: one way out, and no way to be seen."""

from __future__ import annotations

import base64
import json
import traceback

import pytest

from didgen.api.key import keys_for, read_key
from didgen.errors import UsageError

RAW = "YW5uYUBleGFtcGxlLm9yZw==:s3cret-Canary_1"


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("given", "form", "sent"),
    [
        (RAW, "user:secret", coded(RAW)),
        (f"{RAW}:", "user:secret", coded(f"{RAW}:")),
        (coded(RAW), "base64", coded(RAW)),
        (coded(f"{RAW}:"), "base64 of user:secret:", coded(f"{RAW}:")),
        ("one-word", "unknown", "one-word"),
        ("", "unknown", ""),
    ],
)
@pytest.mark.parametrize("around", ["{}", "  {}\n", "Basic {}", "\tbasic   {} \r\n"])
def test_every_form_of_a_key_is_read(given: str, form: str, sent: str, around: str) -> None:
    """Plain keys are put into base64; what is in base64 goes out as its owner knows that it works."""
    if given or around in ("{}", "  {}\n"):
        secret, found = read_key(around.format(given))
        assert (sent, form) == (secret.reveal(), found)


@pytest.mark.parametrize("given", [RAW, coded(RAW), coded(f"{RAW}:")])
def test_an_answer_that_repeats_a_key_is_read_without_it(given: str) -> None:
    """Whole, its secret half, or coded; what else is said stays, and a key too short to be told apart hides nothing."""
    keys = keys_for("api.d-id.com", {"D_ID_API_KEY": given, "D_ID_ELEVENLABS_KEY": "eleven-123"})
    said = f"no {RAW} or s3cret-Canary_1, {read_key(given)[0].reveal()}; nor eleven-123".encode()
    assert b"no (key) or (key), (key); nor (key)" == keys.hidden(said)
    assert b"a word" == keys_for("api.d-id.com", {"D_ID_API_KEY": "word"}).hidden(b"a word")
    assert b"none" == keys_for("api.d-id.com", {}).hidden(b"none")


@pytest.mark.parametrize("given", [f"Bearer {RAW}", "bearer abc", "Client-Key a.b_c"])
def test_a_token_is_no_key(given: str) -> None:
    """The message says what to set instead, and repeats nothing of it."""
    with pytest.raises(UsageError, match=r"D_ID_API_KEY is a \S+ token .*user:secret") as caught:
        read_key(given)
    assert given.split()[1] not in str(caught.value)


@pytest.mark.parametrize("given", [f"{RAW} # mine", f"{RAW}\nX-Other: 1", "kéy:x", "a:b\x07"])
def test_what_no_header_can_carry_is_refused(given: str) -> None:
    """A comment behind a key, a second line, other signs; none of it is repeated."""
    with pytest.raises(UsageError, match="blanks or signs that no key has") as caught:
        read_key(given)
    assert "Canary" not in "".join(traceback.format_exception(caught.value))


def test_a_key_goes_to_its_own_service_only() -> None:
    """A project may name any server: that one does not get the D-ID key, nor the provider's."""
    environ = {"D_ID_API_KEY": RAW, "D_ID_ELEVENLABS_KEY": "eleven", "ELEVENLABS_API_KEY": "for-another-program"}
    for host in ("api.d-id.com", "127.0.0.1:8000", "localhost", "[::1]:99"):
        keys = keys_for(host, environ)
        assert {"Authorization": f"Basic {coded(RAW)}"} == keys.headers()
        assert {"elevenlabs": "eleven"} == json.loads(keys.external()["x-api-key-external"])
    for host in ("renders.example.org", "api.d-id.com.example.org", "127.0.0.1.example.org", "api.d-id.com:8443"):
        assert {} == keys_for(host, environ).headers() == keys_for(host, environ).external()
        assert {"Authorization": "Basic other"} == keys_for(host, {**environ, "DIDGEN_API_KEY": "other"}).headers()
    assert {"Authorization": "Basic mine"} == keys_for("localhost:1", {**environ, "DIDGEN_API_KEY": "mine"}).headers()


def test_what_to_do_about_a_key_that_is_not_taken() -> None:
    """The variable that is read for that service: D-ID's is for D-ID."""
    ours, theirs = {"D_ID_API_KEY": RAW}, {"DIDGEN_API_KEY": RAW}
    assert "set D_ID_API_KEY to" in keys_for("api.d-id.com", ours).advice("api.d-id.com")
    assert "set D_ID_API_KEY to" in keys_for("api.d-id.com", {}).advice("api.d-id.com")
    for environ in ({}, theirs, {**ours, **theirs}):
        for host in ("renders.example.org", "127.0.0.1:8000"):
            keys = keys_for(host, environ)
            assert ("DIDGEN_API_KEY", f"set DIDGEN_API_KEY to the key of {host}") == (keys.name, keys.advice(host))
    assert "set DIDGEN_API_KEY to the key of" in keys_for("renders.example.org", ours).advice("renders.example.org")
    assert "shown the key in D_ID_API_KEY" in keys_for("127.0.0.1:8000", ours).advice("127.0.0.1:8000")
