"""`say-as` of SSML: a text in the words that say it, in English; what the voices read well by themselves stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_LETTERS: Final = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        (
            "ay bee see dee ee eff gee aitch eye jay kay ell em en oh pee cue are ess tee you vee double-you ex why zee"
        ).split(),
        strict=True,
    )
)
_DIGITS: Final = dict(zip("0123456789", "zero one two three four five six seven eight nine".split(), strict=True))
_SIGNS: Final = {
    "-": "dash", ".": "dot", "_": "underscore", "@": "at", "/": "slash", "+": "plus", "#": "hash", "*": "star",
    "&": "and", "%": "percent", "$": "dollar", ":": "colon", "=": "equals", "\\": "backslash",
}  # fmt: skip
_MONTHS: Final = "January February March April May June July August September October November December".split()


def said(text: str, interpret_as: str, form: str = "") -> str:
    """What is spoken for `text`. interpret_as, form: as in SSML; one that is not known leaves the text as it is."""
    way = _WAYS.get(interpret_as.lower().removeprefix("vxml:"))
    return way(" ".join(text.split()), form.lower()) if way else text


def _spelt(text: str, _: str = "") -> str:
    """One by one, with a comma's rest between: "A1" is "ay, one"."""
    words = (_LETTERS.get(c.lower()) or _DIGITS.get(c) or _SIGNS.get(c) or c for c in text if not c.isspace())
    return ", ".join(words)


def _digits(text: str, _: str = "") -> str:
    return " ".join(_DIGITS.get(c, c) for c in text if not c.isspace())


def _telephone(text: str, _: str = "") -> str:
    """Digit by digit, a rest where the number has a gap, a dash or a bracket."""
    groups = [_digits(group) for group in re.findall(r"\d+", text)]
    return ("plus " if text.lstrip().startswith("+") else "") + ", ".join(groups) if groups else text


def _ordinal(text: str, _: str = "") -> str:
    match = re.fullmatch(r"(\d+)\.?", text)
    if match is None:
        return text
    number = int(match[1])
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _fraction(text: str, _: str = "") -> str:
    return re.sub(r"(\d+)\s*/\s*(\d+)", r"\1 over \2", text).replace("+", " and ")


def _date(text: str, form: str) -> str:
    """ "04/03/2021" with form "dmy" is March 4, 2021; "md", "ym" and the like leave parts out."""
    numbers = re.findall(r"\d+", text)
    order = [c for c in (form or ("ymd" if len(numbers[:1]) and len(numbers[0]) == 4 else "mdy")) if c in "dmy"]
    if not numbers or len(numbers) != len(order):
        return text
    part = dict(zip(order, map(int, numbers), strict=True))
    month = part.get("m", 1)
    if not 1 <= month <= 12:
        return text
    words = _MONTHS[month - 1] if "m" in part else ""
    if "d" in part:
        words = f"{words} {_ordinal(str(part['d']))}".strip()
    return f"{words}{', ' if words else ''}{part['y']}" if "y" in part else words


_WAYS: Final[dict[str, Callable[[str, str], str]]] = {
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
