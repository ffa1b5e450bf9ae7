"""Films of many clips are joined when a watch rests: at each save that would cost it milliseconds for every clip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from didgen.walk.shortcut import Target

AT_ONCE = 50
"""Clips of a film that is joined with the scenes, whatever is being saved: a fifth of a second."""
QUIET_S = 2.0
"""For so long nothing was made when the others are joined."""

Join = Callable[[Callable[[], None]], Awaitable[None]]
"""Joins the films of a project, and calls now and then what it is given, which stops it by what it raises."""


class OvertakenError(Exception):
    """Something was saved while films were joined, and that comes first."""


class Films:
    """What is left to be joined, by project. Belongs to one event loop.

    overtaken: whether there is something else to do, asked from other threads while films are joined.
    """

    def __init__(self, overtaken: Callable[[], bool]) -> None:
        self._overtaken = overtaken
        self._left: dict[Target, Join] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        return bool(self._left)

    def leave(self, target: Target, join: Join) -> None:
        """Have the films of a project joined later."""
        self._left[target] = join

    def forget(self, target: Target) -> None:
        """The project is planned anew, or is gone."""
        self._left.pop(target, None)

    def rest(self, begin: Callable[[], None]) -> None:
        """Nothing is being made: have `begin` called when that stays so for a while."""
        if self._left and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(QUIET_S, begin)

    def wait(self) -> None:
        """Something is being made again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def join(self) -> None:
        """Join what is left, one project after the other, until something else comes first: then the rest stays."""
        self.wait()
        for target, join in list(self._left.items()):
            try:
                await join(self._check)
            except OvertakenError:
                return
            if self._left.get(target) is join:
                del self._left[target]

    def _check(self) -> None:
        if self._overtaken():
            raise OvertakenError
