"""Who speaks: a local voice for any voice that is asked for, a service's for a local one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from didgen.catalog.local_voices import DEFAULT, VOICES
from didgen.catalog.providers import MICROSOFT_FEMALE, MICROSOFT_MALE, TO_MICROSOFT, describe
from didgen.catalog.voices import installed, resolve_voice, service_voice, voices_of_ssml
from didgen.errors import UsageError

ALL = frozenset(VOICES)


@pytest.mark.parametrize(
    ("voice", "locale", "local"),
    [
        (None, "en", "heart"),
        ("am_puck", "en-GB", "am_puck"),
        ({"voice_id": "bf_emma"}, "en", "bf_emma"),
        ("en-US-JennyNeural", "en", "heart"),
        ("en-US-GuyNeural", "en", "am_puck"),
        ("en-GB-RyanNeural", "en", "bm_george"),
        ("en-GB-ThomasNeural", "en", "bm_george"),
        ("en-AU-NatashaNeural", "en", "heart"),
        ("en-US-AndrewMultilingualNeural", "en", "am_puck"),
        ({"provider": "amazon", "voice_id": "Amy"}, "en", "bf_emma"),
        ({"type": "amazon", "voice_id": "Matthew"}, "en-US", "am_puck"),
        ({"provider": "elevenlabs", "voice_id": "pNInz6obpgDQGcFmaJgB"}, "en-GB", "bm_george"),
        ({"provider": "elevenlabs"}, "en", "heart"),
        ({"provider": "google", "voice_id": "en-GB-Wavenet-A"}, "en", "bf_emma"),
        ({"provider": "azure-openai", "voice_id": "onyx"}, "en", "am_puck"),
        ({"provider": "microsoft", "voice_id": "en-XX-NobodyNeural"}, "en", "heart"),
        ("de-DE-KatjaNeural", "de", "pico-de"),
        ("it-IT-ElsaNeural", "it-IT", "if_sara"),
        ("it-IT-DiegoNeural", "it", "im_nicola"),
        ("ja-JP-KeitaNeural", "ja", "jm_kumo"),
        ("nl-NL-MaartenNeural", "nl-BE", "espeak-nl"),
        ({"provider": "amazon", "voice_id": "Vicki"}, "de-AT", "pico-de"),
        ({"provider": "elevenlabs", "voice_id": "onwK4e9ZLuTAKqWW03F9"}, "en", "am_puck"),
        ({"provider": "google", "voice_id": "en-US-Chirp3-HD-Puck"}, "en", "am_puck"),
    ],
)
def test_the_local_voice_for_a_voice(voice: object, locale: str, local: str) -> None:
    """Local ids are themselves; the service's are spoken by the nearest of their language, gender and region."""
    found, note = resolve_voice(voice, locale, ALL)  # type: ignore[arg-type]
    assert local == found.id
    asked = voice.get("voice_id", "elevenlabs") if isinstance(voice, dict) else voice
    assert ("" if asked in (None, local) else f"{asked} is spoken by {local} here") == note.split(",")[0]


@pytest.mark.parametrize(
    ("voice", "locale", "message"),
    [
        ("hart", "en", r"no voice 'hart' \(did you mean 'heart'\?\)"),
        ("heart", "de", r"'heart' does not speak de \(de is spoken by pico-de"),
        ("fr-FR-DeniseNeural", "en", "'fr-FR-DeniseNeural' does not speak en"),
        ("tlh-XX-WorfNeural", "tlh", "no local voice speaks tlh"),
        ({"provider": "amazon", "voice_id": "Vicki"}, "en", "'Vicki' does not speak en"),
        ({"provider": "amazn", "voice_id": "Amy"}, "en", r"no provider 'amazn' \(did you mean 'amazon'\?\)"),
    ],
)
def test_voices_that_cannot_speak(voice: object, locale: str, message: str) -> None:
    """A wrong name, a wrong language and a wrong provider each say what is right."""
    with pytest.raises(UsageError, match=message):
        resolve_voice(voice, locale, ALL)  # type: ignore[arg-type]


def test_a_voice_that_is_not_installed() -> None:
    """The error is the command that installs it; the default voice needs nothing."""
    with pytest.raises(UsageError, match=r"pip install 'didgen\[voices\]'"):
        resolve_voice("am_puck", "en", {"heart"})
    assert not VOICES[DEFAULT].extras
    assert DEFAULT in installed()


def test_a_stand_in_that_is_not_quite_the_same_is_told() -> None:
    """A woman speaks for a man only where the language has no man, and the plan says so."""
    found, note = resolve_voice("de-DE-ConradNeural", "de", ALL)
    assert ("pico-de", "de-DE-ConradNeural is spoken by pico-de here, a female voice") == (found.id, note)
    assert (
        "nl-NL-FennaNeural is spoken by espeak-nl here, a male voice and a draft voice"
        == resolve_voice("nl-NL-FennaNeural", "nl", ALL)[1]
    )
    assert "espeak-nl is a draft voice" == resolve_voice("espeak-nl", "nl", ALL)[1]
    with pytest.raises(
        UsageError, match=r"'am_puck' is not installed \(pip install 'didgen\[voices\]'; here are: heart"
    ):
        resolve_voice("en-US-GuyNeural", "en", {"heart"})


def test_among_equals_the_one_that_is_installed_speaks() -> None:
    """A British woman's voice that is here before one that is not; the command is told where none is."""
    amy = {"provider": "amazon", "voice_id": "Amy"}
    assert "bf_emma" == resolve_voice(amy, "en", ALL)[0].id
    assert "pico-en-GB" == resolve_voice(amy, "en", {"heart", "pico-en-GB"})[0].id
    assert "pico-de" == resolve_voice(None, "de", {"pico-de"})[0].id
    assert "pico-it" == resolve_voice("it-IT-ElsaNeural", "it", {"heart", "pico-it"})[0].id
    with pytest.raises(UsageError, match=r"'if_sara' is not installed \(pip install 'didgen\[voices,espeak\]'\)"):
        resolve_voice("if_sara", "it", {"heart"})
    with pytest.raises(UsageError, match=r"'espeak-nl' is not installed \(pip install 'didgen\[espeak\]'\)"):
        resolve_voice(None, "nl", {"heart"})
    with pytest.raises(UsageError, match=r"'pico-de' is not installed \(pip install 'didgen\[pico\]'\)"):
        resolve_voice(None, "de", {"heart"})


def test_a_voice_is_a_draft_when_it_is_misunderstood_or_was_never_measured() -> None:
    """More than ten words of a hundred."""
    assert not replace(VOICES[DEFAULT], wer_percent=10.0).draft
    assert replace(VOICES[DEFAULT], wer_percent=10.1).draft
    assert replace(VOICES[DEFAULT], wer_percent=None).draft


def test_every_local_voice_has_a_like_one_at_the_service() -> None:
    """There and back again is the same voice, and its gender and region are right."""
    for voice in VOICES.values():
        form, note = service_voice(voice.id, voice.locale)
        assert form is not None
        name = form["voice_id"]
        assert note == f"{voice.id} is spoken by {name} there"
        assert voice.gender == describe("microsoft", name)[1]
        assert voice.speaks(describe("microsoft", name)[0])
        if voice.id in TO_MICROSOFT:
            assert voice.id == resolve_voice(name, voice.locale, ALL)[0].id
            assert voice.locale == describe("microsoft", name)[0]


def test_the_services_own_voices_stay_as_written() -> None:
    """A provider form goes out as it came, without a word; no voice is the service's choice."""
    form = {"provider": "elevenlabs", "voice_id": "x", "model_id": "m"}
    assert ({"type": "elevenlabs", "voice_id": "x", "model_id": "m"}, "") == service_voice(form)
    katja = {"type": "microsoft", "voice_id": "de-DE-KatjaNeural"}
    assert (katja, "") == service_voice("de-DE-KatjaNeural", "de")
    for voice in ("de-DE-KatjaNeural", {"provider": "amazon", "voice_id": "Vicki"}):
        with pytest.raises(UsageError, match=r"does not speak en \(its language is de-DE\)"):
            service_voice(voice, "en")
    with pytest.raises(UsageError, match="'heart' does not speak de"):
        service_voice("heart", "de")
    assert (None, "") == service_voice(None)
    with pytest.raises(UsageError, match="did you mean 'heart'"):
        service_voice("hart")


def test_no_name_is_of_both_genders() -> None:
    """The tables of names do not contradict each other."""
    assert frozenset() == MICROSOFT_FEMALE & MICROSOFT_MALE


def test_voices_of_ssml_are_found() -> None:
    """Local ids and the service's names; those nobody has are left to the renderer's error."""
    markup = (
        "<voice name='am_puck'>a</voice><voice gender='x' name=\"en-GB-RyanNeural\">b</voice><voice name='zz'>c</voice>"
    )
    assert ("am_puck", resolve_voice("en-GB-RyanNeural", "en", VOICES)[0].id) == voices_of_ssml(markup)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("zh", "zh is spoken by zf_xiaobei, zf_xiaoxiao"),
        ("de-AT", "de-AT is spoken by"),
        ("hart", "did you mean 'heart'?"),
    ],
)
def test_a_language_is_answered_with_the_voices_that_speak_it(name: str, hint: str) -> None:
    """Named in the place of a voice."""
    with pytest.raises(UsageError) as caught:
        resolve_voice(name, "en", installed())
    assert caught.value.hint.startswith(hint)
    with pytest.raises(UsageError) as caught:
        service_voice(name)
    assert caught.value.hint.startswith(hint)
