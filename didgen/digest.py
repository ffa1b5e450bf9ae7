"""Digests and canonical JSON: the two things that must be the same on every machine, for ever."""

from __future__ import annotations

import hashlib
import json
import os

TYPE_CHECKING = False  # as of `typing`, which takes longer to import than all here
if TYPE_CHECKING:
    from typing import Any

CHUNK_BYTES = 1 << 20
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_AS_THEY_ARE = frozenset((str, int, bool, type(None)))


def sha256_bytes(data: bytes) -> str:
    """Hex sha256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: str | os.PathLike[str]) -> str:
    """Hex sha256 of a file's bytes, read in chunks. Raises OSError."""
    with open(path, "rb", buffering=0) as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def canonical_json(value: Any) -> bytes:
    """The one byte form of a JSON value: sorted keys, no spaces, UTF-8, whole floats written as integers.

    NaN and infinity are refused (ValueError). Floats keep Python's shortest round-trip form, which is the same on
    every platform; 1.0 and 1 are one value, as YAML writers mean them to be.
    """
    return _CANONICAL.encode(_plain(value)).encode()


def _plain(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:  # most of what a fingerprint holds; a third of its cost otherwise
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
