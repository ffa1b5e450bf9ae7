"""What English writes short and the voices' own normaliser drops or garbles: versions, addresses, ranges of days.

It reads "2.0" as "two", "3.11.7" as "three eleven seven", "5.30pm" as "five point three", "-$20" as "twenty" and no
"dot" in "example.com".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from didgen.catalog.locales import WORDS
from didgen.engine.speech.say_as import said

_MONTHS: Final = WORDS["en"].months.split()
_MONTH: Final = "(?:" + "|".join(rf"{month[:3]}(?:{month[3:]}|t?\b\.?)" for month in _MONTHS) + ")"
_ENDS: Final = (
    "com|org|net|io|dev|ai|app|edu|gov|info|eu|uk|us|de|fr|es|it|ch|at|nl|ca|au|nz|ie|jp|br|pl|co|tv|ly|xyz|"
    "blog|cloud|online|page|shop|store|tech"
)
_USER: Final = r"(?:[\w+-]+(?:\.[\w+-]+)*@)?"
_DATE: Final = r"(?<![\w./,-])(?P<d>\d{{1,2}}){mark}(?P<m>\d{{1,2}}){mark}(?P<y>\d{{4}})(?![\w%/]|\.\d)"
DAY_FIRST: Final = _DATE.format(mark="/")
_RANGE: Final = (
    r"(?<![\w.,:/$£€-])(?P<sign>[$£€]?)(?P<low>\d{1,3}|[12]\d{3}(?=.[12]\d{3}))[-–](?P=sign)?"
    r"(?P<high>[1-9]\d{0,2}|[12]\d{3})(?![\w-]|[.,:/]\d)"
)
_PATH: Final = r"(?P<path>(?:/[\w.~%+-]*[\w~%+-])*)/?"
_CLOCK: Final = r"(\d{1,2}(?:[:.]\d\d)?)\s?((?i:am|pm))"
_SPOKEN: Final = {".": " dot ", "-": " dash ", "@": " at ", "/": " slash ", "_": " underscore ", "+": " plus "}


def _version(match: re.Match[str]) -> str:
    """ "v3.11.7" is "v 3 point 11 point 7", four numbers have dots between them."""
    numbers = match["numbers"].split(".")
    return f"{match['v']} ".lstrip() + (" dot " if len(numbers) == 4 else " point ").join(numbers)


def dated(match: re.Match[str]) -> str:
    """ "3.4.2021" is the third of April wherever dates have stops, and "3/4/2021" in Britain; there is no month
    beyond the twelfth."""
    day, month = int(match["d"]), int(match["m"])
    return f"{day} {_MONTHS[month - 1]} {match['y']}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def _address(match: re.Match[str]) -> str:
    """ "info@my-site.org/a" is "info at my dash site dot org slash a"; nobody says how a link begins."""
    return "".join(_SPOKEN.get(c, c) for c in match["site"] + match["path"])


def _clocks(match: re.Match[str]) -> str:
    """ "9am-5.30PM" is "9 A.M to 5:30 P.M"."""
    times = re.findall(_CLOCK, match[0])
    return " to ".join(f"{time.replace('.', ':')} {half[0].upper()}.M" for time, half in times)


def _range(match: re.Match[str]) -> str:
    """ "5-10%." is "5 to 10%.", "$5-$10" is "5 to $10"; one that falls is a score or hours."""
    low, high = match["low"], match["high"]
    rises = int(low) < int(high) and (len(low) == 4) == (len(high) == 4)
    return f"{low} to {match['sign']}{high}" if rises else ""


def _days(match: re.Match[str]) -> str:
    """ "March 4-6" is "March 4th to 6th"."""
    first, last = (said(match[name], "ordinal") for name in ("first", "last"))
    return f"{match['month']} {first} to {last}"


WAYS: Final[tuple[tuple[str, Callable[[re.Match[str]], str]], ...]] = (
    (
        rf"(?<![\w@./-])(?:https?://)?(?P<site>{_USER}(?:[a-zA-Z0-9-]+\.)+(?:{_ENDS}))(?![\w@-]){_PATH}",
        _address,
    ),
    (_DATE.format(mark=r"\."), dated),
    (r"(?<![\w.,$€£])(?P<v>v?)(?P<numbers>\d+(?:\.\d+){2,}|\d+\.0|(?<=v)\d+\.\d+)(?![\w%]|\.\d)", _version),
    (rf"(?<![\w-])(\d{{1,2}})\s?[-–]\s?(\d{{1,2}})(?=\s+{_MONTH}\b)", lambda match: f"{match[1]} to {match[2]}"),
    (rf"(?<!\w)(?P<month>{_MONTH})\s(?P<first>\d{{1,2}})\s?[-–]\s?(?P<last>\d{{1,2}})(?![\w%-]|[.:,]\d)", _days),
    (rf"(?<![\w:.$€£]){_CLOCK}(?:\s?[-–]\s?{_CLOCK})?(?!\w)", _clocks),
    (_RANGE, _range),
    (r"(?<![\w/])24/7(?![\w/])", lambda _: "24 7"),
    (r"(?<!\w)CO(?:₂|2)(?!\w)", lambda _: "C O 2"),
)
