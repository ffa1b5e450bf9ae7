"""The child's end: one order in, one answer out, little room in between. Imports nothing that costs start-up."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Mapping
from typing import Any, Final

MEMORY_BYTES: Final = 1 << 30
CPU_S: Final = 120


class Line:
    """Where the answer goes: the real standard output, which a chatty C library no longer reaches."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))

    def order(self) -> dict[str, Any]:
        """The one order, JSON on standard input."""
        found: dict[str, Any] = json.load(sys.stdin.buffer)
        return found

    def answer(self, facts: Mapping[str, Any], raw: bytes = b"") -> None:
        """One line of JSON, then raw bytes to the end."""
        with os.fdopen(self._out, "wb") as out:
            out.write(json.dumps(facts).encode() + b"\n" + raw)
