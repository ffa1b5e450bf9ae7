"""A scene as resolved: no template left, every input a digest, and the request that would be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from didgen.api.wire import Kind, RenderRequest
from didgen.errors import Place
from didgen.plan.spelling import Spelling


@dataclass(frozen=True, slots=True)
class Input:
    """A file a render reads: where it lies, what its bytes are, and the URL it was brought from, without query.

    prepared: the version of how its pixels or samples are made anew before a service gets it, 0 when they are not.
    """

    path: Path
    digest: str
    url: str = ""  # for messages; "" for a file of the author's
    prepared: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """`max_seconds` of a scene, and where it is written. field: path inside that file."""

    seconds: float
    place: Place
    field: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights of a file, link or voice. name: as written. until: the last day, YYYY-MM-DD, "" for no end. place, field:
    where that is written."""

    name: str
    who: str
    until: str
    place: Place
    field: str


@dataclass(frozen=True, slots=True)
class Need:
    """Something of a scene that somebody may have to allow. about: a file, a link without its query, or the id of a
    voice. at: path of what names it in the project; None where `check --strict` demands nothing."""

    about: Path | str
    at: tuple[str | int, ...] | None


@dataclass(frozen=True, slots=True)
class Translation:
    """Where the text of one instance stands in its locale. source: the text its source says today, "" where there is
    none; changed: the words that differ from the text it was accepted as a translation of, where that is known."""

    address: str
    locale: str
    state: Literal["source", "up to date", "stale", "missing", "never accepted", "no source"]
    source: str = ""
    changed: str = ""

    @property
    def words(self) -> str:
        """ "is behind its source: Welcome [+back] to Acme"; "" for what is not stale."""
        if self.state != "stale":
            return ""
        return f"is behind its source{f': {self.changed}' if self.changed else ''}"


@dataclass(frozen=True, slots=True)
class Scene:
    """One instance of one scene, ready to be fingerprinted.

    address: "onboarding/hello[locale=de]". combination: "[locale=de]", what its film is told apart by, "" without a
    matrix. request: the wire request, whose local inputs are `file:` URLs of the authored paths;
    inputs: wire field ("source_url", "audio_url", "driver_url", "logo_url", "overlay_url") → Input. output: path below
    `output/`, without the folder of the service. seconds: estimated length; most_s: what it hardly ever exceeds.
    """

    address: str
    kind: Kind
    request: RenderRequest
    inputs: Mapping[str, Input]
    identity: Mapping[str, Any]
    fingerprint: str
    output: Path
    spoken: str  # the text that will be spoken; "" for audio scripts and animations
    locale: str
    seconds: float
    notes: tuple[str, ...] = field(default=())  # things the writer should know, e.g. a mapped voice
    written: str = ""  # the text as captions show it; see `project.script.as_written`
    respelled: Mapping[str, str] = field(default_factory=dict)  # spoken phrase → written word, those that occur
    pronounce: Mapping[str, str] = field(default_factory=dict)  # of the project: word → how it is spoken
    most_s: float = 0.0
    combination: str = ""
    film: Path | None = None  # where the film of its combination goes, below `output/` and without suffix
    limit: Limit | None = None
    grants: tuple[Grant, ...] = ()
    unproven: tuple[Need, ...] = ()  # what rights are demanded of, and nobody wrote down
    translation: Translation | None = None  # where the project has several locales

    @property
    def spelling(self) -> Spelling:
        """How its text is written."""
        return Spelling(self.written, self.pronounce)


@dataclass(frozen=True, slots=True)
class Known:
    """What the state knows of one fingerprint: its object and the identity it was made from."""

    fingerprint: str
    object_digest: str
    sidecar_digest: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one scene, and why in words a writer understands. Reuse has reasons only when copied out.

    action: restore puts back an output file whose object is there; stop: it may not be made, nor put anywhere.
    length_s: of the video that is stored for it, 0 where there is none.
    """

    scene: Scene
    action: Literal["render", "reuse", "restore", "stop"]
    reasons: tuple[str, ...]
    upgrade: bool = False  # rendered again only because didgen is another one, and the former video is stored
    length_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions in project order, and the addresses whose outputs no scene makes any more."""

    project: str
    decisions: tuple[Decision, ...]
    stale: tuple[str, ...] = ()
