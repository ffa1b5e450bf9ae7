"""Templates, rendered in a limited child that is started for the first text with a tag, and never otherwise."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from didgen.catalog.nearest import nearest
from didgen.project.files import FileProblem, Files

TIMEOUT_S = 2.0
START_S = 20.0  # the child imports Jinja first, on a machine that may be busy

_TAG = re.compile(r"\{\{|\{%|\{#")
_UNDEFINED = re.compile(r"'([^']+)' is undefined|has no attribute '([^']+)'")


class TemplateProblem(Exception):
    """A template that cannot be rendered: why, where, and a hint.

    line, column: from 1; column 0: unknown. file: the included file in which that is, relative to the workspace; "" for
    the text that was given.
    """

    def __init__(self, message: str, line: int = 1, hint: str = "", file: str = "", column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.hint = hint
        self.file = file


def has_tags(text: str) -> bool:
    """Whether there is anything for Jinja in a text."""
    return "{" in text and _TAG.search(text) is not None


class Templates:
    """Renders the templates of one project; a context manager, since it may own a child process.

    files: what templates include is read through it, so that it stays in the workspace and is known as an input.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Templates:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop()

    def render(self, text: str, variables: Mapping[str, Any], name: str = "") -> str:
        """The text with its tags filled in; a text without tags as it is. Raises TemplateProblem.

        name: the file the text is from, relative to the workspace; what it includes is named relative to that file.
        """
        if not has_tags(text):
            return text
        return str(self._answer({"source": text, "variables": variables, "name": name}, "text"))

    def holds(self, expression: str, variables: Mapping[str, Any]) -> bool:
        """Whether an expression is true, as it would be in `{% if %}`. Raises TemplateProblem."""
        if has_tags(expression):
            raise TemplateProblem("is an expression and no template", hint="leave out the {{ }}")
        return bool(self._answer({"expression": expression, "variables": variables}, "holds"))

    def _answer(self, request: Mapping[str, Any], key: str) -> Any:
        fresh = self._child is None
        answer = self._ask(request)
        if answer.get("full"):
            self._stop()
            answer = answer if fresh else self._ask(request)  # templates before it may have filled the child
        if key in answer:
            return answer[key]
        message, file = answer["error"], answer.get("file", "")
        hint = _hint(message, request["variables"]) or answer.get("hint", "")
        where = file if file != request.get("name") else ""
        raise TemplateProblem(message, answer.get("line", 1), hint, where, answer.get("column", 0))

    def _ask(self, request: Mapping[str, Any]) -> Any:
        """The child's answer, once it has been given the files it asked for meanwhile."""
        child = self._child = self._child or _start()
        left_s = TIMEOUT_S
        try:
            _write(child, request)
            while True:
                since = time.monotonic()
                answer = _read(child, left_s)
                if "need" not in answer:
                    return answer
                left_s -= time.monotonic() - since
                _write(child, self._included(answer["need"]))
        except TimeoutError:
            self._stop()
            raise TemplateProblem(f"template stopped: over {TIMEOUT_S:g} s") from None
        except (OSError, ValueError):
            self._stop()
            return {"error": "template stopped: it took too much memory or time", "full": True}

    def _included(self, name: str) -> dict[str, str]:
        """The text of a file that a template includes, or why there is none."""
        if name.startswith("../"):
            return {"refused": f"a file is taken in that leads out of the workspace {self._files.root.name}"}
        try:
            path = self._files.locate(name, self._files.root)
            if any(part.startswith(".") for part in self._files.relative(path).split("/")):
                return {"refused": f"{name!r} is hidden, and hidden files are not included"}
            if not os.path.lexists(path):
                self._files.note_missing(path)
                return {"missing": name}
            return {"source": self._files.read(path).decode("utf-8-sig")}
        except FileProblem as problem:
            return {"refused": str(problem)}
        except UnicodeDecodeError:
            return {"refused": f"{name} is not UTF-8 text"}

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _start() -> subprocess.Popen[bytes]:
    """A child that is ready to answer.

    -P keeps a `jinja2.py` in the user's folder from being imported; the environment is not passed on.
    """
    path = os.pathsep.join(p for p in sys.path if p)
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "didgen.project.sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": path, "LANG": "C.UTF-8"},
    )
    try:
        _read(child, START_S)
    except (TimeoutError, ValueError):
        child.kill()
        child.communicate()
        raise TemplateProblem("the process that renders templates does not start") from None
    return child


def _write(child: subprocess.Popen[bytes], message: Mapping[str, Any]) -> None:
    assert child.stdin
    child.stdin.write(json.dumps(message).encode() + b"\n")
    child.stdin.flush()


def _read(child: subprocess.Popen[bytes], timeout_s: float) -> Any:
    """One message of the child. Raises TimeoutError when it takes longer, ValueError when the child died."""
    assert child.stdout
    until = time.monotonic() + timeout_s
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([child.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
            raise TimeoutError
        chunk = os.read(child.stdout.fileno(), 1 << 16)
        if not chunk:
            break
        line += chunk
    return json.loads(line)


def _hint(message: str, variables: Mapping[str, Any]) -> str:
    match = _UNDEFINED.search(message)
    if not match:
        return ""
    if match[1] in variables:
        return "a macro is given it, or its file is imported `with context`"
    if match[1]:
        return nearest(match[1], list(variables))
    inner = [key for value in variables.values() if isinstance(value, dict) for key in value]
    return nearest(match[2], inner)
