"""Calls to webhooks: from the outbox, signed, again until they get through or a day and a half has passed.

Signed as Standard Webhooks has it: HMAC-SHA256 over `id.timestamp.body` with the server's secret, in base64. The id is
the same at every try, so that a receiver that hears twice can tell; the time is that of the try, so that an old call
cannot be played back.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from didgen.api.reach import LinkError
from didgen.errors import DidgenError, StorageError
from didgen.serve.ledger.calls import Call, Calls
from didgen.serve.outside import Outside

BACKOFF_S = (5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
"""Pauses after each try that did not get through; after the last one it is given up."""

PAUSE_S = 30.0
_AT_ONCE = 50
_SECRET_PREFIX = "whsec_"


def signed(secret: str, call: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a call. secret: as it is shown, `whsec_` and base64, or any other text."""
    key = secret.encode()
    if secret.startswith(_SECRET_PREFIX):
        key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    told = f"{call}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": call,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


@dataclass
class Webhooks:
    """Makes the calls. body_of: what a job is told as, None where it is gone."""

    calls: Calls
    outside: Outside
    secret: str
    body_of: Callable[[str], dict[str, Any] | None]
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """There may be a call to make."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news.clear()
            try:
                pause_s = await self._round()
            except StorageError:  # nothing can be written down: not the time to call anybody
                await asyncio.sleep(PAUSE_S)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._news.wait()

    async def _round(self) -> float:
        """Make the calls that are due; seconds until the next one may be. Raises StorageError."""
        due = self.calls.due(time.time(), _AT_ONCE)
        if due:
            ends = await asyncio.gather(*(self._make(call) for call in due), return_exceptions=True)
            for error in filter(None, ends):  # not before the last has ended: it would be made again beside itself
                raise error
            return 0.0
        following = self.calls.next_due()
        return min(600.0, max(0.05, following - time.time())) if following is not None else 600.0

    async def _make(self, call: Call) -> None:
        import httpx

        body = self.body_of(call.job)
        if body is None:
            self.calls.drop(call.id)
            return
        data, now = json.dumps(body).encode(), int(time.time())
        try:
            status = await self.outside.call(call.url, data, signed(self.secret, call.id, now, data))
            why = "" if 200 <= status < 300 else f"it answered {status}"
        except (LinkError, httpx.InvalidURL):
            why = "it leads where this server does not go"
        except (DidgenError, httpx.HTTPError, OSError):  # TimeoutError among them
            why = "it cannot be reached"
        self._note(call, why)

    def _note(self, call: Call, why: str) -> None:
        if not why:
            self.calls.drop(call.id)
        elif call.tries >= len(BACKOFF_S):
            self.calls.give_up(call.id, why)
        else:
            pause_s = BACKOFF_S[call.tries] * random.uniform(1.0, 1.2)
            self.calls.again(call.id, time.time() + pause_s, why)
