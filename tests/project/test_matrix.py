"""Combinations of a matrix, as GitHub Actions makes them, and mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didgen.errors import ProjectError
from didgen.project.files import Files
from didgen.project.load import load_project
from didgen.project.matrix import Combination, combinations

SCENE = "scenes: [{id: a, script: Hello, source: p.jpg}]\n"


def read(folder: Path, matrix: str) -> tuple[list[Combination], list[str]]:
    (folder / "project.yaml").write_text(f"didgen: 1\nname: x\n{SCENE}matrix:\n{matrix}")
    try:
        project = load_project(folder / "project.yaml", Files(folder))
    except ProjectError as error:
        return [], [str(problem) for problem in error.problems]
    made, problems = combinations(project.spec.matrix, project.document)
    return made, [str(problem) for problem in problems]


def values(folder: Path, matrix: str) -> list[dict[str, object]]:
    made, problems = read(folder, matrix)
    assert [] == problems
    return [one.values for one in made]


def test_every_combination_once(tmp_path: Path) -> None:
    """The first key changes last; what tells a combination apart is in the order of the alphabet."""
    found = values(tmp_path, "  plan: [pro, free]\n  locale: [en, de]\n")
    assert [("pro", "en"), ("pro", "de"), ("free", "en"), ("free", "de")] == [(v["plan"], v["locale"]) for v in found]
    assert ["locale", "plan"] == list(found[0])


def test_the_example_of_github(tmp_path: Path) -> None:
    """The documented one: what is added, what is overwritten, what becomes a combination of its own."""
    found = values(
        tmp_path,
        """  fruit: [apple, pear]
  animal: [cat, dog]
  include:
    - {color: green}
    - {color: pink, animal: cat}
    - {fruit: apple, shape: circle}
    - {fruit: banana}
    - {fruit: banana, animal: cat}
""",
    )
    assert [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ] == found


def test_exclude_takes_out_before_include_adds(tmp_path: Path) -> None:
    """Part of the keys is enough; an excluded combination can be included again."""
    both = "  locale: [en, de]\n  plan: [pro, free]\n  exclude: [{locale: de}]\n"
    assert [("en", "pro"), ("en", "free")] == [(v["locale"], v["plan"]) for v in values(tmp_path, both)]
    again = both + "  include: [{locale: de, plan: pro, x: 1}]\n"
    assert {"locale": "de", "plan": "pro", "x": 1} == values(tmp_path, again)[-1]


def test_a_list_of_combinations_alone(tmp_path: Path) -> None:
    """Without keys a matrix is known by those that all entries have."""
    made, problems = read(tmp_path, "  include: [{locale: en, x: 1}, {locale: de}]\n")
    assert [] == problems
    assert [({"locale": "en"}, {"x": 1}), ({"locale": "de"}, {})] == [(one.known, one.more) for one in made]


def test_values_are_compared_as_they_are_written(tmp_path: Path) -> None:
    """7 and "7" are one; 1 and true are two."""
    assert [{"n": 8}] == values(tmp_path, "  n: [7, 8]\n  exclude: [{n: '7'}]\n")
    assert [{"n": 1}, {"n": True}] == values(tmp_path, "  n: [1, true]\n")


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ("  locale: []\n", "project.yaml:5:11: matrix.locale: needs at least 1"),
        ("  locale: en\n", "5:11: matrix.locale: must be a list"),
        ("  locale: [en, [de]]\n", "5:16: matrix.locale[1]: must be text, a number, or true or false"),
        ("  locale: [en, en]\n", "5:16: matrix.locale[1]: 'en' is named twice"),
        ("  locale: [en, german!]\n", "5:16: matrix.locale[1]: 'german!' must be a language tag"),
        ("  a-b: [1]\n", "5:3: matrix.a-b: 'a-b' cannot be a variable"),
        ("  row: [1]\n", "5:3: matrix.row: 'row' cannot be a variable"),
        ("  n: [1]\n  exclude: [{m: 1}]\n", "6:14: matrix.exclude[0].m: is no key of the matrix (known: n)"),
        (
            "  n: [pro]\n  exclude: [{n: pr}]\n",
            "6:17: matrix.exclude[0].n: 'pr' is no value of n (did you mean 'pro'?)",
        ),
        ("  n: [1]\n  exclude: [{n: 1}]\n", "5:3: matrix: leaves no combination"),
        ("  n: [1]\n  exclude: [{n: 1}]\n  include: [{x: 1}]\n", "7:13: matrix.include[0]: names no key of the matrix"),
        ("  n: [1]\n  include: [{n: [2]}]\n", "6:17: matrix.include[0].n: must be text, a number"),
        ("  n: [1]\n  include: [{n: 2}, {n: 2}]\n", "6:21: matrix.include[1]: is the combination of project.yaml:6:13"),
        ("  include: [{a: 1}, {b: 1}]\n", "5:3: matrix: has no key"),
        ("  include: [{locale: g}]\n", "5:22: matrix.include[0].locale: 'g' must be a language tag"),
    ],
)
def test_mistakes_have_a_place(tmp_path: Path, matrix: str, said: str) -> None:
    """Each at its own line and column, and each alone."""
    (found,) = read(tmp_path, matrix)[1]
    assert said in found


def test_a_huge_product_is_refused_and_not_made(tmp_path: Path) -> None:
    """Six keys of ten values are a million combinations."""
    keys = "".join(f"  k{n}: [{', '.join(map(str, range(10)))}]\n" for n in range(6))
    assert ["project.yaml:5:3: matrix: makes more than 100,000 combinations (split the project)"] == read(
        tmp_path, keys
    )[1]


def by_the_words_of_github(axes: dict[str, list[int]], exclude: list[dict[str, int]], include: list[dict[str, int]]):  # type: ignore[no-untyped-def]
    """The rules as their documentation tells them, one combination at a time."""
    made: list[dict[str, int]] = [{}]
    for key, axis in axes.items():
        made = [{**one, key: value} for one in made for value in axis]
    made = [one for one in made if not any(entry.items() <= one.items() for entry in exclude)]
    originals = [(one, dict(one)) for one in made]
    extra = []
    for entry in include:
        fits = [now for was, now in originals if all(was.get(k, v) == v for k, v in entry.items() if k in axes)]
        for now in fits:
            now.update(entry)
        if not fits:
            extra.append(entry)
    return [now for _, now in originals] + extra


ENTRY = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), min_size=1)


@settings(max_examples=200)
@given(
    st.dictionaries(st.sampled_from("ab"), st.lists(st.integers(0, 2), min_size=1, unique=True), min_size=1),
    st.lists(ENTRY, max_size=3),
    st.lists(ENTRY, max_size=4),
)
def test_any_matrix_is_what_the_rules_say(
    tmp_path_factory: pytest.TempPathFactory,
    axes: dict[str, list[int]],
    exclude: list[dict[str, int]],
    include: list[dict[str, int]],
) -> None:
    """The same as a slow, literal reading of the rules, wherever they let the matrix stand."""
    text = "".join(f"  {key}: {axis}\n" for key, axis in axes.items())
    made, problems = read(
        tmp_path_factory.getbasetemp(), f"{text}  exclude: {exclude}\n  include: {include}\n".replace("'", "")
    )
    if not problems:
        assert by_the_words_of_github(axes, exclude, include) == [one.values for one in made]
