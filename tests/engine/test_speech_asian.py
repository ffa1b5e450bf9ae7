"""Japanese and Chinese on their way to phonemes."""

from __future__ import annotations

import pytest

from didgen.engine.shot import TextScript
from didgen.engine.speech import chinese, japanese
from didgen.engine.speech.reading import vocabulary
from didgen.engine.speech.script import utterances

HAN = "今天我们很高兴，2026年AI也高兴！"
KANJI = "今日は学校に行きましょう、2026年のAIです。"


@pytest.mark.parametrize(
    ("kana", "sounds"),
    [
        ("キョウ", "kʲoɯ"), ("シャツ", "ɕaʦɨ"), ("ティー", "tʲiː"), ("ファン", "ɸaɴ"), ("ウィ", "βi"),
        ("がっこう", "ɡaʔkoɯ"), ("サンポ", "sampo"), ("ギンコー", "ɡʲiŋkoː"),
        ("ニンニク", "ɲiɲɲikɯ"), ("クァ", "kᵝa"), ("?", ""),
    ],
)  # fmt: skip
def test_kana_are_read_sound_by_sound(kana: str, sounds: str) -> None:
    """Glides, small vowels, length, the stop and the nasal before other sounds."""
    assert sounds == japanese.of_kana(kana)


@pytest.mark.parametrize(
    ("pinyin", "sounds"),
    [
        ("hao3", "xau↓"), ("zhi1", "ꭧɨ→"), ("si4", "sɨ↘"), ("xue2", "ɕɥe↗"), ("ju2", "ʨy↗"), ("lü4", "ly↘"),
        ("you3", "jou↓"), ("wei4", "wei↘"), ("yuan2", "ɥɛ↗n"), ("wu3", "u↓"), ("er2", "ɚ↗"), ("ma5", "ma"),
        ("xyz9", ""),
    ],
)  # fmt: skip
def test_pinyin_is_read_by_rule(pinyin: str, sounds: str) -> None:
    """Initials, finals as they are written with y and w, the tone behind its vowel."""
    assert sounds == chinese.of_pinyin(pinyin)


def test_every_syllable_of_the_dictionary_has_its_sounds() -> None:
    """All that pypinyin gives for every eighth of twenty thousand characters, but for rare interjections."""
    pytest.importorskip("pypinyin", reason="the voices extra is not installed")
    from pypinyin import Style, pinyin

    given = {s for c in range(0x4E00, 0x9FA6, 8) for s in pinyin(chr(c), Style.TONE3, neutral_tone_with_five=True)[0]}
    silent = {s for s in given if s.isascii() and s[-1:].isdigit() and not chinese.of_pinyin(s)}
    assert len(given) > 700
    assert {s[:-1] for s in silent} <= {"ng", "ê", "wong", "hm", "hng"}


@pytest.mark.parametrize(
    ("chunks", "module", "text", "parts"),
    [
        (chinese.chunks, "pypinyin", HAN, ["wo↓mən", "kau→ɕi↘ŋ", "ɚ↘li↗ŋɚ↘"]),
        (japanese.chunks, "janome", KANJI, ["kʲoː βa", "ikʲimaɕoː", "ɾokɯ neɴ no"]),
    ],
)
def test_whole_texts_are_read(chunks: object, module: str, text: str, parts: list[str]) -> None:
    """Words of more than one character, numbers in the language, Latin words in English, all in one alphabet."""
    pytest.importorskip(module, reason=f"{module} is not installed")
    assert callable(chunks)
    (chunk,) = chunks(text)
    assert all(part in chunk.phonemes for part in parts), chunk.phonemes
    assert "ˈAˌI" in chunk.phonemes
    assert chunk.phonemes[-1] in ".!"
    assert set(chunk.phonemes) <= set(vocabulary())


def test_sentences_without_spaces_are_told_apart() -> None:
    """Behind 。 and ！ a sentence ends; behind 、 and ， a caption may break."""
    found = utterances(TextScript("今天很好。我们去吧！好，走。", "zf_xiaobei"))
    assert ["今天很好。", "我们去吧！", "好， 走。"] == [u.written for u in found]
