"""Templates rendered in this process, by the sandbox that renders them in a child of their own.

A start of that child, and two changes of process for every text, cost more than all else that a plan does. The code is
the same, what it is asked and answers goes through JSON as through the pipe, and what it takes in is asked for in the
same way; what is missing are the limits of the process. Builds, and the plans from nothing beside them, have the child.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.exceptions import SecurityError

from didgen.plan import resolve
from didgen.project import sandbox, template


class _Taken(BaseLoader):
    """Files that templates include, as the plan under way has them; compiled ones hold while they say the same."""

    by: Inside

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:  # noqa: ARG002
        given = self.by.taken(template)
        if "missing" in given:
            raise TemplateNotFound(template)
        if "refused" in given:
            raise SecurityError(given["refused"])
        return given["source"].removesuffix("\n"), template, lambda: self.by.taken(template) == given


_TAKEN = _Taken()


@lru_cache(sandbox.MAX_LOCALES)
def _sandbox(locale: str) -> sandbox.Sandbox:
    made = sandbox.Sandbox(locale)
    made.loader = _TAKEN
    return made


class Inside(template.Templates):
    """As `template.Templates`, without a child."""

    def taken(self, name: str) -> dict[str, str]:
        """The text of a file that is included, or why there is none."""
        return self._included(name)

    def _ask(self, request: Mapping[str, Any]) -> Any:
        _TAKEN.by = self
        asked = json.loads(json.dumps(request))
        variables = asked["variables"]
        box = _sandbox(str(variables.get("locale", "")))
        if "expression" in asked:
            answer = sandbox.holds(box, asked["expression"], variables)
        else:
            answer = sandbox.render(box, asked["source"], variables, asked["name"])
        return json.loads(json.dumps(answer))


@contextmanager
def templates_inside() -> Iterator[None]:
    """Plans that are made meanwhile start no child."""
    was = resolve.Templates
    resolve.Templates = Inside  # type: ignore[misc]
    try:
        yield
    finally:
        resolve.Templates = was  # type: ignore[misc]
