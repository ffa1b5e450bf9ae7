"""The files a scene reads, as digests and `file:` URLs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from didgen.catalog.drivers import MOTION_SUFFIX
from didgen.catalog.rates import LONGEST_DRIVER_S
from didgen.catalog.versions import PREPARED
from didgen.errors import DidgenError
from didgen.media.clips import clip_s
from didgen.media.fit import Fit, UnfitError, Use, fit_picture, fit_sound
from didgen.media.kinds import WANTED, unfit_for
from didgen.media.motion import MotionError, read_motion
from didgen.plan.identity import ServiceId
from didgen.plan.scene import Input
from didgen.project.files import FileProblem, Files
from didgen.secret import bare_url

Remote = Callable[[str, str], Input]
"""Fetches an https URL once and pins it: where its bytes lie now, and their digest. The second argument is the kind it
has to be: image, audio or video. Raises DidgenError."""

KINDS = {
    "source_url": "image",
    "logo_url": "image",
    "audio_url": "audio",
    "driver_url": "video",
    "overlay_url": "video",
}

USES: dict[str, Use] = {"source_url": "picture", "logo_url": "logo", "audio_url": "sound"}
"""What services take as uploads, and have to take as it is made to fit."""

LINKED = {"driver_url": "a driver video", "overlay_url": "an overlay"}
"""What they take by link only, in words."""

UPLOADED = ("source_url", "audio_url")
"""Inputs that services take as uploads. Other links are passed on as they are."""


@dataclass(slots=True)
class Inputs:
    """Inputs of one scene, gathered: wire field → Input, and what the writer should know of them."""

    files: Files
    service: ServiceId
    remote: Remote | None = None
    found: dict[str, Input] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, name: str, written: str, folder: Path) -> str:
        """The URL that stands for an input in the request. name: the wire field; folder: what a file name starts from.

        Raises FileProblem, DidgenError.
        """
        given = self._outside(name, written) if "://" in written else self._local(name, written, folder)
        if given is None:
            return written
        self.found[name] = self._readable(name, given) if self.service.local else self._fitting(name, given)
        return given.path.as_uri()

    def _readable(self, name: str, given: Input) -> Input:
        """An input as the local engine gets it. Raises FileProblem, DidgenError for what it cannot read."""
        if given.url or given.path.suffix.lower() == MOTION_SUFFIX:
            return given  # looked at where it was fetched; read as a whole
        called = self.files.relative(given.path)
        try:
            fault, hint = _unfit(name, given.path, given.digest, whole=self.files.is_fresh(given.path))
        except OSError as error:
            raise FileProblem(f"{called} cannot be read: {error.strerror}") from None
        if fault:
            raise DidgenError(f"{called} {fault}", hint=hint)
        return given

    def _fitting(self, name: str, given: Input) -> Input:
        """An input as a service gets it; notes what has to be made of it. Raises DidgenError for what cannot fit."""
        if given.path.suffix.lower() == MOTION_SUFFIX:
            raise DidgenError("is a motion file, and only the local engine moves by one", hint="give a video's link")
        if name in LINKED:
            raise DidgenError(
                f"is a file, and services take {LINKED[name]} by https link only", hint="put it on the web"
            )
        called = given.url or self.files.relative(given.path)
        try:
            fit = _fit(given.path, given.digest, USES[name])
        except UnfitError as error:
            raise UnfitError(error.kind, f"{called} {error.message}", hint=error.hint) from None
        except OSError as error:
            raise FileProblem(f"{called} cannot be read: {error.strerror}") from None
        self.notes += [f"{called} {note}" for note in fit.notes]
        return replace(given, prepared=PREPARED if fit.remade else 0)

    def _local(self, name: str, written: str, folder: Path) -> Input:
        path = self.files.locate(written, folder)
        digest = self.files.digest(path)
        if not self.files.size(path):
            raise DidgenError(f"{self.files.relative(path)} is empty", hint=WANTED[name].accepted)
        if name == "driver_url" and path.suffix.lower() == MOTION_SUFFIX:
            try:
                motion_s(path, digest)
            except MotionError as error:
                raise MotionError(f"{self.files.relative(path)} {error.message}", hint=error.hint) from error
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
        self.pass_on(url)
        return None

    def pass_on(self, url: str) -> None:
        """Note that a service fetches a link itself."""
        self.notes.append(f"{bare_url(url)} is not pinned: its content can change without a new rendering")


@lru_cache(maxsize=4096)
def _fit(path: Path, digest: str, use: Use) -> Fit:  # noqa: ARG001
    """The fit of a file of that digest; scenes share their pictures, and each is looked at once. Raises UnfitError."""
    return fit_sound(path) if use == "sound" else fit_picture(path.read_bytes(), logo=use == "logo")


@lru_cache(maxsize=4096)
def _unfit(name: str, path: Path, digest: str, *, whole: bool) -> tuple[str, str]:  # noqa: ARG001
    """`unfit_for` of a file of that digest."""
    return unfit_for(name, path, whole=whole)


def driver_s(path: Path, digest: str) -> float | None:
    """How long a driver of one's own moves, in seconds, as the local engine takes it; None where its file does not
    tell. Raises MotionError, FileProblem."""
    if path.suffix.lower() == MOTION_SUFFIX:
        return motion_s(path, digest)
    length = _clip_s(path, digest)
    return None if length is None else min(length, LONGEST_DRIVER_S)


@lru_cache(maxsize=4096)
def _clip_s(path: Path, digest: str) -> float | None:  # noqa: ARG001
    """The length of the video of that digest: its header is read once."""
    try:
        return clip_s(path)
    except OSError as error:
        raise FileProblem(f"{path.name} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=256)
def motion_s(path: Path, digest: str) -> float:  # noqa: ARG001
    """How long the motion file of that digest lasts, in seconds. Raises MotionError, FileProblem."""
    try:
        return read_motion(path.read_bytes()).seconds
    except OSError as error:
        raise FileProblem(f"{path.name} cannot be read: {error.strerror}") from None
