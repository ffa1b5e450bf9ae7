"""What a build would buy: seconds and credits of every job, and the total. Pure.

A service bills each job by itself, in whole credits. A text's length is an estimate, so it has a likely price and one
that it hardly ever exceeds; a recording's is exact. What nobody knows is None, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from didgen.api.wire import Kind, TalkRequest, TextScript
from didgen.digest import canonical_json
from didgen.plan.identity import ServiceId
from didgen.plan.scene import Scene

LONGEST_TALK_S = 300.0
LONGEST_TEXT = 10_000
"""What one talk may hold at the service: seconds and characters."""


@dataclass(frozen=True, slots=True)
class Item:
    """One job to be bought. seconds, credits: likely; most: credits that it hardly ever exceeds. None: nobody knows."""

    address: str
    kind: Kind
    host: str
    fingerprint: str
    seconds: float
    credits: int | None
    most: int | None

    @property
    def words(self) -> str:
        """ "1 credit", "1 to 2 credits", "price unknown"."""
        return _range(self.credits, self.most)


@dataclass(frozen=True, slots=True)
class Joined:
    """Talks, one after the other in a film, that could be fewer: what they bill as they are, and as `talks` talks."""

    addresses: tuple[str, ...]
    credits: int
    talks: int
    joined: int

    @property
    def words(self) -> str:
        """The hint, with what it costs to follow it."""
        first, last = self.addresses[0], self.addresses[-1].partition("/")[2]
        one = "one talk" if self.talks == 1 else f"{self.talks} talks"
        return (
            f"{first} to {last}: {len(self.addresses)} talks of the same photo, voice and options bill {self.credits} "
            f"credits; written as {one} they would bill about {self.joined}, since each job is rounded up. But a "
            f"joined talk is one video, and bought again as a whole when one of its sentences changes."
        )


@dataclass(frozen=True, slots=True)
class Bill:
    """All that is about to be bought, each rendering once. The totals are None when one price is unknown."""

    items: tuple[Item, ...] = ()
    hints: tuple[Joined, ...] = ()

    @property
    def seconds(self) -> float:
        """Of video, likely."""
        return sum(item.seconds for item in self.items)

    @property
    def credits(self) -> int | None:
        """Likely."""
        return _sum(item.credits for item in self.items)

    @property
    def most(self) -> int | None:
        """Hardly ever exceeded."""
        return _sum(item.most for item in self.items)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Who is to be paid."""
        return tuple(dict.fromkeys(item.host for item in self.items))

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Those of whom nobody knows what they charge."""
        return tuple(dict.fromkeys(item.host for item in self.items if item.most is None))

    @property
    def price(self) -> str:
        """ "3 to 4 credits"."""
        return _range(self.credits, self.most)

    @property
    def words(self) -> str:
        """ "3 scenes from api.d-id.com, about 21 s: 3 to 4 credits"."""
        count = f"{len(self.items)} scene{'s' * (len(self.items) != 1)}"
        return f"{count} from {', '.join(self.hosts)}, about {self.seconds:.0f} s: {self.price}"


def credits_for(seconds: float, credit_s: float) -> int:
    """What a service charges for one video: a credit for every `credit_s` seconds begun, at least one."""
    return max(1, math.ceil(round(seconds / credit_s, 6)))


def bill_of(scenes: Iterable[Scene], service: ServiceId, order: Sequence[str] = ()) -> Bill:
    """The bill of scenes that have to be rendered by a service; empty for a free one.

    order: the addresses of the project's films, which decide what could be joined, "" between two films.
    """
    if not service.paid:
        return Bill()
    bought = {scene.fingerprint: scene for scene in scenes}
    items = tuple(_item(scene, service) for scene in bought.values())
    hints = _hints(bought.values(), service.credit_s, order) if service.credit_s else ()
    return Bill(items, tuple(hints))


def total(bills: Iterable[Bill]) -> Bill:
    """One bill of several projects; what two of them need is bought once."""
    several = list(bills)
    items = {item.fingerprint: item for bill in reversed(several) for item in reversed(bill.items)}
    return Bill(tuple(items.values())[::-1], tuple(hint for bill in several for hint in bill.hints))


def _item(scene: Scene, service: ServiceId) -> Item:
    item = Item(scene.address, scene.kind, service.host, scene.fingerprint, scene.seconds, None, None)
    if service.credit_s is None:
        return item
    most_s = max(scene.seconds, scene.most_s)
    likely, most = credits_for(scene.seconds, service.credit_s), credits_for(most_s, service.credit_s)
    return replace(item, credits=likely, most=most)


def _sum(values: Iterable[int | None]) -> int | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _range(likely: int | None, most: int | None) -> str:
    if likely is None or most is None:
        return "price unknown"
    return f"{likely} credit{'s' * (likely != 1)}" if likely == most else f"{likely} to {most} credits"


# -- what could be joined -----------------------------------------------------------------------------------------


def _hints(bought: Iterable[Scene], credit_s: float, order: Sequence[str]) -> Iterator[Joined]:
    for run in _runs({scene.address: scene for scene in bought}, order):
        packed = list(_packed(run))
        credits = sum(credits_for(scene.seconds, credit_s) for scene in run)
        joined = sum(credits_for(sum(scene.seconds for scene in talk), credit_s) for talk in packed)
        if joined < credits:
            yield Joined(tuple(scene.address for scene in run), credits, len(packed), joined)


def _runs(bought: dict[str, Scene], order: Sequence[str]) -> Iterator[list[Scene]]:
    """Neighbours of a film that differ in nothing but their words, two or more, each once."""
    run: list[Scene] = []
    seen: set[str] = set()
    for address in [*order, ""]:
        scene = bought.get(address)
        kind = _all_but_words(scene) if scene is not None and address not in seen else None
        if run and kind != _all_but_words(run[-1]):
            if len(run) > 1:
                yield run
            run = []
        if scene is not None and kind is not None:
            run.append(scene)
            seen.add(address)


def _all_but_words(scene: Scene) -> bytes | None:
    """What two talks must share to be one; None for what cannot be joined by writing its texts into one."""
    request = scene.request
    if not isinstance(request, TalkRequest) or not isinstance(request.script, TextScript):
        return None
    if request.result_url is not None or (request.config and request.config.driver_expressions):
        return None  # each goes to its own place; expressions begin at frames of their own video
    sent = scene.identity["request"]
    return canonical_json({**sent, "script": {**sent["script"], "input": ""}})


def _packed(run: Sequence[Scene]) -> Iterator[list[Scene]]:
    """The talks that a run makes when each is filled up to what the service takes."""
    talk: list[Scene] = []
    for scene in run:
        longer = [*talk, scene]
        if talk and (
            sum(one.seconds for one in longer) > LONGEST_TALK_S or sum(len(one.spoken) for one in longer) > LONGEST_TEXT
        ):
            yield talk
            longer = [scene]
        talk = longer
    if talk:
        yield talk
