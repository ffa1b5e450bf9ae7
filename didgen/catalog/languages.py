"""Which writing and which language a voice can read: told from letters and from the small words of each language.

Only what is sure is refused: a text of few words, or of a language not in the tables, passes.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_SCRIPTS: dict[str, tuple[str, ...]] = {
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
    "zh": ("CJK", "BOPOMOFO"),
    "yue": ("CJK", "BOPOMOFO"),
    "ko": ("HANGUL", "CJK"),
    "hi": ("DEVANAGARI",),
    "mr": ("DEVANAGARI",),
    "ne": ("DEVANAGARI",),
    "bn": ("BENGALI",),
    "ta": ("TAMIL",),
    "te": ("TELUGU",),
    "th": ("THAI",),
    "gu": ("GUJARATI",),
    "kn": ("KANNADA",),
    "ml": ("MALAYALAM",),
    "pa": ("GURMUKHI",),
    "si": ("SINHALA",),
    "el": ("GREEK",),
    "he": ("HEBREW",),
    "ka": ("GEORGIAN",),
    "hy": ("ARMENIAN",),
    **dict.fromkeys(("ar", "fa", "ur"), ("ARABIC",)),
    **dict.fromkeys(("ru", "uk", "bg", "mk", "be", "kk"), ("CYRILLIC",)),
    "sr": ("CYRILLIC", "LATIN"),
}
"""Languages that are not written in Latin letters, with the first words of their letters' Unicode names."""

_ANYWHERE = frozenset(("LATIN", "MICRO", "FEMININE", "MASCULINE", "MODIFIER"))

_FORMS = ("FULLWIDTH", "MATHEMATICAL")

_SMALL_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(word for word in words.split() if len(word) > 1)
    for language, words in {
        "en": "the and of to is in that it you for with are this was we have not be your on from can will our they",
        "de": "der die das und ist nicht ein eine mit zu von auf für sie wir ich den dem sich auch bei "
        "wie aus oder sind in im durch unser unsere wird haben hat noch nur bitte",
        "fr": "le la les et est des une pas pour dans que qui vous nous avec sur au ce il du elle sont votre mais ou",
        "es": "el la los las y es una que de para con por en no se su como más del al está son pero muy usted",
        "it": "il la che di è un una per non con del della sono i gli le si nel anche questo come ma alla più",
        "pt": "o a os as e é um uma que não para com do da em por se mais você nós ao são mas como está",
        "nl": "de het een en van is niet voor met zijn op dat wij je ook te aan er maar bij naar om deze worden",
        "pl": "i w nie na się że jest do to z co jak o za od po być są dla przez czy który oraz ale",
        "sv": "och att det som är inte på ett en av för med den till har jag vi du kan om från men så",
        "da": "og at det som er ikke på et en af for med den til har jeg vi du kan om fra men så",
        "tr": "ve bir bu için ile da de çok daha olarak ama ne gibi kadar sonra var biz siz değil en",
    }.items()
}
_ONLY_CHINESE = frozenset("你们們这這吗嗎呢吧说說很哪您")
"""Everyday letters of Chinese that Japanese writes never or only beside kana."""
_ANY_SMALL = frozenset().union(*_SMALL_WORDS.values())
_SURE_WORDS = 3  # different small words of another language that must be there
_SURE_SHARE = 0.15  # and their share of all words
_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
_RUNS = re.compile(r"\w+")
_GAPS = {code: " " for code in range(128) if chr(code) != "_" and not chr(code).isalnum()}


def unreadable(text: str, locale: str) -> str:
    """Why a voice of `locale` cannot read the text, "" when it can or when that is not sure."""
    language = locale.replace("_", "-").split("-")[0].lower()
    own = _SCRIPTS.get(language, ("LATIN",))
    there = _scripts(text)
    if not there <= {*own, *_ANYWHERE}:
        foreign = next(w for w in _LETTERS.findall(text) if not _scripts(w) <= {*own, *_ANYWHERE})
        script = min(_scripts(foreign) - {*own, *_ANYWHERE})
        return f"cannot read {_named(script)} writing: {foreign[:40]!r}"
    if "LATIN" not in own and there.isdisjoint(own) and len(_LETTERS.findall(text)) >= 6:
        return f"reads {_named(own[0])} writing, and the text is all in Latin letters"
    if language == "ja" and there == {"CJK"} and _ONLY_CHINESE.intersection(text):
        return "cannot speak a text in the language 'zh'"
    other = _language_of(text, language)
    return f"cannot speak a text in the language {other!r}" if other else ""


def wordless(text: str) -> bool:
    """Whether our voices have nothing to say: there are but marks and pictures."""
    return not any(map(str.isalnum, text))


def _language_of(text: str, language: str) -> str:
    """The language whose own small words are many where hardly one of `language` is; "" when that is not sure."""
    mine = _SMALL_WORDS.get(language)
    if mine is None:
        return ""
    known = _ANY_SMALL.intersection(_runs(text))
    if len(known - mine) < _SURE_WORDS:  # most texts: nothing is counted
        return ""
    words = _WORDS.findall(text)
    counts = Counter(map(str.lower, words))
    found: dict[str, int] = {}
    for other, small in _SMALL_WORDS.items():
        several = known & (small - mine)
        theirs = sum(counts[w] for w in several)
        ours = sum(counts[w] for w in known & (mine - small))
        if len(several) >= _SURE_WORDS and theirs >= _SURE_SHARE * len(words) and ours <= theirs / 4:
            found[other] = theirs
    return max(found, key=lambda name: found[name], default="")


def _runs(text: str) -> Iterable[str]:
    """The words of a text in small letters, and what has digits in it; three times as fast where all is ASCII."""
    return text.translate(_GAPS).lower().split() if text.isascii() else map(str.lower, _RUNS.findall(text))


def _scripts(text: str) -> set[str]:
    """The scripts of a text's letters."""
    if text.isascii():
        return {"LATIN"} if any(map(str.isalpha, text)) else set()
    return {_script(letter) for letter in set(text) if letter.isalpha()}


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """The first word of a letter's Unicode name is its script: LATIN, CYRILLIC, CJK, HIRAGANA, … Another form of a
    letter ("Ｈ", "𝐇", the Kelvin sign) is read as that."""
    name = unicodedata.name(unicodedata.normalize("NFC", letter), "UNKNOWN")
    if name.startswith(_FORMS):
        name = unicodedata.name(unicodedata.normalize("NFKC", letter), "UNKNOWN")
    return name.split()[0].split("-")[0]


def _named(script: str) -> str:
    return script if script == "CJK" else script.capitalize()
