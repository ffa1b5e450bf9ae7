"""Names in single braces: which are variables, where they stand, and what is none of them."""

from __future__ import annotations

import pytest

from didgen.project.braces import single_braces

KNOWN = {"name": "demo", "product": "Acme", "row": {"email": "a@b.org"}, "größe": 3}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello { name }.", [("name", "{ name }", 1, 7)]),
        ("{name}", [("name", "{name}", 1, 1)]),
        ("one\ntwo {row.email}", [("row.email", "{row.email}", 2, 5)]),
        ("{größe} and\t{ product }", [("größe", "{größe}", 1, 1), ("product", "{ product }", 1, 13)]),
        ("{ name } { name }", [("name", "{ name }", 1, 1)]),
        ("{{ name }} { product }", [("product", "{ product }", 1, 12)]),
        ("{ name }}", [("name", "{ name }", 1, 1)]),
    ],
)
def test_a_variable_in_single_braces_is_found(text: str, found: list[tuple[str, str, int, int]]) -> None:
    """With its braces, at its line and column, once."""
    assert found == [(one.name, one.written, one.line, one.column) for one in single_braces(text, KNOWN)]


@pytest.mark.parametrize(
    "text",
    [
        "Hello.",
        "{{ name }}",
        "{{name}}",
        "{{{ name }}}",
        "{ nobody }",
        "{ row.name }",
        "{ product.name }",
        "{ two words } {} { }",
        "{ 'name' }",
        "{# { name } #}",
        "{% raw %}{ name }{% endraw %}",
        "{% if {name} %}",
    ],
)
def test_all_else_is_left_alone(text: str) -> None:
    """Tags, comments, what is raw, and names that stand for nothing."""
    assert [] == single_braces(text, KNOWN)
