"""The seam: one job, submitted, watched, fetched. The HTTP client and the local pool both implement it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from didgen.api.wire import RenderRequest

State = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a job. `stage`, `done`, `total` are progress while running (stage "frames": n of m).

    preview: a file of this machine that can be read while the video is made and grows with it, where there is one; a
    fragmented MP4, gone when the job ends. length_s: of the video, as far as the service tells it; 0: unknown. `failed`
    carries `kind` and `message` in the service's words; it is the last event, as `done` is.
    """

    state: State
    stage: str = ""
    done: int = 0
    total: int = 0
    kind: str = ""
    message: str = ""
    preview: str = ""
    length_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A finished job's video, whole and checked, at `video`, and its facts (see `engine.shot.Rendered.facts`).

    From the service `facts` holds its answer instead, links stripped, under "answer".
    """

    video: Path
    facts: Mapping[str, Any]


Post = Callable[[], Awaitable[str]]
"""Sends a request that may cost, once; the job's id."""

Send = Callable[[Post], Awaitable[str]]
"""What a request goes out through: it writes down what is about to be bought, then lets it be sent."""


async def directly(post: Post) -> str:
    """Send without writing anything down."""
    return await post()


class Service(Protocol):
    """What renders. `paid` services are never asked twice for one thing."""

    paid: bool

    async def submit(self, request: RenderRequest, send: Send = directly) -> str:
        """Send one request; the job's id. Raises RenderError when refused, UnreachableError when not sent.

        What costs nothing, as uploads, is done first; every try of what may cost goes through `send`.
        """
        ...

    def events(self, job_id: str) -> AsyncIterator[Event]:
        """Every event until the job is done or failed; may be called again for a job of an earlier process."""
        ...

    async def fetch(self, job_id: str, into: Path) -> Fetched:
        """Bring a done job's video into the folder `into`."""
        ...

    async def cancel(self, job_id: str) -> bool:
        """Stop a job where that is possible; whether it was."""
        ...

    async def aclose(self) -> None:
        """Let go of connections and workers."""
        ...
