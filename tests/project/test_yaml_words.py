"""What is said of a file that is no YAML: what is wrong, where, and what to write instead."""

from __future__ import annotations

import pytest

from didgen.errors import ProjectError
from didgen.project.yaml_reader import read_yaml

HEAD = "didgen: 1\nscenes:\n  - id: a\n"
SCRIPT = f"{HEAD}    script: "
QUOTES = "inside double quotes write \\\" for a quote, inside single ones '', or begin the text below `|`"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}\tscript: Hello", "4:1: a tab begins this line (indent with spaces, not tabs)"),
        (f"{HEAD}   \tscript: Hello", "4:4: a tab begins this line (indent with spaces, not tabs)"),
        (
            f"{SCRIPT}Hello: world",
            "4:18: a colon stands in text without quotes (put text that contains `: ` in quotes)",
        ),
        (
            f"{SCRIPT}Hello there\n      voice: x",
            "5:7: this line is indented deeper than the one above, which has a value",
        ),
        (f"{SCRIPT}Hello there\n      voice: x", "begin in one column, here 5; text that contains `: ` goes in quotes"),
        (f"{HEAD}   script: Hello", "4:4: this line begins in column 4, where nothing above it does (what belongs"),
        (f"{HEAD} - id: b", "4:2: this line begins in column 2, where nothing above it does"),
        (f"{HEAD} - id: b", "begins in one column: here 1 or 3 or 5)"),
        (f'{SCRIPT}"He said "hi" to me"', f"4:22: text goes on behind the quote that closes it ({QUOTES})"),
        (f"{SCRIPT}'It's me'", f"4:16: text goes on behind the quote that closes it ({QUOTES})"),
        (f'{SCRIPT}"Hello": you', f"4:20: text goes on behind the quote that closes it ({QUOTES})"),
        (
            f'{SCRIPT}"Hello\n  - id: b\n    script: "World"\n',
            f"6:13: text goes on behind the quote that closes what line 4 opened ({QUOTES})",
        ),
        (f'{SCRIPT}"Hello', f'4:13: the quote " that begins here is never closed ({QUOTES})'),
        (f"{SCRIPT}{{text: Hello\n  - id: b\n", "4:13: the { is not closed, or a comma is missing (text with"),
        (f"{SCRIPT}50 %\n  -id: b\n    script: x", "5:3: a blank is missing after the dash (write `- key: value`)"),
        (f'{HEAD}    script:"Hello"\n', "4:11: a blank is missing after the colon (write `key: value`)"),
        (f"{SCRIPT}|\n    Hello\n", "5:5: this line is no `key: value` (text of several lines stands below `key: |`"),
        (f"{SCRIPT}| Hello\n", "4:13: text follows | on its line (begin it on the next line, indented deeper)"),
        (f"{SCRIPT}a\x01b\n", "4:14: a control character (U+0001) stands here (delete it)"),
        (f'{SCRIPT}"C:\\Q"', "4:13: a backslash in double quotes begins what YAML does not know (write \\\\ for a"),
        (f"{SCRIPT}!wow this", "4:13: the tag '!wow' is not allowed (write plain values; put text that begins with !"),
        (f"{SCRIPT}*bold", "4:13: nothing before this is named &bold (put text that begins with * in quotes)"),
        *(
            (f"{SCRIPT}{sign} you", f"4:13: text cannot begin with {sign} unless it is in quotes (put it in quotes)")
            for sign in ("%", "@", "`", "*", "&", ",", "?", "-")
        ),
        (f"{SCRIPT}{{{{ name }} }} is here", "put text that begins with {{ in quotes"),
    ],
)
def test_a_mistake_is_said_in_plain_words(text: str, said: str) -> None:
    """In one line, and never in the parser's own words."""
    with pytest.raises(ProjectError) as caught:
        read_yaml(text.encode(), "p.yaml")
    (problem,) = caught.value.problems
    assert said in str(problem).removeprefix("p.yaml:")
    assert not any(word in str(problem) for word in ("while", "YAML syntax", "expected", "mapping values"))
