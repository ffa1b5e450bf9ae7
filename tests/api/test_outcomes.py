from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.api.outcomes import (
    json_object,
    meaning_of_post,
    refusal,
    retry_after_s,
)

NOW = "Thu, 01 Jan 2026 12:00:00 GMT"


@given(st.integers(100, 999))
def test_a_status_nobody_has_listed_is_ambiguous(status: int) -> None:
    """Safe by default: only 200 and 201 with an id are bought, only the listed refusals are not."""
    refused = {400, 401, 402, 403, 404, 405, 411, 413, 414, 415, 421, 422, 431, 451}
    expected = "refused" if status in refused else "later" if status == 429 else "ambiguous"
    assert ("bought" if status in (200, 201) else expected) == meaning_of_post(status, "tlk_1")
    assert expected == meaning_of_post(status, None)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("-5", 1.0),
        ("999999", 3600.0),
        ("inf", 3600.0),
        ("nan", None),
        ("1000000000", 3600.0),
        ("soon", None),
        ("7 s", None),
        ("Thu, 31 Dec 99999 23:59:59 GMT", None),
        ("", None),
        (None, None),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 1.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_an_hour(value: str | None, wait_s: float | None) -> None:
    """Whatever a gateway writes there, the wait is bounded. A date is meant by the clock of the Date header."""
    assert wait_s == retry_after_s(value, NOW)


@pytest.mark.parametrize("date", [None, "", "tomorrow"])
def test_a_date_without_a_clock_beside_it_is_read_by_ours(date: str | None) -> None:
    """There is no better one."""
    soon = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    assert 300 == pytest.approx(retry_after_s(soon, date), abs=20)


@given(st.binary(max_size=60))
def test_any_body_is_an_object_or_none(data: bytes) -> None:
    """Gateways answer in HTML and worse."""
    assert isinstance(json_object(data), dict)


def test_a_refusal_without_a_body_still_has_a_kind_and_words() -> None:
    """401 says what to do about it."""
    error = refusal(401, b"<html>", "set the key")
    assert "AuthorizationError" == error.kind
    assert "set the key" == error.hint
    assert "set the key" not in refusal(402, b"", "set the key").hint
    assert "Endpoint request timed out" == refusal(400, b'{"message": "Endpoint request timed out"}').message


def test_a_refusal_repeats_no_signed_link() -> None:
    """The service quotes the link it could not read; nobody else gets to read it."""
    body = {"kind": "BadRequestError", "description": "invalid source url https://h.org/a.jpg?Signature=canary"}
    body["details"] = {"body.source_url": {"message": "s3://b/a.jpg?Signature=canary"}}  # type: ignore[assignment]
    error = refusal(400, json.dumps(body).encode())
    assert "https://h.org/a.jpg" in str(error)
    assert "canary" not in str(error)
