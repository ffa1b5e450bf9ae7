"""A one-shot child that makes one file fit: what hostile media does to a decoder, it does to nobody else.

One order as JSON on standard input, `{"use", "path"}`; one line of JSON on standard output, `{"bytes"}` or `{"kind",
"message", "hint"}`, then that many bytes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from didgen.errors import RenderError
from didgen.media.fit import UnfitError

MEMORY_BYTES = 4 << 30
CPU_S = 150


def made(order: dict[str, str]) -> bytes:
    """The bytes that are sent for a file. Raises RenderError, whose message names the path."""
    path = Path(order["path"])
    try:
        if order["use"] == "sound":
            from didgen.api.prepare.sound import made_sound

            return made_sound(path)
        from didgen.api.prepare.picture import made_picture

        return made_picture(path.read_bytes(), path, logo=order["use"] == "logo")
    except UnfitError as error:
        raise RenderError(error.kind, f"{path} {error.message}", hint=error.hint) from None
    except MemoryError:
        raise RenderError("BadRequestError", f"{path} takes too much memory", hint="save it smaller") from None
    except OSError as error:
        raise RenderError("SourceError", f"{path} cannot be read: {error.strerror}") from None


def main() -> None:
    """Obey one order within limits of memory and time."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what native code prints is not an answer
    try:
        data = made(json.loads(sys.stdin.buffer.read()))
        head: dict[str, object] = {"bytes": len(data)}
    except RenderError as error:
        data, head = b"", {"kind": error.kind, "message": error.message, "hint": error.hint}
    out.write(json.dumps(head).encode() + b"\n" + data)
    out.flush()


if __name__ == "__main__":
    main()
