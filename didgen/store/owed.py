"""What the shared store is owed: videos that were made here and have not come there, until a build finds it again.

`.didgen/unshared/FINGERPRINT` is an empty file, made before a video is put there and removed when it is there. So it
outlives an upload that failed, and a build that was killed in its midst. Losing one costs a `didgen push`.
"""

from __future__ import annotations

from contextlib import suppress

from didgen.store.artifacts import Artifacts
from didgen.store.rows import Artifact
from didgen.store.shared import Shared


class Owed:
    """The debts of one workspace. From any thread."""

    def __init__(self, store: Artifacts) -> None:
        self._store = store
        self._folder = store.home / "unshared"

    def fingerprints(self) -> set[str]:
        """All that is owed."""
        with suppress(OSError):
            return {path.name for path in self._folder.iterdir()}
        return set()

    def publish(self, artifact: Artifact, shared: Shared, *, anew: bool = False) -> bool:
        """As `Shared.publish`; owed until it is there, where this command was to put it there.

        Raises DamagedObjectError when it is damaged here: then it is not owed, either.
        """
        if shared.pushes:
            self._note(artifact.fingerprint)
        there = True
        try:
            there = shared.publish(artifact, self._store, anew=anew)
        finally:
            if there:
                self.forget(artifact.fingerprint)
        return there

    def forget(self, fingerprint: str) -> None:
        """It is there, or there is nothing to put there any more."""
        with suppress(OSError):
            (self._folder / fingerprint).unlink()

    def _note(self, fingerprint: str) -> None:
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            (self._folder / fingerprint).touch()
