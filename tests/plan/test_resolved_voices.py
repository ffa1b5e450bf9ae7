"""Which voice a scene gets, by whom it is asked for, and what it cannot speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.api.wire import TextScript
from didgen.errors import ProjectError
from tests.plan.resolving import HEAD, one, refusals, sent


def test_the_voice_of_a_locale(folder: Path) -> None:
    """A scene's own voice, then the locale's, then the defaults'."""
    head = "didgen: 1\nlocale: en-GB\nvoices: {en: bf_emma}\ndefaults: {source: photo.jpg, voice: heart}\n"
    assert "bf_emma" == sent(one(folder, "script: Hello", head=head))["script"]["provider"]["voice_id"]
    assert "am_puck" == sent(one(folder, "script: Hello, voice: am_puck", head=head))["script"]["provider"]["voice_id"]
    head = head.replace("voices: {en: bf_emma}\n", "")
    assert "heart" == sent(one(folder, "script: Hello", head=head))["script"]["provider"]["voice_id"]


def test_one_file_serves_both_services(folder: Path) -> None:
    """A local voice is released in a like voice of the service, and the other way round, and the plan says so."""
    mine = one(folder, "script: Hello, voice: am_puck", "d-id")
    assert {"type": "microsoft", "voice_id": "en-US-GuyNeural"} == sent(mine)["script"]["provider"]
    assert ("am_puck is spoken by en-US-GuyNeural there",) == mine.notes
    theirs = one(folder, "script: Hello, voice: {provider: amazon, voice_id: Brian}")
    assert "bm_george" == sent(theirs)["script"]["provider"]["voice_id"]
    assert ("Brian is spoken by bm_george here",) == theirs.notes


def test_who_asks_does_not_change_a_local_render(folder: Path) -> None:
    """A local render has one fingerprint, whether its voice was asked for by our name or the service's."""
    ours, theirs = (one(folder, f"script: Hello, voice: {v}") for v in ("am_puck", "en-US-GuyNeural"))
    styled = one(
        folder, "script: Hello, voice: {voice_id: en-US-GuyNeural, voice_config: {style: Grumpy, rate: medium}}"
    )
    assert ours.fingerprint == theirs.fingerprint == styled.fingerprint
    assert ("en-US-GuyNeural is spoken by am_puck here; the local voices have no style 'Grumpy'",) == styled.notes


def test_a_manner_counts_as_what_it_does(folder: Path) -> None:
    """A style, and the pace and pitch it stands for, have one fingerprint; the plain voice has another."""
    sad = one(folder, "script: Hello, voice: {voice_id: heart, voice_config: {style: Sad}}")
    same = one(folder, "script: Hello, voice: {voice_id: heart, voice_config: {rate: 0.85, pitch: -1.8st}}")
    plain = one(folder, "script: Hello, voice: heart")
    assert sad.fingerprint == same.fingerprint != plain.fingerprint
    assert () == sad.notes


def test_a_text_in_another_language_is_told_at_its_place(folder: Path) -> None:
    """The plan says what a voice cannot speak before anything is rendered; another service is left to judge itself."""
    text = "script: Willkommen bei der Reise durch unser neues Haus in der Stadt"
    with pytest.raises(ProjectError, match="the voice heart cannot speak a text in the language 'de'") as caught:
        one(folder, text + ", voice: heart")
    assert "scenes[0].script" == caught.value.problems[0].field
    assert one(folder, text, "d-id")


def test_a_language_nobody_speaks(folder: Path) -> None:
    """No local voice for a locale: the error says which languages there are."""
    found = refusals(folder, HEAD + "locale: tlh\nscenes: [{id: a, script: nuqneH}]\n")
    assert "scenes[0].script: no local voice speaks tlh (the local voices speak af, ar, az, bg," in found[0]


def test_a_voice_whose_extra_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice that is not installed names the command that installs it."""
    monkeypatch.setattr("didgen.plan.resolve.installed", lambda: frozenset({"heart"}))
    found = refusals(folder, HEAD + "scenes: [{id: a, script: Hello, voice: am_puck}]\n")
    assert "the voice 'am_puck' is not installed (pip install 'didgen[voices]'; here are: heart)" in found[0]


def test_another_server_gets_our_voices_as_they_are(folder: Path) -> None:
    """A base URL is most likely `didgen serve`: local names go out as local names."""
    scene = one(folder, "script: Hello, voice: am_puck", "http://127.0.0.1:8000")
    assert TextScript.model_validate({"input": "Hello", "provider": {"type": "didgen", "voice_id": "am_puck"}}) == (
        scene.request.script  # type: ignore[union-attr]
    )
    assert {"host": "127.0.0.1:8000"} == scene.identity["service"]
