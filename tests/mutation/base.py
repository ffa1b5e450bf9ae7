"""One workspace that is built, changed one thing at a time, and planned; what is planned is held against the oracle.

It has two projects, of which one changes. It is built with the small engine of `tests.fakes`, so that state, objects,
outputs and the record of the walk are true. Every change is one of a chain of a few; then what was built is put back.
"""

from __future__ import annotations

import copy
import os
import random
import shutil
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from didgen.errors import DidgenError
from didgen.project import stamps
from didgen.walk import steps
from didgen.walk.refill import refilled
from didgen.walk.shortcut import Standing, Wish, standing, walk_key
from tests import fakes
from tests.mutation.changes import MEANINGFUL, NEUTRAL
from tests.mutation.changes import words as words_alone
from tests.mutation.inside import templates_inside
from tests.mutation.model import Model, Said, is_whole, said
from tests.mutation.projects import Words, generate
from tests.mutation.tally import Tally
from tests.mutation.written import Link, anew, files_of, write

CHAIN = 8  # changes in a row, at most
OLD_NS = 10**15  # a time at which no file is young


@dataclass(frozen=True)
class _Standing:
    """What was built: the model, what its instances say, their fingerprints and outputs."""

    model: Model
    said: Mapping[str, Said]
    made: Mapping[str, tuple[str, str]]


class Base:
    """One workspace and the model of it. small: of few scenes."""

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
        self.model = generate(hand, self._words, small=small)
        self._other = generate(hand, self._words, "two", small=True)
        self._other.folder = "two"
        self._write()
        self._built = self._build(self.model)

    def change(self, *, build: bool, scratch: bool) -> None:
        """One change, planned; half of them meaningful. build: carried out too, as the base of the next ones. scratch:
        planned from nothing as well."""
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
            self._judge(f"{kind}: {words}", scratch=scratch, child=build)
            if build:
                self._built, self._chain = self._build(self.model), 0
        except DidgenError as error:
            self._wrong(self._tally.other, f"{kind}: {words}: {error}")
            self.model, self._chain = copy.deepcopy(self._built.model), 0

    def _mutate(self, before: Mapping[str, Said], *, meaningful: bool) -> tuple[str, str]:
        """Change the model by something that applies, and of which the oracle says what it should be."""
        while True:
            kinds = MEANINGFUL if meaningful else NEUTRAL
            if self.model.plain and not self._chain and self._hand.random() < 0.7:
                kinds = [one for one in kinds if one.__module__ == words_alone.__name__]
            some = self._hand.sample(kinds, 3)
            change = min(some, key=lambda one: self._tally.kinds[one.__name__])  # what applies seldom is done as well
            model = copy.deepcopy(self.model)
            words = change(model, self._hand, self._words)
            after = said(model) if words and is_whole(model) else {}
            if not after:
                continue
            new = set(after.values()) - set(before.values())
            if bool(new) == meaningful:
                self.model = model
                return change.__name__, words
            if not meaningful:
                self._wrong(self._tally.other, f"the oracle: {change.__name__} is no neutral change: {words}: {new}")

    def _write(self) -> None:
        files = files_of(self._other) | files_of(self.model)
        write(self.root, files, self._files, self._hand)
        self._files = files
        if self.model.copied:
            for name in random.Random(self.model.copied).sample(sorted(files), min(3, len(files))):
                if not isinstance(files[name], Link):
                    anew(self.root / name, files[name])
        if self.model.touched:
            times = random.Random(self.model.touched)
            for name in times.sample(sorted(files), min(3, len(files))):
                os.utime(self.root / name, ns=(OLD_NS + times.randrange(10**15),) * 2)

    def _judge(self, what: str, *, scratch: bool, child: bool) -> None:
        """Hold the plan of the workspace as it is against what the oracle says."""
        wanted = steps.wish(self.root)
        stands = standing(wanted)
        refilled = self._refilled(wanted, stands)
        with templates_inside():
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
        renders = {address for address, decision in decided.items() if decision.action == "render"}
        if refilled is not None and refilled != renders:
            missed = f"{sorted(renders - refilled)} are missed, {sorted(refilled - renders)} are too many"
            self._wrong(self._tally.wrong_hits if renders - refilled else self._tally.needless, f"{what}: {missed}")
        if scratch:
            made = {address: self._built.made[address][0] for address in done}
            made |= {address: one.scene.fingerprint for address, one in decided.items()}
            self._from_nothing(what, made, child=child)

    def _refilled(self, wanted: Wish, stands: Standing) -> set[str] | None:
        """What `didgen plan` says is to be rendered where it needs no more than the records of former walks; None where
        it has to plan."""
        keys = [walk_key(wanted, target) for target in stands.left]
        found = refilled(str(self.root), keys, wanted.today) if keys else None
        self._tally.refilled += found is not None
        return None if found is None else {address for _, rows in found.values() for address, *_ in rows}

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

    def _from_nothing(self, what: str, prints: Mapping[str, str], *, child: bool) -> None:
        """The same files in a workspace that has no state. child: by the process that renders templates for people."""
        self._tally.scratch += 1
        bare = self.root.parent / "bare"
        bare.mkdir(exist_ok=True)
        os.rename(self.root / "projects", bare / "projects")
        try:
            with nullcontext() if child else templates_inside():
                scenes = [scene for _, some in steps.check(steps.wish(bare)) for scene in some]
        finally:
            os.rename(bare / "projects", self.root / "projects")
        if {scene.address: scene.fingerprint for scene in scenes} != prints:
            self._wrong(self._tally.other, f"{what}: a plan from nothing is another one")

    def _build(self, model: Model) -> _Standing:
        """Build what is written; only what is new is rendered, each once; after that there is nothing to do, and files
        are trusted by how they look."""
        for name in self._files:
            os.utime(self.root / name, ns=(OLD_NS + self._hand.randrange(10**15),) * 2)
        wanted = steps.wish(self.root, prune=True)
        self._log.unlink(missing_ok=True)
        os.environ["DIDGEN_FAKE_LOG"] = str(self._log)
        try:
            summary = steps.build(wanted, command=fakes.COMMAND)
        finally:
            del os.environ["DIDGEN_FAKE_LOG"]  # with one of these set nothing is planned by its words alone
        with templates_inside():
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
        time.sleep(stamps.RACY_NS / 1e9)
        steps.nothing_to_do(steps.wish(self.root))
        return _Standing(copy.deepcopy(model), expected, made)

    def _wrong(self, where: list[str], what: str) -> None:
        where.append(what)
        kept = self.root.parent.with_name(f"wrong-{self.root.parent.name}-{len(self._tally.problems)}")
        shutil.copytree(self.root, kept / "work", dirs_exist_ok=True)
        (kept / "why.txt").write_text(f"{what}\n\n{self.model}\n", "utf-8")
