"""One contract for everything behind the seam: the pool, and our client talking to our server over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from didgen.api.client import Client
from didgen.api.job import Event, Service
from didgen.api.wire import AnimationRequest, RenderRequest, TalkRequest
from didgen.errors import RenderError
from didgen.jobs.pool import Pool
from didgen.serve.app import make_app
from tests import fakes
from tests.api.served import DOOR, serving

KEY = "user:secret"

Open = Callable[[], Service]


@contextmanager
def pool_itself(folder: Path) -> Iterator[Open]:
    yield lambda: Pool(2, command=fakes.COMMAND, folder=folder)


@contextmanager
def client_and_server(folder: Path) -> Iterator[Open]:
    app = make_app(Pool(2, command=fakes.COMMAND, folder=folder), folder / "served", KEY, inspector=DOOR)
    with serving(app) as base:
        yield lambda: Client(base, KEY, paid=False, pace_s=0.1)


@pytest.fixture(params=[pool_itself, client_and_server], ids=["pool", "client-server"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    folder = tmp_path / "renderer"
    folder.mkdir()
    with request.param(folder) as make:
        yield make


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "Anna Müller.jpg"
    path.write_bytes(fakes.photo())
    return path


def run(opened: Open, work: Callable[[Service], Awaitable[None]]) -> None:
    async def inside() -> None:
        service = opened()
        try:
            await asyncio.wait_for(work(service), 60)
        finally:
            await service.aclose()

    asyncio.run(inside())


def talk(photo: Path, text: str, **more: object) -> TalkRequest:
    return TalkRequest.model_validate({"source_url": photo.as_uri(), "script": {"type": "text", "input": text}, **more})


async def story(service: Service, request: RenderRequest) -> tuple[str, list[Event]]:
    job = await service.submit(request)
    return job, [event async for event in service.events(job)]


def test_a_talk_goes_from_request_to_video(opened: Open, photo: Path, tmp_path: Path) -> None:
    """Its last event is done; what is fetched is a whole video in the folder asked for, with its facts."""

    async def work(service: Service) -> None:
        job, events = await story(service, talk(photo, "Hello there"))
        assert job.startswith("tlk_")
        assert "done" == events[-1].state
        assert {"queued", "running", "done"} >= {event.state for event in events}
        fetched = await service.fetch(job, tmp_path)
        assert tmp_path == fetched.video.parent
        with av.open(str(fetched.video)) as box:
            assert fakes.FRAMES == len(list(box.decode(video=0)))
        assert 0.24 == pytest.approx(fetched.facts["duration_s"], abs=0.03)
        assert ["Hello", "there"] == [word for word, _, _ in fetched.facts["words"]]

    run(opened, work)


def test_an_animation_needs_no_script(opened: Open, photo: Path, tmp_path: Path) -> None:
    """The other kind of job goes the same way."""

    async def work(service: Service) -> None:
        request = AnimationRequest(source_url=photo.as_uri(), driver_url="bank://nostalgia")
        job, events = await story(service, request)
        assert job.startswith("anm_")
        assert "done" == events[-1].state
        assert b"ftyp" == (await service.fetch(job, tmp_path)).video.read_bytes()[4:8]

    run(opened, work)


def test_a_logo_rides_along_like_a_picture(opened: Open, photo: Path) -> None:
    """From a file of the client's to the video, whoever is behind the seam; one that is not there is refused."""

    async def work(service: Service) -> None:
        logo = photo.with_name("logo.png")
        logo.write_bytes(fakes.photo(200, 64))
        _, events = await story(
            service, talk(photo, "Hi", config={"logo": {"url": logo.as_uri(), "position": [-9, 9]}})
        )
        assert "done" == events[-1].state
        with pytest.raises(RenderError):
            await service.submit(
                talk(photo, "Hi", config={"logo": {"url": "https://example.com/l.png", "position": [0, 0]}})
            )

    run(opened, work)


def test_a_talk_may_be_spoken_by_an_audio_file(opened: Open, photo: Path, tmp_path: Path) -> None:
    """Local files ride as `file:` URLs; whoever is behind the seam gets hold of them."""

    async def work(service: Service) -> None:
        audio = tmp_path / "speech.wav"
        audio.write_bytes(fakes.wav())
        request = TalkRequest.model_validate(
            {"source_url": photo.as_uri(), "script": {"type": "audio", "audio_url": audio.as_uri()}}
        )
        job, events = await story(service, request)
        assert "done" == events[-1].state
        assert (await service.fetch(job, tmp_path)).video.stat().st_size > 500

    run(opened, work)


def test_a_request_that_cannot_be_done_is_refused_at_once(opened: Open, photo: Path) -> None:
    """The service's kind, and words that name the fault; no job comes of it."""

    async def work(service: Service) -> None:
        provider = {"type": "didgen", "voice_id": "heart", "voice_config": {"rate": "quick"}}
        script = {"type": "text", "input": "Hello", "provider": provider}
        with pytest.raises(RenderError, match="rate is 'quick'") as caught:
            await service.submit(TalkRequest.model_validate({"source_url": photo.as_uri(), "script": script}))
        assert "ValidationError" == caught.value.kind

    run(opened, work)


def test_a_voice_nobody_has_is_refused_at_once(opened: Open, photo: Path) -> None:
    """As the service does for faults of speech."""

    async def work(service: Service) -> None:
        script = {"type": "text", "input": "Hello", "provider": {"type": "didgen", "voice_id": "nobody"}}
        with pytest.raises(RenderError, match="nobody") as caught:
            await service.submit(TalkRequest.model_validate({"source_url": photo.as_uri(), "script": script}))
        assert "TextToSpeechProviderError" == caught.value.kind

    run(opened, work)


def test_a_picture_that_is_not_there_is_an_error_of_one_scene(opened: Open, tmp_path: Path) -> None:
    """A RenderError, so that the other scenes go on."""

    async def work(service: Service) -> None:
        with pytest.raises(RenderError, match=r"gone\.jpg"):
            await service.submit(talk(tmp_path / "gone.jpg", "Hello"))

    run(opened, work)


def test_a_render_that_fails_says_why_in_its_last_event(opened: Open, photo: Path, tmp_path: Path) -> None:
    """Kind and message reach the caller unchanged, and there is nothing to fetch."""

    async def work(service: Service) -> None:
        job, events = await story(service, talk(photo, "Please !refuse"))
        assert ("failed", "FaceError") == (events[-1].state, events[-1].kind)
        assert "face not detected" in events[-1].message
        with pytest.raises(RenderError, match="not done"):
            await service.fetch(job, tmp_path)

    run(opened, work)


def test_a_job_nobody_knows_is_an_error(opened: Open, tmp_path: Path) -> None:
    """To watch it, to fetch it; and it cannot be cancelled."""

    async def work(service: Service) -> None:
        stranger = "tlk_" + "x" * 21
        with pytest.raises(RenderError):
            [event async for event in service.events(stranger)]
        with pytest.raises(RenderError):
            await service.fetch(stranger, tmp_path)
        assert await service.cancel(stranger) is False

    run(opened, work)


def test_many_jobs_at_once_keep_their_own_results(opened: Open, photo: Path, tmp_path: Path) -> None:
    """Six jobs on two workers: each gets the words of its own script."""

    async def work(service: Service) -> None:
        names = [f"number{k}" for k in range(6)]
        stories = await asyncio.gather(*(story(service, talk(photo, name)) for name in names))
        assert ["done"] * 6 == [events[-1].state for _, events in stories]
        fetched = [await service.fetch(job, tmp_path) for job, _ in stories]
        assert names == [f.facts["words"][0][0] for f in fetched]
        assert 6 == len({f.video for f in fetched})

    run(opened, work)


def test_a_job_can_be_watched_again(opened: Open, photo: Path) -> None:
    """An interrupted build takes up its jobs where they are."""

    async def work(service: Service) -> None:
        job, events = await story(service, talk(photo, "Hello"))
        assert events[-1] == [event async for event in service.events(job)][-1]

    run(opened, work)


def test_nothing_here_costs_money(opened: Open) -> None:
    """A server on this machine is as free as the pool."""

    async def work(service: Service) -> None:
        assert service.paid is False

    run(opened, work)


def test_our_client_hears_at_once_from_our_server_that_a_job_has_ended(photo: Path, tmp_path: Path) -> None:
    """Though it would not ask again for an hour: the server holds its answer back until there is something to tell."""
    (tmp_path / "renderer").mkdir()
    app = make_app(Pool(1, command=fakes.COMMAND, folder=tmp_path / "renderer"), tmp_path / "served", inspector=DOOR)
    with serving(app) as base:
        events: list[Event] = []

        async def work(service: Service) -> None:
            events.extend((await story(service, talk(photo, "!slow")))[1])

        run(lambda: Client(base, paid=False, pace_s=36_000.0), work)
    assert "done" == events[-1].state
