"""`say-as` of SSML: a text in the words that say it; what the voices read well by themselves stays.

English, German, Spanish, French, Italian and Portuguese; the voices of other languages are given the letters and digits
one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from didgen.catalog.local_voices import language
from didgen.catalog.locales import WORDS

_DIGITS: Final = dict(zip("0123456789", "zero one two three four five six seven eight nine".split(), strict=True))
_SIGNS: Final = {
    "en": "- dash . dot _ underscore @ at / slash + plus # hash * star & and % percent $ dollar : colon = equals",
    "de": "- Strich . Punkt _ Unterstrich @ ät / Schrägstrich + plus # Raute * Stern & und % Prozent : Doppelpunkt",
    "es": "- guion . punto _ guion+bajo @ arroba / barra + más # almohadilla * asterisco & y % por+ciento : dos+puntos",
    "fr": "- tiret . point _ tiret+bas @ arobase / barre + plus # dièse * étoile & et % pour+cent : deux-points = égal",
    "it": "- trattino . punto _ trattino+basso @ chiocciola / barra + più # cancelletto * asterisco & e % per+cento",
    "pt": "- hífen . ponto _ sublinhado @ arroba / barra + mais # cerquilha * asterisco & e % por+cento : dois-pontos",
}  # fmt: skip
_OVER: Final = {"en": "over", "de": "durch", "es": "sobre", "fr": "sur", "it": "su", "pt": "sobre"}


def said(text: str, interpret_as: str, form: str = "", locale: str = "en") -> str:
    """What is spoken for `text`. interpret_as, form: as in SSML; one that is not known leaves the text as it is."""
    way = _WAYS.get(interpret_as.lower().removeprefix("vxml:"))
    if not form and locale.startswith("en-GB") and not re.match(r"\s*\d{4}", text):
        form = "dmy"
    return way(" ".join(text.split()), form.lower(), language(locale)) if way else text


def _spelt(text: str, _: str, spoken_in: str) -> str:
    """One by one, with a comma's rest between: "a1" is "A, one". A capital alone is read by its name."""
    signs = _signs(spoken_in)
    return ", ".join(signs.get(c) or _digit(c, spoken_in) or c.upper() for c in text if not c.isspace())


def _signs(spoken_in: str) -> dict[str, str]:
    words = _SIGNS.get(spoken_in, "").split(" ")
    return dict(zip(words[::2], (word.replace("+", " ") for word in words[1::2]), strict=False))


def _digit(c: str, spoken_in: str) -> str:
    return _DIGITS.get(c, "") if spoken_in == "en" else ""


def _digits(text: str, _: str, spoken_in: str) -> str:
    return " ".join(_digit(c, spoken_in) or c for c in text if not c.isspace())


def _telephone(text: str, _: str, spoken_in: str) -> str:
    """Digit by digit, a rest where the number has a gap, a dash or a bracket."""
    groups = [_digits(group, "", spoken_in) for group in re.findall(r"\d+", text)]
    plus = _signs(spoken_in).get("+", "plus")
    return (f"{plus} " if text.lstrip().startswith("+") else "") + ", ".join(groups) if groups else text


def _ordinal(text: str, _: str, spoken_in: str) -> str:
    match = re.fullmatch(r"(\d+)\.?", text)
    if match is None:
        return text
    number = int(match[1])
    if spoken_in != "en":
        return _own_ordinal(number, spoken_in)
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _own_ordinal(number: int, spoken_in: str) -> str:
    words = WORDS.get(spoken_in)
    if words is None:
        return str(number)
    known = words.ordinals.split()
    return known[number - 1] if 1 <= number <= len(known) else words.ordinal.format(n=number)


def _fraction(text: str, _: str, spoken_in: str) -> str:
    over, joint = _OVER.get(spoken_in), WORDS[spoken_in].joint if spoken_in in _OVER else ""
    return re.sub(r"(\d+)\s*/\s*(\d+)", rf"\1 {over} \2", text).replace("+", joint) if over else text


def _date(text: str, form: str, spoken_in: str) -> str:
    """ "04/03/2021" with form "dmy" is March 4, 2021, or 4 marzo 2021; "md", "ym" and the like leave parts out."""
    numbers = re.findall(r"\d+", text)
    order = [c for c in (form or _usual(numbers, spoken_in)) if c in "dmy"]
    words = WORDS.get(spoken_in)
    if words is None or not numbers or len(numbers) != len(order):
        return text
    if len(order) < 3 and spoken_in not in _SIGNS:
        return text
    part = dict(zip(order, map(int, numbers), strict=True))
    if not 1 <= part.get("m", 1) <= 12:
        return text
    month = words.months.split()[part["m"] - 1] if "m" in part else ""
    if spoken_in != "en":
        return _own_date(part, month, spoken_in)
    day = f"{month} {_ordinal(str(part['d']), '', 'en')}".strip() if "d" in part else month
    return f"{day}{', ' if day else ''}{part['y']}" if "y" in part else day


def _usual(numbers: list[str], spoken_in: str) -> str:
    if numbers and len(numbers[0]) == 4:
        return "ymd"
    return "mdy" if spoken_in == "en" else "dmy"


def _own_date(part: dict[str, int], month: str, spoken_in: str) -> str:
    """As the language writes a date, without what the form left out."""
    words = WORDS[spoken_in]
    day = str(part.get("d", ""))
    if day == "1" and words.first_day:
        day = words.first_day
    date = words.date.format(d=day, month=month, y=part.get("y", ""))
    known = {"d": day, "m": month, "y": part.get("y")}
    return date if all(known.values()) else re.sub(r"^(?:\W|de\b)+|(?:\W|\bde)+$", "", date)


_WAYS: Final[dict[str, Callable[[str, str, str], str]]] = {
    "characters": _spelt,
    "spell-out": _spelt,
    "verbatim": _spelt,
    "digits": _digits,
    "number_digit": _digits,
    "telephone": _telephone,
    "ordinal": _ordinal,
    "fraction": _fraction,
    "date": _date,
}
