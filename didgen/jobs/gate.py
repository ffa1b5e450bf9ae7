"""The way in to a service: who may submit now, what a 429 changes, and when nobody may any more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from didgen.api.outcomes import BusyError, RefusedError
from didgen.api.patience import SUBMIT, Tries, come_back
from didgen.errors import DidgenError, NotYetError, UnreachableError
from didgen.jobs.window import Window

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

    def __init__(self, gate: Gate, *, ahead: bool = False) -> None:
        self._gate, self._ahead = gate, ahead
        self._held = False

    async def take(self) -> None:
        """Wait until there is room. Raises HeldError when the gate has been shut."""
        await self._gate.turn(ahead=self._ahead)
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
    """Lets as many jobs be under way as its window has places: those first that go ahead of the others, and of these
    who came first. Belongs to one event loop."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.under_way = 0
        self._ahead: deque[asyncio.Future[None]] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._shut: DidgenError | None = None
        self._closed = asyncio.Event()
        self._tries: Tries | None = None
        self._quiet_until = 0.0

    @property
    def shut(self) -> bool:
        """Whether nobody may submit any more."""
        return self._shut is not None

    @asynccontextmanager
    async def place(self, *, resumed: bool = False, ahead: bool = False) -> AsyncIterator[Place]:
        """A place for one job, left at the end at the latest. resumed: the job runs already and waits for nobody.
        ahead: somebody looks at it, so it waits only for others of that sort.

        Raises HeldError.
        """
        place = Place(self, ahead=ahead)
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

        Raises HeldError, NotYetError when the service is to be left alone for longer than we wait, and what `send`
        raises.
        """
        while True:
            self._check()
            number = self.window.sent()
            try:
                sent = await send()
            except BusyError as busy:
                place.leave()
                if self.window.refused(number):
                    self._back_off(busy)
                await place.take()
            except RefusedError as refused:
                raise (self._last(refused) if refused.status in STOPPING else refused) from refused
            else:
                self.window.taken()
                self._tries = None
                self.wake()
                return sent

    def _back_off(self, busy: BusyError) -> None:
        """Let nobody submit for a while. As long as jobs of ours are under way they may be the reason for a 429, so
        only those without any are counted. Raises NotYetError after the last.
        """
        if self._tries is None or self.under_way:
            self._tries = Tries(SUBMIT, busy.pace_s)
        pause_s = self._tries.pause_s(busy.wait_s)
        if pause_s is None:
            raise self._last(NotYetError(busy.message, hint=come_back(busy.wait_s))) from busy
        self._quiet_until = asyncio.get_running_loop().time() + pause_s

    def _check(self) -> None:
        """Raises HeldError when no more may be sent."""
        if self._shut is not None:
            raise HeldError(f"not sent: {self._shut.message}", hint=self._shut.hint)

    def _last(self, error: DidgenError) -> DidgenError:
        """Shut the gate; the error to raise: what the first met is told, of the others only that they wait with it."""
        if self._shut is not None:
            return HeldError(f"not sent: {self._shut.message}", hint=self._shut.hint)
        self._shut = error
        self._closed.set()
        self.wake()
        return error

    async def turn(self, *, ahead: bool = False) -> None:
        """Wait for a quiet time to pass and for room. Raises HeldError."""
        loop = asyncio.get_running_loop()
        self._check()
        while (quiet_s := self._quiet_until - loop.time()) > 0 or self.under_way >= self.window.places:
            if quiet_s > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closed.wait(), quiet_s)
            else:
                turn: asyncio.Future[None] = loop.create_future()
                (self._ahead if ahead else self._waiting).append(turn)
                await turn
            self._check()

    def wake(self) -> None:
        """Let as many go on as there is room for; all of them when the gate has been shut."""
        waiting = len(self._ahead) + len(self._waiting)
        room = waiting if self._shut else self.window.places - self.under_way
        while (self._ahead or self._waiting) and room > 0:
            turn = (self._ahead or self._waiting).popleft()
            if not turn.done():  # else its task was cancelled while it waited
                turn.set_result(None)
                room -= 1
