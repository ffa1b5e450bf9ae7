"""Faults on demand, for whoever tests a client: what the real service does on its bad days, by chance and seeded.

A fault of a request is drawn when it comes; a fault of a job when it is accepted, and written down with it, so that a
restart changes nothing. The n-th draw of a fault depends on the seed alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from didgen.api.wire import Kind
from didgen.catalog.nearest import nearest
from didgen.errors import UsageError

OF_REQUESTS = MappingProxyType(
    {
        "429": "a POST of a job is refused: 429 TooManyRequestsError, Retry-After 1 to 5 s",
        "402": "a POST of a job is refused: 402 InsufficientCreditsError",
        "451": "a POST of a job is refused: 451 ImageModerationError",
        "500": "any request: 500 InternalServerError; nothing was done",
        "502": "any request: 502 with a page of HTML, as gateways have; nothing was done",
        "504": "a POST of a job: 504 of the gateway; nothing was done",
        "504-after-accept": "a POST of a job: 504 of the gateway, though the job was accepted and is rendered",
        "slow": "any request is answered 3 s late",
    }
)
OF_JOBS = MappingProxyType(
    {
        "stuck": "the job is `started` and stays so for ever",
        "late": "the job stays `created` for 30 s, though nothing waits before it",
        "error": "the job ends in `error`, UnknownError",
        "rejected": "the talk ends in `rejected`, ImageModerationError (animations do not have it)",
        "unknown-status": "the job says `processing` for `started`, which no client knows",
        "expired-link": "every link to the result has expired already: 403",
        "cut-video": "the result has 3 of 4 of the bytes that it promised, then the connection ends",
        "no-echo": "answers have neither `user_data` nor `name`",
        "lost-webhook": "the webhook is never called",
        "double-webhook": "the webhook is called twice, with two ids",
        "late-webhook": "the webhook is called after 30 s",
    }
)
LATE_S = 30.0


@dataclass(frozen=True)
class Faults:
    """rates: fault → how often, 0 to 1. Equal seeds draw alike."""

    rates: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    _dice: dict[str, random.Random] = field(default_factory=dict, repr=False)

    def happens(self, name: str) -> bool:
        """Draw once."""
        rate = self.rates.get(name, 0.0)
        if not rate:
            return False
        return self._dice.setdefault(name, random.Random(f"{self.seed}/{name}")).random() < rate

    def of_job(self, kind: Kind) -> tuple[str, ...]:
        """What goes wrong with a new job."""
        drawn = [name for name in OF_JOBS if self.happens(name)]
        return tuple(name for name in drawn if name != "rejected" or kind == "talk")

    def seconds(self, least: int, most: int) -> int:
        """How long a client is asked to wait."""
        return self._dice.setdefault("seconds", random.Random(f"{self.seed}/seconds")).randint(least, most)

    def __str__(self) -> str:
        named = ", ".join(f"{name} ({rate * 100:g} %)" for name, rate in self.rates.items())
        return f"{named}; seed {self.seed}"


def read_faults(words: Sequence[str], seed: int) -> Faults:
    """Faults as they are asked for: `NAME`, always, or `NAME:RATE`. Raises UsageError, with the nearest name."""
    rates: dict[str, float] = {}
    for word in words:
        name, colon, rate = word.partition(":")
        if name not in OF_REQUESTS and name not in OF_JOBS:
            raise UsageError(f"there is no fault {name!r}", hint=nearest(name, (*OF_REQUESTS, *OF_JOBS)))
        try:
            rates[name] = float(rate) if colon else 1.0
        except ValueError:
            rates[name] = -1.0
        if not 0 < rates[name] <= 1:
            raise UsageError(f"the rate of {word!r} is none", hint=f"a number above 0, at most 1: {name}:0.1")
    return Faults(rates, seed)
