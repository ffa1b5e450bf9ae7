"""What is made of videos: captions, posters and films, each a cached step. Wires `film/` to `store/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.jobs.outputs import Outputs
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.scene import Scene
from didgen.store.artifacts import Artifacts
from didgen.store.objects import DamagedObjectError
from didgen.store.rows import Artifact

if TYPE_CHECKING:
    from didgen.film.captions import Cue, Word

STEPS = 1
"""Version of what films, posters and captions look like: part of their fingerprints."""

Make = Callable[[Path], Mapping[str, Any]]
Clips = Sequence[tuple[Scene, Artifact]]
Produced = dict[str, dict[str, Any]]
"""Role → {"file": relative to the manifest's folder, "sha256", "bytes"}."""


def poster_identity(video: str) -> dict[str, Any]:
    """What the poster of a video is made from. video: its digest."""
    return {"step": "poster", "version": STEPS, "of": video}


def film_identity(clips: Clips) -> dict[str, Any]:
    """What a film is made from."""
    return {"step": "film", "version": STEPS, "of": [artifact.object_digest for _, artifact in clips]}


class Derivations:
    """Those of one project. folder: of its outputs, below `output/`."""

    def __init__(self, outputs: Outputs, store: Artifacts, folder: Path) -> None:
        self._outputs, self._store, self._folder = outputs, store, folder

    def file(self, below: Path, made: Artifact) -> dict[str, Any]:
        """A file as the manifest names it. below: its place below `output/`."""
        return {"file": below.relative_to(self._folder).as_posix(), "sha256": made.object_digest, "bytes": made.size}

    def has_film(self, clips: Clips) -> bool:
        """Whether these were joined before."""
        return self._store.find(fingerprint_of(film_identity(clips))) is not None

    def film(self, address: str, output: Path, clips: Clips, check: Callable[[], None]) -> Artifact:
        """The videos in a row. check: called now and then, and stops it by what it raises."""
        from didgen.film.join import join

        def whole() -> Iterator[Path]:
            for scene, artifact in clips:
                check()
                yield self._whole(scene.output, artifact)

        def make(out: Path) -> Mapping[str, Any]:
            return {"duration_s": join(list(whole()), out, check)}

        return self._step(address, film_identity(clips), output, make)

    def poster(self, address: str, video: Path, artifact: Artifact) -> dict[str, Any]:
        """A still picture of a video."""

        def make(out: Path) -> Mapping[str, Any]:
            from didgen.film.poster import poster

            poster(self._whole(video, artifact), out)
            return {}

        below = video.with_suffix(".jpg")
        identity = poster_identity(artifact.object_digest)
        return self.file(below, self._step(f"{address}#poster", identity, below, make))

    def captions(self, address: str, video: Path, clips: Clips) -> Produced:
        """WebVTT and SubRip of one or several clips in a row, words as the author wrote them."""
        of = [[artifact.sidecar_digest, dict(scene.respelled)] for scene, artifact in clips]
        files: Produced = {}
        for role in ("vtt", "srt"):
            identity = {"step": role, "version": STEPS, "of": of}
            below = video.with_suffix(f".{role}")
            made = self._step(f"{address}#{role}", identity, below, lambda out: self._write_captions(out, clips))
            files[role] = self.file(below, made)
        return files

    def has_words(self, scene: Scene, artifact: Artifact) -> bool:
        """Whether true times of words are known. Our engine tells them for every text; of a service one must look."""
        if not scene.spoken:
            return False
        return "engine" in scene.identity.get("service", {}) or bool(self._words(artifact))

    def _write_captions(self, out: Path, clips: Clips) -> Mapping[str, Any]:
        from didgen.film import captions

        timed = [(self._cues(scene, artifact), artifact.duration_s) for scene, artifact in clips]
        write = captions.to_vtt if out.suffix == ".vtt" else captions.to_srt
        out.write_text(write(captions.film_cues(timed)), "utf-8")
        return {}

    def _words(self, artifact: Artifact) -> list[Word]:
        spoken = self._store.facts(artifact).get("words", ())
        return [(text, start, end) for text, start, end in spoken]

    def _cues(self, scene: Scene, artifact: Artifact) -> Sequence[Cue]:
        from didgen.film import captions
        from didgen.project.script import as_written

        words = as_written(self._words(artifact), scene.respelled)
        return captions.cues(words, artifact.duration_s)

    def _whole(self, below: Path, artifact: Artifact) -> Path:
        """The object of an artifact, read through before anything is made from it. A damaged one is put back from its
        output where that is still what was delivered. Raises DamagedObjectError."""
        objects, digest = self._store.objects, artifact.object_digest
        try:
            return objects.check(digest)
        except DamagedObjectError as error:
            if self._outputs.holds(below, digest) and objects.put_file(self._outputs.path(below)) == digest:
                return objects.path(digest)
            self._store.drop(artifact.fingerprint)
            raise DamagedObjectError(error.message, hint="build again: it is made or fetched anew") from error

    def _step(self, address: str, identity: Mapping[str, Any], below: Path, make: Make) -> Artifact:
        """One cached step: made when its fingerprint is new, and delivered when the output is not that."""
        artifact = self._made(address, identity, make, below.suffix)
        if self._outputs.holds(below, artifact.object_digest):
            return artifact
        try:
            self._store.objects.deliver(artifact.object_digest, self._outputs.path(below))
        except DamagedObjectError:
            self._store.drop(artifact.fingerprint)
            artifact = self._made(address, identity, make, below.suffix)
            self._store.objects.deliver(artifact.object_digest, self._outputs.path(below))
        self._outputs.note(below, artifact.object_digest)
        return artifact

    def _made(self, address: str, identity: Mapping[str, Any], make: Make, suffix: str) -> Artifact:
        fingerprint = fingerprint_of(identity)
        artifact = self._store.find(fingerprint)
        if artifact is None:
            out = self._store.objects.temporary / f"step-{fingerprint[:16]}{suffix}"
            facts = make(out)
            artifact = self._store.keep(out, fingerprint, self._outputs.key(address), identity, facts)
            out.unlink(missing_ok=True)
        return artifact
