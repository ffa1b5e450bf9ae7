"""YAML into plain data with places, and what is refused before it can do harm."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didgen.errors import ProjectError
from didgen.project.yaml_reader import Document, plain_scalar, read_yaml

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)
numbers = st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def parse(text: str) -> Document:
    return read_yaml(text.encode(), "p.yaml")


def refusal(text: str | bytes) -> str:
    with pytest.raises(ProjectError) as caught:
        read_yaml(text if isinstance(text, bytes) else text.encode(), "p.yaml")
    return str(caught.value)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(texts, json_values, max_size=5))
def test_json_is_read_as_json_means_it(value: object) -> None:
    """JSON is YAML: whatever json.dumps writes comes back equal, numbers and quoted words included."""
    assert value == parse(json.dumps(value, ensure_ascii=False)).data


@pytest.mark.parametrize(
    "text",
    "no on off yes y N 1:30 012 0o14 0x1F 1_000 2024-01-01 2024-01-01T10:00:00Z .inf -.INF .nan + . e5 1e999".split(),
)
def test_what_yaml_1_1_would_bend_stays_text(text: str) -> None:
    """Country codes, times, dates, versions and octals stay what the writer typed."""
    assert text == parse(f"a: {text}").data["a"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("~", None), ("", None), ("null", None), ("0", 0), ("-17", -17), ("+3", 3),
        ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("-0.25E-1", -0.025),
    ],
)  # fmt: skip
def test_core_schema_scalars(text: str, value: object) -> None:
    """true/false, null and decimal numbers are values."""
    found = plain_scalar(text)
    assert (value, type(value)) == (found, type(found))


@pytest.mark.parametrize("text", ["'true'", '"12"', "'null'", "'~'"])
def test_quotes_make_text(text: str) -> None:
    """A quoted scalar is text whatever it looks like."""
    assert text[1:-1] == parse(f"a: {text}").data["a"]


def test_every_value_knows_its_place() -> None:
    """Line and column of values, of keys, and of the deepest existing part of a path."""
    document = parse("didgen: 1\nscenes:\n  - id: a\n    script: hi\n  - id: bb\n")
    assert "p.yaml:4:13" == str(document.place("scenes", 0, "script"))
    assert "p.yaml:4:5" == str(document.key_place("scenes", 0, "script"))
    assert "p.yaml:5:9" == str(document.place("scenes", 1, "id", "deeper"))
    assert "p.yaml:5:5" == str(document.key_place("scenes", 1, "missing"))


def test_lines_of_block_text_are_found() -> None:
    """Line 2 of a block text is the second line below its |; of a text that is folded it is the text's place."""
    document = parse("a: |\n  one\n  two\nb: one\nc: >\n  x\n  y\n")
    assert "p.yaml:5:4" == str(document.text_line(1, "c"))
    assert "p.yaml:3" == str(document.text_line(2, "a"))
    assert "p.yaml:4:4" == str(document.text_line(2, "b"))


def test_aliases_are_shared_values_with_places_of_their_own() -> None:
    """An alias stands for its anchor's value; a mistake in it is shown where the alias is."""
    document = parse("a: &x {k: 1}\nb: *x\n")
    assert {"a": {"k": 1}, "b": {"k": 1}} == document.data
    assert "p.yaml:2:4" == str(document.place("b"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "p.yaml:3:1: duplicate key 'a', first on line 1"),
        ("x: {a: 1, a: 2}", "p.yaml:1:11: duplicate key 'a'"),
        ("a: !!python/object:os.system x", "p.yaml:1:4: the tag"),
        ("a: !thing 1", "p.yaml:1:4: the tag"),
        ("a: {<<: {b: 1}}", "p.yaml:1:5: merge keys (<<) are not allowed"),
        ("a: &x [*x]", "p.yaml:1:8: nothing before this is named &x"),
        ("a: 1\n---\nb: 2", "p.yaml:2:1: a second document begins here"),
        ("a: [1, 2", "p.yaml:1:4: the [ is not closed"),
        ("a: b: c", "p.yaml:1:5: a colon stands in text without quotes"),
        ("a:\n\tb: 1", "indent with spaces, not tabs"),
        ("? [a]\n: 1", "a key must be plain text"),
        ("a: {{ product }}", "p.yaml:1:5: a key must be plain text (put text that begins with {{ in quotes)"),
        (
            "a: {b: c.{{ d }}.md}",
            "p.yaml:1:10: the { is not closed, or a comma is missing (put text that contains {{ in quotes)",
        ),
        ("a: \x07", "p.yaml:1:4: a control character (U+0007) stands here (delete it)"),
        (b"a: 1\nb: \xff", "p.yaml:2:4: is not UTF-8"),
        ("\ufeff- " + "[" * 70, "nested deeper than 64"),
    ],
)
def test_refused_with_its_place(text: str | bytes, message: str) -> None:
    """Each refusal says where and what."""
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("bomb", "message"),
    [
        ("[" * 400_000, "nested deeper than 64"),
        ("a: " + "{x: " * 200_000, "nested deeper than 64"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ), "more than 200,000 values"),
        ("a: &a 1\nb: [" + "*a," * 200 + "]", "more than 100 aliases"),
        ("- x\n" * 200_001, "more than 200,000 values"),
        ("a: " + "x" * 5_000_001, "larger than 5 MB"),
    ],
    ids=["brackets", "braces", "billion laughs", "aliases", "many", "large"],
)  # fmt: skip
def test_bombs_are_refused_fast(bomb: str, message: str) -> None:
    """What would kill the C loader or never end is refused, in less than two seconds even on a busy machine."""
    began = time.process_time()
    assert message in refusal(bomb)
    assert time.process_time() - began < 2


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab: -?[]{},&*!|>'\"%@`#~<\n\t\\0.\x85\u2028é"), max_size=40) | st.binary(max_size=30))
def test_any_bytes_are_data_or_a_refusal(raw: str | bytes) -> None:
    """Whatever comes, the answer is a document or a ProjectError with a line."""
    try:
        read_yaml(raw if isinstance(raw, bytes) else raw.encode(), "p.yaml")
    except ProjectError as error:
        (problem,) = error.problems
        assert problem.place is not None
        assert problem.place.line >= 1
