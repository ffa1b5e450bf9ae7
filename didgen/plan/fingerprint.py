"""The name of a render: one sha256 over the canonical JSON of its identity, equal on every machine."""

from __future__ import annotations

from collections.abc import Mapping

from didgen.digest import canonical_json, sha256_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def fingerprint_of(identity: Mapping[str, Any]) -> str:
    """Hex sha256 of an identity. Order of keys does not matter, 1.0 and 1 are one value."""
    return sha256_bytes(canonical_json(dict(identity)))
