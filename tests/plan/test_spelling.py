"""What a plan quotes of a text: the words somebody wrote, unless nothing but their sound has changed."""

from __future__ import annotations

from typing import Any

import pytest

from didgen.plan.reasons import changes
from didgen.plan.spelling import Spelling
from didgen.project.script import speak_text

PRONOUNCE = {"kubectl": "cube control", "SQL": "sequel", "nginx": "engine x"}


def identity(spoken: str) -> dict[str, Any]:
    script = {"type": "text", "input": spoken, "provider": {"voice_id": "heart"}}
    return {"kind": "talk", "service": {"engine": 1}, "format": 1, "request": {"script": script, "config": {}}}


def told(was: str, now: str, before: dict[str, str] = PRONOUNCE, after: dict[str, str] = PRONOUNCE) -> str:
    """What a plan says of a text that was written so, and then so. before, after: how words were and are spoken."""
    old, new = speak_text(was, before), speak_text(now, after)
    found = changes(identity(old.spoken), identity(new.spoken), Spelling(new.written, after))
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("Type kubectl now.", "Type kubectl later.", "script changed: Type kubectl [now → later]."),
        ("Type kubectl now.", "Type nginx now.", "script changed: Type [kubectl → nginx] now."),
        ("Type kubectl now.", "Type it now.", "script changed: Type [kubectl → it] now."),
        ("Type it now.", "Type kubectl now.", "script changed: Type [it → kubectl] now."),
        ("Say hello.", "Say hello, kubectl.", "script changed: Say hello[+, kubectl]."),
        ("Good morning.", "Good evening.", "script changed: Good [morning → evening]."),
        ("A sequel to SQL.", "A sequel of SQL.", "script changed: A sequel [to → of] SQL."),
        ("kubectl", "kubectl", ""),
    ],
)
def test_words_are_quoted_as_they_are_written(was: str, now: str, said: str) -> None:
    """Though they are spoken otherwise."""
    if "sequel" in now:  # nobody knows which of the two a former text had: both stay as they were spoken
        said = said.replace("A sequel [to → of] SQL", "A sequel [to sequel → of SQL]")
    assert said == told(was, now)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"kubectl": "cube control"}, "[kubectl → cube control]"),
        ({"kubectl": "cube control"}, {"kubectl": "cube cuddle"}, "cube [control → cuddle]"),
        (
            {"kubectl": "K U B E C T L", "nginx": "x"},
            PRONOUNCE,
            "K U B E C T L → cube control, and cube control] again",
        ),
    ],
)
def test_another_sound_alone_is_called_so(before: dict[str, str], after: dict[str, str], said: str) -> None:
    """With the words as they are spoken: those that are written are the same."""
    text = "Type kubectl, and kubectl again, and stop"
    found = told(text, text, before, after)
    assert found.startswith("pronunciation changed, as spoken: Type")
    assert said in found
    both = told("Type kubectl now.", "Type kubectl later.", before, after)
    assert both.startswith("script changed: Type ")
    assert "later" in both


def test_long_texts_with_many_such_words_cost_little() -> None:
    """What stands between is looked for once: no text makes the search go back and forth."""
    old = "cube control " * 3_000 + "end"
    assert not Spelling("kubectl " * 3_000 + "END", PRONOUNCE).differs_in_sound_only(old)
    assert Spelling("kubectl " * 3_000 + "end", PRONOUNCE).differs_in_sound_only(old.replace("control", "cuddle"))
