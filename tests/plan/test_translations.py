"""Which translations are behind their source: what belongs together, what counts as words, and what not."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from didgen.plan import translations
from didgen.plan.scene import Scene
from didgen.plan.translations import Accepted, source_locale, translations_of
from didgen.project.load import Project
from tests.plan import resolving

PROJECT = """\
didgen: 1
name: demo
matrix: {locale: [en, de, fr], plan: [pro, free]}
vars: {product: Acme}
voices: {en: heart, de: de-DE-KatjaNeural, fr: ff_siwis}
defaults: {source: photo.jpg}
scenes:
  - id: hello
    when: "locale != 'fr' or plan == 'pro'"
    script: {file: "hello.{{ locale }}.md"}
"""
SCRIPTS = {
    "en": "# Welcome to {{ product }}\n\nThis is the {{ plan }} plan.\n",
    "de": "Willkommen.\n",
    "fr": "Bienvenue.\n",
}
FR, DE = "demo/hello[locale=fr,plan=pro]", "demo/hello[locale=de,plan=free]"


@pytest.fixture
def folder(folder: Path) -> Path:
    for locale, text in SCRIPTS.items():
        (folder / f"hello.{locale}.md").write_text(text)
    return folder


def read(folder: Path, text: str = PROJECT) -> tuple[Project, list[Scene]]:
    return resolving.read(folder, text)


def accept_all(project: Project, scenes: list[Scene]) -> Accepted:
    every = translations_of(project, scenes, Accepted())
    fresh = {one.address: one.source for one in every if one.state == "never accepted"}
    return Accepted().merged(project.name, [scene.address for scene in scenes], fresh)


def states(folder: Path, accepted: Accepted, text: str = PROJECT) -> dict[str, str]:
    return {one.address: one.state for one in translations_of(*read(folder, text), accepted)}


def test_instances_that_differ_in_their_locale_only_belong_together(folder: Path) -> None:
    """Each plan has its source, and a locale that `when` leaves out is missing, in the order of the matrix."""
    assert {
        "demo/hello[locale=en,plan=pro]": "source",
        "demo/hello[locale=de,plan=pro]": "never accepted",
        FR: "never accepted",
        "demo/hello[locale=en,plan=free]": "source",
        DE: "never accepted",
        "demo/hello[locale=fr,plan=free]": "missing",
    } == states(folder, Accepted())
    accepted = accept_all(*read(folder))
    assert {"source", "up to date", "missing"} == set(states(folder, accepted).values())
    assert 2 == len(accepted.texts)  # one a plan, however many locales


def test_the_words_that_changed_are_told(folder: Path) -> None:
    """Those of the source since the translation was accepted; without the former text it is stale all the same."""
    accepted = accept_all(*read(folder))
    (folder / "hello.en.md").write_text(SCRIPTS["en"].replace("to {{", "back to {{"))
    found = {one.address: one for one in translations_of(*read(folder), accepted)}
    assert "stale" == found[DE].state
    assert found[DE].changed.startswith("Welcome [+back] to Acme")
    assert found[DE].words == f"is behind its source: {found[DE].changed}"
    found = {one.address: one for one in translations_of(*read(folder), Accepted(accepted.of))}
    assert ("stale", "is behind its source") == (found[DE].state, found[DE].words)


@pytest.mark.parametrize(
    ("was", "now", "stale"),
    [
        ("product: Acme", "product: Acme Pro", True),  # a template's value is spoken
        ("vars:", "pronounce: {Acme: ack me}\nvars:", False),  # how it sounds in the source's language
        ("source: photo.jpg", "source: photo.jpg, driver: lively", False),
    ],
)
def test_only_what_the_source_says_makes_stale(folder: Path, was: str, now: str, stale: bool) -> None:
    """Not how it sounds or looks."""
    accepted = accept_all(*read(folder))
    assert ("stale" if stale else "up to date") == states(folder, accepted, PROJECT.replace(was, now))[DE]


def test_line_breaks_and_the_translation_itself_do_not_count(folder: Path) -> None:
    """A reflowed source says the same, and a translation may be bettered at any time."""
    accepted = accept_all(*read(folder))
    (folder / "hello.en.md").write_text(SCRIPTS["en"].replace("This is the", "This\nis   the"))
    (folder / "hello.de.md").write_text("Herzlich willkommen.\n")
    assert {"source", "up to date", "missing"} == set(states(folder, accepted).values())
    inline = PROJECT.replace('{file: "hello.{{ locale }}.md"}', '"One.\\n\\nTwo."')
    accepted = accept_all(*read(folder, inline))
    assert "up to date" == states(folder, accepted, inline.replace("\\n\\n", "  "))[DE]
    assert "stale" == states(folder, accepted, inline.replace("\\n\\n", ""))[DE]


def test_tags_of_ssml_do_not_count(folder: Path) -> None:
    """A longer pause is no news; another word is."""
    text = PROJECT.replace(
        '{file: "hello.{{ locale }}.md"}', "{text: '<speak>One.<break time=\"1s\"/> Two.</speak>', ssml: true}"
    )
    accepted = accept_all(*read(folder, text))
    assert "up to date" == states(folder, accepted, text.replace("1s", "2s"))[DE]
    assert "stale" == states(folder, accepted, text.replace("Two", "Three"))[DE]


def test_the_source_is_the_projects_locale_or_the_first(folder: Path) -> None:
    """Written, and one of the matrix's; the default `en` is not written."""
    first = PROJECT.replace("[en, de, fr]", "[de, en, fr]")
    assert "de" == source_locale(read(folder, first)[0])
    assert "fr" == source_locale(read(folder, first.replace("name: demo", "name: demo\nlocale: fr"))[0])
    assert "de" == source_locale(read(folder, first.replace("name: demo", "name: demo\nlocale: it"))[0])
    assert not translations.has_translations(
        read(folder, PROJECT.replace("locale: [en, de, fr], ", "locale: [en], "))[0]
    )


def test_what_has_no_source_is_not_judged(folder: Path) -> None:
    """A scene of one language alone says so; a recording has no words that could have been translated."""
    only_de = PROJECT.replace("\"locale != 'fr' or plan == 'pro'\"", "{locale: de}")
    assert {"no source"} == set(states(folder, Accepted(), only_de).values())
    recorded = PROJECT.replace('{file: "hello.{{ locale }}.md"}', "{audio: voice.wav}")
    assert {} == states(folder, Accepted(), recorded)


def test_strict_wants_all_accepted_once_any_was(folder: Path) -> None:
    """At the script's place; before the first one nothing, as most projects keep no such record."""
    project, scenes = read(folder)
    assert [] == translations.problems(project, translations.told(project, scenes, Accepted()))
    accepted = accept_all(project, scenes)
    assert [] == translations.problems(project, translations.told(project, scenes, accepted))
    without = Accepted({k: v for k, v in accepted.of.items() if k != FR}, accepted.texts)
    (problem,) = translations.problems(project, translations.told(project, scenes, without))
    assert str(problem).startswith(
        f"project.yaml:10:13: scenes[0].script: {FR} is a translation that was never accepted"
    )


def test_one_accepted_row_speaks_for_new_ones(folder: Path) -> None:
    """They are made from the same text; a row whose own text has changed is stale, and the address that the hint
    names is quoted for a shell."""
    text = PROJECT.replace("scenes:", "data: {people: p.json}\nscenes:").replace(
        "    script:", "    each: {people: n}\n    script:"
    )
    (folder / "hello.en.md").write_text("Hello {{ row.n }}, {{ row.days }} days.")
    (folder / "p.json").write_text('[{"n": "Ann", "days": 3}]')
    accepted = accept_all(*read(folder, text))
    (folder / "p.json").write_text('[{"n": "O\'Hara", "days": 1}, {"n": "Ann", "days": 3}]')
    project, scenes = read(folder, text)
    assert [] == translations.problems(project, translations.told(project, scenes, accepted))
    accepted = accept_all(project, scenes)
    (folder / "p.json").write_text('[{"n": "O\'Hara", "days": 2}, {"n": "Ann", "days": 3}]')
    project, scenes = read(folder, text)
    made = translations.problems(project, translations.told(project, scenes, accepted))
    assert 3 == len(made)
    assert "Hello O'Hara, [1 → 2] days." in made[0].message
    (name,) = shlex.split(made[0].hint.partition("accept ")[2])
    assert made[0].message.startswith(f"{name} is behind")


def test_what_was_accepted_leaves_with_its_scene(folder: Path) -> None:
    """And its text with the last that was made from it; other projects of the folder keep theirs."""
    project, scenes = read(folder)
    other = Accepted({"other/a[locale=de]": "1"}, {"1": "Hello."})
    full = Accepted(
        {**accept_all(project, scenes).of, **other.of}, {**accept_all(project, scenes).texts, **other.texts}
    )
    assert other == full.merged("demo", [], {})
    assert full == full.merged("demo", [scene.address for scene in scenes], {})


def test_no_fingerprint_changes(folder: Path) -> None:
    """Knowing where a translation stands renders nothing."""
    project, scenes = read(folder)
    told = translations.told(project, scenes, accept_all(project, scenes))
    assert [scene.fingerprint for scene in scenes] == [scene.fingerprint for scene in told]
    assert all(scene.translation for scene in told)
