"""What a runner obeys, and what it must not."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from didgen.errors import Place, Problem
from didgen.github.workflow_commands import (
    LONGEST,
    Finding,
    NeutralStream,
    annotation,
    by_severity,
    finding,
    neutral,
    resumed,
    stopped,
)

LINES = re.compile("[\n\r]")


def obeyed(text: str) -> list[str]:
    """Lines that a runner takes for commands, as its source reads them: blanks away, then `::`; or `##[` anywhere."""
    return [line for line in LINES.split(text) if line.lstrip().startswith("::") or "##[" in line]


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A command as a runner takes it apart: name, properties, message."""
    head, _, message = line.removeprefix("::").partition("::")
    name, _, given = head.partition(" ")
    pairs = [one.split("=", 1) for one in given.split(",")]

    def plain(text: str) -> str:
        for code, sign in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, sign)
        return text

    return name, {key: plain(value) for key, value in pairs}, plain(message)


texts = st.text(st.sampled_from("a:#[]\n\r\t \u2028\x85\u00a0\u200b%,=") | st.characters(codec="utf-8"))


@given(texts)
@example("::add-mask::x")
@example(" \t::stop-commands::x\r\n::set-output name=a::b")
@example("see ##[add-matcher]x")
@example("####[[x")
def test_no_text_is_a_command_once_it_is_neutral(text: str) -> None:
    """Whatever a script says, a runner finds nothing in it, and a reader finds the same."""
    assert [] == obeyed(neutral(text))
    assert text.replace("\u200b", "") == neutral(text).replace("\u200b", "")


@given(texts)
@example("##[add-mask]x")
def test_json_stays_the_same_json(text: str) -> None:
    """A program reads what it would have read."""
    printed = neutral(json.dumps({"said": text}, ensure_ascii=False), is_json=True)
    assert [] == obeyed(printed)
    assert {"said": text} == json.loads(printed)


def test_a_stream_neutralises_what_is_printed_to_it() -> None:
    """Also a line that is written in pieces, as print does."""
    into = io.StringIO()
    stream = NeutralStream(into, is_json=False)
    print("::error::one", "two", file=stream, sep="\n::")  # type: ignore[call-overload]
    stream.writelines(["\n::x", "\n##[y]"])
    stream.flush()
    assert [] == obeyed(into.getvalue())
    assert "one" in into.getvalue()


@given(texts.filter(bool), texts, st.integers(1, 9999), st.integers(0, 999))
@example("a\n::add-mask::b", "c,line=7::d%0A", 1, 1)
def test_an_annotation_is_one_line_that_says_all(message: str, file: str, line: int, column: int) -> None:
    """A message of several lines and a file with any name come out as they went in, and nothing else does."""
    made = annotation(Finding("error", message, file, line, column))
    assert 1 == len(LINES.split(made))
    name, given_, said = read(made)
    assert ("error", message, "didgen") == (name, said, given_["title"])
    if file:
        assert (file, str(line), str(column or "")) == (given_["file"], given_["line"], given_.get("col", ""))
    assert set(given_) <= {"file", "line", "col", "title"}


def test_an_annotation_of_no_place_names_none() -> None:
    """A line without a file would be shown nowhere."""
    assert "::warning title=didgen::late" == annotation(Finding("warning", "late", "", 3, 4))
    assert "::notice file=a.yaml,title=didgen::x" == annotation(Finding("notice", "x", "a.yaml", 0, 4))


def test_a_long_message_is_cut() -> None:
    """The log has it all."""
    assert LONGEST + 60 > len(annotation(Finding("error", "x" * 100_000)))


def test_a_problem_is_told_with_its_field_and_what_to_do() -> None:
    """The place is the annotation's, the rest its message."""
    problem = Problem("unknown", Place("projects/a/project.yaml", 3, 5), "scenes[0].voice", "heart")
    made = finding("error", problem)
    assert Finding("error", "scenes[0].voice: unknown (heart)", "projects/a/project.yaml", 3, 5) == made
    assert str(problem) == made.words


def test_errors_come_first_and_each_once() -> None:
    """What is shown is what matters most; within a level the order stays."""
    given_ = [Finding("notice", "n"), Finding("error", "b"), Finding("warning", "w"), Finding("error", "a")]
    assert ["b", "a", "w", "n"] == [one.message for one in by_severity([*given_, Finding("error", "b")])]


@pytest.mark.parametrize("token", ["0f3c", "a-b"])
def test_commands_stop_and_go_on_by_a_token(token: str) -> None:
    """The runner's own words."""
    assert (f"::stop-commands::{token}", f"::{token}::") == (stopped(token), resumed(token))
