"""Templates: what they may do, what stops them, and that texts without tags cost nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen.project import template
from didgen.project.files import Files
from didgen.project.template import TemplateProblem, Templates

VARIABLES = {"product": "Acme", "people": ["Ann", "Bob"], "row": {"name": "Zoë"}, "xs": list(range(1000))}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    with Templates(Files(tmp_path_factory.mktemp("empty"))) as shared:
        yield shared


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ product }}!", "Hello Acme!"),
        ("{{ row.name | upper }}", "ZOË"),
        ("{% for p in people %}{{ p }}{% if not loop.last %}, {% endif %}{% endfor %}", "Ann, Bob"),
        ("{# a note #}Hi", "Hi"),
        ("{% set n = 3 * 4 + 2 %}{{ n }}", "14"),
        ("{{ 'ab' * 3 }}\n", "ababab\n"),
        ("{{ product | replace('A', 'a') | default('x') }}", "acme"),
        ("{{ nothing | default('x') }}", "x"),
    ],
)
def test_templates_fill_in(templates: Templates, source: str, text: str) -> None:
    """Variables, loops, conditions, arithmetic and text filters work."""
    assert text == templates.render(source, VARIABLES)


@pytest.mark.parametrize(
    ("source", "message", "line", "hint"),
    [
        ("One\nTwo {{ prodct }}", "'prodct' is undefined", 2, "did you mean 'product'?"),
        ("{{ row.nme }}", "has no attribute 'nme'", 1, "did you mean 'name'?"),
        ("a\n\n{% if %}", "something is missing before %}", 3, ""),
        ("{{ product", "is never closed", 1, "close it with }}"),
        ("a\n{{ 1 / 0 }}", "division by zero", 2, ""),
        ("{{ product + 1 }}", "a text and a number are not added", 1, "join them with ~"),
        ("{{ 'x' | center(99) }}", "there is no filter 'center'", 1, "did you mean 'percent'?"),
    ],
)
def test_mistakes_have_a_line(templates: Templates, source: str, message: str, line: int, hint: str) -> None:
    """A mistake is told with the template's own line and the nearest variable."""
    with pytest.raises(TemplateProblem, match=message) as caught:
        templates.render(source, VARIABLES)
    assert (line, hint) == (caught.value.line, caught.value.hint)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ people.append('x') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ product.format.__globals__ }}",
        "{{ '{0.__class__}'.format(product) }}",
        "{{ (product | attr('__class__')) }}",
        "{{ lipsum.__globals__ }}",
        "{{ cycler.__init__ }}",
        "{{ range(3) }}",
        "{{ dict(a=1) }}",
        "{{ namespace() }}",
        "{% include 'project.yaml' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
    ],
)
def test_nothing_but_variables_can_be_reached(templates: Templates, source: str) -> None:
    """Attributes of Python, globals, other files and changes of variables are all refused."""
    with pytest.raises(TemplateProblem):
        templates.render(source, VARIABLES)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 2000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ '%099999999d' % 1 }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ 'a'.ljust(999999999) }}",
        "{% for x in xs %}{% for y in xs %}aaaaaaaaaa{% endfor %}{% endfor %}",
        "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{# " + "x" * 70_000 + " #}",
    ],
    ids=["repeat", "power", "percent", "format", "pad", "output", "double", "nested", "source"],
)
def test_memory_and_output_are_bounded(templates: Templates, source: str) -> None:
    """What would take gigabytes is stopped, and the next template still renders."""
    with pytest.raises(TemplateProblem):
        templates.render(source, VARIABLES)
    assert "Acme" == templates.render("{{ product }}", VARIABLES)


@pytest.mark.parametrize(("doublings", "fits"), [(20, True), (23, False)])
def test_a_template_has_64_mb(templates: Templates, doublings: int, fits: bool) -> None:
    """A text of 10 MB in a variable is fine, one of 80 MB is not; that it is not shown makes no difference."""
    source = "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x + x %}" * doublings + "{{ x | length }}"
    if fits:
        assert str(10 * 2**doublings) == templates.render(source, VARIABLES)
        return
    with pytest.raises(TemplateProblem, match="over 64 MB"):
        templates.render(source, VARIABLES)


def test_many_templates_do_not_use_up_the_memory_of_one(tmp_path: Path) -> None:
    """Long templates in many locales, kept by the child for a while, leave each of them its share: it begins anew."""
    children = set()
    with Templates(Files(tmp_path)) as own:
        for number in range(350):
            source = f"{number}{{{{ product }}}}{'😀' * 36_000}"
            made = own.render(source, {**VARIABLES, "locale": f"x{number % 12}"})
            assert made.startswith(f"{number}Acme😀")
            assert own._child is not None
            children.add(own._child.pid)
    assert len(children) > 1


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Loops that would run for days are stopped by the clock, and the next template gets a fresh child."""
    monkeypatch.setattr(template, "TIMEOUT_S", 0.3)
    endless = "{% for a in xs %}" * 5 + "{% endfor %}" * 5
    with Templates(Files(tmp_path)) as own:
        own.render("{{ product }}", VARIABLES)
        with pytest.raises(TemplateProblem, match=r"template stopped: over 0\.3 s"):
            own.render(endless, VARIABLES)
        assert "Acme" == own.render("{{ product }}", VARIABLES)


def test_text_without_tags_starts_no_child_and_no_jinja() -> None:
    """A text with braces but no tag is passed through as it is; Jinja is not even imported."""
    code = (
        "import sys; from didgen.project.files import Files; from didgen.project.template import Templates\n"
        "with Templates(Files('.')) as t: assert t.render('a { b } % c', {}) == 'a { b } % c' and t._child is None\n"
        "assert 'jinja2' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_child_does_not_see_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key in the environment never gets into the process that runs what others wrote."""
    monkeypatch.setenv("D_ID_API_KEY", "user:secret")
    with Templates(Files(tmp_path)) as own:
        own.render("{{ product }}", VARIABLES)
        assert own._child is not None
        with open(f"/proc/{own._child.pid}/environ", "rb") as f:
            assert b"secret" not in f.read()
