"""Which translations still say what their source says.

The instances of a scene that differ in nothing but `locale` belong together; the one of the source locale is what the
others were translated from. A translation was accepted as that of one text, and is stale once the source says another.
What counts is the source's words as captions show them: templates filled in, since a new price is news to every
language; Markdown, SSML tags and line breaks aside, since nobody hears them; before `pronounce`, which is about sounds.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from didgen.digest import sha256_bytes
from didgen.errors import Problem
from didgen.plan.address import brackets, read_address
from didgen.plan.scene import Scene, Translation
from didgen.project.load import Project
from didgen.project.matrix import combinations
from didgen.project.models import SceneSpec
from didgen.project.script import words_of

AXIS = "locale"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was accepted. of: address of a translation → digest of the source text it was made from; texts: those texts
    by digest, so that it can be said which words have changed."""

    of: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def merged(self, project: str, order: Sequence[str], fresh: Mapping[str, str]) -> Accepted:
        """With what was just accepted, and without what the project has no more. order: addresses of all its scenes;
        fresh: address → source text."""
        there = set(order)
        kept = {
            address: digest
            for address, digest in self.of.items()
            if address in there or not address.startswith(f"{project}/")
        }
        of = kept | {address: digest_of(text) for address, text in fresh.items()}
        texts = {**self.texts, **{digest_of(text): text for text in fresh.values()}}
        return Accepted(of, {digest: texts[digest] for digest in set(of.values()) if digest in texts})


def digest_of(text: str) -> str:
    """By which a source text is known."""
    return sha256_bytes(text.encode())


def has_translations(project: Project) -> bool:
    """Whether `locale` is a key of the matrix, without reading any script."""
    matrix = project.spec.matrix
    return matrix is not None and len(_locales(project)) > 1


def source_locale(project: Project) -> str:
    """The project's `locale` where it is written and one of the matrix's, else the first of the matrix."""
    locales, spec = _locales(project), project.spec
    return spec.locale if "locale" in spec.model_fields_set and spec.locale in locales else locales[0]


def _locales(project: Project) -> list[str]:
    found, _ = combinations(project.spec.matrix, project.document)
    return list(dict.fromkeys(str(one.known[AXIS]) for one in found if AXIS in one.known))


def translations_of(project: Project, scenes: Sequence[Scene], accepted: Accepted) -> list[Translation]:
    """Where each text of a project stands in each locale, those that are missing included: scene by scene, locales in
    the order of the matrix. scenes: all of the project. Scenes whose source has no words are left out."""
    source, locales = source_locale(project), _locales(project)
    return [one for group in _groups(scenes) for one in _of_group(group, source, locales, accepted)]


@dataclass(slots=True)
class _Group:
    """Instances that differ in their locale only. keys: what else tells them from others."""

    name: str
    keys: Mapping[str, str]
    by_locale: dict[str, Scene] = field(default_factory=dict)

    def address(self, locale: str) -> str:
        return self.name + brackets({**self.keys, AXIS: locale})


def _groups(scenes: Sequence[Scene]) -> list[_Group]:
    groups: dict[str, _Group] = {}
    for scene in scenes:
        name, keys = read_address(scene.address)
        locale = keys.pop(AXIS, None)
        if locale is not None:
            group = groups.setdefault(name + brackets(keys), _Group(name, keys))
            group.by_locale[locale] = scene
    return list(groups.values())


def _of_group(group: _Group, source: str, locales: Sequence[str], accepted: Accepted) -> Iterator[Translation]:
    origin = group.by_locale.get(source)
    text = source_text(origin) if origin is not None else ""
    if origin is not None and not text:
        return
    for locale in locales:
        address = group.address(locale)
        if locale not in group.by_locale:
            if origin is not None:
                yield Translation(address, locale, "missing", text)
        elif origin is None:
            yield Translation(address, locale, "no source")
        elif locale == source:
            yield Translation(address, locale, "source", text)
        else:
            yield _judged(address, locale, text, accepted)


def source_text(scene: Scene) -> str:
    """The words of a scene that its translations are made from, with single spaces; "" where it has none."""
    script = getattr(scene.request, "script", None)
    written = words_of(scene.written) if getattr(script, "ssml", False) else scene.written
    return " ".join(written.split())


def _judged(address: str, locale: str, text: str, accepted: Accepted) -> Translation:
    digest = accepted.of.get(address)
    if digest is None:
        return Translation(address, locale, "never accepted", text)
    if digest == digest_of(text):
        return Translation(address, locale, "up to date", text)
    from didgen.plan.wording import word_diff  # its patterns take longer to make than a small plan

    before = accepted.texts.get(digest)
    return Translation(address, locale, "stale", text, word_diff(before, text) if before is not None else "")


def told(project: Project, scenes: Sequence[Scene], accepted: Accepted) -> list[Scene]:
    """The same scenes, each knowing where it stands as a translation."""
    by_address = {one.address: one for one in translations_of(project, scenes, accepted)}
    return [replace(scene, translation=by_address.get(scene.address)) for scene in scenes]


def problems(project: Project, scenes: Sequence[Scene]) -> list[Problem]:
    """A problem for each translation that is stale and, once a project has accepted any, for each that never was: it
    could not go stale. Of the rows of one scene it is enough that one was, as all are made from one text."""
    found = [scene.translation for scene in scenes if scene.translation is not None]
    written = {scene.id: (n, scene) for n, scene in zip(project.numbers, project.spec.scenes, strict=True)}
    kept = {_family(one.address, written) for one in found if one.state in ("up to date", "stale")}
    made = []
    for one in found:
        unheard_of = one.state == "never accepted" and kept and _family(one.address, written) not in kept
        if one.state == "stale" or unheard_of:
            number, _ = written[_id_of(one.address)]
            message = f"{one.address} {one.words or 'is a translation that was never accepted'}"
            hint = f"look at it, then didgen locale accept {shlex.quote(one.address)}"
            made.append(project.problem(message, "scenes", number, "script", hint=hint))
    return made


def _id_of(address: str) -> str:
    return address.partition("[")[0].partition("/")[2]


def _family(address: str, written: Mapping[str, tuple[int, SceneSpec]]) -> str:
    """An address without what its row is known by."""
    name, keys = read_address(address)
    rows = written[_id_of(address)][1].each or {}
    return name + brackets({key: value for key, value in keys.items() if key not in rows})


def words_of_stale(scene: Scene) -> str:
    """What is to be said of a scene whose translation is stale, "" for all others."""
    return scene.translation.words if scene.translation is not None else ""
