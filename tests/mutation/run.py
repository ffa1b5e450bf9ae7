"""Projects are built, changed one thing at a time, and planned; what is planned is held against the oracle.

A base, two projects of which one changes, is built with the small engine of `tests.fakes`, so that state, objects,
outputs and the record of the walk are true. Then changes are planned from that state, as `didgen plan` does it, and now
and then from nothing, which has to give the same. Every change is one of a chain of a few; then the base is put back.
"""

from __future__ import annotations

import copy
import math
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from didgen.errors import DidgenError
from didgen.plan import resolve
from didgen.project import template
from didgen.project.files import Files
from didgen.project.stamps import RACY_NS
from didgen.walk import steps
from didgen.walk.shortcut import standing
from tests import fakes
from tests.mutation import changes
from tests.mutation.model import Model, Said, said
from tests.mutation.projects import Words, generate
from tests.mutation.written import files_of, write

PER_BASE = 400
CHAIN = 8  # changes in a row, at most
ENOUGH = 20  # faults to look at
SAMPLE = 40  # changes between two that are built

OLD_NS = 10**15  # a time at which no file is young


@dataclass
class Tally:
    """What was done, and what was wrong. wrong_hits: an instance that had to be made anew and was not planned to be;
    needless: one that was planned to be, for nothing; other: anything else."""

    done: int = 0
    meaningful: int = 0
    rendered: int = 0
    bases: int = 0
    builds: int = 0
    scratch: int = 0
    short: int = 0
    wrong_hits: list[str] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def problems(self) -> list[str]:
        return [*self.wrong_hits, *self.needless, *self.other]


def run(
    folder: Path, count: int, seed: int, *, fast: bool = False, per_base: int = PER_BASE, seconds: float = math.inf
) -> Tally:
    """`count` changes of projects made from `seed`, or as many as there is time for. fast: of small projects, of which
    fewer are built, or planned from nothing."""
    tally, end = Tally(), time.monotonic() + seconds
    with _one_child():
        while tally.done < count and len(tally.problems) < ENOUGH and time.monotonic() < end:
            here = folder / f"base-{tally.bases}"
            base = _Base(here, random.Random(f"{seed}-{tally.bases}"), tally, small=fast)
            tally.bases += 1
            for number in range(1, min(per_base, count - tally.done) + 1):
                if time.monotonic() >= end or len(tally.problems) >= ENOUGH:
                    break
                base.change(build=number % (SAMPLE * 4 if fast else SAMPLE) == 0, scratch=not fast or number % 10 == 0)
            shutil.rmtree(here)
    return tally


@dataclass(frozen=True)
class _Standing:
    """What was built: the model, what its instances say, their fingerprints and outputs."""

    model: Model
    said: Mapping[str, Said]
    made: Mapping[str, tuple[str, str]]


class _Base:
    """One workspace and the model of it."""

    def __init__(self, folder: Path, hand: random.Random, tally: Tally, *, small: bool) -> None:
        self.root = folder / "work"
        self._log = folder / "rendered.log"
        self._hand, self._tally = hand, tally
        self._words = Words(hand.randrange(1 << 20))
        self._files: dict[str, bytes] = {}
        self._names: dict[Said, str] = {}  # what is said → its fingerprint, and back: one each
        self._prints: dict[str, Said] = {}
        self._stored: set[str] = set()
        self._chain = 0
        os.environ["DIDGEN_FAKE_LOG"] = str(self._log)
        self.model = generate(hand, self._words, small=small)
        self._other = generate(hand, self._words, "two", small=True)
        self._write()
        self._age()
        self._built = self._build(self.model)
        time.sleep(RACY_NS / 1e9)  # from then on files are trusted by how they look
        steps.nothing_to_do(steps.wish(self.root))

    def change(self, *, build: bool, scratch: bool) -> None:
        """One change, planned; half of them meaningful. build: carried out too, as the base of the next ones."""
        if self._hand.randrange(CHAIN) < self._chain:
            self.model, self._chain = copy.deepcopy(self._built.model), 0
        before = said(self.model)
        meaningful = self._hand.random() < 0.5
        kind, words = self._mutate(before, meaningful=meaningful)
        self._tally.done += 1
        self._tally.meaningful += meaningful
        self._tally.kinds[kind] += 1
        self._chain += 1
        self._write()
        try:
            self._judge(f"{kind}: {words}", scratch=scratch)
            if build:
                self._built, self._chain = self._build(self.model), 0
        except DidgenError as error:
            self._wrong(self._tally.other, f"{kind}: {words}: {error}")
            self.model, self._chain = copy.deepcopy(self._built.model), 0

    def _mutate(self, before: Mapping[str, Said], *, meaningful: bool) -> tuple[str, str]:
        """Change the model by something that applies, and of which the oracle says what it should be."""
        while True:
            change = self._hand.choice(changes.MEANINGFUL if meaningful else changes.NEUTRAL)
            model = copy.deepcopy(self.model)
            words = change(model, self._hand, self._words)
            after = said(model)
            if not words or not after:
                continue
            new = set(after.values()) - set(before.values())
            if bool(new) == meaningful:
                self.model = model
                return change.__name__, words
            assert meaningful, f"{change.__name__} is no neutral change: {words}: {new}"

    def _write(self) -> None:
        files = files_of(self.model) | files_of(self._other, "two")
        write(self.root, files, self._files, self._hand)
        self._files = files
        if self.model.touched:
            times = random.Random(self.model.touched)
            for name in times.sample(sorted(files), min(3, len(files))):
                os.utime(self.root / name, ns=(OLD_NS + times.randrange(10**15),) * 2)

    def _age(self) -> None:
        """Let no file be so young that its stamp is not trusted."""
        for name in self._files:
            os.utime(self.root / name, ns=(OLD_NS + self._hand.randrange(10**15),) * 2)

    def _judge(self, what: str, *, scratch: bool) -> None:
        """Hold the plan of the workspace as it is against what the oracle says."""
        wanted = steps.wish(self.root)
        stands = standing(wanted)
        plans = steps.plan(replace(wanted, targets=stands.left))
        decided = {decision.scene.address: decision for one in plans for decision in one.plan.decisions}
        expected = self._said(self.model)
        done = {scene.address for summary in stands.done.values() for scene in summary.scenes}
        self._tally.short += len(done)
        if {*decided, *done} != set(expected):
            self._wrong(self._tally.other, f"{what}: instances {sorted({*decided, *done} ^ set(expected))}")
            return
        for address in done:
            if expected[address] != self._built.said.get(address):
                self._wrong(self._tally.wrong_hits, f"{what}: {address} was not even looked at")
        for address, decision in decided.items():
            new = self._said_before(what, address, expected[address], decision.scene.fingerprint)
            render = decision.action == "render"
            if render == new:
                self._tally.rendered += render
            elif new:
                self._wrong(self._tally.wrong_hits, f"{what}: {address} is {decision.action}d")
            else:
                self._wrong(self._tally.needless, f"{what}: {address}: {decision.reasons}")
            there = (decision.scene.fingerprint, decision.scene.output.as_posix())
            if self._built.made.get(address) == there and decision.action != "reuse":
                self._wrong(self._tally.other, f"{what}: {address} is {decision.action}d: {decision.reasons}")
        if scratch:
            made = {address: self._built.made[address][0] for address in done}
            self._from_nothing(what, made | {address: one.scene.fingerprint for address, one in decided.items()})

    def _said(self, model: Model) -> dict[str, Said]:
        return said(model) | said(self._other)

    def _said_before(self, what: str, address: str, says: Said, fingerprint: str) -> bool:
        """Whether an instance has to be rendered. Equal fingerprints are the same video, and other ones another."""
        known, other = self._names.setdefault(says, fingerprint), self._prints.setdefault(fingerprint, says)
        if known != fingerprint:
            self._wrong(self._tally.needless, f"{what}: {address} has a new fingerprint for what was made before")
        if other != says:
            self._wrong(self._tally.wrong_hits, f"{what}: {address} has the fingerprint of {other}, and is {says}")
        return self._names[says] not in self._stored

    def _from_nothing(self, what: str, prints: Mapping[str, str]) -> None:
        """The same files in a workspace that has no state."""
        self._tally.scratch += 1
        bare = self.root.parent / "bare"
        bare.mkdir(exist_ok=True)
        os.rename(self.root / "projects", bare / "projects")
        try:
            scenes = [scene for _, some in steps.check(steps.wish(bare)) for scene in some]
        finally:
            os.rename(bare / "projects", self.root / "projects")
        if {scene.address: scene.fingerprint for scene in scenes} != prints:
            self._wrong(self._tally.other, f"{what}: a plan from nothing is another one")

    def _build(self, model: Model) -> _Standing:
        """Build what is written; only what is new is rendered, each once; after that there is nothing to do."""
        self._age()
        wanted = steps.wish(self.root, prune=True)
        self._log.unlink(missing_ok=True)
        summary = steps.build(wanted, command=fakes.COMMAND)
        scenes = [scene for _, some in steps.check(wanted) for scene in some]
        made = {scene.address: (scene.fingerprint, scene.output.as_posix()) for scene in scenes}
        expected = self._said(model)
        for scene in scenes:
            self._said_before("built", scene.address, expected[scene.address], scene.fingerprint)
        new = {scene.fingerprint for scene in scenes} - self._stored
        rendered = len(self._log.read_text().splitlines()) if self._log.exists() else 0
        if summary.error is not None or rendered != len(new):
            self._wrong(self._tally.other, f"a build rendered {rendered} for {len(new)}: {summary.error}")
        if any(scene.action != "reused" for scene in steps.build(steps.wish(self.root)).scenes):
            self._wrong(self._tally.needless, "a second build did something")
        self._stored |= new
        self._tally.builds += 1
        return _Standing(copy.deepcopy(model), expected, made)

    def _wrong(self, where: list[str], what: str) -> None:
        where.append(what)
        kept = self.root.parent.with_name(f"wrong-{len(self._tally.problems)}")
        shutil.copytree(self.root, kept / "work", dirs_exist_ok=True)
        (kept / "why.txt").write_text(f"{what}\n\n{self.model}\n", "utf-8")


@contextmanager
def _one_child() -> Iterator[None]:
    """Let one process render the templates of all plans, while no file that it took in changes: a start costs more than
    all the rest. It is the same process and the same protocol."""
    kept: list[tuple[Any, dict[str, str]]] = []

    class Kept(template.Templates):
        def __init__(self, files: Files) -> None:
            super().__init__(files)
            self._taken: dict[str, str] = {}

        def _included(self, name: str) -> dict[str, str]:
            found = super()._included(name)
            self._taken[name] = found.get("source", "")
            return found

        def _ask(self, request: Mapping[str, Any]) -> Any:
            if self._child is None and kept:
                child, self._taken = kept.pop()
                self._child = child
                if any(super(Kept, self)._included(name).get("source", "") != t for name, t in self._taken.items()):
                    self._stop()
                    self._taken = {}
            return super()._ask(request)

        def __exit__(self, *_: object) -> None:
            if self._child is not None and not kept:
                kept.append((self._child, self._taken))
                self._child = None
            self._stop()

    was = resolve.Templates
    resolve.Templates = Kept  # type: ignore[misc]
    try:
        yield
    finally:
        resolve.Templates = was  # type: ignore[misc]
        for child, _ in kept:
            child.kill()
            child.communicate()


def told(tally: Tally, seconds: float) -> list[str]:
    """What a run says of itself."""
    wrong = (
        f"{len(tally.wrong_hits)} wrong hits, {len(tally.needless)} needless renders, {len(tally.other)} other faults"
    )
    made = f"{tally.rendered} instances to render, {tally.short} not looked at, {tally.scratch} plans from nothing"
    kinds = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in tally.kinds.most_common())
    return [
        f"{tally.done} changes of {tally.bases} projects, {tally.meaningful} of them meaningful: {wrong}",
        f"  {made}, {tally.builds} builds, {seconds:.0f} s",
        f"  {kinds}",
    ]


def timed(folder: Path, count: int, seed: int, **options: Any) -> tuple[Tally, float]:
    """A run and how long it took, in seconds."""
    began = time.monotonic()
    return run(folder, count, seed, **options), time.monotonic() - began
