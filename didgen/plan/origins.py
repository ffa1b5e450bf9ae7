"""Where each part of a scene's identity was written: file, line and column, or nowhere, when it is a default."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from didgen.errors import Place
from didgen.plan.address import address_of
from didgen.plan.instances import Instance, Instances
from didgen.plan.merge import voice_of_locale
from didgen.plan.scene import Scene
from didgen.plan.texts import Texts
from didgen.project.files import FileProblem, Files
from didgen.project.load import Project
from didgen.project.template import Templates

Keys = tuple[str | int, ...]

OURS = "didgen"
DEFAULT = "default"

_KEYS = {"source_url": "source", "driver_url": "driver"}
_INPUTS: dict[Keys, str] = {
    ("source_url",): "source_url",
    ("driver_url",): "driver_url",
    ("script", "audio_url"): "audio_url",
    ("config", "logo", "url"): "logo_url",
    ("config", "overlay"): "overlay_url",
}
_WHOLE = (("models",), ("respelled",))
_TAKES = re.compile(r"""\{%[-+]?\s*(?:include|import|from|extends)\s+(["'])([^"']+)\1""")
_TAG = re.compile(r"\{[{%](.*?)[}%]\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Origin:
    """One part of an identity. field: its path in the identity, "request.config.stitch". value: plain JSON; an input is
    {"sha256": …}. where: places that decide it, as file:line:column; "default" for what nobody wrote, "didgen" for what
    is the program's own. file: relative to the workspace, or the URL, of an input's bytes."""

    field: str
    value: Any
    where: tuple[str, ...]
    file: str = ""


def origins(
    project: Project, scenes: Sequence[Scene], files: Files, service_from: str
) -> dict[str, tuple[Origin, ...]]:
    """Every leaf of each scene's identity with where it comes from, by address. service_from: who chose the service."""
    with Templates(files) as templates:
        instances = {one.address: one for one in Instances(project, files, templates).all()}
        texts = Texts(project, files, templates)
        found = {}
        for scene in scenes:
            one = _Origins(project, scene, files, service_from, instances[scene.address], texts)
            found[scene.address] = tuple(one.of(path, value) for path, value in leaves(scene.identity))
    return found


def inputs_of(project: Project, scene: Scene, files: Files) -> list[Origin]:
    """What a scene is made from, with where it is written: its files, and its script as it is spoken. Cheap, as every
    release asks for it: of what a template names it tells the line in the project, and no row."""
    found = _Origins(project, scene, files, "")
    paths = [path for path in _INPUTS if _INPUTS[path] in scene.inputs]
    texts = [("script", "input")] if scene.spoken else []
    return [found.of(("request", *map(str, path)), _value(scene, path)) for path in (*texts, *paths)]


def _value(scene: Scene, path: Keys) -> Any:
    given = scene.inputs.get(_INPUTS.get(path, ""))
    return scene.spoken if given is None else {"sha256": given.digest}


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Path and value of every leaf. An input, the models of an engine and what is respelled are one leaf each."""
    if isinstance(value, Mapping) and value and "sha256" not in value and path[-1:] not in _WHOLE:
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    else:
        yield path, value


class _Origins:
    """instance, texts: what templates of the scene can name, and how they are filled in; where both are known."""

    def __init__(
        self,
        project: Project,
        scene: Scene,
        files: Files,
        service_from: str,
        instance: Instance | None = None,
        texts: Texts | None = None,
    ) -> None:
        self._project = project
        self._scene = scene
        self._files = files
        self._service_from = service_from
        self._instance = instance
        self._texts = texts
        self._number = self._find_number()

    def of(self, path: tuple[str, ...], value: Any) -> Origin:
        head, rest = path[0], path[1:]
        name = ".".join(path)
        if head == "request":
            return Origin(name, value, self._request(rest) or (DEFAULT,), self._input(rest))
        if head == "kind":
            return Origin(name, value, (str(self._project.document.place("scenes", self._number)),))
        if head == "respelled":
            return Origin(name, value, self._places(("pronounce",)) or (DEFAULT,))
        if path == ("service", "host"):
            return Origin(name, value, (self._service_from,))
        return Origin(name, value, (OURS,))

    def _find_number(self) -> int:
        """The place of the scene's specification in the file's list."""
        numbers = zip(self._project.numbers, self._project.spec.scenes, strict=True)
        base = self._scene.address.partition("[")[0]
        return next(n for n, spec in numbers if address_of(self._project.name, spec.id) == base)

    def _request(self, path: Keys) -> tuple[str, ...]:
        if path[0] == "script":
            return self._voice(path[2:]) if path[1:2] == ("provider",) else self._script(path[1:])
        key = _KEYS.get(str(path[0]), path[0])
        return self._first([("scenes", self._number, key), *self._shared(key), ("defaults", key)], path[1:])

    def _shared(self, key: str | int) -> list[Keys]:
        """What a locale brings, from the nearest to the most general."""
        locale = self._scene.locale
        return [("locales", name, key) for name in dict.fromkeys((locale, re.split("[-_]", locale)[0]))]

    def _voice(self, rest: Keys) -> tuple[str, ...]:
        key = voice_of_locale(self._project, self._scene.locale)
        by_locale: list[Keys] = [] if key is None else [("voices", key)]
        candidates = [("scenes", self._number, "voice"), *self._shared("voice"), *by_locale, ("defaults", "voice")]
        # `voice: heart` decides all of the provider, and one that stands in for it was chosen because of that line.
        return self._first(candidates, rest) or self._first(candidates, ())

    def _script(self, rest: Keys) -> tuple[str, ...]:
        base: Keys = ("scenes", self._number, "script")
        written = self._data(base)
        if rest == ("input",):
            if isinstance(written, Mapping) and "file" in written:
                return self._script_file(base, str(written["file"]))
            at = base if isinstance(written, str) else (*base, "text")
            return (*self._places(at), *self._named(str(self._data(at)), self._project.folder_of(*at)))
        if rest == ("type",):
            return self._places(base)
        return self._places((*base, "audio")) if rest == ("audio_url",) else self._places((*base, *rest))

    def _script_file(self, base: Keys, written: str) -> tuple[str, ...]:
        """The file of a script, if it is known which is meant, the line that names it, and what its text names."""
        here = (*base, "file")
        name = self._script_name(here, written)
        if name is None:
            return self._places(here)
        text = self._files.read(self._files.root / name).decode("utf-8-sig", "replace")
        named = self._named(text + written, (self._files.root / name).parent)
        return (f"{name}:1", *self._places(here), *named)

    def _script_name(self, here: Keys, written: str) -> str | None:
        folder = self._project.folder_of(*here)
        if self._texts is not None and self._instance is not None:
            made = self._texts.fill(written, self._instance, here)
            return self._files.relative(self._files.locate(made, folder))
        pattern = self._files.relative(self._files.locate(_TAG.sub("*", written), folder))
        read = [name for name, stamp in self._files.seen().items() if stamp.digest and fnmatch(name, pattern)]
        if "*" in pattern and len(read) > 1:
            read = [name for name in read if self._scene.locale in re.split(r"\W", name)]
        return read[0] if len(read) == 1 else None

    def _named(self, text: str, folder: Path) -> tuple[str, ...]:
        """What a text names, and the files it takes in by name: where they are, and what they name."""
        found = dict.fromkeys(self._variables(text))
        waiting, taken = [(text, folder)], set[str]()
        while waiting:
            text, folder = waiting.pop(0)
            for path in self._included(text, folder):
                name = self._files.relative(path)
                if name in taken:
                    continue
                taken.add(name)
                text_of = self._files.read(path).decode("utf-8-sig", "replace")
                found |= dict.fromkeys((f"{name}:1", *self._variables(text_of)))
                waiting.append((text_of, path.parent))
        return tuple(found)

    def _included(self, text: str, folder: Path) -> Iterator[Path]:
        """Files that were read and that a text takes in by a plain name."""
        seen = self._files.seen()
        for _, written in _TAKES.findall(text):
            try:
                path = self._files.locate(written, folder)
            except FileProblem:  # named in a branch that nobody took
                continue
            stamp = seen.get(self._files.relative(path))
            if stamp is not None and stamp.digest:
                yield path

    def _variables(self, text: str) -> tuple[str, ...]:
        """Where what a template names is set: in the row, the matrix or `vars`."""
        found: list[str] = []
        for tag in _TAG.findall(text):
            for name, below in re.findall(r"([^\W\d]\w*)(?:\.(\w+))?", tag):
                found += self._variable(name, below)
        return tuple(dict.fromkeys(found))

    def _variable(self, name: str, below: str) -> tuple[str, ...]:
        row = self._instance.row if self._instance is not None else None
        if name == "row":
            return (str(row.place(below)),) if row is not None else ()
        matrix = self._data(("matrix",)) or {}
        added = matrix.get("include") or ()
        if self._instance is None:
            varies = name in matrix or any(name in one for one in added)
            return self._places(("matrix",) if varies else ("vars", name))
        if name not in self._instance.values:
            return self._places(("vars", name))
        value = self._instance.values[name]
        axis: list[Keys] = [("matrix", name, n) for n, one in enumerate(matrix.get(name) or ()) if one == value]
        more: list[Keys] = [("matrix", "include", n, name) for n, one in enumerate(added) if one.get(name) == value]
        return self._places([*axis, *more, ("matrix",)][0])

    def _input(self, path: Keys) -> str:
        given = self._scene.inputs.get(_INPUTS.get(path, ""))
        return "" if given is None else given.url or self._files.relative(given.path)

    def _first(self, candidates: list[Keys], rest: Keys) -> tuple[str, ...]:
        """The first place that says a value; a plain one stands for all that could be below it."""
        for base in candidates:
            for end in range(len(rest), -1, -1):
                value = self._data((*base, *rest[:end]))
                if value is not None and (end == len(rest) or not isinstance(value, Mapping)):
                    variables = self._variables(value) if isinstance(value, str) else ()
                    return (*self._places((*base, *rest[:end])), *variables)
        return ()

    def _places(self, path: Keys) -> tuple[str, ...]:
        return () if self._data(path) is None else (str(self._place(path)),)

    def _place(self, path: Keys) -> Place:
        return self._project.document.place(*path)

    def _data(self, path: Keys) -> Any:
        """What is written at a path; None for nothing."""
        data = self._project.document.data
        for step in path:
            inside = isinstance(step, int) and isinstance(data, list) and step < len(data)
            if not inside and not (isinstance(data, dict) and step in data):
                return None
            data = data[step]
        return data
