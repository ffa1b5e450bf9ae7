"""Addresses of instances and the files they are written to.

`onboarding/hello[locale=de,people=anna@acme.com]`: project, scene, and what tells the instance from the scene's others,
keys in the order of the alphabet. A value with a space, one of `, = [ ] " \\`, or what cannot be printed, stands in
double quotes as in JSON.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from didgen.catalog.nearest import nearest
from didgen.digest import sha256_bytes
from didgen.errors import Problem, UsageError
from didgen.plan.scene import Scene
from didgen.project.load import Project

MAX_SLUG = 80

MANIFEST_NAME = "manifest.json"
"""In the folder of a project's outputs."""

_RESERVED = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))))
_OUTSIDE = re.compile(r"[^a-z0-9._-]+")
_BARE = re.compile(r'[^\s,=\[\]"\\]+')
_KEY = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)=("(?:[^"\\]|\\.)*+"|[^\s,=\[\]"\\]+)(,|\]\Z)', re.DOTALL)


def address_of(project: str, scene_id: str, keys: Mapping[str, str] | None = None) -> str:
    """`onboarding/hello[locale=de]`: how journal, manifest, lock and commands call an instance."""
    return f"{project}/{scene_id}{brackets(keys or {})}"


def brackets(keys: Mapping[str, str]) -> str:
    """`[locale=de,people=anna]`; "" where there is nothing to tell apart."""
    return f"[{','.join(f'{key}={_quoted(keys[key])}' for key in sorted(keys))}]" if keys else ""


def _quoted(value: str) -> str:
    printable = value.isprintable()
    return value if printable and _BARE.fullmatch(value) else json.dumps(value, ensure_ascii=not printable)


def read_address(address: str) -> tuple[str, dict[str, str]]:
    """`onboarding/hello` and the keys in brackets. Raises UsageError when what stands there are no keys."""
    name, bracket, rest = address.partition("[")
    keys: dict[str, str] = {}
    at, more = 0, bool(bracket)
    while more:
        found = _KEY.match(rest, at)
        if found is None or found[1] in keys:
            raise UsageError(f"{address!r} is no address", hint='PROJECT/SCENE[key=value,other="a value, quoted"]')
        try:
            keys[found[1]] = str(json.loads(found[2], strict=False)) if found[2].startswith('"') else found[2]
        except ValueError:
            raise UsageError(f"{found[2]} in {address!r} is not quoted as in JSON") from None
        at, more = found.end(), found[3] == ","
    return name, keys


def slug(text: str) -> str:
    """A file name of `[a-z0-9._-]{1,80}` that every system takes: accents off, small letters, dashes for the rest."""
    name = _plain(text)[:MAX_SLUG].rstrip(".-") or "scene"
    return f"{name}_" if name.split(".")[0] in _RESERVED else name


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _OUTSIDE.sub("-", plain).strip(".-")


def value_slug(text: str) -> str:
    """A value as part of a file name; with its digest where it is too long, or has letters that a slug cannot keep."""
    signs = unicodedata.normalize("NFKD", text)  # first: some signs fall apart into dots
    plain = _plain(signs.replace("@", "-").replace(".", "-"))
    lost = any(ord(sign) > 127 and sign.isalnum() for sign in signs)
    if plain and not lost and len(plain) <= MAX_SLUG // 2:
        return plain
    return f"{plain[:24]}-{sha256_bytes(text.encode())[:8]}".lstrip(".-")


def project_folder(project: str) -> Path:
    """Where a project's outputs go, below `output/`."""
    return Path(slug(project))


def output_folder(project: str, known: Mapping[str, str]) -> Path:
    """Where the outputs of one combination go: a folder for each value, keys in the order of the alphabet."""
    return project_folder(project).joinpath(*(slug(value_slug(known[key])) for key in sorted(known)))


def file_stem(scene_id: str, row: str | None = None) -> str:
    """An output's name without its suffix. row: what the row is known by."""
    return slug(scene_id) if row is None else slug(f"{_plain(scene_id)[:38]}-{value_slug(row)}")


def collisions(project: Project) -> list[Problem]:
    """A problem for each scene whose id or file name another scene has already; both are named."""
    first: dict[str, int] = {}
    raw = [scene.get("id") if isinstance(scene, dict) else None for scene in project.document.data["scenes"]]
    ids = {number: name for number, name in enumerate(raw) if isinstance(name, str)}
    problems = []
    for number, name in ids.items():
        other = first.setdefault(slug(name), number)
        if other == number:
            continue
        place = project.document.place("scenes", other, "id")
        same = "has this id too" if ids[other] == name else f"has the same file name, {slug(name)}"
        message = f"{address_of(project.name, ids[other])} at {place} {same}"
        problems.append(project.problem(message, "scenes", number, "id", hint="give one of them another id"))
    return problems


@dataclass(frozen=True, slots=True)
class Film:
    """The film of one combination. address: `onboarding[locale=de]#film`; output: below `output/`; scenes: addresses in
    order."""

    address: str
    output: Path
    scenes: tuple[str, ...]


def films_of(project: Project, scenes: Sequence[Scene]) -> list[Film]:
    """The film of every combination that has scenes for one. scenes: all of the project."""
    groups: dict[str, list[Scene]] = {}
    for scene in scenes:
        groups.setdefault(scene.combination, []).append(scene)
    taken = {os.path.splitext(scene.output)[0] for scene in scenes}
    films = []
    for combination, group in groups.items():
        addresses = _film_addresses(project, group)
        if addresses:
            output = _film_output(group[0].film or group[0].output.with_name("film"), taken)
            films.append(Film(f"{project.name}{combination}#film", output, tuple(addresses)))
    return films


def _film_output(place: Path, taken: Collection[str]) -> Path:
    """`film.mp4`, with as many underscores as it takes to be no scene's name. place, taken: without suffixes."""
    while str(place) in taken:
        place = place.with_name(f"{place.name}_")
    return place.with_name(f"{place.name}.mp4")


def _film_addresses(project: Project, scenes: Sequence[Scene]) -> list[str]:
    """As written, a scene's instances one after the other, else all talks but those that are GIF."""
    if project.spec.film is None:
        return [scene.address for scene in scenes if scene.kind == "talk" and scene.output.suffix != ".gif"]
    named: dict[str, list[str]] = {}
    for scene in scenes:
        named.setdefault(scene.address.partition("[")[0], []).append(scene.address)
    return [address for name in project.spec.film for address in named.get(address_of(project.name, name), ())]


def choose(scenes: Sequence[Scene], wanted: Sequence[str]) -> list[Scene]:
    """The scenes that addresses name: `onboarding` is all of a project, `onboarding/hello` all instances of a scene,
    `onboarding[locale=de]` and `onboarding/hello[locale=de]` those of them with these values.

    Raises UsageError for an address that names none, with the nearest right one.
    """
    chosen: set[str] = set()
    for address in wanted:
        named = _named(scenes, address)
        if not named:
            known = [scene.address for scene in scenes]
            raise UsageError(f"there is no scene {address!r}", hint=nearest(address, known))
        chosen |= named
    return [scene for scene in scenes if scene.address in chosen or not wanted]


def _named(scenes: Sequence[Scene], wanted: str) -> set[str]:
    name, keys = read_address(wanted)
    below = (f"{name}/", f"{name}[")
    named = {scene.address for scene in scenes if scene.address == name or scene.address.startswith(below)}
    if not keys:
        return named
    return {address for address in named if keys.items() <= read_address(address)[1].items()}
