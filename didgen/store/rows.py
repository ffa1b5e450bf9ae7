"""What the state holds: a scene's finished output, and a job with what it is reckoned to cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

JobState = Literal["intent", "submitted", "done", "failed", "uncertain", "forgotten"]
"""intent: not known to have arrived. failed: nothing will come of it. uncertain: looked for and not found, so a person
decides. forgotten: a person said that nothing is to come of it."""

OPEN: tuple[JobState, ...] = ("intent", "submitted", "uncertain")
"""Jobs that may still bring a video, or may have been bought."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A scene's finished output: the object, its size in bytes, the digest of its sidecar, its length."""

    fingerprint: str
    object_digest: str
    size: int
    sidecar_digest: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class JobRow:
    """One of our jobs, and what it is reckoned to cost: the rows are the ledger of what was spent.

    id: our own nonce, made before anything is sent. state: see JobState. remote: the service's id, "" while unknown.
    credits: what it costs, 0 for one that was found on the account. seconds: of video, as estimated. build: which build
    began it; such names sort by time. why: what a person should know of its state. began, changed: Unix times.
    """

    id: str
    fingerprint: str
    address: str
    service: str
    state: JobState
    remote: str = ""
    credits: int = 0
    seconds: float = 0.0
    build: str = ""
    why: str = ""
    began: float = field(default=0.0, compare=False)
    changed: float = field(default=0.0, compare=False)
