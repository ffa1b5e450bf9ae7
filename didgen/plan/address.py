"""Addresses of instances and the files they are written to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from didgen.catalog.nearest import nearest
from didgen.errors import Problem, UsageError
from didgen.plan.scene import Scene
from didgen.project.load import Project

MAX_SLUG = 80

_RESERVED = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))))
_OUTSIDE = re.compile(r"[^a-z0-9._-]+")


def address_of(project: str, scene_id: str) -> str:
    """`onboarding/hello`: how journal, manifest, lock and commands call an instance."""
    return f"{project}/{scene_id}"


def slug(text: str) -> str:
    """A file name of `[a-z0-9._-]{1,80}` that every system takes: accents off, small letters, dashes for the rest."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = _OUTSIDE.sub("-", plain).strip(".-")[:MAX_SLUG].rstrip(".-") or "scene"
    return f"{name}_" if name.split(".")[0] in _RESERVED else name


def output_path(project: str, scene_id: str, result_format: str) -> Path:
    """Where a scene's video goes, below `output/`."""
    return Path(slug(project)) / f"{slug(scene_id)}.{result_format}"


def collisions(project: Project) -> list[Problem]:
    """A problem for each scene whose address or file another scene has already; both are named."""
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


def film_addresses(project: Project, scenes: Sequence[Scene]) -> list[str]:
    """Addresses of the film in order: as written, else all talks but those that are GIF."""
    if project.spec.film is None:
        return [scene.address for scene in scenes if scene.kind == "talk" and scene.output.suffix != ".gif"]
    return [address_of(project.name, name) for name in project.spec.film]


def choose(scenes: Sequence[Scene], wanted: Sequence[str]) -> list[Scene]:
    """The scenes that addresses name: `onboarding` is all of a project, `onboarding/hello` all instances of a scene.

    Raises UsageError for an address that names none, with the nearest right one.
    """
    chosen: set[str] = set()
    for address in wanted:
        named = {scene.address for scene in scenes if _names(address, scene.address)}
        if not named:
            known = [scene.address for scene in scenes]
            raise UsageError(f"there is no scene {address!r}", hint=nearest(address, known))
        chosen |= named
    return [scene for scene in scenes if scene.address in chosen or not wanted]


def _names(wanted: str, address: str) -> bool:
    return address == wanted or address.startswith((f"{wanted}/", f"{wanted}["))
