"""Mandarin for the voices: characters to pinyin by a dictionary (pypinyin), pinyin to phonemes by rule."""

from __future__ import annotations

import re
from typing import Final

from didgen.engine.speech.asian import PUNCTUATION, english, joined
from didgen.engine.speech.reading import Chunk
from didgen.errors import RenderError

_INITIALS: Final = {
    "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l",
    "g": "k", "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s",
}  # fmt: skip
_FINALS: Final = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0", "en": "ə0n", "eng": "ə0ŋ",
    "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "ie": "je0", "in": "i0n", "iu": "jou0",
    "ing": "i0ŋ", "iong": "jʊ0ŋ", "ong": "ʊ0ŋ", "ou": "ou0", "u": "u0", "ui": "wei0", "ua": "wa0", "uai": "wai0",
    "uan": "wa0n", "un": "wə0n", "uang": "wa0ŋ", "ueng": "wə0ŋ", "uo": "wo0", "o": "wo0", "v": "y0", "ve": "ɥe0",
    "van": "ɥɛ0n", "vn": "y0n", "er": "ɚ0", "m": "m0", "n": "n0", "ng": "ŋ0", "io": "jɔ0",
}  # fmt: skip
"""Pinyin's finals; 0 is where the tone stands."""

_TONES: Final = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_WRITTEN_WITH_Y: Final = {"yu": "v", "yue": "ve", "yuan": "van", "yun": "vn", "yi": "i", "yin": "in", "ying": "ing"}
_HAN: Final = "[㐀-䶿一-鿿]"
_PARTS = re.compile(f"{_HAN}+|[A-Za-z][A-Za-z'’-]*|.", re.DOTALL)


def chunks(spoken: str) -> list[Chunk]:
    """The parts of a text between spaces with their phonemes. Raises RenderError when pypinyin is not installed."""
    return [Chunk(part, _phonemes(part)) for part in spoken.split()]


def _phonemes(part: str) -> str:
    words: list[str] = []
    for piece in _PARTS.findall(_numbers_written(part)):
        if re.match(_HAN, piece):
            words += ["".join(of_pinyin(syllable) for syllable in word) for word in _words(piece)]
        elif piece[0].isascii() and piece[0].isalpha():
            words.append(english(piece))
        elif piece in PUNCTUATION:
            words.append(PUNCTUATION[piece])
    return joined(words)


def of_pinyin(syllable: str) -> str:
    """Phonemes of one syllable of pinyin with its tone as a digit ("hao3"); "" when it is none."""
    plain, tone = syllable[:-1].replace("ü", "v"), syllable[-1:]
    initial = next((i for i in _INITIALS if plain.startswith(i) and set(plain[len(i) :]) & set("aeiouv")), "")
    final = plain[len(initial) :]
    if not initial:
        final = _without_y_and_w(plain)
    elif initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    if tone not in _TONES or final not in _FINALS:
        return ""
    if final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        sound = "ɨ0"  # the vowel of shi and of si
    else:
        sound = _FINALS[final] if initial or final != "o" else "ɔ0"
    return _INITIALS.get(initial, "") + sound.replace("0", _TONES[tone])


def _without_y_and_w(plain: str) -> str:
    """A syllable without an initial as a final: "you" is iu, "wei" ui, "yu" ü."""
    if plain in _WRITTEN_WITH_Y:
        return _WRITTEN_WITH_Y[plain]
    if plain.startswith("y"):
        return {"you": "iu"}.get(plain, "i" + plain[1:])
    if plain.startswith("w"):
        return {"wei": "ui", "wen": "un", "wu": "u"}.get(plain, "u" + plain[1:])
    return plain


def _words(han: str) -> list[list[str]]:
    """Syllables of a run of characters, word by word."""
    try:
        import rjieba
        from pypinyin import Style, lazy_pinyin
    except ModuleNotFoundError:
        raise _missing() from None
    words = rjieba.cut(han)
    syllables = iter(lazy_pinyin(words, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True))
    return [[next(syllables, "") for _ in word] for word in words]


def _numbers_written(part: str) -> str:
    if not any(c.isdigit() for c in part):
        return part
    try:
        import cn2an
    except ModuleNotFoundError:
        raise _missing() from None
    return str(cn2an.transform(part, "an2cn"))


def _missing() -> RenderError:
    return RenderError(
        "TextToSpeechProviderError", "Chinese needs its dictionaries", hint="pip install 'didgen[voices]'"
    )
