"""The manifest: what a release consists of, `output/<project>/manifest.json`. Written last, by programs for programs.

    {"didgen": 2, "project", "service", "written": digest of the files that the project is written in,
     "scenes": [{"address", "kind", "fingerprint", "steps", "rendered_by", "service", "credits", "duration_s",
                 "files": {role: {"file", "sha256", "bytes"}},
                 "inputs": [{"input", "sha256", "file", "where": ["file:line:column"]}]}],
     "films": [{"address", "duration_s", "files": …}], one per combination of the matrix, with "outdated": true while it
              is not of the videos as they are now,
     "stale": [files that no scene makes any more, until `--prune` removes them]}

`schemas/manifest.schema.json` says what each means.
Files are named relative to the manifest's folder, with forward slashes. Roles: video, vtt, srt, poster.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from didgen.digest import sha256_bytes
from didgen.plan.address import MANIFEST_NAME
from didgen.store.whole import storage_error, write_whole

FORMAT = 2
NAME = MANIFEST_NAME

BESIDE = (".vtt", ".srt", ".jpg")
"""Suffixes of what lies beside a video."""

Entry = Mapping[str, Any]


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in `folder`; {} when there is none to be read. It is a report: nothing is lost with it."""
    try:
        manifest = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    if isinstance(manifest, dict) and manifest.get("didgen") == 1:
        manifest = _of_one_film(manifest)
    return _completed(manifest, folder) if _sound(manifest) else {}


def _completed(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same with what earlier ones did not say: sizes as they are now, and what is not known."""
    if "written" in manifest:
        return manifest
    for scene in manifest["scenes"]:
        scene.update({"service": manifest["service"], "credits": None, "inputs": []})
    for part in (*manifest["scenes"], *manifest["films"]):
        for file in part["files"].values():
            file["bytes"] = _size(folder / file["file"])
    return {**manifest, "written": ""}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _of_one_film(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest of format 1, which had `film`, in the form of today."""
    film = manifest.get("film")
    address = f"{manifest.get('project')}#film"
    films = [{"address": address, **film}] if isinstance(film, dict) else []
    return {**{key: value for key, value in manifest.items() if key != "film"}, "didgen": FORMAT, "films": films}


def _sound(manifest: Any) -> bool:
    """Whether it is one of ours; an edited one may be anything."""
    try:
        if manifest["didgen"] != FORMAT or not all(isinstance(name, str) for name in manifest["stale"]):
            return False
        parts = [*manifest["scenes"], *manifest["films"]]
        files = [file for part in parts for file in part["files"].values()]
        named = all(isinstance(part["address"], str) for part in parts) and all(
            e["fingerprint"] and e["steps"] for e in manifest["scenes"]
        )
        return named and all(isinstance(file["file"], str) and isinstance(file["sha256"], str) for file in files)
    except (KeyError, TypeError, AttributeError):
        return False


def addresses(manifest: Mapping[str, Any]) -> list[str]:
    """Addresses that have outputs."""
    return [entry["address"] for entry in manifest.get("scenes", ())]


def videos(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Address → its video, relative to the manifest's folder and below it."""
    named = {e["address"]: e["files"].get("video", {}).get("file", "") for e in manifest.get("scenes", ())}
    return {address: name for address, name in named.items() if _is_below(name)}


def _is_below(name: str) -> bool:
    return bool(name) and not os.path.isabs(name) and ".." not in name.replace(os.sep, "/").split("/")


def left_behind(manifest: Mapping[str, Any], outputs: Collection[str]) -> list[str]:
    """Files that a manifest names and nothing makes any more. outputs: the videos of all scenes and films as they are
    now; all are relative to the manifest's folder, with forward slashes."""
    bare = [os.path.splitext(video)[0] for video in outputs]
    beside = {f"{name}{suffix}" for name in bare for suffix in BESIDE}
    return sorted({*_files(manifest), *manifest.get("stale", ())}.difference(outputs, beside))


def entry(
    address: str,
    kind: str,
    fingerprint: str,
    steps: str,
    identity: Mapping[str, Any],
    duration_s: float,
    files: Mapping[str, Any],
    *,
    service: str,
    credits: int | None,
    inputs: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """One scene's entry. steps: what decides the files beside the video; files: role → {"file", "sha256", "bytes"}.
    credits: what was paid for the render, None where that is not known here. inputs: what it was made from."""
    return {
        "address": address,
        "kind": kind,
        "fingerprint": fingerprint,
        "steps": steps,
        "rendered_by": _renderer(identity.get("service", {})),
        "service": service,
        "credits": credits,
        "duration_s": round(duration_s, 3),
        "files": dict(files),
        "inputs": list(inputs),
    }


def _renderer(service: Mapping[str, Any]) -> str:
    return f"didgen engine {service['engine']}" if "engine" in service else str(service.get("host", ""))


def merge(
    former: Mapping[str, Any],
    project: str,
    service: str,
    order: Sequence[str],
    fresh: Mapping[str, Entry],
    films: Sequence[Entry],
    written: str = "",
) -> dict[str, Any]:
    """The new manifest. order: addresses of all scenes of the project; fresh: entries of those just built. written:
    digest of what the project is written in, as long as that is the same the places of inputs are.

    A scene that was not built now, or failed, keeps its former entry: its old output is still there, unless another now
    lies in its place. Files of former entries that nothing names any more become stale.
    """
    given = set(_files({"scenes": list(fresh.values()), "films": films}))
    before = {e["address"]: e for e in former.get("scenes", ()) if given.isdisjoint(_files({"scenes": [e]}))}
    scenes = [fresh.get(address, before.get(address)) for address in order]
    manifest = {
        "didgen": FORMAT,
        "project": project,
        "service": service,
        "written": written,
        "scenes": [e for e in scenes if e is not None],
        "films": list(films),
    }
    current = set(_files(manifest))
    stale = (set(_files(former)) | set(former.get("stale", ()))) - current
    return {**manifest, "stale": sorted(stale)}


def _files(manifest: Mapping[str, Any]) -> Iterable[str]:
    parts = [*manifest.get("scenes", ()), *manifest.get("films", ())]
    return [file["file"] for part in parts for file in part.get("files", {}).values()]


def prune(folder: Path, manifest: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Remove stale outputs; the manifest without them, and what was removed. Only files inside `folder` are."""
    removed = []
    base = folder.resolve()
    for name in manifest.get("stale", ()):
        path = (folder / name).resolve()
        if path.is_relative_to(base) and path.is_file():
            try:
                path.unlink()
            except OSError as error:
                raise storage_error(error, path) from error
            removed.append(name)
            _drop_empty(path.parent, base)
    return {**manifest, "stale": []}, removed


def _drop_empty(folder: Path, base: Path) -> None:
    """Remove folders below `base` that are empty now."""
    with suppress(OSError):
        while folder != base:
            folder.rmdir()
            folder = folder.parent


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Put the manifest in place, whole or not at all; its digest. One that says the same is not touched.

    Raises StorageError.
    """
    data = _written(manifest).encode()
    if _bytes(folder / NAME) != data:
        write_whole(folder / NAME, data)
    return sha256_bytes(data)


def _written(manifest: Mapping[str, Any]) -> str:
    """Each scene, film and file on a line of its own: a change is one line for git, and it is written by the encoder in
    C, which indents nothing and takes a tenth of the time."""
    parts = [f"{_plain(key)}: {_lines(value)}" for key, value in manifest.items()]
    return "{{\n{}\n}}\n".format(",\n".join(parts))


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _plain(value)
    return "[\n{}\n]".format(",\n".join(map(_plain, value)))


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
