"""What can be named: voices, drivers, services, and the nearest right name."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from didgen.catalog.delivery import Delivery, delivery_of, gain_db, pitch_semitones, speaking_rate
from didgen.catalog.drivers import (
    ANIMATION_BANKS,
    CHARACTERS,
    SINGING,
    TALK_BANKS,
    fits,
    is_driver_file,
    resolve_driver,
)
from didgen.catalog.languages import unreadable
from didgen.catalog.local_voices import DEFAULT, VOICES, language
from didgen.catalog.nearest import nearest
from didgen.catalog.providers import MICROSOFT_FEMALE, MICROSOFT_MALE, TO_MICROSOFT, describe
from didgen.catalog.services import is_service, service_hint
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


@pytest.mark.parametrize(
    ("locale", "same"),
    [("pt_BR", "pt"), ("EN-gb", "en"), ("no", "nb"), ("nn-NO", "nb"), ("iw", "he"), ("zh-TW", "zh"), ("zh-HK", "yue")],
)
def test_the_language_of_a_locale(locale: str, same: str) -> None:
    """Its first part, whatever its case; names that mean the same language are one; Hong Kong speaks Cantonese."""
    assert same == language(locale)


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


@pytest.mark.parametrize(
    ("rate", "pace"),
    [
        (None, 1.0),
        ("0.9", 0.9),
        ("+10%", 1.1),
        ("-25%", 0.75),
        ("slow", 0.75),
        ("medium", 1.0),
        ("9", 2.0),
        ("0.1", 0.5),
    ],
)
def test_speaking_rates(rate: str | None, pace: float) -> None:
    """Numbers, percentages and words, held between half and double."""
    assert pytest.approx(pace) == speaking_rate(rate)


@pytest.mark.parametrize("rate", ["quick", "%", "1,5", "--1", "nan", "0", "-100%"])
def test_rates_that_are_none(rate: str) -> None:
    """Anything else is an error that shows what is right."""
    with pytest.raises(UsageError, match="or a word: x-slow, slow"):
        speaking_rate(rate)


@pytest.mark.parametrize(
    ("pitch", "semitones"),
    [(None, 0.0), ("+2st", 2.0), ("-1.5st", -1.5), ("high", 2.0), ("+100%", 8.0), ("-5%", -0.888), ("+10Hz", 0.9895)],
)
def test_pitches(pitch: str | None, semitones: float) -> None:
    """Semitones, percentages, hertz and words, held where a voice stays itself."""
    assert pytest.approx(semitones, abs=1e-3) == pitch_semitones(pitch)


@pytest.mark.parametrize(
    ("volume", "decibels"),
    [(None, 0.0), ("+6dB", 6.0), ("loud", 3.0), ("50", -6.0206), ("-20%", -1.9382), ("0", -60.0)],
)
def test_volumes(volume: str | None, decibels: float) -> None:
    """Decibels, hundredths and words."""
    assert pytest.approx(decibels, abs=1e-3) == gain_db(volume)


def test_a_manner_is_pace_and_pitch() -> None:
    """A style the table has, with rate and pitch on top; one it has not is named with the nearest."""
    assert (Delivery(0.954, 2.5), "") == delivery_of({"style": "Cheerful", "rate": "0.9", "pitch": "+1st"})
    delivery, note = delivery_of({"style": "cheerfull", "use_speaker_boost": True})
    assert Delivery() == delivery
    assert "no style 'cheerfull' (did you mean 'cheerful'?); the local voices have no use_speaker_boost" in note


def test_voices_of_ssml_are_found() -> None:
    """Local ids and the service's names; those nobody has are left to the renderer's error."""
    markup = (
        "<voice name='am_puck'>a</voice><voice gender='x' name=\"en-GB-RyanNeural\">b</voice><voice name='zz'>c</voice>"
    )
    assert ("am_puck", resolve_voice("en-GB-RyanNeural", "en", VOICES)[0].id) == voices_of_ssml(markup)


@pytest.mark.parametrize(
    ("name", "kind", "url"),
    [
        ("lively", "talk", "bank://lively/"),
        ("bank://lively", "talk", "bank://lively/"),
        ("bank://lively/", "talk", "bank://lively/"),
        ("natural/driver-8", "talk", "bank://natural/driver-8"),
        ("nostalgia", "animation", "bank://nostalgia/"),
        ("bank://stitch/driver-33", "animation", "bank://stitch/driver-33"),
        ("lively/driver-02/flipped", "talk", "bank://lively/driver-02/flipped"),
        ("bank://lively/driver-02/original", "talk", "bank://lively/driver-02/original"),
        ("bank://lively/driver-02/", "talk", "bank://lively/driver-02"),
        ("drivers/nod.mp4", "talk", "drivers/nod.mp4"),
        ("https://example.org/d", "animation", "https://example.org/d"),
    ],
)
def test_drivers_by_name(name: str, kind: str, url: str) -> None:
    """Short names are those of the bank; files and URLs stay."""
    assert url == resolve_driver(name, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("livly", "talk", r"no driver 'livly' \(did you mean 'lively'\?\)"),
        ("dancing", "animation", r"did you mean 'dance'"),
        ("nostalgia", "talk", "the driver 'nostalgia' is for an animation"),
        ("natural", "animation", "the driver 'natural' is for a talk"),
        ("lively/driver-2", "talk", "no driver 'driver-2' in lively"),
        ("nostalgia/driver-13", "animation", "no driver 'driver-13' in nostalgia"),
        ("lively/flipped", "talk", "no driver 'flipped' in lively"),
        ("lively/driver-02/fliped", "talk", r"not 'fliped' \(did you mean 'flipped'\?\)"),
        ("lively/driver-02/flipped/original", "talk", "a driver is original or flipped"),
        ("classics", "talk", "'classics' is for an animation"),
        ("classics/driver-rigoleto", "animation", r"in classics .*did you mean 'driver-rigoletto'"),
    ],
)
def test_drivers_nobody_has(name: str, kind: str, message: str) -> None:
    """A wrong bank, a wrong kind, a wrong number: the nearest right one."""
    with pytest.raises(UsageError, match=message):
        resolve_driver(name, kind)  # type: ignore[arg-type]


def test_the_songs_are_drivers_as_others_are() -> None:
    """They can be named, and flipped."""
    assert "bank://classics/driver-rigoletto" == resolve_driver("classics/driver-rigoletto", "animation")
    flipped = "bank://classics/driver-rigoletto/flipped"
    assert flipped == resolve_driver(flipped, "animation")


def test_the_banks_are_the_services() -> None:
    """18 talk drivers and 103 animation drivers, 15 of which sing, as the service lists them."""
    assert 18 == sum(map(len, TALK_BANKS.values()))
    assert 103 == sum(map(len, ANIMATION_BANKS.values()))
    assert 15 == len(ANIMATION_BANKS[SINGING])
    assert set(ANIMATION_BANKS) == set(CHARACTERS)


def test_which_kind_a_shared_driver_is_for() -> None:
    """Banks have a kind, `subtle` both, and so have files and URLs."""
    assert (True, False) == (fits("lively", "talk"), fits("bank://lively/", "animation"))
    assert (False, True) == (fits("classics", "talk"), fits("fun/driver-01", "animation"))
    assert all(fits(name, kind) for name in ("subtle", "a.mp4") for kind in ("talk", "animation"))  # type: ignore[arg-type]
    assert is_driver_file("a/B.MOV")
    assert not is_driver_file("https://x/a.mp4")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("local", True), ("d-id", True), ("https://api.d-id.com", True), ("http://127.0.0.1:8000/x", True),
        ("http://localhost", True), ("http://example.org", False), ("ftp://x", False), ("lokal", False), ("", False),
        ("https://[::2]:8443/x", True), ("https://[bad", False), ("https://[x]", False), ("https://h:99999", False),
        ("https://h?x=1", False), ("http://127.0.0.1:60000", True), ("http://127.0.0.1:65535", True),
        ("http://127.0.0.1:65536", False),
        ("https://user:pw@example.org", False), ("http://127.0.0.1.example.org", False),
    ],
)  # fmt: skip
def test_services(name: str, known: bool) -> None:
    """Two names and base URLs; no plain HTTP but to this machine, no password in a URL."""
    assert known == is_service(name)


def test_the_nearest_name() -> None:
    """Case does not matter; nothing near lists what there is."""
    assert "did you mean 'Heart'?" == nearest("HEART", ["Heart", "x"])
    assert "known: a, b" == nearest("zzz", ["b", "a"])
    assert "" == nearest("zzz", [])


def test_the_catalog_is_light() -> None:
    """Naming things imports neither the engine nor anything heavy."""
    code = "import didgen.catalog.voices, didgen.catalog.drivers, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pydantic", "yaml", "asyncio", "difflib", "onnxruntime", "didgen.engine"}
    assert set() == heavy & set(done.stdout.split())


@pytest.mark.parametrize(
    ("text", "locale", "why"),
    [
        ("Welcome to the tour of our new office in Lima.", "en-US", ""),
        ("Willkommen bei der Führung durch unser neues Büro in der Stadt.", "de-AT", ""),
        ("Willkommen bei der Führung durch unser neues Büro in der Stadt.", "en", "in the language 'de'"),
        ("Welcome to the tour of our new office in the town.", "fr", "in the language 'en'"),
        ("Bienvenue dans la visite de nos bureaux, qui sont au bord du lac.", "en", "in the language 'fr'"),
        ("La vie en rose", "en", ""),  # a title is too few words to be sure
        ("Angela Merkel traf Emmanuel Macron.", "en", ""),
        ("Read the café menu: coq au vin, crème brûlée.", "en", ""),
        ("Добро пожаловать", "en", "cannot read Cyrillic writing: 'Добро'"),
        ("Добро пожаловать", "ru", ""),
        ("今日は React の話です", "ja", ""),
        ("今日は", "zh", "cannot read Hiragana writing"),
        ("Welcome to the tour of our office", "ja", "reads Hiragana writing"),
        ("", "en", ""),
    ],
)
def test_what_a_voice_cannot_read(text: str, locale: str, why: str) -> None:
    """Foreign letters at once, a foreign language when its small words leave no doubt."""
    found = unreadable(text, locale)
    assert why in found
    assert bool(why) == bool(found)


def test_a_hint_is_one_line() -> None:
    """A name with a line break in it is no name to suggest."""
    assert "known: one" == nearest("zzz", ["one", "t\rwo"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("htp://render.example", "did you mean 'https://render.example'?"),
        ("htps://render.example:8443/v1", "did you mean 'https://render.example:8443/v1'?"),
        ("htp://localhost:8787", "did you mean 'http://localhost:8787'?"),
        ("127.0.0.1:8787", "did you mean 'http://127.0.0.1:8787'?"),
        ("api.d-id.com", "did you mean 'https://api.d-id.com'?"),
        ("http://render.example", "http only on this machine: write https://render.example"),
        ("https://me:secret@render.example", "a password does not stand in the address"),
        ("loca", "did you mean 'local'?"),
        ("D-ID", "did you mean 'd-id'?"),
        ("ftp://render.example", "local, d-id, or the address of a server"),
        ("elsewhere", "local, d-id, or the address of a server"),
        ("https://", "local, d-id, or the address of a server"),
        ("", "local, d-id, or the address of a server"),
    ],
)
def test_what_is_meant_by_a_name_that_is_no_service(name: str, hint: str) -> None:
    """A misspelt scheme, none at all, one that is not allowed; no secret is repeated."""
    assert not is_service(name)
    assert service_hint(name).startswith(hint)
    assert "secret" not in service_hint(name)


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
