"""Filters of templates that write numbers, dates, plurals, lists and money as a locale's voice reads them.

Amounts may be numbers or texts that are numbers, as rows of CSV hold them. A wrong value, a locale without rules and a
currency nobody listed are an error, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jinja2.exceptions import FilterArgumentError

from didgen.catalog.locales import MONEY, ONE_FORM, ONE_UP_TO_TWO, WORDS, Words, separators

MAX_DIGITS = 15  # beyond it nobody listens, and a float is no longer exact
MAX_PLACES = 6


def filters_of(locale: str) -> dict[str, Callable[..., str]]:
    """The filters by name, for a locale ("" for none: then each is given one as `locale=`)."""
    made = (number, ordinal, percent, currency, plural, join_words, long_date)
    return {one.__name__.replace("long_", ""): _bound(one, locale) for one in made}


def _bound(one: Callable[..., str], of: str) -> Callable[..., str]:
    def filled(*values: Any, locale: str = of, **named: Any) -> str:
        try:
            return one(_known(locale), *values, **named)
        except TypeError:
            raise FilterArgumentError(_form(one, values, named)) from None

    return filled


def _form(one: Callable[..., str], values: tuple[Any, ...], named: dict[str, Any]) -> str:
    """What is wrong with the values a filter was given, and which it takes."""
    import inspect  # heavy, and for a mistake only

    _, _, *takes = (str(p).split(":")[0] for p in inspect.signature(one).parameters.values())
    name = one.__name__.removeprefix("long_")
    given = [*map(str, values[1:]), *(f"{key}={value}" for key, value in named.items())]
    return f"{name} cannot take ({', '.join(given)[:40]}), it takes {', '.join([*takes, 'locale'])}"


def number(locale: str, value: Any, places: int | None = None) -> str:
    """A number as it is written: 1,234.5 in English, 1.234,5 in German. places: decimals to round to, 0–6."""
    amount = _amount(value)
    if places is not None:
        if type(places) is not int or not 0 <= places <= MAX_PLACES:
            raise FilterArgumentError(f"places is a number from 0 to {MAX_PLACES}, not {places!r}")
        amount = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, rest = f"{abs(amount):f}".partition(".")
    rest = rest if places is not None else rest.rstrip("0")
    decimal, group = separators(locale)
    grouped = _grouped(whole, group, least=5 if _language(locale) == "es" else 4)
    return (_words(locale).minus if amount < 0 else "") + grouped + (decimal + rest if rest else "")


def _grouped(whole: str, mark: str, *, least: int) -> str:
    """Digits in groups of three; fewer than `least` digits as they are."""
    if len(whole) < least:
        return whole
    first = len(whole) % 3
    return mark.join(filter(None, [whole[:first], *(whole[i : i + 3] for i in range(first, len(whole), 3))]))


def ordinal(locale: str, value: Any) -> str:
    """The place in an order: "third", "dritte"; beyond ten as it is written, "21st"."""
    place = _whole(value)
    if place < 1:
        raise FilterArgumentError(f"{value!r} is no place in an order")
    words = _words(locale).ordinals.split()
    if place <= len(words):
        return words[place - 1]
    if _language(locale) == "en":
        teen = 10 <= place % 100 <= 20
        return f"{place}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')}"
    return _words(locale).ordinal.format(n=place)


def percent(locale: str, value: Any, places: int | None = None) -> str:
    """So many percent in words: 12.5 is "12.5 percent"."""
    words = _words(locale)
    said = number(locale, value, places)
    return f"{words.percent}{said}" if _language(locale) == "zh" else f"{said}{words.gap}{words.percent}"


def currency(locale: str, value: Any, code: str) -> str:
    """An amount of money in words, rounded to the hundredth: 12.5 EUR is "12 euros and 50 cents"."""
    units = MONEY.get((str(code), _language(locale)))
    if units is None:
        known = ", ".join(sorted({one for one, _ in MONEY}))
        raise FilterArgumentError(f"no words for the currency {code!r}, only for {known}")
    amount = _amount(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if len(units) == 1:
        return _counted(locale, amount, units[0])
    whole, cents = divmod(int(abs(amount) * 100), 100)
    parts = [_counted(locale, Decimal(whole), units[0])] if whole or not cents else []
    parts += [_counted(locale, Decimal(cents), units[1])] if cents else []
    joint = "" if _language(locale) in ONE_FORM else _words(locale).joint
    return (_words(locale).minus if amount < 0 else "") + joint.join(parts)


def _counted(locale: str, amount: Decimal, forms: tuple[str, str]) -> str:
    return number(locale, amount) + _words(locale).gap + forms[0 if _is_one(locale, amount) else 1]


def plural(locale: str, value: Any, *forms: str) -> str:
    """The form that goes with a number: (one, other), as the language counts; the last where it has no plural."""
    single = _language(locale) in ONE_FORM
    if len(forms) != 2 and not (single and len(forms) == 1):
        raise FilterArgumentError(f'plural takes two forms, as in plural("file", "files"), not {len(forms)}')
    return str(forms[0 if not single and _is_one(locale, _amount(value)) else -1])


def _is_one(locale: str, amount: Decimal) -> bool:
    amount = abs(amount)
    return amount < 2 if _language(locale) in ONE_UP_TO_TWO and locale != "pt-pt" and amount != 1 else amount == 1


def join_words(locale: str, values: Iterable[Any], *, either: bool = False) -> str:
    """A list in words: "a, b and c"; either: "a, b or c"."""
    if isinstance(values, str | int | float) or not isinstance(values, Iterable):
        raise FilterArgumentError(f"join_words takes a list, not {values!r}")
    items = [str(value) for value in values]
    if len(items) < 2:
        return "".join(items)
    words = _words(locale)
    joint = words.either if either else words.joint
    if _language(locale) == "es":
        joint = _easier(joint, items[-1].lower())
    return words.comma.join(items[:-1]) + joint + items[-1]


def _easier(joint: str, following: str) -> str:
    """Spanish says "e" for "y" before the sound i, and "u" for "o" before the sound o."""
    if joint == " y " and re.match(r"h?[ií](?![aeo])", following):
        return " e "
    return " u " if joint == " o " and re.match(r"h?[oó]", following) else joint


def long_date(locale: str, value: Any) -> str:
    """A day, written YYYY-MM-DD, in words: "November 26, 2026", "26. November 2026"."""
    text = str(value)
    try:
        day = date.fromisoformat(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else "")
    except ValueError:
        raise FilterArgumentError(f"{value!r} is no day, write it as in 2026-11-26") from None
    words = _words(locale)
    form = "{month} {d}, {y}" if locale in ("en", "en-us") else words.date
    number_of_day = words.first_day if day.day == 1 and words.first_day else day.day
    return form.format(d=number_of_day, month=words.months.split()[day.month - 1], y=day.year)


def _known(locale: str) -> str:
    """The locale in small letters. Raises FilterArgumentError for none, and for one without rules."""
    name = str(locale).replace("_", "-").lower()
    if not name:
        raise FilterArgumentError('needs a locale: write `locale:`, or name one, as in date(locale="en-US")')
    if _language(name) not in WORDS:
        raise FilterArgumentError(f"no rules for the locale {locale!r}, only for {', '.join(WORDS)}")
    return name


def _language(locale: str) -> str:
    return locale.partition("-")[0]


def _words(locale: str) -> Words:
    return WORDS[_language(locale)]


def _amount(value: Any) -> Decimal:
    """The number, also one written as text. Raises FilterArgumentError, for far too many digits too."""
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?(e[+-]?[0-9]{1,2})?", text):
        raise FilterArgumentError(f"{text[:40]!r} is not a number")
    amount = Decimal(text)
    if amount and not -MAX_DIGITS <= amount.adjusted() < MAX_DIGITS:
        raise FilterArgumentError(f"{text[:40]} has more than {MAX_DIGITS} digits")
    return amount


def _whole(value: Any) -> int:
    amount = _amount(value)
    if amount != int(amount):
        raise FilterArgumentError(f"{value!r} is not a whole number")
    return int(amount)
