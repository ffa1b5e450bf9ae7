"""The pool with real worker processes, some of which really die."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.api.job import Event
from didgen.api.wire import AnimationRequest, TalkRequest
from didgen.errors import RenderError
from didgen.jobs.child import COMMAND, Child, Limits
from didgen.jobs.messages import pack
from didgen.jobs.pool import Pool
from tests import fakes

QUICK = Limits(silence_s=3.0, speech_per_second_s=0.0, look_every_s=0.05)
"""Soon given up; until a worker has started, it is silent, too."""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "anna.jpg"
    path.write_bytes(b"a picture")
    return path


def talk(photo: Path, text: str) -> TalkRequest:
    return TalkRequest.model_validate({"source_url": photo.as_uri(), "script": {"type": "text", "input": text}})


def run(work: Callable[[Pool], Awaitable[None]], slots: int = 1, **options: object) -> None:
    async def inside() -> None:
        pool = Pool(slots, **{"command": fakes.COMMAND, **options})  # type: ignore[arg-type]
        try:
            await asyncio.wait_for(work(pool), 60)
        finally:
            await pool.aclose()

    asyncio.run(inside())


async def story(pool: Pool, job: str) -> list[Event]:
    return [event async for event in pool.events(job)]


async def ending(pool: Pool, photo: Path, text: str) -> Event:
    return (await story(pool, await pool.submit(talk(photo, text))))[-1]


async def until_stage(pool: Pool, job: str, stage: str) -> None:
    """Wait until a job has come so far."""
    async for event in pool.events(job):
        assert event.state not in ("done", "failed"), event.message
        if event.stage == stage:
            return


def test_a_job_tells_its_story_and_leaves_a_video(photo: Path, tmp_path: Path) -> None:
    """queued, running, frames counted to the last one, done; then the video can be fetched, once."""

    async def work(pool: Pool) -> None:
        job = await pool.submit(talk(photo, "Hello there"))
        events = await story(pool, job)
        assert [events[0].state, events[1].state, events[-1].state] == ["queued", "running", "done"]
        assert Event("running", "frames", 6, 6) in events
        assert job.startswith("tlk_")
        assert len(job) == 25
        fetched = await pool.fetch(job, tmp_path)
        assert fetched.video.read_bytes()[4:8] == b"ftyp"
        assert [word[0] for word in fetched.facts["words"]] == ["Hello", "there"]
        outline = [(event.state, event.stage, event.done) for event in await story(pool, job)]
        assert [("queued", "", 0), ("running", "", 0), ("running", "frames", 6), ("done", "", 0)] == [
            told for told in outline if told[1] != "speech"
        ]
        with pytest.raises(RenderError, match="fetched already"):
            await pool.fetch(job, tmp_path)

    run(work)


def test_a_worker_gets_no_secret(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens other people's files, and needs no key to do so."""
    for name in ("D_ID_API_KEY", "DIDGEN_API_KEY", "DIDGEN_CLIENT_KEYS", "D_ID_ELEVENLABS_KEY"):
        monkeypatch.setenv(name, "canary")

    async def work(pool: Pool) -> None:
        last = (await story(pool, await pool.submit(talk(photo, "!secrets"))))[-1]
        assert "the worker sees []" in last.message

    run(work)


@pytest.mark.parametrize("text", ["!early !slow", "!early !crash", "!early !refuse", "!early !hang"])
def test_a_preview_is_told_and_gone_when_the_job_ends(photo: Path, text: str) -> None:
    """Whoever follows a job hears where its video can be read so far; nothing stays of it, also of a killed worker."""
    heard: list[str] = []

    async def work(pool: Pool) -> None:
        events = await story(pool, await pool.submit(talk(photo, text)))
        heard.extend({event.preview for event in events if event.stage == "frames"} - {""})
        assert [] == list(pool._folder.glob("*.part.*"))

    run(work, limits=QUICK)
    assert ("!slow" in text) == bool(heard)
    assert all(name.endswith(".part.mp4") for name in heard)


@pytest.mark.render
def test_a_talk_is_seen_long_before_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real engine: a decoder gets frames of what a running job tells of, with most of the talk still to come; the
    job is stopped then, nothing of it stays, and its worker lets go in time to be given the next one."""
    photo = Path(__file__).parents[2] / "projects/hello/assets/eileen.jpg"
    script = {"type": "text", "input": "Map."}
    body = {"source_url": photo.as_uri(), "script": script, "config": {"pad_audio": 20}}

    monkeypatch.setattr("didgen.jobs.child.STOP_S", 30.0)

    async def work(pool: Pool) -> None:
        job = await pool.submit(TalkRequest.model_validate(body))
        async for event in pool.events(job):
            assert event.state not in ("done", "failed"), event.message
            if event.preview and (seen := frames_of(event.preview)):
                assert (512, 512, 3) == seen[0].shape
                assert event.done < event.total / 2
                assert await pool.cancel(job)
                break
        assert [] == await asyncio.to_thread(lambda: list(tmp_path.rglob("*.mp4")))
        assert [1] == [process.returncode is None for child in pool._children if (process := child._process)]

    run(work, command=COMMAND, folder=tmp_path)


def frames_of(path: str) -> list[NDArray[np.uint8]]:
    """What a player can show of a file; nothing while its header is not whole."""
    try:
        with av.open(path) as box:
            return [frame.to_ndarray(format="rgb24") for frame in box.decode(video=0)]
    except (OSError, ValueError, IndexError):
        return []


def test_equal_requests_render_equal_bytes_wherever_the_photo_lies(photo: Path, tmp_path: Path) -> None:
    """Files count by their bytes, not by their place: a moved photo renders the same, new text not."""

    moved = tmp_path / "elsewhere" / "b.jpg"
    moved.parent.mkdir()
    moved.write_bytes(photo.read_bytes())
    videos: list[Path] = []

    async def work(pool: Pool) -> None:
        for request in (talk(photo, "Hi"), talk(moved, "Hi"), talk(photo, "Ho")):
            job = await pool.submit(request)
            await story(pool, job)
            videos.append((await pool.fetch(job, tmp_path)).video)

    run(work)
    same, as_well, other = (video.read_bytes() for video in videos)
    assert same == as_well
    assert same != other


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!crash", "renderer killed (signal 11)"),
        ("!exit", "renderer stopped (exit code 3)"),
        ("!hang", "renderer killed (no progress for 3 s)"),
        ("!bug", "the renderer failed: ZeroDivisionError: a bug"),
        ("!refuse", "face not detected (use a photo with a face)"),
    ],
)
def test_a_failure_stays_with_its_job(photo: Path, text: str, message: str) -> None:
    """A worker that dies, hangs or errs fails one job with one clear sentence; the next job renders."""

    async def work(pool: Pool) -> None:
        bad = await pool.submit(talk(photo, text))
        good = await pool.submit(talk(photo, "Hello"))
        assert message == (await story(pool, bad))[-1].message
        assert (await story(pool, good))[-1].state == "done"

    run(work, limits=QUICK)


def test_a_worker_that_grows_is_killed(photo: Path) -> None:
    """The watchdog measures resident memory."""

    async def work(pool: Pool) -> None:
        event = await ending(pool, photo, "!grow")
        assert event.message == "renderer killed (over 0.195312 GB)"

    run(work, limits=Limits(memory_bytes=200 << 20, look_every_s=0.05))


def test_wall_time_grows_with_the_pictures(photo: Path) -> None:
    """A worker that is still talking but never done is given up as well; a longer video is given longer."""
    assert Limits().wall_s(10 * 25) == 320.0

    async def work(pool: Pool) -> None:
        assert "not done after" in (await ending(pool, photo, "!hang")).message

    run(work, limits=Limits(start_s=0.3, per_picture_s=0.004, look_every_s=0.05))


def test_counted_pictures_are_what_is_allowed_for() -> None:
    """Ten seconds of a driver with 60 pictures a second are 600 pictures, of one with ten a second 100."""
    for total in (600, 100):
        child = Child((), Limits(start_s=0.0, per_picture_s=1.0, silence_s=1e6), None, None)
        child._note_pictures({"stage": "frames", "done": 0, "total": total})
        assert child._judge(os.getpid(), total - 1.0) == ""
        assert child._judge(os.getpid(), total + 1.0) == f"not done after {total} s"


def test_a_killed_worker_fails_one_scene_and_a_fresh_one_takes_over(photo: Path) -> None:
    """kill -9 from outside, in the middle of a render."""

    async def work(pool: Pool) -> None:
        job = await pool.submit(talk(photo, "!hang"))
        async for event in pool.events(job):
            if event.stage == "speech":
                (child,) = pool._children
                assert child._process is not None
                os.kill(child._process.pid, signal.SIGKILL)
        assert (event.state, event.message) == ("failed", "renderer killed (signal 9)")
        assert (await ending(pool, photo, "Hello")).state == "done"

    run(work)


def test_what_native_code_prints_does_not_reach_the_pipe(photo: Path, tmp_path: Path) -> None:
    """Standard output of a worker is for messages; prints land in the log."""
    log = tmp_path / "worker.log"

    async def work(pool: Pool) -> None:
        assert (await ending(pool, photo, "!print")).state == "done"

    run(work, log=log)
    assert log.read_text() == "native code prints here\n"


def test_cancel_kills_the_running_and_drops_the_waiting(photo: Path) -> None:
    """A cancelled job ends as failed; one that has ended or is unknown cannot be cancelled."""

    async def work(pool: Pool) -> None:
        running = await pool.submit(talk(photo, "!hang"))
        waiting = await pool.submit(talk(photo, "Hello"))
        await until_stage(pool, running, "speech")
        assert await pool.cancel(waiting)
        assert await pool.cancel(running)
        event = (await story(pool, running))[-1]
        assert (event.kind, event.message) == ("Cancelled", "cancelled")
        assert (await story(pool, waiting))[-1].kind == "Cancelled"
        assert not await pool.cancel(running)
        assert not await pool.cancel("tlk_unknown")
        assert (await ending(pool, photo, "Hello")).state == "done"

    run(work)


def test_a_worker_that_lets_go_stays_warm(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked to stop while it draws it does so, and renders the next order as if nothing had been; a stop that comes too
    late stops nothing."""
    monkeypatch.setattr("didgen.jobs.child.STOP_S", 30.0)  # on a busy machine a worker may be slow, and yet let go

    async def work(pool: Pool) -> None:
        await pool.warm()
        (first,) = [child._process.pid for child in pool._children if child._process]
        for _ in range(3):
            job = await pool.submit(talk(photo, "!long"))
            await until_stage(pool, job, "frames")
            assert await pool.cancel(job)
            assert "Cancelled" == (await story(pool, job))[-1].kind
            (process,) = [child._process for child in pool._children if child._process]
            process.stdin.write(pack({"do": "stop"}))  # type: ignore[union-attr]
            assert "done" == (await ending(pool, photo, "Hello")).state
            assert first == process.pid

    run(work)


def test_a_worker_that_is_being_started_is_not_started_twice() -> None:
    """Warming up and a first job meet, and so do warming up and the end: no process is left without a parent."""

    async def inside() -> None:
        child = Child(fakes.COMMAND, Limits(), None, None)
        one, two = await asyncio.gather(child.started(), child.started())
        assert one.pid == two.pid
        await child.kill()
        starting = asyncio.create_task(child.started())
        await asyncio.sleep(0)
        await child.kill()
        assert (await starting).returncode is not None

    asyncio.run(inside())


def test_a_pool_that_lives_long_forgets_what_was_fetched_failed_or_given_up(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And renders on where somebody swept away the folder it keeps its videos in."""
    monkeypatch.setattr("didgen.jobs.pool._REMEMBERED", 2)

    async def work(pool: Pool) -> None:
        for k in range(5):
            shutil.rmtree(pool._folder)
            job = await pool.submit(talk(photo, f"Hello {k}"))
            assert "done" == (await story(pool, job))[-1].state
            await pool.fetch(job, tmp_path)
        assert 2 == len(pool._jobs)
        for k in range(3):
            failed = await pool.submit(talk(photo, f"!refuse {k}"))
            assert "failed" == (await story(pool, failed))[-1].state
        assert 2 == len(pool._jobs)
        running = await pool.submit(talk(photo, "!long"))
        for k in range(4):
            assert await pool.cancel(await pool.submit(talk(photo, f"Waiting {k}")))
        assert await pool.cancel(running)
        assert 2 == len(pool._jobs)
        for k in range(4):  # done, and then nobody wants it
            unwanted = await pool.submit(talk(photo, f"Unwanted {k}"))
            assert "done" == (await story(pool, unwanted))[-1].state
            for _ in range(2):
                assert not await pool.cancel(unwanted)
        assert 2 == len(pool._jobs)
        assert [] == list(pool._folder.iterdir())

    run(work)


def test_slots_bound_what_runs_at_once(photo: Path, tmp_path: Path) -> None:
    """Two slots render two jobs at a time, and the workers are reused."""
    go = tmp_path / "go"

    async def work(pool: Pool) -> None:
        jobs = [await pool.submit(talk(photo, f"!until {go} {k}")) for k in range(4)]
        for job in jobs[:2]:
            await until_stage(pool, job, "frames")
        assert [["queued"]] * 2 == [[event.state for event in pool._jobs[job].events] for job in jobs[2:]]
        go.touch()
        assert ["done"] * 4 == [(await story(pool, job))[-1].state for job in jobs]
        assert len({child._process.pid for child in pool._children if child._process}) == 2

    run(work, slots=2)


def test_the_parent_keeps_what_workers_derive(photo: Path, tmp_path: Path) -> None:
    """A value kept by one worker is recalled by the next, through the parent's memo."""

    class Memo(dict[str, bytes]):
        def put(self, key: str, value: bytes) -> None:
            self[key] = value

    memo = Memo()
    recalled = []

    async def work(pool: Pool) -> None:
        job = await pool.submit(talk(photo, "Grüße"))
        await story(pool, job)
        recalled.append((await pool.fetch(job, tmp_path)).facts["recalled"])

    run(work, memo=memo)
    run(work, memo=memo)
    assert [False, True] == recalled
    assert {"fake:Grüße": "Grüße".encode()} == memo


def test_what_the_engine_cannot_do_is_refused_at_once(photo: Path) -> None:
    """An URL, a missing file or an unknown format are refused by submit, in the service's kinds."""

    async def work(pool: Pool) -> None:
        far = AnimationRequest.model_validate({"source_url": "https://example.com/a.jpg"})
        with pytest.raises(RenderError, match="invalid source url") as caught:
            await pool.submit(far)
        assert caught.value.kind == "BadRequestError"
        moved = AnimationRequest.model_validate(
            {"source_url": photo.as_uri(), "driver_url": "https://example.com/d.mp4"}
        )
        with pytest.raises(RenderError, match="invalid driver"):
            await pool.submit(moved)
        with pytest.raises(RenderError, match="there is no job"):
            await story(pool, "tlk_x")

    run(work)


def test_a_worker_that_cannot_start_fails_the_job(photo: Path) -> None:
    """A missing program is one sentence, not a hang."""

    async def work(pool: Pool) -> None:
        assert "cannot start a renderer" in (await ending(pool, photo, "Hello")).message

    run(work, command=("/nowhere/python",))


def test_workers_die_with_their_parent(photo: Path, tmp_path: Path) -> None:
    """kill -9 of the building process leaves no worker behind, even one that hangs."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, sys\n"
        "from didgen.api.wire import TalkRequest\n"
        "from didgen.jobs.pool import Pool\n"
        "from tests import fakes\n"
        "async def main():\n"
        "    pool = Pool(1, command=fakes.COMMAND)\n"
        "    body = {'source_url': sys.argv[1], 'script': {'type': 'text', 'input': '!hang'}}\n"
        "    job = await pool.submit(TalkRequest.model_validate(body))\n"
        "    async for event in pool.events(job):\n"
        "        if event.stage: print(pool._children[0]._process.pid, flush=True)\n"
        "asyncio.run(main())\n"
    )
    here = Path(__file__).parents[2]
    command = [sys.executable, str(script), photo.as_uri()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(here)}) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while _alive(worker):
        assert time.monotonic() < deadline, "the worker outlived its parent"
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
