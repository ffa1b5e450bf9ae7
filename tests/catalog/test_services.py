"""didgen.catalog.services: who renders, by name or address."""

from __future__ import annotations

import pytest

from didgen.catalog.services import is_service, service_hint


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("local", True), ("d-id", True), ("https://api.d-id.com", True), ("http://127.0.0.1:8000/x", True),
        ("http://localhost", True), ("http://example.org", False), ("ftp://x", False), ("lokal", False), ("", False),
        ("https://[::2]:8443/x", True), ("https://[bad", False), ("https://[x]", False), ("https://h:99999", False),
        ("https://h?x=1", False), ("http://127.0.0.1:60000", True), ("http://127.0.0.1:65535", True),
        ("http://127.0.0.1:65536", False),
        ("https://user:pw@example.org", False), ("http://127.0.0.1.example.org", False),
    ],
)  # fmt: skip
def test_services(name: str, known: bool) -> None:
    """Two names and base URLs; no plain HTTP but to this machine, no password in a URL."""
    assert known == is_service(name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("htp://render.example", "did you mean 'https://render.example'?"),
        ("htps://render.example:8443/v1", "did you mean 'https://render.example:8443/v1'?"),
        ("htp://localhost:8787", "did you mean 'http://localhost:8787'?"),
        ("127.0.0.1:8787", "did you mean 'http://127.0.0.1:8787'?"),
        ("api.d-id.com", "did you mean 'https://api.d-id.com'?"),
        ("http://render.example", "http only on this machine: write https://render.example"),
        ("https://me:secret@render.example", "a password does not stand in the address"),
        ("loca", "did you mean 'local'?"),
        ("D-ID", "did you mean 'd-id'?"),
        ("ftp://render.example", "local, d-id, or the address of a server"),
        ("elsewhere", "local, d-id, or the address of a server"),
        ("https://", "local, d-id, or the address of a server"),
        ("", "local, d-id, or the address of a server"),
    ],
)
def test_what_is_meant_by_a_name_that_is_no_service(name: str, hint: str) -> None:
    """A misspelt scheme, none at all, one that is not allowed; no secret is repeated."""
    assert not is_service(name)
    assert service_hint(name).startswith(hint)
    assert "secret" not in service_hint(name)
