"""Templates, rendered in a limited child that is started for the first text with a tag, and never otherwise."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from didgen.catalog.nearest import nearest

TIMEOUT_S = 2.0
START_S = 20.0  # the child imports Jinja first, on a machine that may be busy

_TAG = re.compile(r"\{\{|\{%|\{#")
_UNDEFINED = re.compile(r"'([^']+)' is undefined|has no attribute '([^']+)'")


class TemplateProblem(Exception):
    """A template that cannot be rendered: why, on which line of it, and a hint."""

    def __init__(self, message: str, line: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.hint = hint


def has_tags(text: str) -> bool:
    """Whether there is anything for Jinja in a text."""
    return "{" in text and _TAG.search(text) is not None


class Templates:
    """Renders templates for one build; a context manager, since it may own a child process."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Templates:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop()

    def render(self, text: str, variables: Mapping[str, Any]) -> str:
        """The text with its tags filled in; a text without tags as it is. Raises TemplateProblem."""
        if not has_tags(text):
            return text
        return str(self._answer({"source": text, "variables": variables}, "text"))

    def holds(self, expression: str, variables: Mapping[str, Any]) -> bool:
        """Whether an expression is true, as it would be in `{% if %}`. Raises TemplateProblem."""
        if has_tags(expression):
            raise TemplateProblem("is an expression and no template", hint="leave out the {{ }}")
        return bool(self._answer({"expression": expression, "variables": variables}, "holds"))

    def _answer(self, request: Mapping[str, Any], key: str) -> Any:
        answer = self._ask(request)
        if key in answer:
            return answer[key]
        raise TemplateProblem(answer["error"], answer.get("line", 1), _hint(answer["error"], request["variables"]))

    def _ask(self, request: Mapping[str, Any]) -> Any:
        fresh = self._child is None
        child = self._child = self._child or _start()
        assert child.stdin
        assert child.stdout
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
            return json.loads(_read_line(child.stdout.fileno(), START_S if fresh else TIMEOUT_S))
        except TimeoutError:
            self._stop()
            raise TemplateProblem(f"template stopped: over {TIMEOUT_S:g} s") from None
        except (OSError, ValueError):
            self._stop()
            raise TemplateProblem("template stopped: it took too much memory or time") from None

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _start() -> subprocess.Popen[bytes]:
    """-P keeps a `jinja2.py` in the user's folder from being imported; the environment is not passed on."""
    path = os.pathsep.join(p for p in sys.path if p)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "didgen.project.sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": path, "LANG": "C.UTF-8"},
    )


def _read_line(fd: int, timeout_s: float) -> bytes:
    """One line of the child, in `timeout_s` of silence at most. Raises TimeoutError; b"" when it died."""
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([fd], [], [], timeout_s)[0]:
            raise TimeoutError
        chunk = os.read(fd, 1 << 16)
        if not chunk:
            return b""
        line += chunk
    return line


def _hint(message: str, variables: Mapping[str, Any]) -> str:
    match = _UNDEFINED.search(message)
    if not match:
        return ""
    if match[1]:
        return nearest(match[1], list(variables))
    inner = [key for value in variables.values() if isinstance(value, dict) for key in value]
    return nearest(match[2], inner)
