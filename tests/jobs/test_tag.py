"""What a paid job is known by again: sent after the user's own, read from any answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.api.wire import TAG_CHARS, USER_DATA_CHARS, AnimationRequest, RenderRequest, TalkRequest, TextScript
from didgen.jobs.tag import NAME_CHARS, Tag, key_of, read_tag, shows_tags, tagged

FINGERPRINT = "0123456789abcdef" * 4
TAG = Tag(key_of(FINGERPRINT), "f" * 32)


def request(**fields: str) -> RenderRequest:
    return TalkRequest(source_url="https://e.org/a.jpg", script=TextScript(type="text", input="Hello"), **fields)


def test_a_tag_comes_after_the_users_own() -> None:
    """And takes the whole field where there is none; the name is the user's, else the address."""
    sent = tagged(request(user_data="order 7"), TAG, "hello/welcome")
    assert f"order 7 didgen1:{'0123456789abcdef' * 2}:{'f' * 32}" == sent.user_data
    assert f"hello/welcome {TAG}" == sent.name
    sent = tagged(request(name="My video"), TAG, "hello/welcome")
    assert (str(TAG), f"My video {TAG}") == (sent.user_data, sent.name)


def test_an_animation_gets_no_name_of_ours() -> None:
    """The service knows none there, and takes no keys it does not know; what its author wrote is sent."""
    sent = tagged(AnimationRequest(source_url="https://e.org/a.jpg"), TAG, "hello/maria")
    assert {"source_url": "https://e.org/a.jpg", "user_data": str(TAG)} == sent.model_dump(exclude_unset=True)
    assert f"Maria {TAG}" == tagged(AnimationRequest(source_url="s", name="Maria"), TAG, "x").name


def test_the_longest_user_data_and_name_fit() -> None:
    """What planning lets through is within the service's limits, and can still be read."""
    longest = USER_DATA_CHARS - TAG_CHARS
    sent = tagged(request(user_data="ü" * longest, name="n" * 500), TAG, "")
    assert USER_DATA_CHARS == len(sent.user_data or "")
    assert NAME_CHARS == len(sent.name or "")
    assert TAG == read_tag({"user_data": sent.user_data}) == read_tag({"name": sent.name})
    assert type(sent).model_validate(sent.model_dump(exclude_unset=True)) == sent


def test_a_tag_adds_nothing_else_to_the_wire() -> None:
    """A default stays unset."""
    talk = TalkRequest.model_validate(
        {"source_url": "https://e.org/a.jpg", "script": {"type": "text", "input": "Hello"}}
    )
    sent = tagged(talk, TAG, "a").model_dump(exclude_unset=True)
    assert {"source_url", "script", "user_data", "name"} == set(sent)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"user_data": None, "name": None},
        {"user_data": "didgen1:0123:ff"},
        {"user_data": {"didgen1": 1}, "name": 7},
        {"script": f"{TAG}"},
        {"user_data": str(TAG).upper()},
    ],
)
def test_an_answer_without_a_tag(answer: dict[str, object]) -> None:
    """Whatever else it holds."""
    assert None is read_tag(answer)


def test_whether_an_account_shows_tags() -> None:
    """Anybody's name or data are evidence that ours would be shown."""
    assert shows_tags("talk", {"user_data": "x"})
    assert shows_tags("talk", {"name": "My video"})
    assert not shows_tags("talk", {"id": "tlk_1", "user_data": "", "name": None})
    assert shows_tags("animation", {"user_data": "x"})
    assert not shows_tags("animation", {"name": "My video"})


@given(st.text(min_size=1, max_size=USER_DATA_CHARS - TAG_CHARS))
def test_whatever_users_write_ours_is_read(own: str) -> None:
    """Also where they quote a tag of another job."""
    for written in (own, f"{Tag('1' * 32, '2' * 32)} {own}"[: USER_DATA_CHARS - TAG_CHARS]):
        sent = tagged(request(user_data=written), TAG, "a")
        assert TAG == read_tag({"user_data": sent.user_data})
