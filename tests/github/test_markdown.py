"""Texts of strangers in Markdown: read, and never obeyed."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from didgen.github.markdown import fitting, listed, shown, size
from didgen.github.workflow_commands import Finding

MD = MarkdownIt("commonmark").enable(["table", "strikethrough"])

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![track](https://evil.example/p.png)",
    "[click](https://evil.example)",
    "a | b | c",
    "`code` **bold** ~~gone~~ _it_ $x$",
    "@octocat and @org/team, #12, org/repo#3, GH-7",
    "https://evil.example www.evil.example mailto:a@evil.example a@evil.example",
    "-->", "<!-- didgen -->", "&lt;b&gt; &#64;octocat", "# head", "- item", "> quote", "1. one", "\\| x", "{{ x }}",
    "a\n\n## b\n", "a\rb", "evil\u202egpj.exe", "zero\u200bwidth", "\x00\x1b[31mred",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_only_read(text: str) -> None:
    """It makes no tag, link, mention, cell or line of its own, wherever it stands; and its words are still there."""
    plain = MD.render(shown(text))
    assert ["<p>", "</p>"] == re.findall(r"<[^>]*>", plain)
    row = MD.render(f"| a | b |\n|---|---|\n| {shown(text)} | end |\n")
    assert (2, 1) == (row.count("<td>"), row.count("<td>end</td>"))
    seen = unescape(plain)
    assert not re.search(r"[@#]\w|://|www\.|GH-\d|mailto:", seen)
    assert re.findall(r"[a-z]{4,}", text) == re.findall(r"[a-z]{4,}", seen)


@given(st.text())
@example("*\u2028*")
def test_any_text_stays_on_its_line_and_in_its_cell(text: str) -> None:
    """One line, two cells, no tag."""
    told = shown(text)
    assert 1 == len(told.splitlines() or [""])
    row = MD.render(f"| a | b |\n|---|---|\n| {told} | end |\n")
    assert 2 == row.count("<td>")
    assert {"<table>", "<thead>", "<tr>", "<th>", "<tbody>", "<td>"} >= set(re.findall(r"<[a-z][^>]*>", row))


def test_a_long_text_shows_its_beginning_and_its_end() -> None:
    """What changed may be at either."""
    told = shown("begin " + "x" * 5000 + " end", 60)
    assert (True, True) == (told.startswith("begin"), told.endswith("end"))
    assert 70 > len(told)


def test_as_much_is_taken_as_fits() -> None:
    """Bytes are counted, not letters."""
    assert ["ä", "b"] == fitting(["ä", "b", "c"], 3)
    assert [] == fitting(["abc", "d"], 2)


@pytest.mark.parametrize("room", [0, 150, 1000, 5000, 1 << 20])
def test_a_list_never_outgrows_its_room(room: int) -> None:
    """With any room it is shorter, and says how many it left out."""
    findings = [Finding("error", f"{'é' * 100} {n}", "a.yaml", n) for n in range(1, 1000)]
    made = listed("didgen found 999 problems", findings, room)
    assert size(made) <= max(room, 0)
    named = made.count("- **error**")
    assert (named in (0, 999)) or f"- and {999 - named} more, in the log" in made
