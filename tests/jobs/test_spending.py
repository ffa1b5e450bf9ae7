"""The ceiling held while a plan is carried out: reserved before each job, settled by what the service tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from didgen.api.job import Event, Fetched, Send, directly
from didgen.api.outcomes import BusyError, RefusedError
from didgen.api.wire import AnimationRequest, RenderRequest
from didgen.digest import sha256_file
from didgen.errors import BudgetError, RenderError, StorageError, UnresolvedJobError
from didgen.jobs.executor import Outcome, execute
from didgen.jobs.gate import gate_for
from didgen.jobs.outputs import Outputs
from didgen.jobs.purse import Purse
from didgen.plan.bill import Bill, Item
from didgen.plan.scene import Decision, Input, Plan, Scene
from didgen.store.artifacts import Artifacts
from tests import fakes

SERVICE = "https://example.com"


@dataclass
class Priced:
    """A paid service in memory whose videos are as long as `lengths` says; told: whether it tells that early."""

    lengths: dict[str, float] = field(default_factory=dict)
    told: bool = True
    trouble: dict[str, list[Exception]] = field(default_factory=dict)
    bought: list[str] = field(default_factory=list)
    paid = True

    async def submit(self, request: RenderRequest, send: Send = directly) -> str:
        return await send(lambda: self.post(request))

    async def post(self, request: RenderRequest) -> str:
        name = str(request.name).split()[0][2:]
        await asyncio.sleep(0)
        if self.trouble.get(name):
            raise self.trouble[name].pop(0)
        self.bought.append(name)
        return f"anm_{name}"

    async def events(self, job_id: str) -> AsyncIterator[Event]:
        length_s = self.length(job_id) if self.told else 0.0
        for _ in range(3):
            await asyncio.sleep(0)
        yield Event("queued", length_s=length_s)
        await asyncio.sleep(0.01)
        yield Event("done", length_s=length_s)

    def length(self, job_id: str) -> float:
        return self.lengths.get(job_id.removeprefix("anm_"), 10.0)

    async def fetch(self, job_id: str, into: Path) -> Fetched:
        fakes.write_video(into / "video.mp4", len(job_id))
        return Fetched(into / "video.mp4", {"duration_s": self.length(job_id), "answer": {"id": job_id}})

    async def cancel(self, job_id: str) -> bool:  # noqa: ARG002
        return False

    async def aclose(self) -> None:
        return None

    @property
    def credits(self) -> int:
        """What was really spent."""
        return sum(-(-int(self.length(name) * 10) // 150) for name in self.bought)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Artifacts]:
    (tmp_path / "anna.jpg").write_bytes(b"picture")
    with Artifacts(tmp_path) as opened:
        yield opened


def scene(root: Path, name: str) -> Scene:
    photo = root / "anna.jpg"
    request = AnimationRequest(source_url=photo.as_uri(), name=f"p/{name}")
    given = {"source_url": Input(photo, sha256_file(photo))}
    mark = name[0] * 64
    return Scene(f"p/{name}", "animation", request, given, {"name": name}, mark, Path(f"p/{name}.mp4"), "", "en", 10.0)


def items(names: str, most: int = 1) -> Bill:
    return Bill(tuple(Item(f"p/{n}", "talk", "example.com", n * 64, 10.0, 1, most) for n in names))


def carry_out(store: Artifacts, service: Priced, names: str, purse: Purse, *, jobs: int = 8) -> dict[str, Outcome]:
    root = store.home.parent
    plan = Plan("p", tuple(Decision(scene(root, name), "render", ()) for name in names))
    gate = gate_for(paid=True, jobs=jobs)
    outcomes = asyncio.run(
        execute(plan, service, SERVICE, store, Outputs(root), gate, purse=purse, credit_s=15, build="b1")
    )
    return {outcome.scene.address[2:]: outcome for outcome in outcomes}


def ledger(store: Artifacts) -> dict[str, tuple[int, float]]:
    return {row.address[2:]: (row.credits, row.seconds) for row in store.state.jobs() if row.remote}


def test_nothing_is_sent_beyond_the_ceiling(store: Artifacts) -> None:
    """Ten scenes of a credit at once, and three credits: three are bought, seven stay planned and say why."""
    service, purse = Priced(), Purse(items("abcdefghij"), 3)
    outcomes = carry_out(store, service, "abcdefghij", purse)
    assert (3, 3, 0) == (len(service.bought), purse.total, purse.left)
    planned = [outcome for outcome in outcomes.values() if outcome.action == "planned"]
    assert 7 == len(planned)
    assert all(isinstance(outcome.error, BudgetError) for outcome in planned)
    assert "may cost 1 credit, and 0 of 3 are left; it was not sent" in str(planned[0].error)
    assert 3 == len(store.state.jobs())  # no trace of what was not sent


def test_a_job_that_is_longer_than_reckoned_stops_those_after_it(store: Artifacts) -> None:
    """Four scenes of a credit each, and seven credits; but the service tells 44 s of the first while it is created, so
    that each of the others is reckoned at three credits, and goes alone."""
    service, purse = Priced({"a": 44.0, "b": 44.0}), Purse(items("abcd"), 7)
    outcomes = carry_out(store, service, "abcd", purse)
    assert (["a", "b"], 6, 6) == (service.bought, service.credits, purse.total)
    assert {"a": (3, 44.0), "b": (3, 44.0)} == ledger(store)
    assert ["rendered", "rendered", "planned", "planned"] == [outcome.action for outcome in outcomes.values()]


def test_jobs_that_are_shorter_than_they_may_be_make_room(store: Artifacts) -> None:
    """Four that may cost two each, and five credits: each is known to cost one soon, so all four are bought."""
    service, purse = Priced(), Purse(items("abcd", most=2), 5)
    carry_out(store, service, "abcd", purse)
    assert (4, 4) == (len(service.bought), purse.total)


def test_the_true_length_is_in_the_ledger_however_it_is_learnt(store: Artifacts) -> None:
    """From the job while it is made, else from the video itself; and in the sidecar."""
    carry_out(store, Priced({"a": 31.0}), "a", Purse(items("a"), 5))
    carry_out(store, Priced({"b": 16.0}, told=False), "b", Purse(items("b"), 5))
    assert {"a": (3, 31.0), "b": (2, 16.0)} == ledger(store)
    job = store.sidecar("a" * 64)["job"]
    assert (3, 31.0, "b1", "anm_a", SERVICE) == tuple(
        job[name] for name in ("credits", "seconds", "build", "remote", "service")
    )


def test_a_refused_job_gives_its_money_back(store: Artifacts) -> None:
    """Refused, or answered with 429 and sent again: the ceiling of one credit is enough for the other one."""
    service = Priced(trouble={"a": [RenderError("FaceError", "no face")], "b": [BusyError("full", None, 0.001)] * 2})
    purse = Purse(items("ab"), 1)
    outcomes = carry_out(store, service, "ab", purse, jobs=1)
    assert (["b"], 1, "failed") == (service.bought, purse.total, outcomes["a"].action)
    assert {"b": (1, 10.0)} == ledger(store)


def test_who_waits_for_money_holds_no_place(store: Artifacts) -> None:
    """A 429 for the first one makes room for one job, which must not be one that waits for the first one's price."""
    service = Priced(trouble={"a": [BusyError("full", None, 0.001)] * 3})
    outcomes = carry_out(store, service, "abcdefgh", Purse(items("abcdefgh", most=2), 9))
    assert {"rendered"} == {outcome.action for outcome in outcomes.values()}
    assert "abcdefgh" == "".join(sorted(service.bought))


def test_a_job_that_may_have_been_bought_keeps_its_money(store: Artifacts) -> None:
    """The answer was lost: its two credits are gone for this build, and uncertain in the ledger."""
    service, purse = Priced(trouble={"a": [UnresolvedJobError("lost")]}), Purse(items("ab", most=2), 3)
    outcomes = carry_out(store, service, "ab", purse, jobs=1)
    assert ([], 2) == (service.bought, purse.total)
    assert ("failed", "planned") == (outcomes["a"].action, outcomes["b"].action)


def test_no_money_does_not_wait_for_ever_behind_a_shut_gate(store: Artifacts) -> None:
    """402 for one, while others wait for their money: they stay planned, and the build ends."""
    refused = RefusedError(402, "InsufficientCreditsError", "not enough credits")
    service, purse = Priced(trouble={"a": [refused]}), Purse(items("abc", most=2), 2)
    outcomes = carry_out(store, service, "abc", purse)
    assert ("failed", 0) == (outcomes["a"].action, purse.total)
    assert {"planned"} == {outcomes[name].action for name in "bc"}


def test_without_a_purse_nothing_is_bought(store: Artifacts) -> None:
    """The safe default of whoever forgets it."""
    service, root = Priced(), store.home.parent
    plan = Plan("p", (Decision(scene(root, "a"), "render", ()),))
    (outcome,) = asyncio.run(execute(plan, service, SERVICE, store, Outputs(root), gate_for(paid=True, jobs=1)))
    assert ([], "planned") == (service.bought, outcome.action)
    assert "nobody was asked" in str(outcome.error)


def test_a_job_of_an_earlier_build_costs_this_one_nothing(store: Artifacts) -> None:
    """It is finished at a ceiling of 0; its row takes the true price, and stays with the build that bought it."""
    root = store.home.parent
    service = Priced({"a": 31.0})
    stopped = carry_out(store, service, "a", Purse(items("a"), 5))
    assert "rendered" == stopped["a"].action
    row = store.state.jobs()[0]
    known = replace(row, id="c" * 32, fingerprint="c" * 64, address="p/c", remote="anm_c", build="b0")
    store.state.begin(replace(known, state="submitted", credits=1))
    service.lengths["c"] = 20.0
    outcomes = carry_out(store, service, "c", Purse())
    assert ("fetched", ["a"]) == (outcomes["c"].action, service.bought)
    (found,) = [one for one in store.state.jobs() if one.address == "p/c"]
    assert (2, 20.0, "b0") == (found.credits, found.seconds, found.build)
    assert (root / "output/p/c.mp4").exists()


def test_what_two_projects_need_is_bought_once(store: Artifacts) -> None:
    """One rendering serves the plans of one build; the second is not even asked for."""
    root, service, purse = store.home.parent, Priced(), Purse(items("a"), 5)
    first = scene(root, "a")
    second = replace(first, address="q/a", output=Path("q/a.mp4"))

    async def both() -> list[Outcome]:
        gate, rendering = gate_for(paid=True, jobs=1), {}
        found = []
        for one in (first, second):
            plan = Plan("p", (Decision(one, "render", ()),))
            found += await execute(
                plan, service, SERVICE, store, Outputs(root), gate, purse=purse, credit_s=15, rendering=rendering
            )
        return found

    assert ["rendered", "rendered"] == [outcome.action for outcome in asyncio.run(both())]
    assert (["a"], 1) == (service.bought, purse.total)
    assert (root / "output/p/a.mp4").read_bytes() == (root / "output/q/a.mp4").read_bytes()


def test_a_job_whose_id_could_not_be_written_down_keeps_its_money(
    store: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full for a moment after it was bought: the build stops, and nobody else spends its credit."""
    write, left = store.state.submitted, [StorageError("disk full")]

    def submitted(job: str, remote: str, why: str = "") -> None:
        if left:
            raise left.pop()
        write(job, remote, why)

    monkeypatch.setattr(store.state, "submitted", submitted)
    service, purse = Priced(), Purse(items("ab"), 1)
    with pytest.raises(StorageError):
        carry_out(store, service, "ab", purse)
    assert (["a"], 1) == (service.bought, purse.total)
