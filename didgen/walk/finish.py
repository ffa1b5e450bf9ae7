"""After the scenes: what comes with their videos, films, and the manifest that tells of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from didgen.catalog.services import LOCAL
from didgen.digest import canonical_json, sha256_bytes
from didgen.jobs import manifest as manifests
from didgen.jobs.executor import Outcome
from didgen.jobs.ledger import credits_of
from didgen.jobs.outputs import Outputs
from didgen.plan.address import Film, films_of, project_folder
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import Project
from didgen.secret import sealed_url
from didgen.store.artifacts import Artifacts
from didgen.store.rows import Artifact
from didgen.walk.derivations import STEPS, Clips, Derivations

WRITTEN = (".yaml", ".yml", ".csv", ".json")
"""How the names of files end that a project is written in."""


@dataclass(frozen=True, slots=True)
class Joining:
    """How films are joined. most: one of more clips is left for later; None: none is. check: called now and then
    meanwhile, and stops it by what it raises."""

    most: int | None = None
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Finished:
    """films: files relative to the root, without outdated ones; later: those that are still to be joined; stale:
    outputs nothing makes any more; pruned: those that were removed."""

    films: tuple[str, ...]
    later: tuple[str, ...]
    stale: tuple[str, ...]
    pruned: tuple[str, ...]


def finish(
    project: Project,
    scenes: Sequence[Scene],
    outputs: Outputs,
    store: Artifacts,
    outcomes: Sequence[Outcome],
    former: Mapping[str, Any],
    prune: bool,
    files: Files,
    stopped: AbstractSet[str] = frozenset(),
    joining: Joining | None = None,
) -> Finished:
    """Put beside the videos what comes with them, join the film, and write the manifest (releases only).

    scenes: all of the project; outcomes: of those that were asked for. former: the manifest as it was; files: what the
    project was read from. A film, one per combination of the matrix, is joined when the videos of all its scenes are
    there, else the former one stays; so it does when one of them is `stopped`: may not be used, and while it is left
    for later. The manifest calls it outdated from when videos have moved on until it is joined again.
    """
    written = _written(files)
    known = written if former.get("written") == written else ""
    papers = _Papers(project, files, store, known)
    folder = project_folder(project.name)
    desk = _Desk(outputs, store, folder, Derivations(outputs, store, folder), papers, joining or Joining())
    before = {entry["address"]: entry for entry in former.get("scenes", ())}
    built = [(o.scene, o.artifact) for o in outcomes if o.artifact is not None]
    fresh = {scene.address: desk.scene(scene, artifact, before.get(scene.address)) for scene, artifact in built}
    for scene in scenes:
        entry = before.get(scene.address)
        if scene.address not in fresh and entry is not None and entry["fingerprint"] == scene.fingerprint:
            fresh[scene.address] = desk.papers.of_former(entry, scene)
    by_address = {scene.address: scene for scene in scenes}
    joined = {film["address"]: film for film in former.get("films", ())}
    moved = {address for address, entry in fresh.items() if not _same_video(entry, before.get(address))}
    films = [
        desk.film(film, by_address, stopped, joined.get(film.address), moved) for film in films_of(project, scenes)
    ]
    made = [film.entry for film in films if film.entry is not None]
    manifest = manifests.merge(former, project.name, project.spec.service, list(by_address), fresh, made, written)
    pruned: list[str] = []
    if not outputs.draft:
        place = outputs.path(folder)
        if prune:
            manifest, pruned = manifests.prune(place, manifest)
        outputs.note(folder / manifests.NAME, manifests.write_manifest(place, manifest))
    current = [film["files"]["video"]["file"] for film in made if not film.get("outdated")]
    named, left, gone = (
        tuple(outputs.name(folder / name) for name in names) for names in (current, manifest["stale"], pruned)
    )
    return Finished(named, tuple(outputs.name(film.later) for film in films if film.later), left, gone)


def _same_video(entry: Mapping[str, Any], former: Mapping[str, Any] | None) -> bool:
    return former is not None and entry["files"]["video"]["sha256"] == former["files"].get("video", {}).get("sha256")


@dataclass(frozen=True, slots=True)
class _Film:
    """What became of a film. entry: of the manifest, None where there is no film; later: its output, below `output/`,
    if it is still to be joined."""

    entry: dict[str, Any] | None
    later: Path | None = None


def _written(files: Files) -> str:
    """One digest of all that the project is written in but its scripts: while it is the same, all places are."""
    read = {name: stamp.digest for name, stamp in files.seen().items() if name.endswith(WRITTEN)}
    return sha256_bytes(canonical_json(read))


class _Papers:
    """What the manifest says of a scene beside its files: what it was made from, and what was paid for it."""

    def __init__(self, project: Project, files: Files, store: Artifacts, written: str) -> None:
        """written: "" when the places of inputs have to be looked for again."""
        self._project, self._files, self._written = project, files, written
        self.service = project.spec.service
        self._paid = {} if self.service == LOCAL else credits_of(store.state.jobs())

    def credits(self, fingerprint: str) -> int | None:
        """What was paid for a render; None where this workspace does not know."""
        return 0 if self.service == LOCAL else self._paid.get(fingerprint)

    def of_former(self, entry: Mapping[str, Any], scene: Scene) -> dict[str, Any]:
        """A former entry with the places of its inputs as they are now."""
        return {**entry, "inputs": entry["inputs"] if self._written else self.inputs(scene)}

    def inputs(self, scene: Scene) -> list[dict[str, Any]]:
        """What a scene was made from. A script's digest is that of the words as spoken."""
        from didgen.plan.origins import inputs_of

        told = []
        for one in inputs_of(self._project, scene, self._files):
            name = one.field.removeprefix("request.").removesuffix(".input")
            spoken = isinstance(one.value, str)
            digest = sha256_bytes(one.value.encode()) if spoken else one.value["sha256"]
            file = {"file": sealed_url(one.file)} if one.file else {}
            told.append({"input": name, "sha256": digest, **file, "where": list(one.where)})
        return told


@dataclass(frozen=True, slots=True)
class _Desk:
    """The folder of one project's outputs and the store its files come from. made: what is made of the videos."""

    outputs: Outputs
    store: Artifacts
    folder: Path  # below output/
    made: Derivations
    papers: _Papers
    joining: Joining

    def scene(self, scene: Scene, artifact: Artifact, former: Mapping[str, Any] | None) -> dict[str, Any]:
        """Captions and poster of one scene; its manifest entry. The former one when all it names is still in place."""
        steps = sha256_bytes(canonical_json([STEPS, dict(scene.respelled)]))[:12]
        if former is not None and self._stands(former, scene, steps):
            return self.papers.of_former(former, scene)
        files = {"video": self.made.file(scene.output, artifact)}
        if self.made.has_words(scene, artifact):
            files |= self.made.captions(scene.address, scene.output, [(scene, artifact)])
        files["poster"] = self.made.poster(scene.address, scene.output, artifact)
        facts = self.store.sidecar(artifact.fingerprint).get("facts", {})
        made_by = {"service": facts.get("rendered_by", scene.identity["service"])}  # an older engine, if adopted
        told = (scene.address, scene.kind, scene.fingerprint, steps, made_by, artifact.duration_s, files)
        papers = self.papers
        paid = papers.credits(scene.fingerprint)
        return manifests.entry(*told, service=papers.service, credits=paid, inputs=papers.inputs(scene))

    def _stands(self, former: Mapping[str, Any], scene: Scene, steps: str) -> bool:
        """Whether an entry is of this render, place and these steps, and every file of it is as it was delivered."""
        place = former["files"].get("video", {}).get("file")
        now = (scene.fingerprint, steps, scene.output.relative_to(self.folder).as_posix())
        if (former["fingerprint"], former["steps"], place) != now:
            return False
        return all(self.outputs.holds(self.folder / file["file"], file["sha256"]) for file in former["files"].values())

    def film(
        self,
        film: Film,
        scenes: Mapping[str, Scene],
        stopped: AbstractSet[str],
        former: Mapping[str, Any] | None,
        moved: AbstractSet[str],
    ) -> _Film:
        """Join a film, or leave the former one where it is, outdated when videos of it have moved on since."""
        clips = self._clips(film, scenes, stopped)
        later = self._is_left(clips)
        if clips and not later:
            return _Film(self._joined(film.address, film.output, clips))
        if former is not None and (later or not moved.isdisjoint(film.scenes)):
            former = {**former, "outdated": True}
        return _Film(dict(former) if former else None, film.output if later else None)

    def _clips(self, film: Film, scenes: Mapping[str, Scene], stopped: AbstractSet[str]) -> Clips:
        """What a film is joined from; () when a scene has no video yet or is stopped."""
        of = [scenes[address] for address in film.scenes]
        made = self.store.find_all([scene.fingerprint for scene in of])
        found = [(scene, artifact) for scene in of if (artifact := made[scene.fingerprint]) is not None]
        return () if len(found) < len(of) or not stopped.isdisjoint(film.scenes) else found

    def _is_left(self, clips: Clips) -> bool:
        """Whether a film is left for later: it has to be joined, of more clips than are joined now."""
        most = self.joining.most
        return most is not None and len(clips) > most and not self.made.has_film(clips)

    def _joined(self, address: str, output: Path, clips: Clips) -> dict[str, Any]:
        film = self.made.film(address, output, clips, self.joining.check)
        files = {"video": self.made.file(output, film)}
        if any(self.made.has_words(scene, artifact) for scene, artifact in clips):
            files |= self.made.captions(address, output, clips)
        files["poster"] = self.made.poster(address, output, film)
        return {"address": address, "duration_s": round(film.duration_s, 3), "files": files}
