"""A request that may buy, on its way: written down before it is sent, and seen to its end though the build stops.

An answer that nobody waits for would leave a doubt whether the job exists. So a build that is stopped, by Ctrl-C or by
another scene's error, gives up what is not sent yet and waits for the answers to what is.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from didgen.api.job import Post
from didgen.errors import DidgenError, RenderError, UnreachableError
from didgen.jobs.turns import Alone
from didgen.store.rows import JobRow
from didgen.store.state import State


class Sending:
    """The `send` of one job (`api.job.Send`). row: the job as an intent. turns: whose turn its scene is."""

    def __init__(self, state: State, row: JobRow, turns: Alone) -> None:
        self._state, self._row, self._turns = state, row, turns

    async def __call__(self, post: Post) -> str:
        """Send once: the intent is durable before, the id after; refused or not sent, there is none of it any more.

        Raises what `post` raises; after an UnresolvedJobError the intent stands. Raises TakenError, with nothing sent,
        when another machine is at the scene by now.
        """
        await self._turns.announce(self._row)
        self._state.begin(self._row)
        answer = asyncio.ensure_future(self._answered(post))
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            with suppress(DidgenError):
                await answer
            raise

    async def _answered(self, post: Post) -> str:
        try:
            remote = await post()
        except (RenderError, UnreachableError) as error:
            self._state.failed(self._row.id, error.message)
            self._turns.settle(self._row)
            raise
        self._state.submitted(self._row.id, remote)
        await self._turns.bought(self._state.job(self._row.id) or self._row)
        return remote
