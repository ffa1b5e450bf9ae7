"""A workspace on a board: what was planned, what is being made, what there is to play, from the walk and the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from didgen.api.job import Event
from didgen.catalog.rates import CREDIT_S
from didgen.errors import DidgenError, Problem, ProjectError
from didgen.page.board import Board, Card, Clip, State
from didgen.plan.address import films_of, read_address
from didgen.plan.bill import credits_for
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.identity import service_id
from didgen.plan.scene import Decision, Scene
from didgen.project.script import as_written
from didgen.store.artifacts import Artifacts
from didgen.store.rows import Artifact
from didgen.walk.derivations import poster_identity
from didgen.walk.planned import Planned
from didgen.walk.summary import Summary

_DRAWING = "frames"  # the stage whose progress is the render's


class Gallery:
    """Writes what becomes of a workspace to a board. Belongs to one thread; the board does not."""

    def __init__(self, root: Path, board: Board) -> None:
        self._root, self._board = root, board
        self._clips: dict[str, Clip] = {}  # by fingerprint, those with all that belongs to them
        self._plans: dict[str, Planned] = {}  # by the project's file
        self._troubles: dict[str, tuple[Problem, ...]] = {}
        self._scenes: dict[str, Scene] = {}
        self._resting: dict[str, State] = {}  # what a scene is while nobody is at it

    def planned(self, plans: Sequence[Planned], *, building: bool = False) -> None:
        """Put up every scene of these projects, beside those of the others. building: what has to be rendered will be,
        so it waits for its turn; what is being made as it is written goes on."""
        anew = {one.project.document.file: one for one in plans}
        self._plans |= anew
        for name in anew:
            self._troubles.pop(name, None)
        former = self._scenes
        decided = [(name, decision) for name, one in self._plans.items() for decision in one.plan.decisions]
        self._scenes = {decision.scene.address: decision.scene for _, decision in decided}
        fresh = {decision.scene.address: _resting(decision, building) for name, decision in decided if name in anew}
        self._resting = {address: fresh.get(address) or self._resting[address] for address in self._scenes}
        with Artifacts(self._root) as store:
            history, places = _history(store), {name: _places(one) for name, one in anew.items()}
            cards = {
                decision.scene.address: self._card(store, anew[name], decision, places[name], history)
                for name, decision in decided
                if name in anew
            }
        shown = [self._going_on(cards[one], former) if one in cards else self._board.card(one) for one in self._scenes]
        films = [film for one in self._plans.values() for film in films_of(one.project, one.scenes)]
        self._board.show([card for card in shown if card], {film.address: film.scenes for film in films})
        self._forget_clips()
        self._tell_trouble()

    def _forget_clips(self) -> None:
        """Of clips that no card shows: a watch may run for days."""
        cards = [card for address in self._scenes if (card := self._board.card(address))]
        shown = {clip.video for card in cards for clip in (card.clip, card.former) if clip}
        self._clips = {name: clip for name, clip in self._clips.items() if clip.video in shown}

    def gone(self, project: str) -> None:
        """Take down a project that is not there any more. project: its file, relative to the root."""
        self._plans.pop(project, None)
        self._troubles.pop(project, None)
        self.planned([], building=True)

    def event(self, address: str, event: Event) -> None:
        """Something happened to a scene that is being made; the hook of `walk.steps.build`."""
        if event.state == "done":
            self._done(address)
        elif event.state == "failed":
            self._board.change(address, state="failed", reason=event.message, progress=0.0, stage="", growing=None)
        elif event.state == "running":
            drawn = event.done / event.total if event.stage == _DRAWING and event.total else 0.0
            fields: dict[str, Any] = {"growing": Path(event.preview)} if event.preview else {}
            share = min(1.0, max(0.0, drawn))
            self._board.change(address, state="rendering", stage=event.stage, progress=share, reason="", **fields)

    def withdrawn(self, address: str) -> None:
        """A scene is no longer made as it was begun: it was edited."""
        state = self._resting.get(address, "stale")
        self._board.change(address, state=state, progress=0.0, stage="", growing=None)

    def built(self, summary: Summary) -> None:
        """A build has ended: what it made is there with all that belongs to it, and what it left is told."""
        states: dict[str, State] = {"failed": "failed", "planned": "stale"}
        with Artifacts(self._root) as store:
            for result in summary.scenes:
                fields = self._at_rest(store, result.address)
                state = states.get(result.action, "up-to-date")
                self._board.change(result.address, state=state, reason=result.error, **fields)

    def trouble(self, error: DidgenError, project: str = "") -> None:
        """Nothing can be planned or built until that is mended; the scenes stay as they are. project: its file; "" for
        the workspace."""
        problems = error.problems if isinstance(error, ProjectError) else (Problem(error.message, hint=error.hint),)
        self._troubles[project] = tuple(problems)
        self._tell_trouble()

    def mended(self, project: str = "") -> None:
        """That trouble is over."""
        if self._troubles.pop(project, None) is not None:
            self._tell_trouble()

    def _tell_trouble(self) -> None:
        self._board.trouble([problem for problems in self._troubles.values() for problem in problems])

    def _going_on(self, card: Card, former: Mapping[str, Scene]) -> Card:
        """The card of a scene that is being made, and still will be the same, as far as that has come."""
        old, scene = self._board.card(card.address), former.get(card.address)
        if old is None or scene is None or (old.state, card.state) != ("rendering", "waiting"):
            return card
        if scene.fingerprint != self._scenes[card.address].fingerprint:
            return card
        return replace(card, state="rendering", stage=old.stage, progress=old.progress, growing=old.growing)

    def _done(self, address: str) -> None:
        with Artifacts(self._root) as store:
            fields = self._at_rest(store, address)
        self._resting[address] = "up-to-date"
        self._board.change(address, state="up-to-date", reason="", why=(), **fields)

    def _at_rest(self, store: Artifacts, address: str) -> dict[str, Any]:
        """Nothing of a scene is being made, and what there is of it can be played."""
        scene = self._scenes.get(address)
        clip = self._clip_of(store, scene.fingerprint, scene) if scene is not None else None
        rest: dict[str, Any] = {"progress": 0.0, "stage": "", "growing": None}
        return rest if clip is None else {**rest, "clip": clip}

    def _card(
        self,
        store: Artifacts,
        one: Planned,
        decision: Decision,
        places: Mapping[str, str],
        history: Mapping[str, Sequence[str]],
    ) -> Card:
        scene = decision.scene
        clip = self._clip_of(store, scene.fingerprint, scene)
        before = (name for name in history.get(scene.address, ()) if name != scene.fingerprint)
        earlier = next(filter(None, (self._clip_of(store, name, scene) for name in before)), None)
        state = self._resting[scene.address]
        return Card(
            scene.address,
            one.project.name,
            state,
            f"{one.project.name}{scene.combination}",
            scene.locale,
            _row(scene),
            scene.written or scene.spoken,
            clip or earlier,
            earlier if clip else None,
            reason="; ".join(decision.reasons) if state == "failed" else "",
            place=places.get(scene.address.partition("[")[0], ""),
            why=decision.reasons if decision.action == "render" else (),
            seconds=scene.seconds,
            credits=credits_for(scene.seconds, rate) if (rate := _credit_s(one)) else None,
        )

    def _clip_of(self, store: Artifacts, fingerprint: str, scene: Scene) -> Clip | None:
        """What there is to play of a render, its words as they are written; None when it is not in the store."""
        known = self._clips.get(fingerprint)
        artifact = store.find(fingerprint)
        if known is not None or artifact is None:
            return known if artifact is not None else None
        clip = _clip(store, artifact, scene)
        if clip.poster is not None:
            self._clips[fingerprint] = clip
        return clip


def _resting(decision: Decision, building: bool) -> State:
    if decision.action == "stop":
        return "failed"
    if decision.action == "render":
        return "waiting" if building else "stale"
    return "up-to-date"


def _clip(store: Artifacts, artifact: Artifact, scene: Scene) -> Clip:
    facts = store.sidecar(artifact.fingerprint).get("facts", {})
    words = [(str(text), float(start), float(end)) for text, start, end in facts.get("words", ())]
    poster = store.find(fingerprint_of(poster_identity(artifact.object_digest)))
    clip = Clip(
        store.objects.path(artifact.object_digest),
        artifact.duration_s,
        tuple(as_written(words, scene.respelled)),
        kind=scene.output.suffix.removeprefix("."),
    )
    return clip if poster is None else replace(clip, poster=store.objects.path(poster.object_digest))


def _history(store: Artifacts) -> dict[str, list[str]]:
    """Fingerprints that each address was rendered as, the latest first."""
    done = sorted((row for row in store.state.jobs() if row.state == "done"), key=lambda row: -row.changed)
    found: dict[str, list[str]] = {}
    for row in done:
        found.setdefault(row.address, []).append(row.fingerprint)
    return found


def _places(one: Planned) -> dict[str, str]:
    """Where each scene is written, by its address without brackets."""
    written = zip(one.project.spec.scenes, one.project.numbers, strict=True)
    return {f"{one.project.name}/{spec.id}": str(one.project.document.place("scenes", n)) for spec, n in written}


def _row(scene: Scene) -> str:
    """What tells a scene from others of its combination: its row's key."""
    keys, shared = read_address(scene.address)[1], read_address(scene.combination)[1]
    return ", ".join(value for key, value in keys.items() if key not in shared)


def _credit_s(one: Planned) -> float | None:
    """Seconds that a credit buys where the project is released; at D-ID for one that is released here."""
    released = service_id(one.project.spec.service, credit_s=one.service.credit_s)
    return CREDIT_S if released.local else released.credit_s
