"""Answers as the service gives them, in 2023 and now: read whatever their shape, and the account's data never kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.api.wire import TERMINAL, Job, moment
from didgen.secret import without_links

TALK_2023: dict[str, Any] = {
    "id": "tlk_0123456789abcdefABC_-",
    "user_id": "google-oauth2|7",
    "created_by": "google-oauth2|7",
    "created_at": "2023-03-01T10:00:00.123Z",
    "started_at": "2023-03-01T10:00:24.456",
    "modified_at": "2023-03-01T10:00:26.789Z",
    "status": "done",
    "source_url": "https://bucket.example.org/source/a.jpeg?AWSAccessKeyId=K&Expires=1&Signature=canary",
    "audio_url": "https://bucket.example.org/voice.wav?AWSAccessKeyId=K&Signature=canary",
    "result_url": "https://bucket.example.org/a.mp4?AWSAccessKeyId=K&Signature=canary",
    "driver_url": "bank://lively/",
    "duration": 2,
    "config": {"stitch": False, "result_format": ".mp4", "pad_audio": 0, "motion_factor": 1},
    "face": {"size": 300, "top_left": [10, -4], "face_id": 0, "detection": [1, 2, 3, 4], "overlap": "no"},
    "metadata": {"driver_url": "bank://lively/driver-02/flipped", "resolution": [512, 512], "num_frames": 50},
}

ANIMATION: dict[str, Any] = {
    "id": "anm_0123456789abcdefABC_-",
    "object": "animation",
    "created_at": "2023-03-01T10:00:00Z",
    "status": "done",
    "task": False,
    "face_ids": [0],
    "driver_url": "bank://nostalgia/",
    "result_url": "https://bucket.example.org/b.mp4?Signature=canary",
    "config": {"mute": True, "logo": False, "motion_factor": 0.75},
    "metadata": {"resolution": ["512", "512"], "video_fps": 20, "faces": [{"size": 9, "detection": [1, 2, 3, 4]}]},
    "user": {"email": "anna@example.org", "plan": "pro", "features": ["stitch", "clips:write"]},
}


@pytest.mark.parametrize("answer", [TALK_2023, ANIMATION], ids=["talk", "animation"])
def test_what_the_service_says_is_kept_as_it_says_it(answer: dict[str, Any]) -> None:
    """Its own words and shapes come back out, but for the account's data."""
    kept = Job.model_validate(answer).model_dump(exclude_unset=True)
    assert {key: value for key, value in answer.items() if key != "user"} == kept


def test_what_is_kept_of_an_answer_opens_nothing() -> None:
    """Neither signatures nor the account stay, at any depth."""
    deep = {"a": [{"user": {"email": "canary"}, "link": "s3://b/c?Signature=canary"}], "b": "https://x/y#canary"}
    for answer in (TALK_2023, ANIMATION, deep):
        assert "canary" not in str(without_links(answer))
        assert "anna@" not in str(without_links(answer))


def test_a_time_with_and_without_its_zone() -> None:
    """`started_at` comes without Z; both are UTC. What is no time is none."""
    ten = datetime(2023, 3, 1, 10, 0, 24, 456_000, tzinfo=UTC)
    assert ten == moment("2023-03-01T10:00:24.456") == moment("2023-03-01T10:00:24.456Z")
    assert ten == moment("2023-03-01T12:00:24.456+02:00")
    assert [None] * 4 == [moment(text) for text in ("", None, "yesterday", "1677664824456")]
    assert datetime(2023, 3, 1, 10, tzinfo=UTC) == Job.model_validate(ANIMATION).created


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"duration": "2.112"}, {"duration": 2.112}),
        ({"duration": 14}, {"duration": 14.0}),
        ({"duration": "long"}, {"duration": None}),
        ({"duration": float("nan")}, {"duration": None}),
        ({"duration": 10**400}, {"duration": None}),
        ({"face": [{"size": 1}]}, {"face": [{"size": 1}]}),
        ({"face": {"size": 1}}, {"face": {"size": 1}}),
        ({"subtitles": "false"}, {"subtitles": "false"}),
        ({"metadata": []}, {"metadata": None}),
        ({"config": None}, {"config": None}),
        ({"name": 5, "user_data": {"a": 1}}, {"name": "5", "user_data": None}),
        ({"pending_url": "s3://b/1.mp4"}, {"pending_url": "s3://b/1.mp4"}),
        ({"status": "validating"}, {"status": "validating"}),
        ({"status": None}, {"status": ""}),
        ({"object": "talk-of-tomorrow"}, {"object": "talk-of-tomorrow"}),
    ],
)
def test_a_member_of_another_shape_spoils_no_answer(said: dict[str, Any], read: dict[str, Any]) -> None:
    """Numbers as text, faces as list or object, words nobody knows yet."""
    job = Job.model_validate({"id": "x", **said})
    assert read == {key: getattr(job, key) for key in read}


def test_a_failure_in_every_shape() -> None:
    """Talks tell an error, too, which their documentation does not; a refusal after the fact is an end of its own."""
    told = Job.model_validate({"id": "x", "status": "error", "error": {"kind": "FaceError", "description": "no face"}})
    assert told.error is not None
    assert ("FaceError", "no face") == (told.error.kind, told.error.description)
    short = Job.model_validate({"id": "x", "status": "error", "error": "no face"})
    assert short.error is not None
    assert ("UnknownError", "no face") == (short.error.kind, short.error.description)
    assert Job.model_validate({"id": "x", "status": "rejected", "error": 5}).error is None
    assert {"done", "error", "rejected"} == TERMINAL


def test_a_job_that_is_not_done_has_no_video() -> None:
    """`pending_url` leads nowhere, and `created` is not done."""
    job = Job.model_validate({"id": "x", "status": "created", "duration": 2.1, "pending_url": "s3://b/u/1.mp4"})
    assert (None, False) == (job.result_url, job.status in TERMINAL)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*Job.model_fields, "user", "new"), ANYTHING)))
def test_whatever_an_answer_holds_its_id_can_be_read(answer: dict[str, Any]) -> None:
    """A job that is not understood would be one that is bought again."""
    job = Job.model_validate({**answer, "id": "tlk_1"})
    assert "tlk_1" == job.id
    assert not hasattr(job, "user")
    assert job.duration is None or abs(job.duration) < float("inf")
    assert isinstance(job.status, str)
