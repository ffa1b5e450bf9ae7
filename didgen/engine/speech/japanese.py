"""Japanese for the voices: text to kana by a dictionary (janome), kana to phonemes by rule."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from didgen.engine.speech.asian import PUNCTUATION, english, joined
from didgen.engine.speech.reading import Chunk
from didgen.errors import RenderError

if TYPE_CHECKING:
    from janome.tokenizer import Tokenizer

_ROWS: Final = {
    "アイウエオ": "a i ɯ e o", "カキクケコ": "ka kʲi kɯ ke ko", "ガギグゲゴ": "ɡa ɡʲi ɡɯ ɡe ɡo",
    "サシスセソ": "sa ɕi sɨ se so", "ザジズゼゾ": "ʣa ʥi zɨ ʣe ʣo", "タチツテト": "ta ʨi ʦɨ te to",
    "ダヂヅデド": "da ʥi zɨ de do", "ナニヌネノ": "na ɲi nɯ ne no", "ハヒフヘホ": "ha çi ɸɯ he ho",
    "バビブベボ": "ba bʲi bɯ be bo", "パピプペポ": "pa pʲi pɯ pe po", "マミムメモ": "ma mʲi mɯ me mo",
    "ヤユヨ": "ja jɯ jo", "ラリルレロ": "ɾa ɾʲi ɾɯ ɾe ɾo", "ワヰヱヲ": "βa i e o", "ヴッー": "vɯ ʔ ː",
}  # fmt: skip
_KANA: Final = {kana: sound for row, sounds in _ROWS.items() for kana, sound in zip(row, sounds.split(), strict=True)}
_GLIDES: Final = {"ャ": "a", "ュ": "ɨ", "ョ": "o"}
_SMALL: Final = {"ァ": "a", "ィ": "i", "ゥ": "ɯ", "ェ": "e", "ォ": "o", "ヮ": "a"}
_ONES: Final = "〇一二三四五六七八九"
_DIGITS = re.compile(r"[0-9]+")
_BEFORE: Final = (("m", "mpb"), ("ŋ", "kɡ"), ("ɲ", "ɲʨʥ"), ("n", "ntdɾzʦʣ"))
"""What ン becomes before which sounds; else it is ɴ."""


def chunks(spoken: str) -> list[Chunk]:
    """The parts of a text between spaces with their phonemes. Raises RenderError when janome is not installed."""
    return [Chunk(part, _phonemes(part)) for part in spoken.split()]


def _phonemes(part: str) -> str:
    words: list[str] = []
    kana = ""  # of the word that is being put together
    for token in _tokenizer().tokenize(_DIGITS.sub(_in_kanji, unicodedata.normalize("NFKC", part))):
        kind = token.part_of_speech
        if token.surface in PUNCTUATION:
            words += [of_kana(kana), PUNCTUATION[token.surface]]
            kana = ""
        elif token.surface.isascii():
            words += [of_kana(kana), english(token.surface)]
            kana = ""
        else:
            heard = token.phonetic if token.phonetic != "*" else token.surface
            if not kind.startswith(("助動詞", "助詞,接続助詞")):  # endings belong to their verb
                words.append(of_kana(kana))
                kana = ""
            kana += "ー" if kana and token.surface == "う" else heard
    return joined([*words, of_kana(kana)])


def _in_kanji(number: re.Match[str]) -> str:
    """A whole number as it is written in kanji: 2026 is 二千二十六; longer than sixteen digits, digit by digit."""
    digits = number[0].lstrip("0")
    if not digits or len(digits) > 16:
        return "".join(_ONES[int(c)] for c in number[0])
    groups = [digits[max(0, end - 4) : end] for end in range(len(digits), 0, -4)]
    written = [_four(group) + unit for group, unit in zip(groups, ("", "万", "億", "兆"), strict=False) if int(group)]
    return "".join(reversed(written))


def _four(digits: str) -> str:
    out = ""
    for c, unit in zip(reversed(digits), ("", "十", "百", "千"), strict=False):
        if c != "0":
            out = ("" if c == "1" and unit else _ONES[int(c)]) + unit + out
    return out


def of_kana(kana: str) -> str:
    """Phonemes of katakana or hiragana; other signs are left out."""
    sounds: list[str] = []
    for c in _katakana(kana):
        if c in _GLIDES and sounds:
            sounds[-1] = sounds[-1][:-1] + _GLIDES[c] if sounds[-1][-1:] == "i" else sounds[-1][:-1] + "j" + _GLIDES[c]
        elif c in _SMALL and sounds:
            sounds[-1] = _with_small(sounds[-1], _SMALL[c])
        elif c in _SMALL or c in _GLIDES:
            sounds.append(_SMALL.get(c) or "j" + _GLIDES[c])
        elif c == "ン":
            sounds.append("ン")
        elif c in _KANA:
            sounds.append(_KANA[c])
    return "".join(
        _nasal(sounds[k + 1] if k + 1 < len(sounds) else "") if s == "ン" else s for k, s in enumerate(sounds)
    )


def _with_small(sound: str, vowel: str) -> str:
    """ファ, ティ, シェ, クァ: the sound's consonants with another vowel, softened before i, rounded after k and g."""
    if sound == "ɯ":
        return "β" + vowel
    consonant = sound[:-1]
    if consonant in ("k", "ɡ"):
        consonant += "ᵝ"
    elif vowel == "i" and consonant and consonant[-1] in "tdɸʦv":
        consonant += "ʲ"
    return consonant + vowel


def _nasal(following: str) -> str:
    return next((n for n, sounds in _BEFORE if following and following[0] in sounds), "ɴ")


def _katakana(kana: str) -> str:
    """Hiragana lie 96 places before katakana."""
    return "".join(chr(ord(c) + 96) if "ぁ" <= c <= "ゖ" else c for c in kana)


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    try:
        from janome.tokenizer import Tokenizer
    except ModuleNotFoundError:
        raise RenderError(
            "TextToSpeechProviderError", "Japanese needs its dictionary", hint="pip install 'didgen[voices,ja]'"
        ) from None
    return Tokenizer()
