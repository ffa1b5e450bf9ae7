"""Markdown read aloud."""

from __future__ import annotations

import pytest

from didgen.project.markdown import spoken_markdown


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("# Hello\nworld", "Hello.\n\nworld"),
        ("## Ready? ##", "Ready?"),
        ("one\ntwo\n\nthree", "one two\n\nthree"),
        ("- one\n- two!\n  more\n* three", "one.\n\ntwo! more\n\nthree."),
        ("1. first\n2) second", "first.\n\nsecond."),
        ("- [x] done", "done."),
        ("**bold**, *slanted*, ***both***, __b__ and _i_", "bold, slanted, both, b and i"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("~~no~~ `kubectl get` ``a`b``", "no kubectl get a`b"),
        ("See [the docs](https://x.org/a_(b)) now", "See the docs now"),
        ("See [the docs][1] now\n\n[1]: https://x.org", "See the docs now"),
        ("![A cat](cat.png) sits", "A cat sits"),
        ("<https://x.org> here <b>bold</b><!-- hidden\n\nstill --> end", "here bold end"),
        ("---\ntitle: x\n---\nText", "Text"),
        ("a\n\n---\n\nb", "a\n\nb"),
        ("Title\n=====\ntext", "Title\n\ntext"),
        ("> quoted\n> again", "quoted again"),
        ("```sh\nls -l\n```\nafter", "ls -l\n\nafter"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a, b.\n\n1, 2."),
        (r"not \*bold\*", "not *bold*"),
        ("Use `**x**` and `a_b_c`", "Use **x** and a_b_c"),
        ("```\n**x** [a](b)\n```", "**x** [a](b)"),
        ("", ""),
    ],
)
def test_marks_are_not_spoken(written: str, spoken: str) -> None:
    """Headings and items end as sentences; links, code and emphasis say their words; the rest is silent."""
    assert spoken == spoken_markdown(written)
