"""The way in to a service: who may submit now, what a 429 changes, and when nobody may any more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from didgen.api.outcomes import BusyError, RefusedError, jitter_s
from didgen.errors import UnreachableError
from didgen.jobs.window import Window

TRIES = 6
Sent = TypeVar("Sent")
STOPPING = frozenset({401, 402, 403})
"""Refusals that meet every other scene as well: the key, the credits, the plan of the account."""


class HeldError(UnreachableError):
    """Not sent, because the service refused another scene for a reason that concerns all; it stays planned."""


def gate_for(*, paid: bool, jobs: int) -> Gate:
    """The gate of a service: at one that is paid as many jobs as it takes, else `jobs` at once on this machine."""
    return Gate(Window() if paid else Window(jobs, most=jobs))


class Place:
    """A place among the jobs under way."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._held = False

    async def take(self) -> None:
        """Wait until there is room. Raises HeldError when the gate has been shut."""
        await self._gate.turn()
        self._held = True
        self._gate.under_way += 1

    def take_at_once(self) -> None:
        """Count a job that is under way already, whatever the limit."""
        self._held = True
        self._gate.under_way += 1

    def leave(self) -> None:
        """Make room. A second time does nothing."""
        if self._held:
            self._held = False
            self._gate.under_way -= 1
            self._gate.wake()


class Gate:
    """Lets as many jobs be under way as its window has places, first come, first served. Belongs to one event loop."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._shut: RefusedError | None = None

    @asynccontextmanager
    async def place(self, *, resumed: bool = False) -> AsyncIterator[Place]:
        """A place for one job, left at the end at the latest. resumed: the job runs already and waits for nobody.

        Raises HeldError.
        """
        place = Place(self)
        try:
            if resumed:
                place.take_at_once()
            else:
                await place.take()
            yield place
        finally:
            place.leave()

    async def submit(self, place: Place, send: Callable[[], Awaitable[Sent]]) -> Sent:
        """Send one job from its place, again after each 429; what `send` made of it.

        A 429 gives the place back and takes it again when there is room: as long as jobs of ours are under way they
        may be the reason. Only tries without any are counted. Raises HeldError, UnreachableError after TRIES of these,
        and what `send` raises.
        """
        alone = 0
        while True:
            self.check()
            number = self.window.sent()
            try:
                sent = await send()
            except BusyError as busy:
                self.window.refused(number)
                place.leave()
                alone += not self.under_way
                if alone == TRIES:
                    raise UnreachableError(str(busy), hint="nothing was sent; build again later") from busy
                await asyncio.sleep((busy.wait_s or 0.0) + jitter_s(alone, busy.pace_s, 30 * busy.pace_s))
                await place.take()
            except RefusedError as refused:
                raise self._refusal(refused) from refused
            else:
                self.window.taken()
                self.wake()
                return sent

    def check(self) -> None:
        """Raises HeldError when no more may be sent."""
        if self._shut is not None:
            raise HeldError(f"not sent: {self._shut.message}", hint=self._shut.hint)

    def _refusal(self, error: RefusedError) -> RefusedError | HeldError:
        """The error to raise for a refusal: that of the first is told, of the others only that they wait with it."""
        if error.status not in STOPPING:
            return error
        if self._shut is not None:
            return HeldError(f"not sent: {self._shut.message}", hint=self._shut.hint)
        self._shut = error
        self.wake()
        return error

    async def turn(self) -> None:
        """Wait for room. Raises HeldError."""
        self.check()
        while self.under_way >= self.window.places:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
            self.check()

    def wake(self) -> None:
        """Let as many go on as there is room for; all of them when the gate has been shut."""
        room = len(self._waiting) if self._shut else self.window.places - self.under_way
        while self._waiting and room > 0:
            turn = self._waiting.popleft()
            if not turn.done():  # else its task was cancelled while it waited
                turn.set_result(None)
                room -= 1
