"""After the scenes: captions, posters and film as cached steps, then the manifest. Wires `film/` to `store/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from didgen.digest import sha256_bytes
from didgen.jobs import manifest as manifests
from didgen.jobs.executor import Outcome
from didgen.jobs.outputs import Outputs
from didgen.plan.address import film_addresses, slug
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.scene import Scene
from didgen.project.load import Project
from didgen.store.artifacts import Artifacts
from didgen.store.objects import DamagedObjectError
from didgen.store.state import Artifact
from didgen.store.whole import write_whole

STEPS = 1
"""Version of what films, posters and captions look like: part of their fingerprints."""

Make = Callable[[Path], Mapping[str, Any]]
Files = dict[str, dict[str, str]]
"""Role → {"file": relative to the manifest's folder, "sha256"}."""


@dataclass(frozen=True, slots=True)
class Finished:
    """films: files relative to the root; stale: outputs nothing makes any more; pruned: those that were removed."""

    films: tuple[str, ...]
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
) -> Finished:
    """Put beside the videos what comes with them, join the film, and write the manifest (releases only).

    scenes: all of the project; outcomes: of those that were asked for. former: the manifest as it was. A film is
    joined when the videos of all its scenes are there, else the former one stays.
    """
    desk = _Desk(outputs, store, scenes[0].output.parent)
    fresh = {o.scene.address: desk.scene(o.scene, o.artifact) for o in outcomes if o.artifact is not None}
    film = desk.film(project, scenes)
    order = [scene.address for scene in scenes]
    entry = film or former.get("film")
    manifest = manifests.merge(former, project.name, project.spec.service, order, fresh, entry)
    pruned: list[str] = []
    if not outputs.draft:
        folder = outputs.path(desk.folder)
        if prune:
            manifest, pruned = manifests.prune(folder, manifest)
        manifests.write_manifest(folder, manifest)
    films = (outputs.name(desk.folder / film["files"]["video"]["file"]),) if film else ()
    return Finished(films, tuple(manifest["stale"]), tuple(pruned))


@dataclass(frozen=True, slots=True)
class _Desk:
    """The folder of one project's outputs and the store its files come from."""

    outputs: Outputs
    store: Artifacts
    folder: Path  # below output/

    def scene(self, scene: Scene, artifact: Artifact) -> dict[str, Any]:
        """Captions and poster of one scene; its manifest entry."""
        files = {"video": self._file(scene.output, artifact.object_digest)}
        return manifests.entry(scene.address, scene.kind, scene.fingerprint, scene.identity, artifact.duration_s, files)

    def film(self, project: Project, scenes: Sequence[Scene]) -> dict[str, Any] | None:
        """The project's film; its manifest entry, None when there is none to be made now."""
        return None

    def step(self, address: str, identity: Mapping[str, Any], below: Path, make: Make) -> Artifact:
        """One cached step: made when its fingerprint is new, and delivered when the output is not that."""
        artifact = self._made(address, identity, make, below.suffix)
        if self.outputs.holds(below, artifact.object_digest):
            return artifact
        try:
            self.store.objects.deliver(artifact.object_digest, self.outputs.path(below))
        except DamagedObjectError:
            self.store.drop(artifact.fingerprint)
            artifact = self._made(address, identity, make, below.suffix)
            self.store.objects.deliver(artifact.object_digest, self.outputs.path(below))
        self.outputs.note(below, artifact.object_digest)
        return artifact

    def _made(self, address: str, identity: Mapping[str, Any], make: Make, suffix: str) -> Artifact:
        fingerprint = fingerprint_of(identity)
        artifact = self.store.find(fingerprint)
        if artifact is None:
            out = self.store.objects.temporary / f"step-{fingerprint[:16]}{suffix}"
            facts = make(out)
            artifact = self.store.keep(out, fingerprint, self.outputs.key(address), identity, facts)
            out.unlink(missing_ok=True)
        return artifact

    def _text(self, below: Path, text: str) -> dict[str, str]:
        """A small text output, not touched when it is there already; its manifest entry."""
        data = text.encode()
        digest = sha256_bytes(data)
        if not self.outputs.holds(below, digest):
            write_whole(self.outputs.path(below), data)
            self.outputs.note(below, digest)
        return self._file(below, digest)

    def _file(self, below: Path, digest: str) -> dict[str, str]:
        return {"file": below.relative_to(self.folder).as_posix(), "sha256": digest}
