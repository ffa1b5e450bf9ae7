"""Markdown read aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.project.markdown import Code, spoken_markdown


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("# Hello\nworld", "Hello.\n\nworld"),
        ("## Ready? ##", "Ready?"),
        ("one\ntwo\n\nthree", "one two\n\nthree"),
        ("- one\n- two!\n  more\n* three", "one.\n\ntwo! more.\n\nthree."),
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
        ("- an item that\n  goes on\n- another", "an item that goes on.\n\nanother."),
        ("| a | | b |\n|---|---|---|\n| 1 | x \\| y | |", "a, b.\n\n1, x | y."),
        ("a | b\n--|--\n1 | 2\n\n3 | 4", "a, b.\n\n1, 2.\n\n3 | 4"),
        ("Said[^1] so[^long-name].\n\n[^1]: A note\n    of two lines\n\n    and two paragraphs\nOn", "Said so.\n\nOn"),
        ("Q&amp;A &lt;now&gt; &copy; `&amp;`", "Q&A <now> © &amp;"),
        ("a<style>\np {}\n</style>b<SCRIPT>x()</SCRIPT> <img src='x' alt='y'>c", "a b c"),
        ("a <!-- one --> b <!-- two\n```\nx\n```\nthree --> c", "a b c"),
        ("a <!-- not ended\nb", "a <!-- not ended b"),
        ("```html\n<!-- shown -->\n<script>x</script>\n```", "<!-- shown -->\n\n<script>x</script>"),
        ("[![Badge](b.svg)](https://x.org) ![][pic]x", "Badge x"),
        ("See [Docs] and [other].\n\n[docs]: https://x.org", "See Docs and [other]."),
        ("- item\n\n    ```\n    # no heading\n    ```", "item.\n\n# no heading"),
        ("````\n```\n````\nafter", "```\n\nafter"),
        ("~~~\n```\n~~~\nafter", "```\n\nafter"),
        ("", ""),
    ],
)
def test_marks_are_not_spoken(written: str, spoken: str) -> None:
    """Headings and items end as sentences; links, code and emphasis say their words; the rest is silent."""
    assert spoken == spoken_markdown(written)


CODE = "Run `ls -l`, then\n\n```sh\ncd x\n# note\n```\n\n- `go`"


@pytest.mark.parametrize(
    ("code", "spoken"),
    [
        ("text", "Run ls -l, then\n\ncd x\n\n# note\n\ngo."),
        ("skip", "Run, then"),
        ("spell", "Run l s, - l, then\n\nc d, x\n\n#, n o t e\n\ng o."),
    ],
)
def test_code_is_said_skipped_or_spelt(code: Code, spoken: str) -> None:
    """Inline code and blocks alike, as chosen."""
    assert spoken == spoken_markdown(CODE, code)


def test_entities_stay_where_the_voice_reads_them() -> None:
    """In SSML `&amp;` is right as it is, and a bare & would break it."""
    assert "Q&amp;A" == spoken_markdown("Q&amp;A", ssml=True)


@given(st.text(alphabet="ab \n`~*_[](){}<>!#|-^:&;\\\t'=", max_size=200))
def test_any_text_is_read_to_its_end(text: str) -> None:
    """No text of marks is a fault, and none grows but by full stops and breaks."""
    said = spoken_markdown(text)
    assert len(said) <= 2 * len(text) + 2
    assert "\n\n\n" not in said
