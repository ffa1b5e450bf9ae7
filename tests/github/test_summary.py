"""Reports: what a fork may write into one, and pages that end before GitHub's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from didgen.errors import UsageError
from didgen.github.markdown import COMMENT_CHARACTERS, SUMMARY_BYTES
from didgen.github.report import MARK, MOST_BYTES, Report, Row, read_foreign, read_own, rows_of, written
from didgen.github.summary import comment, headline, marker, summary
from didgen.github.workflow_commands import Finding

ROWS = (
    Row(
        "a/one",
        "changed",
        ("script changed: Good [morning → evening]",),
        3.24,
        1,
        2,
        "overruns 3 s by 0.2 s",
        "a/1.mp4",
    ),
    Row("a/two", "removed"),
    Row("a/three[locale=de]", "added", (), 12.0, None, None),
)
FULL = Report(
    sha="1" * 40,
    against="2" * 40,
    rows=ROWS,
    same=4,
    changed=3,
    rendered=2,
    paid=True,
    credits=3,
    most=5,
    seconds=7.5,
    findings=(Finding("warning", "too long", "a.yaml", 3, 4),),
    manifests=("output/a/manifest.json",),
    films="https://films.example/pr-7/",
    artifact="https://github.example/a/1",
    run="https://github.example/r/1",
)
RUN = "https://github.example/owner/videos/actions/runs/5"


def test_a_report_comes_out_as_it_went_in() -> None:
    """From step to step of one job."""
    assert FULL == read_own(written(FULL))
    assert Report() == read_own(written(Report()))


def test_of_a_foreign_report_no_link_is_kept() -> None:
    """But the one to its run, which is known from the event."""
    assert replace(FULL, films="", page="", artifact=RUN, run=RUN, manifests=()) == read_foreign(written(FULL), RUN)


GOOD = json.loads(written(FULL))
HOSTILE: list[Any] = [
    [], None, "x", {}, {**GOOD, MARK: 2}, {**GOOD, MARK: "1"}, {**GOOD, "number": 8},
    {**GOOD, "rows": [{"address": "x", "what": ["y"]}]}, {**GOOD, "rows": {"address": "x"}},
    {**GOOD, "rows": [{"words": ["x"]}]}, {**GOOD, "rows": ["x"]}, {**GOOD, "rows": [{"address": "x", "words": [1]}]},
    {**GOOD, "rows": [{"address": "x", "words": "xyz"}]}, {**GOOD, "rows": [{"address": "x"}] * 30_000},
    {**GOOD, "changed": "1"}, {**GOOD, "changed": True}, {**GOOD, "changed": None}, {**GOOD, "changed": -5},
    {**GOOD, "seconds": 1e300}, {**GOOD, "seconds": float("nan")},
    {**GOOD, "sha": "x" * 100_000}, {**GOOD, "sha": ["x"]}, {**GOOD, "command": "<b>"}, {**GOOD, "command": "comment"},
    {**GOOD, "findings": [{"level": "evil", "message": "x"}]}, {**GOOD, "findings": [{"level": "error"}]},
    {**GOOD, "manifests": [["x"]]}, {**GOOD, "paid": 1},
]  # fmt: skip


@pytest.mark.parametrize("given", HOSTILE, ids=range(len(HOSTILE)))
def test_a_report_of_another_form_is_refused(given: Any) -> None:
    """Every member is of its kind and length, and there is no other."""
    with pytest.raises(UsageError):
        read_foreign(json.dumps(given).encode(), RUN)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 100_000, b"{", b'{"changed": 1' + b"0" * 5_000 + b"}", b" " * (MOST_BYTES + 1)]
)
def test_what_is_no_report_is_refused(data: bytes) -> None:
    """Also what is too large to be read."""
    with pytest.raises(UsageError):
        read_foreign(data, RUN)


def test_the_comment_says_what_changed_how_long_and_for_how_much() -> None:
    """Marker first, then the numbers, problems, a row a scene with its film, and the links."""
    text = comment(FULL)
    assert text.startswith("<!-- didgen:didgen -->\n### didgen: 3 scenes changed, 2 rendered, 4 the same\n")
    assert "A release of this buys 3 to 5 credits, less what was bought already." in text
    assert "- **warning** a.yaml:3:4: too long" in text
    (one,) = [line for line in text.splitlines() if line.startswith("| **a/one")]
    assert '<a href="https://films.example/pr-7/a/1.mp4">video</a>' in one
    assert one.endswith("&#33; overruns 3 s by 0.2 s | 3.2 s | 1 to 2 credits |")
    assert "| **a/two** | removed |  |  |\n" in text
    assert "| 12.0 s | at an unknown price |" in text
    assert "[films](https://github.example/a/1) · [log](https://github.example/r/1) · \u20601111" in text
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert (3, 12) == (html.count("<tr>") - 1, html.count("<td"))


def test_a_comment_is_found_by_its_name() -> None:
    """Two of one workflow are two; and a name cannot end the marker."""
    assert "<!-- didgen:a -->" == marker(Report(name="a"))
    assert "-->" not in marker(Report(name="a --> b")).removesuffix(" -->")


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (Report(), "nothing changed"),
        (Report(changed=1, rows=(Row("a"),)), "1 scene to render"),
        (Report(code=2, findings=(Finding("error", "x"),)), "it could not be planned"),
        (Report(code=2, command="drift"), "something has left its lock"),
        (Report(code=1, changed=2, failed=1, fetched=1, against="1"), "2 scenes changed, 1 fetched, 1 failed"),
    ],
)
def test_a_headline_says_how_it_stands(report: Report, words: str) -> None:
    """In words."""
    assert words == headline(report)


@pytest.mark.parametrize("word", ["x", "é", "🎬", "<|>", "@"])
@pytest.mark.parametrize("count", [1, 150, 20_000])
def test_no_page_outgrows_what_github_takes(word: str, count: int) -> None:
    """With texts and problems of any length: cut at a row's end, and the rest counted."""
    row = Row("", "changed", (f"script changed: {word * 2_000}",), 1.0, 1, 1, "", "v.mp4", "p.jpg")
    rows = tuple(replace(row, address=f"a/{word * 30}-{n}") for n in range(count))
    findings = tuple(Finding("error", f"{word * 900} {n}", "a.yaml", n) for n in range(1, count))
    report = replace(FULL, rows=rows, findings=findings, changed=count)
    told = comment(report)
    assert len(told) <= COMMENT_CHARACTERS
    assert len(told.encode("utf-16-le")) // 2 <= COMMENT_CHARACTERS
    for before in (0, SUMMARY_BYTES - 20_000):
        page = summary(report, before)
        assert before + len(page.encode()) <= SUMMARY_BYTES
        assert page.endswith("</sub>\n")
    shown = told.count("\n| **")
    assert shown > 0
    assert (count == shown) or f"and {count - shown} more scene" in told
    if count == 1:
        assert "more" not in told


def test_rows_are_what_changed_and_what_failed() -> None:
    """Lengths of videos where there are any, prices of the release, and a failed scene that did not change."""

    def scene(name: str, **more: Any) -> dict[str, Any]:
        plain = {"action": "render", "reasons": ["new scene"], "seconds": 2.0, "credits": 1, "most_credits": 2}
        return {"address": name, **plain, **more}

    plan = {"projects": [{"scenes": [scene("a/1"), scene("a/2", action="reuse"), scene("a/3", action="restore")]}]}
    made = {"reasons": ["new scene"], "duration_s": 0.0, "error": "", "overrun": "", "behind": "", "warnings": []}
    built = {
        "scenes": [
            {**made, "address": "a/1", "action": "rendered", "duration_s": 2.52, "warnings": ["blurred", "dark"]},
            {**made, "address": "a/2", "action": "failed", "error": "no face"},
        ]
    }
    after = {"address": "a/1", "seconds": 2.0}
    difference = {"changes": [{"what": "changed", "before": after, "after": after, "reasons": ["voice: x → y"]}]}
    one, two = rows_of(difference, plan, plan, built)
    assert Row("a/1", "changed", ("voice: x → y",), 2.52, 1, 2, "blurred; dark") == one
    assert Row("a/2", "failed", ("new scene",), 0.0, 1, 2, "no face") == two
    assert ["a/1", "a/3"] == [row.address for row in rows_of(None, plan, plan, None)]
