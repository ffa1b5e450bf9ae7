"""Signed links to results: who holds one may fetch that file until it expires, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlencode

LIFE_S = 24 * 3600


class Links:
    """Signs and checks links with a secret of this process: links die with the server, as its job table does."""

    def __init__(self, clock: Callable[[], float] = time.time, life_s: int = LIFE_S) -> None:
        self._secret = secrets.token_bytes(32)
        self._clock = clock
        self._life_s = life_s

    def sign(self, path: str) -> str:
        """The path with `Expires` (Unix time) and `Signature` in its query."""
        expires = int(self._clock()) + self._life_s
        return f"{path}?{urlencode({'Expires': expires, 'Signature': self._signature(path, str(expires))})}"

    def holds(self, path: str, expires: str, signature: str) -> bool:
        """Whether the signature is ours for that path and time, and the time has not come."""
        genuine = hmac.compare_digest(self._signature(path, expires).encode(), signature.encode())
        return genuine and expires.isascii() and expires.isdigit() and int(expires) > self._clock()

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"GET\n{path}\n{expires}".encode(), hashlib.sha256).hexdigest()
