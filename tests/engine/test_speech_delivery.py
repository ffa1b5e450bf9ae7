"""How words are said: rate, pitch, volume, emphasis, phonemes, voices. What is asked for is measured in the sound."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.shot import TextScript
from didgen.engine.speech.ipa import voiced
from didgen.engine.speech.reshape import Piece, reshaped
from didgen.engine.speech.say_as import said
from didgen.engine.speech.script import utterances
from didgen.engine.speech.speak import speak
from didgen.engine.speech.speech import Speech
from didgen.engine.speech.style import PLAIN, Style
from didgen.errors import RenderError

RATE_HZ = 24_000


def ssml(markup: str, **more: float) -> Speech:
    return speak(TextScript(markup, "heart", ssml=True, **more))  # type: ignore[arg-type]


def word(speech: Speech, text: str) -> tuple[float, float]:
    return next((w.start_s, w.end_s) for w in speech.words if w.text.strip(".,") == text)


def sound_of(speech: Speech, text: str) -> NDArray[np.float32]:
    start_s, end_s = word(speech, text)
    return speech.samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]


def f0_hz(samples: NDArray[np.float32]) -> float:
    """The strongest period between 80 and 400 Hz by autocorrelation, over the loudest 60 ms."""
    size = round(0.06 * RATE_HZ)
    power = np.convolve(samples**2, np.ones(size), "valid")
    voiced_part = samples[power.argmax() :][:size] - samples.mean()
    correlation = np.correlate(voiced_part, voiced_part, "full")[size - 1 :]
    low, high = RATE_HZ // 400, RATE_HZ // 80
    return RATE_HZ / (low + int(correlation[low:high].argmax()))


def level_db(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


def bursts() -> NDArray[np.float32]:
    """Two seconds, a soft burst of 220 Hz every 0.2 s."""
    x = np.zeros(2 * RATE_HZ, np.float32)
    t = np.arange(2400)
    for k in range(1, 10):
        x[k * 4800 : k * 4800 + 2400] = 0.4 * np.hanning(2400) * np.sin(2 * np.pi * 220 * t / RATE_HZ)
    return x


@pytest.mark.parametrize(("rate", "pitch_st"), [(1.0, 3.0), (1.0, -4.0), (0.8, 0.0), (1.3, 0.0), (0.85, 2.0)])
def test_a_piece_changes_and_its_times_follow(rate: float, pitch_st: float) -> None:
    """The middle is as long and as high as asked, its bursts are where the map says, the rest is untouched."""
    x = bursts()
    y, after = reshaped(x, RATE_HZ, [Piece(0, 0.65), Piece(0.65, 1.45, rate, pitch_st), Piece(1.45, 2)])
    assert len(y) == pytest.approx((1.2 + 0.8 / rate) * RATE_HZ, abs=2)
    assert after(2.0) == pytest.approx(1.2 + 0.8 / rate)
    envelope = np.convolve(np.abs(y), np.hanning(1200), "same")
    for k in (4, 5, 6):
        expected = round(after(0.2 * k + 0.05) * RATE_HZ)
        near = envelope[expected - 1800 : expected + 1800]
        assert abs(int(near.argmax()) - 1800) <= 0.012 * RATE_HZ
    middle = y[round(after(1.0) * RATE_HZ) : round(after(1.1) * RATE_HZ)]
    hz = np.fft.rfftfreq(1 << 16, 1 / RATE_HZ)[np.abs(np.fft.rfft(middle, 1 << 16)).argmax()]
    assert hz == pytest.approx(220 * 2 ** (pitch_st / 12), rel=0.02)
    assert np.array_equal(x[: round(0.64 * RATE_HZ)], y[: round(0.64 * RATE_HZ)])


def test_nothing_asked_changes_nothing() -> None:
    """Plain pieces give the very samples."""
    x = bursts()
    assert reshaped(x, RATE_HZ, [Piece(0, 1), Piece(1, 2)])[0] is x


def test_one_word_is_slow_high_and_loud() -> None:
    """Prosody around one word changes that word and leaves the others as long as they were."""
    text = "We never open the red window on Monday."
    plain = ssml(text)
    changed = ssml(text.replace("red", '<prosody rate="60%" pitch="+4st" volume="+6dB">red</prosody>'))
    a, b = word(plain, "red"), word(changed, "red")
    assert (b[1] - b[0]) == pytest.approx((a[1] - a[0]) / 0.6, rel=0.2)
    assert f0_hz(sound_of(changed, "red")) == pytest.approx(f0_hz(sound_of(plain, "red")) * 2 ** (4 / 12), rel=0.08)
    for other in ("open", "window"):
        c, d = word(plain, other), word(changed, other)
        assert (d[1] - d[0]) == pytest.approx(c[1] - c[0], abs=0.03)
    rise = level_db(sound_of(changed, "red")) - level_db(sound_of(changed, "window"))
    usual = level_db(sound_of(plain, "red")) - level_db(sound_of(plain, "window"))
    assert rise - usual > 3
    assert [w.text for w in plain.words] == [w.text for w in changed.words]


def test_phonemes_follow_a_changed_word() -> None:
    """Mouth shapes stay sorted and inside the sound when words were stretched."""
    speech = ssml('Mum <emphasis level="strong">baked</emphasis> a <prosody rate="x-slow">plum</prosody> pie.')
    ends = [p.end_s for p in speech.phonemes]
    assert ends == sorted(ends)
    assert ends[-1] <= speech.duration_s + 1e-6
    start_s, end_s = word(speech, "plum")
    lips = [p for p in speech.phonemes if p.viseme == "PP" and start_s - 0.01 <= p.start_s < end_s - 0.01]
    assert 2 == len(lips)


def test_the_whole_script_can_be_pitched() -> None:
    """`pitch` of a voice's config moves all of it; the pace stays."""
    low = speak(TextScript("A cold winter morning.", "heart", pitch_st=-3))
    plain = speak(TextScript("A cold winter morning.", "heart"))
    assert f0_hz(sound_of(low, "winter")) == pytest.approx(f0_hz(sound_of(plain, "winter")) * 2 ** (-3 / 12), rel=0.08)
    assert low.duration_s == pytest.approx(plain.duration_s, abs=0.05)


def test_styles_belong_to_words() -> None:
    """A tag may begin and end inside a sentence; what it holds is counted in words as written."""
    (found,) = utterances(
        TextScript('one <sub alias="too two">a b</sub> <emphasis>three</emphasis>, four', "heart", ssml=True)
    )
    assert "one a b three, four" == found.written
    assert [True, True, True, False, True] == [style == PLAIN for style in found.styles]


def test_given_phonemes_are_spoken() -> None:
    """`phoneme` decides the sounds of its word; the comma after it stays a rest."""
    speech = ssml('I say <phoneme alphabet="ipa" ph="təˈmɑːtəʊ">tomato</phoneme>, you know.')
    start_s, end_s = word(speech, "tomato")
    symbols = [p.symbol for p in speech.phonemes if start_s - 0.01 <= p.start_s < end_s]
    assert "ɑ" in symbols
    assert "A" not in symbols


@pytest.mark.parametrize(
    ("ipa", "symbols"),
    [("təˈmeɪtoʊ", "təˈmAtO"), ("tʃɪr", "ʧɪɹ"), ("d͡ʒʌdʒ", "ʤʌʤ"), ("ɡɝl", "ɡɜɹl"), ("☃", ""), ("ˈ", "")],
)
def test_ipa_becomes_the_voices_alphabet(ipa: str, symbols: str) -> None:
    """Diphthongs and affricates are one symbol there."""
    assert symbols == voiced(ipa)


@pytest.mark.parametrize(
    ("text", "way", "form", "spoken"),
    [
        ("A1b", "characters", "", "A, one, B"),
        ("042", "digits", "", "zero four two"),
        ("+49 (0)30 1234", "telephone", "", "plus four nine, zero, three zero, one two three four"),
        ("21", "ordinal", "", "21st"),
        ("112", "ordinal", "", "112th"),
        ("04/03/2021", "date", "dmy", "March 4th, 2021"),
        ("2021-03-04", "date", "", "March 4th, 2021"),
        ("3/4", "fraction", "", "3 over 4"),
        ("12/13/14/15", "date", "", "12/13/14/15"),
        ("x", "expletive", "", "x"),
    ],
)
def test_say_as(text: str, way: str, form: str, spoken: str) -> None:
    """What is read by its kind is written out; a kind nobody knows leaves the text."""
    assert spoken == said(text, way, form)


@pytest.mark.parametrize(
    ("text", "way", "form", "language", "spoken"),
    [
        ("aB-1", "characters", "", "de", "A, B, Strich, 1"),
        ("042", "digits", "", "es", "0 4 2"),
        ("+39 (06) 12", "telephone", "", "it", "più 3 9, 0 6, 1 2"),
        ("3", "ordinal", "", "fr", "troisième"),
        ("25", "ordinal", "", "de", "25."),
        ("2/3", "fraction", "", "pt", "2 sobre 3"),
        ("04/03/2021", "date", "mdy", "es", "3 de abril de 2021"),
        ("04.03.2021", "date", "", "de", "4. März 2021"),
        ("3/2021", "date", "my", "es", "marzo de 2021"),
        ("1/3", "date", "dm", "fr", "1er mars"),
        ("3/2021", "date", "my", "ja", "3/2021"),
        ("A1", "characters", "", "ja", "A, 1"),
    ],
)
def test_say_as_in_the_language_of_the_voice(text: str, way: str, form: str, language: str, spoken: str) -> None:
    """No English word is given to a voice that does not speak English."""
    assert spoken == said(text, way, form, language)


def test_say_as_follows_the_voice_that_says_it() -> None:
    """Inside a `voice` tag it is that voice's language which counts."""
    date = '<say-as interpret-as="date" format="dmy">4/3/2021</say-as>'
    markup = f'On {date}. <voice name="pico-de">Am {date}.</voice>'
    found = [u.spoken for u in utterances(TextScript(markup, "heart", ssml=True))]
    assert ["On March 4th, 2021.", "Am 4. März 2021."] == found


def test_a_letter_is_heard_by_its_name() -> None:
    """An A alone has the sound of "day", not of "eye"."""
    speech = ssml('<say-as interpret-as="characters">AX</say-as>')
    start_s, end_s = word(speech, "AX")
    symbols = [p.symbol for p in speech.phonemes if start_s - 0.01 <= p.start_s < end_s]
    assert "A" == symbols[0]
    assert "I" not in symbols


def test_say_as_keeps_the_written_word() -> None:
    """Captions show "A1", the voice says "A, one"."""
    (found,) = utterances(TextScript('Gate <say-as interpret-as="characters">A1</say-as> now', "heart", ssml=True))
    assert ("Gate A1 now", "Gate A, one now") == (found.written, found.spoken)


@pytest.mark.parametrize(
    ("markup", "message"),
    [
        ('<prosody rate="quick">x</prosody> y', "rate"),
        ('<prosody pitch="up">x</prosody> y', "pitch"),
        ('<prosody volume="-5">x</prosody> y', "volume"),
        ('<phoneme alphabet="x-sampa" ph="t@">x</phoneme> y', "alphabet"),
        ('<phoneme ph="☃">x</phoneme> y', "no sound"),
        ('<voice name="nobody">x</voice>', "no voice 'nobody'"),
    ],
)
def test_what_cannot_be_followed_is_said(markup: str, message: str) -> None:
    """A value nobody can read is an error of its own, not a silent default."""
    with pytest.raises(RenderError, match=message):
        speak(TextScript(markup, "heart", ssml=True))


def test_a_voice_tag_changes_the_speaker() -> None:
    """Each stretch is spoken by its own voice, named locally or as the service does; then the script's goes on."""
    found = utterances(TextScript('I say <voice name="en-US-GuyNeural">hello there</voice> again', "heart", ssml=True))
    assert [("I say", ""), ("hello there", "en-US-GuyNeural"), ("again", "")] == [(u.written, u.voice) for u in found]


def test_styles_nest() -> None:
    """Emphasis inside slow speech is slower still."""
    (found,) = utterances(
        TextScript('<prosody rate="slow">a <emphasis level="strong">b</emphasis></prosody>', "heart", ssml=True)
    )
    assert Style(0.75) == found.styles[0]
    assert found.styles[1].rate == pytest.approx(0.75 * 0.86)


def test_a_long_script_is_spoken_whole() -> None:
    """Sentences of 2,000 words are all there, in order, none longer than the voice can say."""
    words = [f"word{k}{'.' if k % 17 == 16 else ''}" for k in range(2000)]
    found = utterances(TextScript(" ".join(words), "heart"))
    assert words == [w for u in found for w in u.written.split()]
