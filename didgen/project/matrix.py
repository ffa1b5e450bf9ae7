"""The combinations of a matrix, by the rules of GitHub Actions.

The product of all keys; `exclude` takes out what has all of its values; then each entry of `include` is added to every
combination of the product whose values it does not change, or, where there is none, is a combination of its own.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from didgen.catalog.nearest import nearest
from didgen.errors import Problem
from didgen.project.explain import field_name
from didgen.project.models import LOCALE_PATTERN, MAX_INSTANCES, VARIABLE_PATTERN, VARIABLE_WORDS, MatrixSpec
from didgen.project.scalars import Scalar, as_text, is_scalar
from didgen.project.yaml_reader import Document

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Combination:
    """known: the values that tell it from the others, by key in the order of the alphabet; more: what `include` adds
    for templates. path: where the file says it."""

    known: Mapping[str, Scalar] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    path: Path = ("matrix",)

    @property
    def values(self) -> dict[str, Any]:
        """All of its variables."""
        return {**self.known, **self.more}

    @property
    def locale(self) -> str | None:
        """The locale it sets, if it does."""
        value = self.values.get("locale")
        return None if value is None else str(value)


NO_MATRIX = Combination()


def combinations(spec: MatrixSpec | None, document: Document) -> tuple[list[Combination], list[Problem]]:
    """All combinations in order, the first key changing last; one without values where there is no matrix.

    With problems, what they leave is no more than a help to find others.
    """
    if spec is None:
        return [NO_MATRIX], []
    made = _Matrix(spec, document)
    return made.combinations(), made.problems


class _Matrix:
    def __init__(self, spec: MatrixSpec, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.include, self.exclude = spec.include, spec.exclude
        self.axes: dict[str, Sequence[Scalar]] = {**(spec.model_extra or {})}
        self.keys = sorted(self.axes) or self._shared_keys()
        self._check_names()

    def combinations(self) -> list[Combination]:
        if math.prod(len(values) for values in self.axes.values()) > MAX_INSTANCES:
            self._fail(f"makes more than {MAX_INSTANCES:,} combinations", ("matrix",), hint="split the project")
            return []
        if not self.keys:
            return []
        self._check_axes()
        product = self._left() if self.axes else []
        made = [*product, *self._included(product)]
        if not made and not self.problems:
            self._fail("leaves no combination", ("matrix",), "exclude less, or include one")
        return made

    def _fail(self, message: str, path: Path, hint: str = "", *, key: bool = False) -> None:
        place = self.document.key_place(*path) if key else self.document.place(*path)
        self.problems.append(Problem(message, place, field_name(path), hint))

    def _shared_keys(self) -> list[str]:
        """Without keys of its own a matrix is known by those that all entries of `include` have."""
        every = [{key for key, value in entry.items() if is_scalar(value)} for entry in self.include]
        shared = sorted(set.intersection(*every)) if every else []
        if not shared:
            self._fail("has no key", ("matrix",), "write one, such as `locale: [en, de]`")
        return shared

    def _check_names(self) -> None:
        named: list[Path] = [("matrix", key) for key in self.axes]
        named += [("matrix", "include", n, key) for n, entry in enumerate(self.include) for key in entry]
        for path in named:
            if not re.match(VARIABLE_PATTERN, str(path[-1])) or path[-1] == "row":
                self._fail(f"{path[-1]!r} {VARIABLE_WORDS}", path, key=True)

    def _check_axes(self) -> None:
        for key, values in self.axes.items():
            first: dict[str, int] = {}
            for number, value in enumerate(values):
                if first.setdefault(as_text(value), number) != number:
                    self._fail(f"{as_text(value)!r} is named twice", ("matrix", key, number))
                self._check_locale(key, value, ("matrix", key, number))

    def _check_locale(self, key: str, value: Any, path: Path) -> None:
        if key == "locale" and not (isinstance(value, str) and re.match(LOCALE_PATTERN, value)):
            self._fail(f"{value!r} must be a language tag such as en or de-AT", path)

    def _left(self) -> list[Combination]:
        """The product without what is excluded."""
        gone = self._excluded()
        made = []
        for values in itertools.product(*self.axes.values()):
            combination = dict(zip(self.axes, values, strict=True))
            if not any(_at(combination, keys) in out for keys, out in gone.items()):
                made.append(Combination({key: combination[key] for key in self.keys}))
        return made

    def _excluded(self) -> dict[tuple[str, ...], set[tuple[str, ...]]]:
        """Which values of which keys are out; by keys, so that a long list costs no more than a short one."""
        gone: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for number, entry in enumerate(self.exclude):
            path = ("matrix", "exclude", number)
            known = [self._known_value(key, value, (*path, key)) for key, value in entry.items()]
            if all(known):
                keys = tuple(sorted(entry))
                gone.setdefault(keys, set()).add(_at(entry, keys))
        return gone

    def _known_value(self, key: str, value: Scalar, path: Path) -> bool:
        if key not in self.axes:
            self._fail("is no key of the matrix", path, nearest(key, list(self.axes)), key=True)
            return False
        known = [as_text(v) for v in self.axes[key]]
        if as_text(value) not in known:
            self._fail(f"{as_text(value)!r} is no value of {key}", path, nearest(as_text(value), known))
        return as_text(value) in known

    def _included(self, product: Sequence[Combination]) -> list[Combination]:
        """Adds to the product what `include` says of it; the combinations that it makes itself."""
        by_keys: dict[tuple[str, ...], dict[tuple[str, ...], list[Combination]]] = {}
        taken = {_at(one.known, self.keys): one for one in product}
        made = []
        for number, entry in enumerate(self.include):
            path = ("matrix", "include", number)
            keys = tuple(key for key in self.keys if key in entry)
            if not self._plain(entry, keys, path):
                continue
            if keys not in by_keys:
                by_keys[keys] = _grouped(product, keys)
            more = {key: value for key, value in entry.items() if key not in keys}
            found = by_keys[keys].get(_at(entry, keys), [])
            for one in found:
                one.more.update(more)
            if not found and self._is_new(entry, keys, path, taken):
                made.append(Combination({key: entry[key] for key in keys}, more, path))
                taken[_at(entry, self.keys)] = made[-1]
        return made

    def _plain(self, entry: Mapping[str, Any], keys: Sequence[str], path: Path) -> bool:
        wrong = [key for key in keys if not is_scalar(entry[key])]
        for key in wrong:
            self._fail("must be text, a number, or true or false", (*path, key))
        if "locale" in entry and not wrong:
            self._check_locale("locale", entry["locale"], (*path, "locale"))
        return not wrong

    def _is_new(
        self, entry: Mapping[str, Any], keys: Sequence[str], path: Path, taken: Mapping[tuple[str, ...], Combination]
    ) -> bool:
        if not keys:
            self._fail("names no key of the matrix, and there is no combination to add it to", path)
            return False
        other = taken.get(_at(entry, self.keys))
        if other is not None:
            at = self.document.place(*other.path)
            self._fail(f"is the combination of {at} again", path, "tell them apart by a key of the matrix")
        return other is None


def _at(values: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, ...]:
    """The values of keys, as they are compared; NUL for one that is not there."""
    return tuple(as_text(values[key]) if key in values else "\0" for key in keys)


def _grouped(product: Sequence[Combination], keys: Sequence[str]) -> dict[tuple[str, ...], list[Combination]]:
    groups: dict[tuple[str, ...], list[Combination]] = {}
    for one in product:
        groups.setdefault(_at(one.known, keys), []).append(one)
    return groups
