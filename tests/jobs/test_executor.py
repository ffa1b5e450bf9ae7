"""Carrying out a plan through the seam; above all, what is paid for is never asked for twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from didgen.api.job import Event, Fetched, Send, directly
from didgen.api.outcomes import BusyError, RefusedError
from didgen.api.wire import AnimationRequest, RenderRequest
from didgen.digest import sha256_file
from didgen.errors import (
    BudgetError,
    InterruptedBuildError,
    NotYetError,
    RenderError,
    UnreachableError,
    UnresolvedJobError,
)
from didgen.jobs.executor import Outcome, execute
from didgen.jobs.gate import Gate, gate_for
from didgen.jobs.outputs import Outputs
from didgen.jobs.purse import Purse
from didgen.jobs.tag import Tag, read_tag
from didgen.jobs.window import Window
from didgen.plan.bill import bill_of
from didgen.plan.identity import ServiceId
from didgen.plan.scene import Decision, Input, Plan, Scene
from didgen.store.artifacts import Artifacts
from didgen.store.rows import JobRow
from tests import fakes

SERVICE = "https://example.com"


@dataclass
class Paid:
    """A paid service in memory: counts what is bought, and does what its script says instead where there is one."""

    paid = True
    script: dict[str, object] = field(default_factory=dict)
    bought: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    tags: list[Tag | None] = field(default_factory=list)

    async def submit(self, request: RenderRequest, send: Send = directly) -> str:
        return await send(lambda: self.post(request))

    async def post(self, request: RenderRequest) -> str:
        name = str(request.name).split()[0]  # our tag comes after
        tag = read_tag(request.model_dump())
        assert tag is not None or not self.paid
        self.tags.append(tag)
        trouble = self.script.get(name)
        if isinstance(trouble, Exception):
            raise trouble
        self.bought.append(name)
        return f"anm_{name}"

    async def events(self, job_id: str) -> AsyncIterator[Event]:
        yield Event("running")
        trouble = self.script.get(job_id)
        if trouble == "wait":
            await asyncio.sleep(600)
        if trouble == "unfinished":
            raise NotYetError("still running")
        yield Event("failed", kind="FaceError", message="no face") if trouble == "fail" else Event("done")

    async def fetch(self, job_id: str, into: Path) -> Fetched:
        fakes.write_video(into / "video.mp4", len(job_id))
        return Fetched(into / "video.mp4", {"duration_s": 0.24, "answer": {"id": job_id}})

    async def cancel(self, job_id: str) -> bool:
        self.cancelled.append(job_id)
        return True

    async def aclose(self) -> None:
        return None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Artifacts]:
    (tmp_path / "anna.jpg").write_bytes(b"picture")
    with Artifacts(tmp_path) as opened:
        yield opened


def scene(root: Path, name: str, fingerprint: str = "") -> Scene:
    photo = root / "anna.jpg"
    return Scene(
        address=f"p/{name}",
        kind="animation",
        request=AnimationRequest(source_url=photo.as_uri(), name=name),
        inputs={"source_url": Input(photo, sha256_file(photo))},
        identity={"name": name},
        fingerprint=fingerprint or name[0] * 64,
        output=Path("p") / f"{name}.mp4",
        spoken="",
        locale="en",
        seconds=1.0,
    )


def carry_out(
    store: Artifacts, service: Paid, *scenes: Scene, jobs: int = 4, gate: Gate | None = None
) -> tuple[Outcome, ...]:
    plan = Plan("p", tuple(Decision(one, "render", ("new scene",)) for one in scenes))
    outputs = Outputs(store.home.parent)
    way_in = gate or gate_for(paid=service.paid, jobs=jobs)
    money = {"purse": agreed(*scenes), "credit_s": 15}
    return asyncio.run(execute(plan, service, SERVICE, store, outputs, way_in, **money))


def agreed(*scenes: Scene, ceiling: int = 100) -> Purse:
    """A purse for all of these scenes."""
    return Purse(bill_of(scenes, ServiceId(SERVICE, "example.com", paid=True, credit_s=15)), ceiling)


def test_a_finished_scene_is_stored_noted_and_delivered(store: Artifacts, tmp_path: Path) -> None:
    """Artifact, sidecar with identity and answer, output, and no open job."""
    (outcome,) = carry_out(store, Paid(), scene(tmp_path, "a"))
    assert ("rendered", store.find("a" * 64)) == (outcome.action, outcome.artifact)
    assert outcome.artifact is not None
    assert outcome.artifact.object_digest == sha256_file(tmp_path / "output/p/a.mp4")
    sidecar = store.sidecar("a" * 64)
    assert ({"name": "a"}, "p/a") == (sidecar["identity"], sidecar["address"])
    assert {"id": "anm_a"} == sidecar["facts"]["answer"]
    assert [] == store.state.open_jobs(SERVICE)
    assert [] == list(store.objects.temporary.iterdir())


def test_a_job_is_known_by_its_tag(store: Artifacts, tmp_path: Path) -> None:
    """The scene's key and our nonce were sent, and the nonce is in the row that was durable before."""
    service = Paid({"b": UnresolvedJobError("the answer was lost")})
    carry_out(store, service, scene(tmp_path, "a"), scene(tmp_path, "b"))
    rows = {row.fingerprint: row for row in store.state.jobs()}
    assert [Tag("a" * 32, rows["a" * 64].id), Tag("b" * 32, rows["b" * 64].id)] == service.tags
    assert 1 == len({row.build for row in rows.values()})
    assert [0.24, 1.0] == [rows[name * 64].seconds for name in "ab"]  # told by its video; estimated


def test_one_fingerprint_is_bought_once(store: Artifacts, tmp_path: Path) -> None:
    """Two scenes share it, each gets its file."""
    service = Paid()
    outcomes = carry_out(store, service, scene(tmp_path, "a"), scene(tmp_path, "b", "a" * 64))
    assert ["a"] == service.bought
    assert ["rendered", "rendered"] == [outcome.action for outcome in outcomes]
    assert (tmp_path / "output/p/a.mp4").read_bytes() == (tmp_path / "output/p/b.mp4").read_bytes()


def test_a_job_of_a_stopped_build_is_taken_up(store: Artifacts, tmp_path: Path) -> None:
    """Its id was durable, so nothing is bought again."""
    store.state.begin(JobRow("n", "a" * 64, "p/a", SERVICE, "intent"))
    store.state.submitted("n", "anm_earlier")
    service = Paid()
    (outcome,) = carry_out(store, service, scene(tmp_path, "a"))
    assert ([], "fetched") == (service.bought, outcome.action)
    assert {"id": "anm_earlier"} == store.sidecar("a" * 64)["facts"]["answer"]


def test_a_job_that_may_exist_is_not_sent_again(store: Artifacts, tmp_path: Path) -> None:
    """The intent was durable, the answer was not: a person decides. Other scenes go on."""
    store.state.begin(JobRow("n", "a" * 64, "p/a", SERVICE, "intent"))
    service = Paid()
    for _ in range(2):
        first, second = carry_out(store, service, scene(tmp_path, "a"), scene(tmp_path, "b"))
        assert isinstance(first.error, UnresolvedJobError)
        assert "rendered" == second.action
    assert "a" not in service.bought


def test_an_answer_that_was_lost_leaves_the_intent(store: Artifacts, tmp_path: Path) -> None:
    """The client cannot tell whether it was bought: neither now nor later is it sent again."""
    service = Paid({"a": UnresolvedJobError("the answer was lost")})
    (outcome,) = carry_out(store, service, scene(tmp_path, "a"))
    assert isinstance(outcome.error, UnresolvedJobError)
    service.script.clear()
    (outcome,) = carry_out(store, service, scene(tmp_path, "a"))
    assert isinstance(outcome.error, UnresolvedJobError)
    assert [] == service.bought


def test_what_was_never_sent_is_sent_next_time(store: Artifacts, tmp_path: Path) -> None:
    """A service out of reach stops the build; nothing is owed."""
    service = Paid({"a": UnreachableError("no route to host")})
    with pytest.raises(UnreachableError):
        carry_out(store, service, scene(tmp_path, "a"))
    service.script.clear()
    assert "rendered" == carry_out(store, service, scene(tmp_path, "a"))[0].action


def test_a_damaged_video_is_not_bought_again_unasked(store: Artifacts, tmp_path: Path) -> None:
    """The plan said that nothing is to be bought, so nothing is; the scene fails, and the next plan says it."""
    one = scene(tmp_path, "a")
    (bought,) = carry_out(store, Paid(), one)
    assert bought.artifact is not None
    path = store.objects.path(bought.artifact.object_digest)
    size = path.stat().st_size
    path.chmod(0o644)
    path.write_bytes(b"x" * size)
    service = Paid()
    plan = Plan("p", (Decision(one, "restore", ("output file missing",)),))
    (outcome,) = asyncio.run(execute(plan, service, SERVICE, store, Outputs(tmp_path), gate_for(paid=True, jobs=1)))
    assert ([], "planned") == (service.bought, outcome.action)
    assert isinstance(outcome.error, BudgetError)
    assert store.find(one.fingerprint) is None


@pytest.mark.parametrize("script", [{"a": RenderError("FaceError", "no face")}, {"anm_a": "fail"}])
def test_a_refusal_fails_one_scene(store: Artifacts, tmp_path: Path, script: dict[str, object]) -> None:
    """At once or later; the others are done."""
    outcomes = carry_out(store, Paid(script), scene(tmp_path, "a"), scene(tmp_path, "b"))
    assert ["failed", "rendered"] == [outcome.action for outcome in outcomes]
    assert "no face" == str(outcomes[0].error)
    assert [] == store.state.open_jobs(SERVICE)


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refusal_that_concerns_all_stops_further_submissions(store: Artifacts, tmp_path: Path, status: int) -> None:
    """The scene that met it has failed, those not sent yet stay planned, and what was bought before is fetched."""
    store.state.begin(JobRow("n", "e" * 64, "p/e", SERVICE, "intent"))
    store.state.submitted("n", "anm_earlier")
    service = Paid({"b": RefusedError(status, "InsufficientCreditsError", "not enough credits")})
    scenes = [scene(tmp_path, name) for name in ("b", "c", "e", "d")]
    outcomes = carry_out(store, service, *scenes, gate=Gate(Window(1)))
    assert ["failed", "planned", "fetched", "planned"] == [outcome.action for outcome in outcomes]
    assert [] == service.bought
    assert "not sent: not enough credits" == str(outcomes[1].error)
    assert [] == store.state.open_jobs(SERVICE)
    service.script.clear()
    assert ["rendered"] * 4 == [
        outcome.action for outcome in carry_out(store, service, *scenes[:2], *scenes[3:], scenes[0])
    ]


def test_a_job_that_is_not_here_yet_does_not_stop_the_others(store: Artifacts, tmp_path: Path) -> None:
    """It stays open, and the next build goes on with it."""
    service = Paid({"anm_a": "unfinished"})
    first, second = carry_out(store, service, scene(tmp_path, "a"), scene(tmp_path, "b"))
    assert ("failed", "rendered") == (first.action, second.action)
    assert isinstance(first.error, NotYetError)
    service.script.clear()
    assert "fetched" == carry_out(store, service, scene(tmp_path, "a"))[0].action
    assert ["a", "b"] == service.bought


def test_a_busy_service_is_owed_nothing_between_two_tries(store: Artifacts, tmp_path: Path) -> None:
    """No intent is open while we wait: a kill then leaves no doubt. Each try has a nonce of its own."""
    waiting: list[int] = []

    class Busy(Paid):
        async def post(self, request: RenderRequest) -> str:
            if len(waiting) < 3:
                assert 1 == len(store.state.open_jobs(SERVICE))
                asyncio.get_running_loop().call_soon(lambda: waiting.append(len(store.state.open_jobs(SERVICE))))
                raise BusyError("full", None, 0.001)
            return await super().post(request)

    service = Busy()
    assert "rendered" == carry_out(store, service, scene(tmp_path, "a"))[0].action
    assert ([0, 0, 0], 1) == (waiting, len(service.bought))


def test_a_stopped_build_leaves_paid_jobs_running(store: Artifacts, tmp_path: Path) -> None:
    """Nothing is cancelled that costs money; the next build picks it up, and says so now."""
    service = Paid({"anm_a": "wait"})

    def on_event(address: str, event: Event) -> None:
        if address == "p/a" and event.state == "running":
            os.kill(os.getpid(), signal.SIGINT)

    plan = Plan("p", (Decision(scene(tmp_path, "a"), "render", ()),))
    gate, money = gate_for(paid=True, jobs=1), {"purse": agreed(scene(tmp_path, "a")), "credit_s": 15}
    with pytest.raises(InterruptedBuildError, match="1 paid jobs keep running") as caught:
        asyncio.run(execute(plan, service, SERVICE, store, Outputs(tmp_path), gate, on_event=on_event, **money))
    assert 130 == caught.value.exit_code
    assert [] == service.cancelled
    service.script.clear()
    assert "fetched" == carry_out(store, service, scene(tmp_path, "a"))[0].action
    assert ["a"] == service.bought


class Lingering(Paid):
    """A local service that takes a moment to let a job go."""

    paid = False

    async def events(self, job_id: str) -> AsyncIterator[Event]:  # noqa: ARG002
        yield Event("running")
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(600)

    async def cancel(self, job_id: str) -> bool:
        await asyncio.sleep(0.05)
        return await super().cancel(job_id)


def test_ctrl_c_waits_until_a_job_is_let_go(store: Artifacts, tmp_path: Path) -> None:
    """Also while other scenes wait for their turn: a worker that nobody waits for outlives the event loop."""
    service = Lingering()
    with pytest.raises(InterruptedBuildError):
        carry_out(store, service, scene(tmp_path, "a"), scene(tmp_path, "b"), jobs=1)
    assert ["anm_a"] == service.cancelled
    assert [] == store.state.open_jobs(SERVICE)


STUBBORN = """
import asyncio, sys
from pathlib import Path
from didgen.jobs.executor import execute
from didgen.jobs.gate import gate_for
from didgen.jobs.outputs import Outputs
from didgen.jobs.purse import Purse
from didgen.jobs.tag import Tag, read_tag
from didgen.plan.bill import bill_of
from didgen.plan.identity import ServiceId
from didgen.plan.scene import Decision, Plan
from didgen.store.artifacts import Artifacts
from tests.jobs import test_executor as t

class Stubborn(t.Paid):
    paid = False
    async def cancel(self, job_id):
        print("cancelling", flush=True)
        await asyncio.sleep(600)

root = Path(sys.argv[1])
plan = Plan("p", (Decision(t.scene(root, "a"), "render", ()),))
tell = lambda address, event: print(event.state, flush=True)
with Artifacts(root) as store:
    gate, stubborn = gate_for(paid=False, jobs=1), Stubborn({"anm_a": "wait"})
    asyncio.run(execute(plan, stubborn, "local", store, Outputs(root), gate, on_event=tell))
"""


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    """When letting go takes too long for a person's patience."""
    (tmp_path / "anna.jpg").write_bytes(b"picture")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", STUBBORN, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert "running\n" == process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert "cancelling\n" == process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert 130 == process.wait(10)


class Slow(Paid):
    """Answers a POST after a while, having bought at once; uploads before it, which costs nothing."""

    def __init__(self, upload_s: float) -> None:
        super().__init__()
        self.upload_s = upload_s

    async def submit(self, request: RenderRequest, send: Send = directly) -> str:
        await asyncio.sleep(self.upload_s if str(request.name).startswith("a") else 0)
        return await super().submit(request, send)

    async def post(self, request: RenderRequest) -> str:
        job = await super().post(request)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.2)
        return job


def test_a_stopped_build_waits_for_the_answers_to_what_is_on_its_way(store: Artifacts, tmp_path: Path) -> None:
    """Its id is kept, so that nobody has to look for it; what was not sent yet leaves no trace at all."""
    service = Slow(600)
    with pytest.raises(InterruptedBuildError, match="1 paid jobs keep running"):
        carry_out(store, service, scene(tmp_path, "a"), scene(tmp_path, "b"))
    assert [("p/b", "submitted", "anm_b")] == [(row.address, row.state, row.remote) for row in store.state.jobs()]
