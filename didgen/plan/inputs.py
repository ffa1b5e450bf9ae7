"""The files a scene reads, as digests and `file:` URLs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from didgen.plan.identity import ServiceId
from didgen.plan.scene import Input
from didgen.project.files import FileProblem, Files
from didgen.secret import bare_url

Remote = Callable[[str, str], Input]
"""Fetches an https URL once and pins it: where its bytes lie now, and their digest. The second argument is the kind it
has to be: image, audio or video. Raises DidgenError."""

KINDS = {"source_url": "image", "logo_url": "image", "audio_url": "audio", "driver_url": "video"}

UPLOADED = ("source_url", "audio_url")
"""Inputs that services take as uploads. Other links are passed on as they are."""


@dataclass(slots=True)
class Inputs:
    """Inputs of one scene, gathered: wire field → Input, and what the writer should know of them."""

    files: Files
    folder: Path
    service: ServiceId
    remote: Remote | None = None
    found: dict[str, Input] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, name: str, written: str) -> str:
        """The URL that stands for an input in the request. name: the wire field. Raises FileProblem, DidgenError."""
        given = self._outside(name, written) if "://" in written else self._local(written)
        if given is None:
            return written
        self.found[name] = given
        return given.path.as_uri()

    def _local(self, written: str) -> Input:
        path = self.files.locate(written, self.folder)
        digest = self.files.digest(path)
        if not self.files.size(path):
            raise FileProblem(f"{self.files.relative(path)} is empty")
        return Input(path, digest)

    def _outside(self, name: str, url: str) -> Input | None:
        fetched = self.service.local or name in UPLOADED
        if url.startswith("https://") and fetched and self.remote is not None:
            return self.remote(url, KINDS[name])
        if not url.startswith(("https://", "s3://")):
            raise FileProblem(f"{bare_url(url)!r} is neither a file nor an https URL")
        if self.service.local:
            raise FileProblem(
                f"{bare_url(url)!r} is not here: the local engine reads files; save it beside the project"
            )
        self.notes.append(f"{bare_url(url)} is not pinned: its content can change without a new rendering")
        return None
