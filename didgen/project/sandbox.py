"""The child that renders templates: a Jinja sandbox inside a process with limits.

The sandbox keeps a template from reaching anything but its variables; the process keeps it from taking time and
memory, which no sandbox does. Run as `python -P -m didgen.project.sandbox`: says {ready}, then takes one JSON request
a line on stdin ({source, variables, name} or {expression, variables}) and gives one JSON answer a line on stdout
({text}, {holds} or {error, hint, line, column, file, full}; full: its memory is used up). It opens no files of the
user: before an answer it may say {need: name} and is told {source}, {missing} or {refused}.
"""

from __future__ import annotations

import json
import posixpath
import resource
import sys
import traceback
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplatesNotFound,
    TemplateSyntaxError,
)
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from didgen.project.speech_filters import filters_of

MAX_OUTPUT = 40_000  # characters: the service's limit of a script
MAX_SOURCE = 64_000
MAX_MEMORY_BYTES = 64 << 20  # beyond what the child has taken when it is ready
MAX_CPU_S = 120  # of the whole child; the parent's clock stops a single template much earlier
MAX_REPEAT = 1_000
MAX_KEPT = 256  # compiled templates: instances of a scene share one
MAX_LOCALES = 16

FILTERS = frozenset(
    "abs capitalize default d dictsort escape e first float int items join last length count list lower map max min "
    "reject rejectattr replace reverse round select selectattr sort string sum title trim truncate unique upper "
    "wordcount".split()
)
_FAULTS = (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError)


class Loader(BaseLoader):
    """Files that templates include, asked for on the other end of the pipe and given back as text. texts: by name."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:  # noqa: ARG002
        """Text and name of one file. Raises TemplateNotFound when there is none, SecurityError when it may not be."""
        _say({"need": template})
        given = json.loads(sys.stdin.buffer.readline())
        if "missing" in given:
            raise TemplateNotFound(template)
        if "refused" in given:
            raise SecurityError(given["refused"])
        if len(given["source"]) > MAX_SOURCE:
            raise SecurityError(f"{template} is longer than {MAX_SOURCE:,} characters")
        self.texts[template] = given["source"].removesuffix("\n")
        return self.texts[template], template, None


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without globals, with the filters that make text, and with a bound on what one operator can make.

    One locale each: what Jinja works out once, constants and imported modules, may hold that locale's words.
    """

    intercepted_binops = frozenset(("*", "**", "%", "+"))

    def __init__(self, locale: str) -> None:
        self.files = Loader()
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, loader=self.files)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS} | filters_of(locale)
        self.compiled = lru_cache(MAX_KEPT)(self._compiled)
        self.expression = lru_cache(MAX_KEPT)(self._expression)

    def _compiled(self, source: str, name: str) -> Template:
        return self.template_class.from_code(self, self.compile(source, name, name), self.make_globals(None))

    def join_path(self, template: str, parent: str) -> str:
        """What a file that another one includes is called from the workspace; whether it may be is not decided here."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(parent), template))

    def _expression(self, source: str) -> TemplateExpression:
        return self.compile_expression(source, undefined_to_none=False)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse powers, formatting, and products that are long."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or (operator == "%" and not numbers):
            raise SecurityError(f"the operator {operator} is not allowed in scripts")
        if operator == "*" and not numbers:
            times = next((x for x in (left, right) if isinstance(x, int)), 0)
            if times > MAX_REPEAT:
                raise SecurityError(f"text repeated more than {MAX_REPEAT:,} times")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Text methods that pad or format can make any length, so only data is reachable on text."""
        if isinstance(obj, str) and attr in ("format", "format_map", "center", "ljust", "rjust", "zfill", "expandtabs"):
            return False
        return bool(super().is_safe_attribute(obj, attr, value))


def render(sandbox: Sandbox, source: str, variables: dict[str, Any], name: str = "") -> dict[str, Any]:
    """The answer to a request for text; never raises for what a template does. name: the file the text is from."""
    return _guarded(sandbox, source, lambda: {"text": _rendered(sandbox.compiled(source, name), variables)}, name)


def holds(sandbox: Sandbox, expression: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The answer to whether an expression is true; never raises for what it does."""
    return _guarded(sandbox, expression, lambda: {"holds": bool(sandbox.expression(expression)(**variables))})


def _guarded(sandbox: Sandbox, source: str, answer: Callable[[], dict[str, Any]], name: str = "") -> dict[str, Any]:
    filters = sandbox.filters
    if len(source) > MAX_SOURCE:
        return {"error": f"the template is longer than {MAX_SOURCE:,} characters", "line": 1}
    try:
        return answer()
    except TemplateSyntaxError as error:
        text = getattr(error, "source", None) or source
        return _told(error.message or "syntax error", text, error.lineno, error.filename or "", filters)
    except _FAULTS as error:
        where = _where(error)
        text = source if where["file"] == name else sandbox.files.texts.get(where["file"], "")
        return _told(_message(error), text, where["line"], where["file"], filters)
    except MemoryError:
        return {"error": f"template stopped: over {MAX_MEMORY_BYTES >> 20} MB", "line": 1, "full": True}


def _told(said: str, source: str, line: int, file: str, filters: Collection[str]) -> dict[str, Any]:
    """A complaint in plain words. source: the text that it is about; "" where that is not at hand."""
    from didgen.project.template_words import in_words

    words = in_words(said, source, line, filters)
    return {"error": words.message, "hint": words.hint, "line": words.line, "column": words.column, "file": file}


def _message(error: BaseException) -> str:
    if isinstance(error, TemplatesNotFound):
        return f"none of these files exists: {', '.join(map(str, error.templates))}"
    if isinstance(error, TemplateNotFound):
        return f"{error.message} does not exist"
    if isinstance(error, RecursionError):
        return "template stopped: nested too deeply, or a file includes itself"
    return str(error) or type(error).__name__


def _rendered(template: Template, variables: dict[str, Any]) -> str:
    parts: list[str] = []
    size = 0
    for part in template.generate(variables):
        size += len(part)
        if size > MAX_OUTPUT:
            raise SecurityError(f"template stopped: over {MAX_OUTPUT:,} characters")
        parts.append(part)
    return "".join(parts)


def _where(error: BaseException) -> dict[str, Any]:
    """File and line of the innermost template: Jinja rewrites the traceback so that its frames carry them."""
    where: dict[str, Any] = {"line": 1, "file": ""}
    for frame, line in traceback.walk_tb(error.__traceback__):
        if "__jinja_exception__" in frame.f_globals:
            where = {"line": line, "file": frame.f_code.co_filename}
    return where


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def _taken_bytes() -> int:
    """Address space of this process; a generous guess where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as f:
            return int(f.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 448 << 20


def main() -> None:
    """Answer requests until stdin ends."""
    most = _taken_bytes() + MAX_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    sandbox_of = lru_cache(MAX_LOCALES)(Sandbox)
    _say({"ready": True})
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line)
        variables = request["variables"]
        sandbox = sandbox_of(str(variables.get("locale", "")))
        if "expression" in request:
            _say(holds(sandbox, request["expression"], variables))
        else:
            _say(render(sandbox, request["source"], variables, request["name"]))


if __name__ == "__main__":
    main()
