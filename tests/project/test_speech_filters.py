"""Filters that write what is spoken by locale: through the real child, as templates use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didgen.catalog.locales import MONEY, WORDS
from didgen.project.files import Files
from didgen.project.speech_filters import filters_of, number, plural
from didgen.project.template import TemplateProblem, Templates


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    with Templates(Files(tmp_path_factory.mktemp("empty"))) as shared:
        yield shared


@pytest.mark.parametrize(
    ("locale", "spoken"),
    [
        ("en-US", "March 1, 2026|1,234,567.5|Ann, Bob and Cy|12 dollars and 1 cent|2.5 percent|third|12th"),
        ("en-GB", "1 March 2026|1,234,567.5|Ann, Bob and Cy|12 dollars and 1 cent|2.5 percent|third|12th"),
        ("de", "1. März 2026|1.234.567,5|Ann, Bob und Cy|12 Dollar und 1 Cent|2,5 Prozent|dritte|zwölfte"),
        ("de_CH", "1. März 2026|1’234’567.5|Ann, Bob und Cy|12 Dollar und 1 Cent|2.5 Prozent|dritte|zwölfte"),
        ("fr", "1er mars 2026|1 234 567,5|Ann, Bob et Cy|12 dollars et 1 cent|2,5 pour cent|troisième|12ème"),
        ("es-ES", "1 de marzo de 2026|1.234.567,5|Ann, Bob y Cy|12 dólares y 1 centavo|2,5 por ciento|tercero|12º"),
        ("es-MX", "1 de marzo de 2026|1,234,567.5|Ann, Bob y Cy|12 dólares y 1 centavo|2.5 por ciento|tercero|12º"),
        ("it", "1º marzo 2026|1.234.567,5|Ann, Bob e Cy|12 dollari e 1 centesimo|2,5 per cento|terzo|12º"),
        ("pt-BR", "1º de março de 2026|1.234.567,5|Ann, Bob e Cy|12 dólares e 1 centavo|2,5 por cento|terceiro|12º"),
        ("ja", "2026年3月1日|1,234,567.5|Ann、Bob、Cy|12ドル1セント|2.5パーセント|3番目|12番目"),
        ("zh-CN", "2026年3月1日|1,234,567.5|Ann、Bob和Cy|12美元1美分|百分之2.5|第3|第12"),
        ("hi", "1 मार्च 2026|1234567.5|Ann, Bob और Cy|12 डॉलर और 1 सेंट|2.5 प्रतिशत|तीसरा|12वाँ"),
    ],
)  # fmt: skip
def test_each_language_has_its_own_words(templates: Templates, locale: str, spoken: str) -> None:
    """One template, one child, many locales: constants too are worked out for the locale that asks."""
    source = (
        "{{ '2026-03-01' | date }}|{{ '1234567.50' | number }}|{{ people | join_words }}|{{ 12.01 | currency('USD') }}"
        "|{{ 2.5 | percent }}|{{ 3 | ordinal }}|{{ 12 | ordinal }}"
    )
    made = templates.render(source, {"people": ["Ann", "Bob", "Cy"], "locale": locale})
    assert spoken == made


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ 1 }} {{ 1 | plural('file', 'files') }}, 0 {{ 0 | plural('file', 'files') }}", "1 file, 0 files"),
        ("{{ 0 | plural('fichier', 'fichiers', locale='fr') }}", "fichier"),
        ("{{ 1.5 | plural('fichier', 'fichiers', locale='fr') }}", "fichier"),
        ("{{ 2 | plural('fichier', 'fichiers', locale='fr') }}", "fichiers"),
        ("{{ 0 | plural('um', 'mais', locale='pt-BR') }}{{ 0 | plural('um', 'mais', locale='pt-PT') }}", "ummais"),
        ("{{ 1 | plural('本', locale='ja') }}", "本"),
        ("{{ '1' | plural('row', 'rows') }}", "row"),
        ("{{ ['a', 'b'] | join_words(either=true) }}", "a or b"),
        ("{{ ['a'] | join_words }}{{ [] | join_words }}", "a"),
        ("{{ ['uva', 'higo'] | join_words(locale='es') }}", "uva e higo"),
        ("{{ ['agua', 'hielo'] | join_words(locale='es') }}", "agua y hielo"),
        ("{{ ['siete', 'ocho'] | join_words(either=true, locale='es') }}", "siete u ocho"),
        ("{% for n in (0.5, 1, 0) %}{{ n | currency('GBP') }} {% endfor %}", "50 pence 1 pound 0 pounds "),
        ("{{ -1.005 | currency('EUR') }}", "minus 1 euro and 1 cent"),
        ("{{ 1234.5 | currency('JPY') }}", "1,234.5 yen"),
        ("{{ 2 | number(2) }}, {{ 0.125 | number(2) }}, {{ -7 | number }}", "2.00, 0.13, minus 7"),
        ("{{ 1234 | number(locale='es') }}, {{ 12345 | number(locale='es') }}", "1234, 12.345"),
        ("{{ 21 | ordinal }} {{ 112 | ordinal }} {{ 10 | ordinal }}", "21st 112th tenth"),
    ],
)  # fmt: skip
def test_the_cases_that_differ(templates: Templates, source: str, text: str) -> None:
    """Plural categories, sounds that change a word, cents alone, rounding half up, and another locale by name."""
    assert text == templates.render(source, {"locale": "en-US"})


@pytest.mark.parametrize(
    ("source", "locale", "message"),
    [
        ("{{ 5 | number }}", "", "needs a locale: write `locale:`"),
        ("{{ 5 | number }}", "tlh", "no rules for the locale 'tlh', only for en, de, fr"),
        ("{{ 'x' | number }}", "en", "'x' is not a number"),
        ("{{ true | number }}", "en", "'True' is not a number"),
        ("{{ 1e300 | number }}", "en", "'1e.300' is not a number"),
        ("{{ '1234567890123456' | number }}", "en", "more than 15 digits"),
        ("{{ 1e15 | number }}", "en", "more than 15 digits"),
        ("{{ 1 | number(99) }}", "en", "places is a number from 0 to 6"),
        ("{{ '2026-02-30' | date }}", "en", "'2026-02-30' is no day"),
        ("{{ 'tomorrow' | date }}", "en", "'tomorrow' is no day"),
        ("{{ 5 | currency('XXX') }}", "en", "no words for the currency 'XXX', only for BRL, CHF"),
        ("{{ 5 | plural('file') }}", "en", "plural takes two forms"),
        ("{{ 'abc' | join_words }}", "en", "join_words takes a list, not 'abc'"),
        ("{{ 0 | ordinal }}", "en", "0 is no place in an order"),
        ("{{ 1.5 | ordinal }}", "en", "1.5 is not a whole number"),
        ("{{ 1 | number(1, 2, 3) }}", "en", r"number cannot take \(1, 2, 3\), it takes places, locale"),
        ("{{ 1 | currency }}", "en", r"currency cannot take \(\), it takes code, locale"),
        ("{{ 1 | currency(['x']) }}", "en", "no words for the currency"),
        ("{{ ['a'] | join_words(false) }}", "en", r"cannot take \(False\), it takes either, locale"),
        ("{{ nobody | number }}", "en", "'nobody' is undefined"),
    ],
)
def test_what_cannot_be_said_is_refused_at_its_line(
    templates: Templates, source: str, locale: str, message: str
) -> None:
    """No locale, one without rules, and values of the wrong kind are told with the line, and never guessed."""
    with pytest.raises(TemplateProblem, match=message) as caught:
        templates.render(f"one\n{source}", {"locale": locale})
    assert 2 == caught.value.line


def test_an_imported_module_speaks_the_locale_that_imports_it(tmp_path: Path) -> None:
    """A module is worked out once per locale, not once."""
    (tmp_path / "day.txt").write_text("{% set day = '2026-03-01' | date %}")
    source = "{% from 'day.txt' import day %}{{ day }}"
    with Templates(Files(tmp_path)) as own:
        assert "1. März 2026" == own.render(source, {"locale": "de"})
        assert "1er mars 2026" == own.render(source, {"locale": "fr"})


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(WORDS)), st.integers(-(10**14), 10**14), st.integers(0, 6))
def test_every_number_can_be_read_back(locale: str, value: int, places: int) -> None:
    """Without its marks a written number is the same number."""
    words = WORDS[locale]
    said = number(locale, value, places)
    sign = -1 if words.minus.strip() and said.startswith(words.minus) else 1
    digits = said.removeprefix(words.minus).partition(words.decimal if places else "\0")[0]
    assert value == sign * int("".join(c for c in digits if c.isdigit()))
    assert plural(locale, value, "one", "other") in ("one", "other")


def test_the_table_of_the_guide_is_right(templates: Templates) -> None:
    """Each template of the guide, in each of its two columns, gives what stands there."""
    guide = (Path(__file__).parents[2] / "projects" / "README.md").read_text()
    table = [line for line in guide.splitlines() if line.startswith("  | `{{")]
    assert 7 == len(table)
    known = {"n": 1, "names": ["a", "b", "c"]}
    for line in table:
        first, *columns = line.strip(" |").replace("\\|", "/pipe/").split(" | ")
        source = first.split("`")[1].replace("/pipe/", "|")
        for locale, said in zip(("en-US", "de"), columns, strict=True):
            made = templates.render(source, {**known, "locale": locale})
            assert said.startswith((made, "the same")), line


def test_every_language_has_every_word() -> None:
    """Twelve months, ordinals up to ten or more where they are words, and each currency."""
    for language, words in WORDS.items():
        assert 12 == len(words.months.split())
        assert len(words.ordinals.split()) in (0, 10, 19)
        assert 8 == sum(of == language for _, of in MONEY)
        assert {"number", "ordinal", "percent", "currency", "plural", "join_words", "date"} == set(filters_of(language))
