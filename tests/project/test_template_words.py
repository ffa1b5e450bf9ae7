"""What is said of a template that is wrong: in plain words, at line and column, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.errors import ProjectError
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.project.files import Files
from didgen.project.load import load_project
from didgen.project.sandbox import Sandbox, holds, render
from tests import fakes

VARIABLES = {"product": "Acme", "n": 3}


@pytest.mark.parametrize(
    ("text", "at", "said", "hint"),
    [
        ("Hi.\nThen {% foo %}", (2, 6), "there is no tag 'foo'", "did you mean 'for'?"),
        ("{% product %}", (1, 1), "there is no tag 'product'", "a value is {{ product }}; tags are: block, call, elif"),
        ("{% elseif product %}", (1, 1), "there is no tag 'elseif'", "did you mean 'elif'?"),
        ("{% else %}", (1, 1), "{% else %} stands outside of any {% if %}", "begin with {% if … %}"),
        ("{% endif %}", (1, 1), "{% endif %} closes nothing", "there is no {% if %} before it"),
        (
            "{% if n %}a\n {% endfor %}",
            (2, 2),
            "{% endfor %} stands where {% if %} is open",
            "close it with {% endif %}",
        ),
        ("a\n  {% if n %}b\nc", (2, 3), "{% if %} is never closed", "close it with {% endif %}"),
        ("{% if n %}{% if n %}a{% endif %}", (1, 1), "{% if %} is never closed", "close it with {% endif %}"),
        ("a\nHi {{ product there\nb", (2, 4), "{{ is never closed", "close it with }}"),
        ("Hi {% if product there", (1, 4), "{% is never closed", "close it with %}"),
        ("a\nHi {{ product", (2, 4), "{{ is never closed", "close it with }}"),
        ("a\nHi {% if product", (2, 4), "{% is never closed", "close it with %}"),
        ("a\n{# b", (2, 1), "{# is never closed", "close it with #}"),
        ("{{ my product }}", (1, 7), "there is more than one value in {{ }}: product", "a name has no blanks; join"),
        ("{% if n = 3 %}a{% endif %}", (1, 9), "a single = compares nothing", "write == to compare"),
        ("{% if n & 3 %}a{% endif %}", (1, 9), "& means nothing here", "write `and`"),
        ("{{ “n” }}", (1, 4), "“ means nothing here", "use straight quotes: ' or \""),
        ("{{ 'n }}", (1, 4), "' means nothing here", "a quote is not closed before it"),
        ("a\n{{ n }", (2, 1), "} closes nothing", "a value is closed by }}"),
        ("a\n{{ }}", (2, 1), "{{ }} is empty", "write a name in it"),
        ("{% include %}", (1, 1), "something is missing before %}", ""),
        ("{% for n product %}a{% endfor %}", (1, 1), "{% for %} lacks its `in`", "write {% for one in all %}"),
        ("{{ product | uper }}", (1, 14), "there is no filter 'uper'", "did you mean 'upper'?"),
        (
            "{{ product - product }}",
            (1, 1),
            "text is no number: - does not work on it",
            "a name has no hyphen: write _",
        ),
        ("{{ product() }}", (1, 1), "what stands before ( ) is no macro", "leave out the ( )"),
        ("a\n\n{{ prodct }}", (3, 4), "'prodct' is undefined", ""),
    ],
)
def test_a_mistake_is_said_in_plain_words(text: str, at: tuple[int, int], said: str, hint: str) -> None:
    """And never in Jinja's own."""
    answer = render(Sandbox("en"), text, VARIABLES, "a.txt")
    assert (said, at) == (answer["error"], (answer["line"], answer["column"]))
    assert answer["hint"].startswith(hint)


def test_a_condition_that_is_wrong() -> None:
    """Of `when`, which is no template."""
    answer = holds(Sandbox("en"), "n product", VARIABLES)
    assert "something is left over behind the condition" == answer["error"]
    answer = holds(Sandbox("en"), "product = 'Acme'", VARIABLES)
    assert ("a single = compares nothing", "write == to compare") == (answer["error"], answer["hint"])


HEAD = "didgen: 1\nname: p\ndefaults: {source: a.jpg}\nscenes:\n  - id: a\n    script: "


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ("|\n      One.\n\n      Two {{ oops }} three.\n", "project.yaml:9:14"),
        ("|2\n      One.\n      Two {{ oops }} three.\n", "project.yaml:8:14"),
        (">\n      One.\n      Two {{ oops }} three.\n", "project.yaml:8:14"),
        ('"One.\n      Two {{ oops }} three."\n', "project.yaml:7:14"),
        ("Two {{ oops }} three.\n", "project.yaml:6:20"),
        ("{text: 'Two {{ oops }} three.'}\n", "project.yaml:6:28"),
        ("{file: a.txt}\n", "a.txt:2:8"),
        ("{file: b.txt}\n", "a.txt:2:8"),
    ],
)
def test_its_place_is_in_the_line_that_has_it(tmp_path: Path, script: str, place: str) -> None:
    """Also inside of a block of several lines, and in a file that is included."""
    (tmp_path / "a.jpg").write_bytes(fakes.photo())
    (tmp_path / "a.txt").write_text("One.\nTwo {{ oops }} three.\n")
    (tmp_path / "b.txt").write_text("{% include 'a.txt' %}")
    (tmp_path / "project.yaml").write_text(HEAD + script)
    files = Files(tmp_path)
    with pytest.raises(ProjectError) as caught:
        resolve(load_project(tmp_path / "project.yaml", files), files, service_id("local"))
    (problem,) = caught.value.problems
    assert (place, "'oops' is undefined") == (str(problem.place), problem.message)
