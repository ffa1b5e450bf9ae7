"""A scene with its defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from didgen.catalog.drivers import fits
from didgen.project.load import Project
from didgen.project.models import Defaults, SceneSpec

TALK_ONLY = ("driver_expressions",)
OWN = {"id", "script", "each", "when", "output"}
"""Keys of a scene that are no values of its render."""

ANIMATION_ONLY = ("mute", "max_animated_faces", "overlay")


@dataclass(frozen=True, slots=True)
class Merged:
    """One scene's values, and for each key where the file says it.

    values: plain data under the keys of `SceneSpec` (no id, no script), only what is set. places: key → path.
    """

    values: Mapping[str, Any]
    places: Mapping[str, tuple[str | int, ...]]


def merge(project: Project, spec: SceneSpec, number: int, locale: str) -> Merged:
    """Defaults, the voice of the locale, what its scenes share, and the scene over them: mappings key by key, all else
    replaced.

    What is shared but does not fit the scene's kind is left out.
    """
    base, paths = _shared(project, spec.kind, locale)
    own = spec.model_dump(exclude_unset=True, exclude=OWN)
    written = project.document.data["scenes"][number]
    values = dict(base)
    for key, value in own.items():
        replace = not isinstance(written.get(key), dict)  # a voice by its name is a plain value
        values[key] = value if replace else merge_values(base.get(key), value)
        paths[key] = ("scenes", number, key)
    return Merged({key: value for key, value in values.items() if value is not None}, paths)


def merge_values(base: Any, over: Any) -> Any:
    """`over` over `base`: mappings key by key, all else replaced."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merge_values(base.get(key), value) for key, value in over.items()}}


def voice_of_locale(project: Project, locale: str) -> str | None:
    """The key of `voices` that serves a locale: itself, else its language."""
    language = locale.replace("_", "-").split("-")[0]
    return next((key for key in (locale, language) if key in project.spec.voices), None)


def written_at(project: Project, number: int, locale: str, *keys: str) -> tuple[str | int, ...]:
    """Where the file says what a scene has at `keys`: in the scene itself, for its locale, or for all."""
    locales = [("locales", name) for name in reversed(locale_keys(project, locale))]
    bases: list[tuple[str | int, ...]] = [("scenes", number), *locales, ("defaults",)]
    return next(((*base, *keys) for base in bases if project.document.has(*base, *keys)), (*bases[0], *keys))


def _shared(
    project: Project, kind: Literal["talk", "animation"], locale: str
) -> tuple[dict[str, Any], dict[str, tuple[str | int, ...]]]:
    values = _fitting(project.spec.defaults, kind)
    paths: dict[str, tuple[str | int, ...]] = {key: ("defaults", key) for key in values}
    speaks = voice_of_locale(project, locale)
    if kind == "talk" and speaks is not None:
        values["voice"] = project.spec.voices[speaks].model_dump(exclude_unset=True)
        paths["voice"] = ("voices", speaks)
    for name in locale_keys(project, locale):
        for key, value in _fitting(project.spec.locales[name], kind).items():
            replace = key == "voice" and not isinstance(project.document.data["locales"][name].get(key), dict)
            values[key] = value if replace else merge_values(values.get(key), value)
            paths[key] = ("locales", name, key)
    return values, paths


def locale_keys(project: Project, locale: str) -> list[str]:
    """The keys of `locales` that hold for a locale: its language, then itself."""
    language = locale.replace("_", "-").split("-")[0]
    return [key for key in dict.fromkeys((language, locale)) if key in project.spec.locales]


def _fitting(defaults: Defaults, kind: Literal["talk", "animation"]) -> dict[str, Any]:
    """The defaults without what does not fit the kind."""
    values = defaults.model_dump(exclude_unset=True)
    foreign = ANIMATION_ONLY if kind == "talk" else TALK_ONLY
    if values.get("config"):
        values["config"] = {key: value for key, value in values["config"].items() if key not in foreign}
    if kind == "animation":
        values.pop("voice", None)
    if values.get("driver") and not fits(values["driver"], kind):
        del values["driver"]
    return values
