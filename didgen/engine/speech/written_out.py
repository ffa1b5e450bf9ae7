"""Abbreviations, dates and amounts as they are said, before a text is parted into sentences: "Sr." ends none.

For the voices of German, Spanish, French, Italian and Portuguese, whose engines read many of them wrongly or as letters
("3 barra 4 barra 2021"), and for what is left of English. Captions keep the words as they are written: `ssml.marked`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Final

from didgen.catalog.local_voices import language
from didgen.catalog.locales import MONEY, ONE_UP_TO_TWO, WORDS
from didgen.engine.speech import ssml, written_english
from didgen.engine.speech.abbreviations import ABBREVIATIONS, Abbreviations

_SIGNS: Final = {"€": "EUR", "£": "GBP", "R$": "BRL", "US$": "USD", "$": "USD"}
_SIGN: Final = "|".join(sorted(map(re.escape, _SIGNS), key=len, reverse=True))
_NUMBER: Final = r"(?:\d{1,3}(?:[.\u00a0\u202f ]\d{3}){1,6}|\d+)(?!\d)"  # not to try a whole table of them
_AMOUNT: Final = rf"(?P<whole>{_NUMBER}|\d{{1,3}}(?:,\d{{3}})+(?!\d))(?:[.,](?P<part>\d\d))?(?![.,]?\d)"
_MONEY: Final = rf"(?<![\w.,])(?:(?P<before>{_SIGN})\s?)?{_AMOUNT}(?:\s?(?P<behind>{_SIGN}))?"
_MINUS: Final = rf"(?<![^\s(\[\"“„«‘'=])(?<!\d\s)[-−](?=(?:(?:{_SIGN})\s?)?\d)"
_DATE: Final = (
    r"(?<![\w./-])(?:(?P<d>\d{1,2})(?P<mark>[./-])(?P<m>\d{1,2})(?P=mark)(?P<y>\d{4})"
    r"|(?P<iso_y>\d{4})-(?P<iso_m>\d\d)-(?P<iso_d>\d\d))(?![\w/-])"
)
_NUMBERED: Final = rf"(?=\s?{ssml.OPEN}?\d|\s(?:[IVXLC]{{2,}}\b|[IVX]\b(?!\.\s?\w)))"  # one letter may be an initial
_CLOCK_FR: Final = r"(?<!\w)(\d{1,2})\s?h\s?(\d\d)(?!\w)"
_CLOCK_PT: Final = r"(?<!\w)(\d{1,2})h(\d\d)(?!\w)"
_LARGE: Final = {
    "es": ("(?:mil )?mill(?:ón|ones)|bill(?:ón|ones)|mil", "de "),
    "fr": ("millions?|milliards?", "de "),
    "it": ("milion[ei]|miliard[oi]", "di "),
    "pt": ("(?:m|b|tr)il(?:hão|hões)|mil", "de "),
}
"""Numbers that stand between an amount and what it is counted in, and the word behind them; "mil" has none."""
_STREET_DE: Final = r"(?<!\w)(\w+[Ss])tr\.(?=\s\d)"
_STARTS_DE: Final = (
    r"(?:Der|Die|Das|Dem|Den|Eine?|Ich|Du|Er|Sie|Es|Wir|Ihr|Man|Dann|Danach|Dort|Hier|Jetzt|Aber|Und|Oder|Doch|Denn|Wenn|"
    r"Als|Weil|Auch|Nach|In|Im|Am|Auf|Bei|Mit|Für|Zu[mr]?|Was|Wer|Wie|Wo|Warum|Nicht|Keine?|Alle|Jede[rs]?|Diese[rs]?)\b"
)
"""A capital tells no beginning in German, these words do."""
_NAME: Final = rf"(?=\s+{ssml.OPEN}?(?:[A-ZÀ-ÖØ-Þ]|(?:und|y|et|e)\s))"
_OVER: Final = r"\s*(?:\n\s*\n|$)"

_ONE: Final = {"es": ("un", "una"), "fr": ("un", "une"), "it": ("un", "una"), "pt": ("um", "uma")}
_HERS_FR: Final = ("livre", "roupie")

Said = Callable[[re.Match[str]], str]
"""What is spoken for a match; "" leaves it as it is."""


def written_out(text: str, locale: str) -> str:
    """The text with what is said otherwise than it is written marked as both; all of it in other languages."""
    ways = _ways(language(locale))
    if locale.startswith("en-GB"):  # the voices' normaliser is American
        ways = ((_outside(written_english.DAY_FIRST), written_english.dated), *ways)
    for pattern, said in ways:
        text = pattern.sub(partial(_replaced, said), text)
    return text


def _replaced(said: Said, match: re.Match[str]) -> str:
    """What is marked already, and what is said as it is written, stays."""
    spoken = "" if match[0].startswith(ssml.OPEN) else said(match)
    return ssml.marked(match[0], spoken) if spoken else match[0]


def _outside(pattern: str) -> re.Pattern[str]:
    """The pattern where nothing is marked: a mark is a match of its own."""
    return re.compile(f"{ssml.MARK}|{pattern}")


@lru_cache(maxsize=8)
def _ways(spoken_in: str) -> tuple[tuple[re.Pattern[str], Said], ...]:
    short = ABBREVIATIONS.get(spoken_in)
    if short is None and spoken_in != "en":
        return ()
    minus = (_outside(_MINUS), lambda _: WORDS[spoken_in].minus)
    if short is None:
        return (minus, *((_outside(pattern), said) for pattern, said in written_english.WAYS))
    begins = _STARTS_DE if spoken_in == "de" else r"(?!)"
    ways = [
        _way(short.anywhere, rf"(?:\.(?!{_OVER}))?", stop=True),
        _way(short.ends, rf"(?:\.(?!{_OVER}|\s+[A-ZÀ-ÖØ-Þ]))?", stop=True),
        _way(short.titles, rf"(?!\s+{begins}){_NAME}", case=""),
        _way(short.numbered, _NUMBERED),
    ]
    if spoken_in == "de":  # its engines read numbers, dates and money well
        units = _units(short, rf"(?:\.(?!{_OVER}|\s+{begins}))?")
        return (minus, units, *ways, (_outside(_STREET_DE), lambda match: f"{match[1]}traße"))
    clocks = {"fr": [(_outside(_CLOCK_FR), _clock_fr)], "pt": [(_outside(_CLOCK_PT), _clock_pt)]}
    return (
        minus,
        (_outside(_DATE), lambda match: _date(match, spoken_in)),
        (_outside(_large_money(spoken_in)), lambda match: _large(match, spoken_in)),
        (_outside(_MONEY), lambda match: _money(match, spoken_in)),
        *clocks.get(spoken_in, []),
        _units(short),
        *ways,
    )


def _way(table: dict[str, str], behind: str, *, stop: bool = False, case: str = "i") -> tuple[re.Pattern[str], Said]:
    """Any of a table's keys. stop: but for the stop at its end, which `behind` takes or leaves to the sentence."""
    spoken = {_key(short): full for short, full in table.items()}
    any_of = _any_of(short.removesuffix(".") if stop else short for short in table)
    dot = r"(?=\.)" if stop else r"(?![^\W\d])"

    def said(match: re.Match[str]) -> str:
        full = spoken.get(_key(match[1])) or spoken[_key(match[1]) + "."]
        following = match.string[match.end() : match.end() + 1]
        return f"{full} " if following.isdigit() or following == ssml.OPEN else full  # "n°5"

    return _outside(rf"(?<!\w)((?{case}:{any_of})){dot}{behind}"), said


def _any_of(words: Iterable[str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s?") for word in longest_first)


def _key(short: str) -> str:
    return "".join(short.split()).casefold()


def _units(short: Abbreviations, behind: str = "") -> tuple[re.Pattern[str], Said]:
    pattern = _outside(rf"(?<![\w.,])({_NUMBER}(?:[.,]\d+)?)\s?({_any_of(short.units)})(?!\w){behind}")

    def said(match: re.Match[str]) -> str:
        one, many = short.units[match[2]]
        return one if match[1] == "1" else f"{match[1]} {many}"

    return pattern, said


def _date(match: re.Match[str], spoken_in: str) -> str:
    """ "3/4/2021" and "2021-04-03" are "3 de abril de 2021"; a month beyond the twelfth is none."""
    y, m, d = (int(match[name] or match[f"iso_{name}"]) for name in "ymd")
    if not (1 <= m <= 12 and 1 <= d <= 31):
        return ""
    words = WORDS[spoken_in]
    day = words.first_day if d == 1 and words.first_day else str(d)
    return words.date.format(d=day, month=words.months.split()[m - 1], y=y)


def _money(match: re.Match[str], spoken_in: str) -> str:
    """ "1.250,75 €" is "1250 euros y 75 céntimos"; a number alone is no money."""
    sign = match["before"] or match["behind"]
    if not sign:
        return ""
    unit, *parts = MONEY[_SIGNS[sign], spoken_in]
    whole = int("".join(c for c in match["whole"] if c.isdigit()))
    said = [_counted(whole, unit, spoken_in)] if whole or not match["part"] else []
    hundredths = int(match["part"] or 0)
    if hundredths:
        said.append(_counted(hundredths, parts[0], spoken_in))
    return WORDS[spoken_in].joint.join(said)


def _large_money(spoken_in: str) -> str:
    return (
        rf"(?<![\w.,])(?:(?P<before>{_SIGN})\s?)?(?P<count>\d+(?:[.,]\d+)*)\s(?P<many>{_LARGE[spoken_in][0]})(?!\w)"
        rf"(?:\s(?P<behind>{_SIGN}))?"
    )


def _large(match: re.Match[str], spoken_in: str) -> str:
    """ "$1,5 millones" is "1,5 millones de dólares"."""
    sign = match["before"] or match["behind"]
    if not sign:
        return ""
    unit = MONEY[_SIGNS[sign], spoken_in][0][1]
    of = "d'" if spoken_in == "fr" and unit[0] in "aeiou" else _LARGE[spoken_in][1]
    return f"{match['count']} {match['many']} {'' if match['many'] == 'mil' else of}{unit}"


def _counted(count: int, forms: tuple[str, str], spoken_in: str) -> str:
    """ "una libra", "2 libras": engines say "uno" for a 1."""
    one, many = forms
    if count == 1:
        his, her = _ONE[spoken_in]
        return f"{her if one.endswith('a') or one in _HERS_FR else his} {one}"
    return f"{count} {one if not count and spoken_in in ONE_UP_TO_TWO else many}"


def _clock_fr(match: re.Match[str]) -> str:
    """ "17h05" is "17 heures 5", "1h00" "une heure"."""
    hour, minute = int(match[1]), int(match[2])
    said = "une heure" if hour == 1 else f"{hour} heure{'s' if hour else ''}"
    return f"{said} {minute}" if minute else said


def _clock_pt(match: re.Match[str]) -> str:
    """ "7h30" is "7 e 30"."""
    return f"{int(match[1])} e {int(match[2])}"
