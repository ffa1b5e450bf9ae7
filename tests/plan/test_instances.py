"""Instances: scenes by combination and row; what they are called, where they go, and what moves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from didgen.plan.address import file_stem, films_of
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import load_project
from tests import fakes
from tests.plan import resolving

HEAD = "didgen: 1\nname: x\ndefaults: {source: photo.jpg}\n"
MATRIX = "matrix: {locale: [en, de]}\nvoices: {en: heart}\n"
PEOPLE = "email,name,plan\nanna@acme.com,Anna,pro\nbob@acme.com,Bob,free\n"
HELLO = "scenes:\n  - id: hello\n    each: {people: email}\n    script: 'Hello {{ row.name }}!'\n"
DATA = "data: {people: people.csv}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").write_bytes(fakes.photo())
    (tmp_path / "people.csv").write_text(PEOPLE)
    return tmp_path


def scenes(folder: Path, text: str, service: str = "d-id") -> list[Scene]:
    return resolving.scenes(folder, text, service)


def refusals(folder: Path, text: str) -> list[str]:
    return resolving.refusals(folder, text, "d-id")


def spoken(made: list[Scene]) -> dict[str, str]:
    return {scene.address: scene.spoken for scene in made}


def test_a_scene_once_per_combination_and_row(folder: Path) -> None:
    """Addresses, files and words; by combination, then scene, then row."""
    text = f"{HEAD}{MATRIX}{DATA}{HELLO}  - {{id: end, script: 'The end, {{{{ locale }}}}.'}}\n"
    made = scenes(folder, text)
    assert {
        "x/hello[locale=en,people=anna@acme.com]": "Hello Anna!",
        "x/hello[locale=en,people=bob@acme.com]": "Hello Bob!",
        "x/end[locale=en]": "The end, en.",
        "x/hello[locale=de,people=anna@acme.com]": "Hello Anna!",
        "x/hello[locale=de,people=bob@acme.com]": "Hello Bob!",
        "x/end[locale=de]": "The end, de.",
    } == spoken(made)
    assert Path("x/de/hello-anna-acme-com.mp4") == made[3].output
    assert ["en", "de"] == [made[0].locale, made[3].locale]


def test_nothing_to_tell_apart_leaves_the_address_as_it_was(folder: Path) -> None:
    """Without matrix and data a scene is one instance."""
    (made,) = scenes(folder, f"{HEAD}scenes: [{{id: a, script: Hello}}]\n")
    assert ("x/a", Path("x/a.mp4"), "") == (made.address, made.output, made.combination)


def test_a_film_for_every_combination(folder: Path) -> None:
    """Named scenes stand for all of their instances, in the order of the rows; where there are none, nothing."""
    text = f"{HEAD}{MATRIX}{DATA}{HELLO}  - {{id: end, script: Bye bye, when: {{locale: de}}}}\n"
    for film in ("", "film: [hello, end]\n"):
        made = scenes(folder, text + film)
        films = films_of(load_project(folder / "project.yaml", Files(folder)), made)
        assert [("x[locale=en]#film", Path("x/en/film.mp4")), ("x[locale=de]#film", Path("x/de/film.mp4"))] == [
            (one.address, one.output) for one in films
        ]
        assert ["anna", "bob", "x/end[locale=de]"] == [a.split("people=")[-1].split("@")[0] for a in films[1].scenes]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{locale: de}", ["locale=de,people=anna", "locale=de,people=bob"]),
        ("{locale: [de, en], row.plan: pro}", ["locale=en,people=anna", "locale=de,people=anna"]),
        ("\"row.plan == 'free' and locale == 'de'\"", ["locale=de,people=bob"]),
        ('"not paid"', ["locale=en,people=anna", "locale=en,people=bob"]),
        ("{paid: true}", ["locale=de,people=anna", "locale=de,people=bob"]),
    ],
)
def test_when_chooses_instances(folder: Path, when: str, said: list[str]) -> None:
    """By values that variables must have, or by an expression over matrix, row and vars."""
    matrix = "matrix: {locale: [en, de], include: [{locale: de, paid: true}]}\nvars: {paid: false}\n"
    made = scenes(folder, f"{HEAD}{matrix}{DATA}{HELLO}    when: {when}\n")
    assert [f"x/hello[{one}@acme.com]" for one in said] == [scene.address for scene in made]


def test_templates_reach_names_of_files_voices_and_drivers(folder: Path) -> None:
    """Source, script file, recording, voice and driver may be of the row or the combination."""
    for name in ("anna", "bob"):
        (folder / f"{name}.jpg").write_bytes(fakes.photo() + name.encode())
        (folder / f"{name}.en.md").write_text("# Dear {{ row.name }}\n")
    text = f"""{HEAD}matrix: {{locale: [en]}}
{DATA}scenes:
  - id: hello
    each: {{people: name}}
    source: "{{{{ row.name | lower }}}}.jpg"
    voice: {{voice_id: "{{{{ 'af_bella' if row.plan == 'pro' else 'am_puck' }}}}"}}
    driver: "{{{{ 'lively' if row.plan == 'pro' else 'subtle' }}}}"
    script: {{file: "{{{{ row.name | lower }}}}.{{{{ locale }}}}.md"}}
"""
    anna, bob = scenes(folder, text, "local")
    assert ["anna.jpg", "bob.jpg"] == [one.inputs["source_url"].path.name for one in (anna, bob)]
    assert ["Dear Anna.", "Dear Bob."] == [anna.spoken, bob.spoken]
    assert ["af_bella", "am_puck"] == [s.request.script.provider.voice_id for s in (anna, bob)]  # type: ignore
    assert [True, True] == [word in str(s.request.driver_url) for s, word in ((anna, "lively"), (bob, "subtle"))]


def test_what_scenes_of_a_locale_share(folder: Path) -> None:
    """`locales` stands between `defaults` and the scene; a language holds for its regions, a region over it."""
    (folder / "eva.jpg").write_bytes(fakes.photo() + b"eva")
    text = f"""{HEAD}matrix: {{locale: [en, de, de-AT]}}
voices: {{en: heart, de: de-DE-KatjaNeural}}
locales:
  de: {{source: eva.jpg, config: {{stitch: true, pad_audio: 2}}}}
  de-AT: {{voice: de-DE-ConradNeural, config: {{pad_audio: 1}}}}
scenes: [{{id: a, script: Hello, config: {{fluent: true}}}}]
"""
    en, de, at = (scene.request.model_dump(exclude_unset=True) for scene in scenes(folder, text))
    assert [False, True, True] == [one["source_url"].endswith("eva.jpg") for one in (en, de, at)]
    assert {"fluent": True} == en["config"]
    assert {"fluent": True, "stitch": True, "pad_audio": 2} == de["config"]
    assert {"fluent": True, "stitch": True, "pad_audio": 1} == at["config"]
    assert ["en-US-JennyNeural", "de-DE-KatjaNeural", "de-DE-ConradNeural"] == [
        one["script"]["provider"]["voice_id"] for one in (en, de, at)
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HELLO, "project.yaml:6:12: scenes[0].each.people: there is no data of this name"),
        ("data: {poeple: people.csv}\n" + HELLO, "7:12: scenes[0].each.people: there is no data of this name (did you"),
        ("data: {people: gone.csv}\n" + HELLO, "project.yaml:4:16: data.people: gone.csv does not exist"),
        ("data: {people: ../x.csv}\n" + HELLO, "4:16: data.people: '../x.csv' leads out of the workspace"),
        (
            DATA + HELLO.replace("email", "mail"),
            "project.yaml:7:20: scenes[0].each.people: people.csv has no column 'mail' (did you mean 'email'?)",
        ),
        (
            DATA + HELLO.replace("row.name", "row.nme"),
            "8:27: scenes[0].script: 'dict object' has no attribute 'nme', in x/hello[people=anna@acme.com] and 1 more",
        ),
        (
            DATA + HELLO + "    when: {row.paln: pro}\n",
            "9:12: scenes[0].when.row.paln: there is no variable of this name",
        ),
        (
            DATA + HELLO + "    when: {lokale: de}\n",
            "when.lokale: there is no variable of this name (did you mean 'locale'",
        ),
        (
            DATA + HELLO + '    when: "row.paln"\n',
            "9:11: scenes[0].when: 'dict object' has no attribute 'paln', in x/hello",
        ),
        (DATA + HELLO + '    when: "row.plan =="\n', "scenes[0].when: "),
        (DATA + HELLO + '    when: "{{ row.plan }}"\n', "is an expression and no template, in x/hello"),
        (DATA + HELLO + '    when: "row.__class__"\n', "scenes[0].when: "),
        (DATA + HELLO + "    when: {row.plan: none}\n", "6:3: scenes: no scene is left"),
        (
            "matrix: {locale: [en, de]}\nscenes: [{id: a, script: Hi there, when: {locale: dee}}]\n",
            "'dee' is no value of",
        ),
        ("matrix: {people: [a]}\n" + DATA + HELLO, "is a key of the matrix too (give the data another name)"),
        ("scenes: [{id: a, script: Hi there, source: '{{ x }}.jpg'}]\n", "4:44: scenes[0].source: 'x' is undefined"),
        (
            "scenes: [{id: a, script: Hi there, voice: '{{ name[9:] }}'}]\n",
            "is empty once its template is filled in",
        ),
    ],
)
def test_mistakes_have_a_place(folder: Path, text: str, said: str) -> None:
    """One mistake, told once whatever number of instances it has, with the place and the nearest right word."""
    (found,) = refusals(folder, HEAD + text)
    assert said in found


def test_a_row_in_error_is_told_at_the_row(folder: Path) -> None:
    """In the data file, at its own line and column."""
    (folder / "people.csv").write_text(PEOPLE + ",Carl,pro\nanna@acme.com,Ann,pro\n")
    assert [
        "people.csv:4:1: the key 'email' is empty (each row is known by it)",
        "people.csv:5:1: 'anna@acme.com' is the email of people.csv:2:1 too (keep one of them)",
    ] == refusals(folder, HEAD + DATA + HELLO)


def test_two_that_would_write_over_each_other(folder: Path) -> None:
    """Named both, at the place of the second; once, in however many combinations."""
    (folder / "people.csv").write_text("email,name\na.b,A\na-b,B\n")
    (found,) = refusals(folder, HEAD + MATRIX + DATA + HELLO)
    assert found.startswith(
        "people.csv:3:1: x/hello[locale=en,people=a-b] and x/hello[locale=en,people=a.b] have the same"
    )
    (folder / "people.csv").write_text("email,name\nanna,A\n")
    (found,) = refusals(folder, HEAD + DATA + HELLO + "  - {id: hello-anna, script: Hello}\n")
    assert "project.yaml:9:10: x/hello-anna and x/hello[people=anna] have the same file name, x/hello-anna" in found
    (found,) = refusals(folder, HEAD + "matrix: {plan: [a b, a-b]}\nscenes: [{id: a, script: Hello}]\n")
    assert 'x/a[plan=a-b] and x/a[plan="a b"] have the same file name, x/a-b/a' in found


def test_too_many_instances(folder: Path) -> None:
    """Told at the scene that makes them too many, before any is resolved."""
    keys = ", ".join(f"k{n}: [{', '.join(map(str, range(18)))}]" for n in range(4))
    text = f"{HEAD}matrix: {{{keys}}}\nscenes: [{{id: a, script: Hello}}]\n"
    assert ["project.yaml:4:9: matrix: makes more than 100,000 combinations (split the project)"] == refusals(
        folder, text
    )
    (folder / "people.csv").write_text("email,name\n" + "".join(f"{n},N\n" for n in range(50_001)))
    (found,) = refusals(folder, HEAD + MATRIX + DATA + HELLO)
    assert "project.yaml:8:5: scenes[0]: with it there are more than 100,000 instances (split the project)" == found


ROWS = st.lists(
    st.text("abXYäß世界4", min_size=1, max_size=8), min_size=1, max_size=6, unique_by=lambda name: file_stem("a", name)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.data())
def test_rows_and_values_that_come_move_no_other(folder: Path, names: list[str], data: Any) -> None:
    """Rows inserted or put in another order, values and columns added: every former instance keeps its fingerprint,
    its file and its address."""
    scene = "scenes: [{id: hello, each: {people: id}, script: Hello}]\n"
    text = HEAD + "matrix: {locale: [%s]}\ndata: {people: people.json}\n" + scene
    kept = data.draw(st.permutations(names))[: data.draw(st.integers(1, len(names)))]
    locales = data.draw(st.permutations(["en", "de", "fr"]))
    before = _made(folder, text % locales[0], [{"id": name} for name in kept])
    after = _made(
        folder, text % ", ".join(data.draw(st.permutations(locales))), [{"new": 1, "id": name} for name in names]
    )
    assert before.items() <= after.items()
    assert 3 * len(names) == len(after)


def _made(folder: Path, text: str, rows: list[dict[str, Any]]) -> dict[str, tuple[str, Path]]:
    (folder / "people.json").write_text(json.dumps(rows))
    return {scene.address: (scene.fingerprint, scene.output) for scene in scenes(folder, text)}
