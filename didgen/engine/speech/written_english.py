"""What English writes short and the voices' own normaliser drops or garbles: versions, addresses, ranges of days.

It reads "2.0" as "two", "3.11.7" as "three eleven seven" and no "dot" in "example.com".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_ENDS: Final = "com|org|net|io|dev|ai|app|edu|gov|info|eu|uk|us|de|fr|es|it|ch|at|nl"
_CLOCK: Final = r"(\d{1,2}(?::\d\d)?)\s?(am|pm)"


def _version(match: re.Match[str]) -> str:
    """ "v3.11.7" is "v 3 point 11 point 7", four numbers have dots between them."""
    numbers = match["numbers"].split(".")
    return f"{match['v']} ".lstrip() + (" dot " if len(numbers) == 4 else " point ").join(numbers)


def _address(match: re.Match[str]) -> str:
    """ "info@my-site.org" is "info at my dash site dot org"; nobody says how a link begins."""
    return match["site"].replace("@", " at ").replace(".", " dot ").replace("-", " dash ")


def _clocks(match: re.Match[str]) -> str:
    """ "9am-5pm" is "9 A.M to 5 P.M"."""
    return " to ".join(f"{time} {half[0].upper()}.M" for time, half in re.findall(_CLOCK, match[0]))


WAYS: Final[tuple[tuple[str, Callable[[re.Match[str]], str]], ...]] = (
    (
        rf"(?<![\w@./-])(?:https?://)?(?P<site>(?:[\w+-]+(?:\.[\w+-]+)*@)?(?:[a-zA-Z0-9-]+\.)+(?:{_ENDS}))(?![\w@-])/?",
        _address,
    ),
    (r"(?<![\w.,$€£])(?P<v>v?)(?P<numbers>\d+(?:\.\d+){2,}|\d+\.0|(?<=v)\d+\.\d+)(?![\w%]|\.\d)", _version),
    (rf"(?<![\w-])(\d{{1,2}})\s?[-–]\s?(\d{{1,2}})(?=\s+{_MONTH}\b)", lambda match: f"{match[1]} to {match[2]}"),
    (rf"(?<![\w:]){_CLOCK}(?:\s?[-–]\s?{_CLOCK})?(?!\w)", _clocks),
    (r"(?<![\w/])24/7(?![\w/])", lambda _: "24 7"),
    (r"(?<!\w)CO(?:₂|2)(?!\w)", lambda _: "C O 2"),
)
