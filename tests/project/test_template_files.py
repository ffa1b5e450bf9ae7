"""What templates include and import: found beside them, never outside of the workspace, known as inputs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from didgen.errors import ProjectError
from didgen.plan.identity import ServiceId
from didgen.plan.resolve import resolve
from didgen.project.files import Files
from didgen.project.load import load_project
from didgen.project.stamps import MISSING, pack, renewed
from didgen.project.template import TemplateProblem, Templates
from tests import fakes

NAME = "projects/a/project.yaml"


def write(root: Path, **texts: str) -> None:
    """Files of a workspace by name; "__" stands for "/" and "_md" at the end for ".md"."""
    for name, text in texts.items():
        path = root / (name.replace("__", "/").removesuffix("_md") + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "work/projects/a").mkdir(parents=True)
    return Files(tmp_path / "work")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% include 'hello.md' %}, welcome", "Hello Ann, welcome"),
        ("{% include 'parts/outer.md' %}", "<Bye Ann, inner>"),
        ("{% include '../../shared/end.md' %}", "The end"),
        ("{% include 'none.md' ignore missing %}x", "x"),
        ("{% include ['none.md', '../../shared/end.md'] %}", "The end"),
        ("{% include part ~ '.md' %}", "Hello Ann"),
        ("{% import 'macros.md' as m %}{{ m.greet('Bob') }}", "Dear Bob!"),
        ("{% from 'macros.md' import greet %}{{ greet(who) }}", "Dear Ann!"),
        ("{% from 'macros.md' import mine with context %}{{ mine() }}", "I am Ann"),
        ("{% extends 'page.md' %}{% block body %}words{% endblock %}", "Start words end"),
    ],
)
def test_files_are_included_from_beside_the_file_that_says_so(files: Files, source: str, text: str) -> None:
    """Names are relative to the including file; macros, blocks, lists of names and missing ones work as in Jinja."""
    write(
        files.root,
        projects__a__hello="Hello {{ who }}\n",
        projects__a__parts__outer="<{% include 'deep/bye.md' %}, inner>",
        projects__a__parts__deep__bye="Bye {{ who }}",
        projects__a__macros="{% macro greet(n) %}Dear {{ n }}!{% endmacro %}"
        "{% macro mine() %}I am {{ who }}{% endmacro %}",
        projects__a__page="Start {% block body %}{% endblock %} end",
        shared__end="The end\n",
    )
    with Templates(files) as templates:
        assert text == templates.render(source, {"who": "Ann", "part": "hello"}, NAME)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% include '../../../out.md' %}", "leads out of the workspace"),
        ("{% include '/etc/hostname' %}", "is an absolute path"),
        ("{% include 'link.md' %}", "leads out of the workspace"),
        ("{% include 'folder/out.md' %}", "leads out of the workspace"),
        ("{% include 'folder/../../../../out.md' ignore missing %}", "leads out of the workspace"),
        ("{% import '../../../out.md' as x %}", "leads out of the workspace"),
        ("{% extends '../' * 9 ~ 'etc/hostname' %}", "leads out of the workspace"),
        ("{% include '../../.env' %}", "is hidden"),
        ("{% include 'inside.md' %}", "is hidden"),
        ("{% include 'a\\0b.md' %}", "is not a file name"),
        ("{% include '.' %}", "a folder, not a file"),
        ("{% include 'pipe' %}", "a pipe or a device, not a file"),
        ("{% include 'none.md' %}", "projects/a/none.md does not exist"),
        ("{% include ['no.md', 'none.md'] %}", "none of these files exists: no.md, none.md"),
        ("{% include 'binary.md' %}", "is not UTF-8 text"),
        ("{% include 'long.md' %}", "is longer than 64,000 characters"),
    ],
)
def test_nothing_is_read_that_is_no_text_of_the_workspace(files: Files, source: str, message: str) -> None:
    """Absolute names, ways out (also through links), hidden files, folders, pipes and what is no text are refused."""
    root, home = files.root, files.root / "projects/a"
    write(root.parent, out="SECRET")
    write(root, projects__a__long="x" * 64_001)
    (root / ".env").write_text("D_ID_API_KEY=SECRET")
    (home / "binary.md").write_bytes(b"\xff\xfe")
    (home / "link.md").symlink_to("../../../out.md")
    (home / "inside.md").symlink_to("../../.env")
    (home / "folder").symlink_to(root.parent)
    os.mkfifo(home / "pipe")
    with Templates(files) as templates:
        with pytest.raises(TemplateProblem, match=message) as caught:
            templates.render(f"line\n{source}", {}, NAME)
        assert (2, "") == (caught.value.line, caught.value.file)
        assert "SECRET" not in str(caught.value)
        assert "ok" == templates.render("{{ 'ok' }}", {}, NAME)


@pytest.mark.parametrize(
    ("part", "message", "line"),
    [
        ("one\n{{ whoo }}", "'whoo' is undefined", 2),
        ("one\n\n{% if %}", "something is missing before %}", 3),
        ("\n{{ 1 / 0 }}", "division by zero", 2),
        ("\n\n\n{% include 'none.md' %}", "none.md does not exist", 4),
        ("\n{% include 'part.md' %}", "nested too deeply, or a file includes itself", 2),
        ("\n{% for x in xs %}{% include 'part.md' %}{% include 'part.md' %}{% endfor %}", "nested too deeply", 2),
    ],
)
def test_a_mistake_in_an_included_file_has_its_line(files: Files, part: str, message: str, line: int) -> None:
    """What is wrong in a file is told with that file and its line, a file that includes itself too."""
    write(files.root, projects__a__part=part)
    with Templates(files) as templates, pytest.raises(TemplateProblem, match=message) as caught:
        templates.render("{% include 'part.md' %}", {"who": "Ann", "xs": [1]}, NAME)
    assert ("projects/a/part.md", line) == (caught.value.file, caught.value.line)


def test_a_macro_without_context_says_how_to_reach_a_variable(files: Files) -> None:
    """The variable is there and the macro does not see it: the hint says why."""
    write(files.root, projects__a__m="{% macro mine() %}I am {{ who }}{% endmacro %}")
    with Templates(files) as templates, pytest.raises(TemplateProblem, match="'who' is undefined") as caught:
        templates.render("{% from 'm.md' import mine %}{{ mine() }}", {"who": "Ann"}, NAME)
    assert "with context" in caught.value.hint


def test_output_and_memory_are_bounded_through_files(files: Files) -> None:
    """Files that include others many times are stopped like any other template."""
    write(files.root, projects__a__a="{% include 'b.md' %}" * 100, projects__a__b="x" * 1000)
    with Templates(files) as templates:
        with pytest.raises(TemplateProblem, match="over 40,000 characters"):
            templates.render("{% include 'a.md' %}", {}, NAME)
        doubling = "{% set x %}{% include 'a.md' %}{% endset %}" + "{% set x = x ~ x %}" * 40
        with pytest.raises(TemplateProblem, match="template stopped"):
            templates.render(doubling, {}, NAME)
        assert "1" == templates.render("{{ 1 }}", {}, NAME)


def test_an_included_file_is_a_known_input(files: Files) -> None:
    """Included files, also missing ones, are inputs: an edit, and a file that comes, is a change."""
    write(files.root, projects__a__part="a")
    with Templates(files) as templates:
        templates.render("{% include 'part.md' %}{% include 'later.md' ignore missing %}", {}, NAME)
    seen = files.seen()
    assert MISSING == seen["projects/a/later.md"]
    assert renewed(files.root, pack(seen))
    write(files.root, projects__a__later="b")
    assert renewed(files.root, pack(seen)) is None
    (files.root / "projects/a/later.md").unlink()
    write(files.root, projects__a__part="b")
    assert renewed(files.root, pack(seen)) is None


PROJECT = """\
didgen: 1
defaults: {source: p.jpg, config: {logo: false}}
scenes:
  - {id: one, script: "Good day. {% include 'end.md' %}"}
  - {id: two, script: {file: two.md}}
  - {id: three, script: Nothing of it here.}
"""


def test_an_edit_of_an_included_file_renders_its_scenes_anew(tmp_path: Path) -> None:
    """Scenes whose words change get another fingerprint, and no other does; Markdown is read after the inclusion."""
    write(tmp_path, end="the *end* of it", two="# Two\n{% include 'end.md' %}")
    (tmp_path / "project.yaml").write_text(PROJECT)
    (tmp_path / "p.jpg").write_bytes(fakes.photo())

    def planned() -> dict[str, tuple[str, str]]:
        files = Files(tmp_path)
        project = load_project(tmp_path / "project.yaml", files)
        return {s.address.split("/")[1]: (s.spoken, s.fingerprint) for s in resolve(project, files, ServiceId("local"))}

    before = planned()
    assert "Good day. the *end* of it" == before["one"][0]
    assert "Two.\n\nthe end of it" == before["two"][0]
    write(tmp_path, end="the finish")
    after = planned()
    assert ["one", "two"] == [name for name in before if before[name] != after[name]]
    write(tmp_path, end="fine\n{{ nobody }}")
    with pytest.raises(ProjectError, match=r"end\.md:2:\d+: 'nobody' is undefined"):
        planned()
