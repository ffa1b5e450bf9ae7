"""Signed links to results: who holds one may fetch that file until it expires, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

KEY_ID = "didgen"
"""What stands where the service's links name the key that signed them."""


class Links:
    """Signs and checks links by HMAC-SHA256 over method, path, time and key id.

    secret: 32 bytes that outlive the process, so that links do. life_s: how long a link opens what it names.
    """

    def __init__(self, secret: bytes, life_s: float, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._clock = clock
        self._life_s = life_s

    def sign(self, path: str, *, expired: bool = False) -> str:
        """The path with `AWSAccessKeyId`, `Expires` (Unix time) and `Signature` in its query, as the service writes
        them. expired: its time has come already."""
        expires = str(int(self._clock() + (-1 if expired else self._life_s)))
        query = {"AWSAccessKeyId": KEY_ID, "Expires": expires, "Signature": self._signature(path, expires)}
        return f"{path}?{urlencode(query)}"

    def holds(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether the query is ours for that path, and its time has not come."""
        expires, signature = query.get("Expires", ""), query.get("Signature", "")
        genuine = hmac.compare_digest(self._signature(path, expires).encode(), signature.encode())
        return genuine and expires.isascii() and expires.isdigit() and int(expires) > self._clock()

    def _signature(self, path: str, expires: str) -> str:
        signed = f"GET\n{path}\n{expires}\n{KEY_ID}"
        return hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()
