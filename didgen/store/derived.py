"""Derived values: speech, face fits and the like, which may vanish at any time. Raw bytes in a diskcache.

diskcache pickles whatever is not text, a number or bytes, and unpickling a folder that others can write runs their
code. So neither happens here: only bytes go in, and a pickled row that somebody planted is a miss. Each value
carries its sha256, so a damaged one is a miss as well.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import MODE_PICKLE

from didgen.digest import sha256_bytes

SIZE_LIMIT_BYTES = 2 << 30
_DIGEST_CHARS = 64
_PAGES = 500  # of 4 KiB that SQLite holds, as it would by itself: diskcache's 8,192 are hours of a server's growth
_TROUBLE = (sqlite3.Error, OSError, ValueError, diskcache.Timeout)


class RawDisk(diskcache.Disk):  # type: ignore[misc]
    """diskcache's own storage without its pickles."""

    def put(self, key: Any) -> Any:
        if not isinstance(key, str):
            raise TypeError(f"keys are text, not {type(key).__name__}")
        return super().put(key)

    def get(self, key: Any, raw: bool) -> Any:
        if not raw:
            raise ValueError("a pickled key")
        return super().get(key, raw)

    def store(self, value: Any, read: bool, key: Any = diskcache.UNKNOWN) -> Any:
        if not isinstance(value, bytes) or read:
            raise TypeError(f"values are bytes, not {type(value).__name__}")
        return super().store(value, read, key)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        if mode == MODE_PICKLE:
            raise ValueError("a pickled value")
        return super().fetch(mode, filename, value, read)


class Derived:
    """The engine's `Memo`, kept by the parent in `home/cache`. A cache that cannot be used is an empty one."""

    def __init__(self, home: Path, size_limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
        self.folder = home / "cache"
        self._limit = size_limit_bytes
        self._cache = self._open_or_none()
        if self._cache is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._cache = self._open_or_none()

    def _open_or_none(self) -> Any:
        try:
            return self._open()
        except _TROUBLE:
            return None

    def _open(self) -> Any:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        return diskcache.Cache(
            str(self.folder),
            disk=RawDisk,
            size_limit=self._limit,
            eviction_policy="least-recently-used",
            timeout=5,
            statistics=0,
            sqlite_cache_size=_PAGES,
            sqlite_mmap_size=0,  # what is mapped counts as the server's memory too
        )

    def get(self, key: str) -> bytes | None:
        """The value under `key`; None when it is not there, not whole or not to be had."""
        try:
            value = self._cache.get(key) if self._cache is not None else None
        except _TROUBLE:
            return None
        if not isinstance(value, bytes):
            return None
        digest, data = value[:_DIGEST_CHARS], value[_DIGEST_CHARS:]
        return data if digest == sha256_bytes(data).encode() else None

    def put(self, key: str, value: bytes, expire_s: float | None = None) -> None:
        """Keep a value if that is possible, for at most `expire_s` seconds."""
        if self._cache is not None:
            with suppress(*_TROUBLE):
                self._cache.set(key, sha256_bytes(value).encode() + value, expire=expire_s)

    def close(self) -> None:
        """Close the files."""
        if self._cache is not None:
            self._cache.close()
