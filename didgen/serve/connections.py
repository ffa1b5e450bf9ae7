"""Connections: how many may be open, and for how long one may keep us waiting; uvicorn itself waits for ever.

Three things are nobody else's to time: the head of a request, the rest of a body after the answer (a refused one is
read no further), and an answer that its client does not take. Bodies that an operation reads have their own deadline
(`bodies.py`).
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 20.0
"""For a whole head, from the connection or the answer before it; and for the rest of a body after its answer."""

TAKEN_S = 60.0
"""For a full buffer of an answer, 64 KiB, to be taken down to a quarter; and for the last of it when we have closed."""

OPEN = 4096
"""Connections at most; fewer where the system allows fewer files."""

_OWN_FILES = 256
_HEAD_BYTES = 32 << 10


def configured(app: Any, **words: Any) -> uvicorn.Config:
    """How our server listens, by uvicorn's words; `words` add to them or stand in their place."""
    given: dict[str, Any] = {
        "log_level": "warning",
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": 5,
        "h11_max_incomplete_event_size": _HEAD_BYTES,
        "limit_concurrency": OPEN,
        "proxy_headers": False,
        "server_header": False,
        "ws": "none",
        "http": _bounded(_room()),
    }
    return uvicorn.Config(app, **(given | words))


def _room() -> int:
    """How many connections this process has files for, once it has asked for as many as it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN + _OWN_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(16, min(OPEN, soft - _OWN_FILES))


def _bounded(most: int) -> type[asyncio.Protocol]:
    """A class, as uvicorn takes no other: connections of which `most` may be open; one more is closed at once."""
    return type("Connection", (Connection,), {"most": most})


class _Deadline:
    """A time that can be set and lifted; once it is over the connection is cut."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def set(self, transport: asyncio.Transport, seconds: float) -> None:
        """Runs from the first of several calls."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, transport.abort)

    def lift(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Connection(H11Protocol):
    """One connection that may not keep us waiting."""

    most = OPEN

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._owed, self._untaken = _Deadline(), _Deadline()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
        self._time()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._time()

    def on_response_complete(self) -> None:
        self._owed.lift()  # what is owed from now on has its own time
        super().on_response_complete()
        self._time()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._untaken.set(self.transport, TAKEN_S)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._untaken.lift()
        self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._owed.lift()
        self._untaken.lift()
        self._unset_keepalive_if_required()

    def _time(self) -> None:
        """Let the time run while the client owes us something, and no longer."""
        if self.transport.is_closing():  # once what is left is taken, and that need not fill a buffer to take for ever
            self._untaken.set(self.transport, TAKEN_S)
        if self._owes():
            self._owed.set(self.transport, HEAD_S)
        else:
            self._owed.lift()

    def _owes(self) -> bool:
        """Whether a head has not come whole, or a body goes on after its answer."""
        state = self.conn.their_state
        answered = self.cycle is not None and self.cycle.response_complete
        return state is h11.IDLE or (answered and state is h11.SEND_BODY)
