"""One order, one fresh process: for speech engines that can hang or crash, and that remember what they said before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from didgen.errors import RenderError

PATIENCE_S: Final = 20.0
"""A sentence takes them a tenth of a second; a busy machine may need a hundred times as long, a hang needs for ever."""


def ask(engine: str, order: Mapping[str, Any], patience_s: float = PATIENCE_S) -> tuple[dict[str, Any], bytes]:
    """What `children.<engine>` answers to one order: facts as JSON, and raw bytes.

    order: JSON, with the `text` to speak for the messages. Raises RenderError when the child hangs, crashes or fails.
    """
    command = (sys.executable, "-P", "-m", f"didgen.engine.speech.children.{engine}")
    try:
        done = subprocess.run(
            command, input=json.dumps(order).encode(), capture_output=True, timeout=patience_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise _failed(engine, order, f"got stuck for {patience_s:g} s") from None
    except OSError as error:
        raise _failed(engine, order, f"cannot be started: {error.strerror}") from None
    line, _, raw = done.stdout.partition(b"\n")
    if done.returncode or not line:
        last = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1][:200]
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        raise _failed(engine, order, f"stopped ({how}{': ' if last else ''}{last})")
    facts: dict[str, Any] = json.loads(line)
    return facts, raw


def _failed(engine: str, order: Mapping[str, Any], what: str) -> RenderError:
    return RenderError(
        "TextToSpeechProviderError",
        f"the speech engine {engine} {what} at {str(order.get('text', ''))[:60]!r}",
        hint="write it another way, or choose another voice (didgen voices)",
    )
