"""`output:` templates: where files go, and what is refused, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.errors import Place, ProjectError
from didgen.plan.address import films_of
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import load_project
from didgen.project.output import OutputTemplate, output_fault
from didgen.project.workspace import read_settings
from tests import fakes
from tests.plan import resolving

HEAD = "didgen: 1\nname: x\nvars: {product: Acme & Co, parts: [a]}\ndata: {people: people.csv}\n"
FLAT = "{{ project }}/{{ scene }}.{{ locale }}.mp4"
SCENES = "scenes:\n  - {id: one, script: Good morning.}\n  - {id: two, script: Good evening.}\n"
MATRIX = "matrix: {locale: [en, en-GB]}\n"
HELLO = "  - {id: hello, each: {people: email}, script: 'Hello {{ row.name }}!'}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").write_bytes(fakes.photo())
    (tmp_path / "people.csv").write_text("email,name\nanna@acme.com,Anna\nbob@acme.com,../Bob\n")
    return tmp_path


def with_output(template: str, rest: str) -> str:
    return f'{HEAD}defaults:\n  source: photo.jpg\n  output: "{template}"\n{rest}'


def places(folder: Path, text: str) -> dict[str, str]:
    """Address of scene or film → its output."""
    project, scenes = resolving.read(folder, text, "d-id", output=read_settings(folder, {}).output)
    found: list[tuple[str, Path]] = [(scene.address, scene.output) for scene in scenes]
    found += [(film.address, film.output) for film in films_of(project, scenes)]
    return {address: output.as_posix() for address, output in found}


def refusals(folder: Path, text: str) -> list[str]:
    with pytest.raises(ProjectError) as caught:
        places(folder, text)
    return [str(problem) for problem in caught.value.problems]


def test_a_template_of_the_project_places_every_scene_and_its_film(folder: Path) -> None:
    """The film lies where a scene called film would."""
    assert {
        "x/one[locale=en]": "x/one.en.mp4",
        "x/two[locale=en]": "x/two.en.mp4",
        "x/one[locale=en-GB]": "x/one.en-gb.mp4",
        "x/two[locale=en-GB]": "x/two.en-gb.mp4",
        "x[locale=en]#film": "x/film.en.mp4",
        "x[locale=en-GB]#film": "x/film.en-gb.mp4",
    } == places(folder, with_output(FLAT, MATRIX + SCENES))


def test_a_scene_goes_its_own_way_and_null_is_the_default(folder: Path) -> None:
    """Over `locales`, over `defaults`, over the workspace's; a row's key and columns, variables and folders may be
    named, and no value makes a folder."""
    (folder / "didgen.yaml").write_text('output: "{{ project }}/all/{{ scene }}"\n')
    own = "scenes:\n  - {id: one, script: Good morning., output: null}\n  - {id: two, script: Good evening.}\n"
    own += '  - {id: film, script: Bye., output: "{{ project }}/{{ product }}/v1.2 {{scene}}.mov"'
    own += ", config: {result_format: mov}}\n"
    own += HELLO.replace("script", 'output: "{{ project }}/{{ people }}/{{ row.name }} {{ name }}", script')
    assert {
        "x/one": "x/one.mp4",
        "x/two": "x/all/two.mp4",
        "x/film": "x/acme-co/v1.2 film.mov",
        "x/hello[people=anna@acme.com]": "x/anna-acme-com/anna x.mp4",
        "x/hello[people=bob@acme.com]": "x/bob-acme-com/bob x.mp4",
        "x#film": "x/all/film.mp4",
    } == places(folder, f"{HEAD}defaults: {{source: photo.jpg}}\n{own}")
    by_locale = 'locales: {en-GB: {output: "{{ project }}/britain/{{ scene }}"}}\n'
    found = places(folder, f"{HEAD}defaults: {{source: photo.jpg}}\n{by_locale}locale: en-GB\n{SCENES}")
    assert ["x/britain/one.mp4", "x/britain/two.mp4", "x/britain/film.mp4"] == list(found.values())


def test_a_film_that_a_template_cannot_place_stays_where_it_is_by_default(folder: Path) -> None:
    """Without the scene's name, with a row's values, and where two would be one; never over a scene's file."""
    one = "scenes:\n  - {id: one, script: Good morning.}\n"
    assert (
        "x/en/film.mp4" == places(folder, with_output("{{ project }}/{{ locale }}", MATRIX + one))["x[locale=en]#film"]
    )
    rows = places(folder, with_output("{{ project }}/{{ people }}/{{ scene }}", f"scenes:\n{HELLO}"))
    assert "x/film.mp4" == rows["x#film"]
    when = "scenes:\n  - {id: one, script: Hi there., when: {locale: en}}\n"
    when += "  - {id: two, script: Hi there., when: {locale: en-GB}}\n"
    found = places(folder, with_output("{{ project }}/{{ scene }}", MATRIX + when))
    assert ["x/one.mp4", "x/two.mp4", "x/en/film.mp4", "x/en-gb/film.mp4"] == list(found.values())
    named_film = one.replace("one", "film")
    assert "x/film.en_.mp4" == places(folder, with_output(FLAT, named_film))["x#film"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("", "is empty"),
        ("x/{{ scene }}", "must begin with {{ project }}/"),
        ("{{ scene }}/{{ project }}", "must begin with {{ project }}/"),
        ("{{ project }}", "must begin with {{ project }}/"),
        ("/{{ project }}/a", "must begin with {{ project }}/"),
        ("{{ project }}/../{{ scene }}", "leads out of its folder"),
        ("{{ project }}//{{ scene }}", "has nothing between two slashes"),
        ("{{ project }}/{{ scene }}/", "names no file"),
        ("{{ project }}/./{{ scene }}", "begins or ends with a dot"),
        ("{{ project }}/.{{ scene }}", "begins or ends with a dot"),
        ("{{ project }}/{{ scene }} /x", "begins or ends with a space"),
        ("{{ project }}/{{ scene | upper }}", "nothing else in braces"),
        ("{{ project }}/{% if x %}", "nothing else in braces"),
        ("{{ project }}/{ scene }", "nothing else in braces"),
        ("{{ project }}/{{ scene }}:1", "holds ':'"),
        ("{{ project }}/{{ scene }}.avi", "ends in .avi"),
        ("{{ project }}/" + "x" * 400, "is longer than 400 characters"),
    ],
)
def test_a_template_is_checked_when_it_is_read(folder: Path, template: str, said: str) -> None:
    """At its line and column, in the project as in the workspace."""
    (problem,) = refusals(folder, with_output(template, SCENES))
    assert problem.startswith("project.yaml:7:11: defaults.output: ")
    assert said in problem
    (folder / "didgen.yaml").write_text(f'jobs: 1\noutput: "{template}"\n')
    (problem,) = refusals(folder, f"{HEAD}defaults: {{source: photo.jpg}}\n{SCENES}")
    assert problem.startswith("didgen.yaml:2:9: output: ")
    assert said in problem


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ project }}/{{ scen }}", "there is no scen, in x/one (did you mean"),
        ("{{ project }}/{{ parts }}", "parts is neither text nor a number, in x/one"),
        ("{{ project }}/{{ row.email }}{{ scene }}", "there is no row.email, in x/one"),
        ("{{ project }}/fixed", "x/two and x/one have the same file name, x/fixed (add {{ scene }})"),
        ("{{ project }}/{{ scene }}.gif", "ends in .gif, and x/one is made as mp4"),
        ("{{ project }}/" + "x" * 198 + "{{ scene }}", "makes a name longer than 200 bytes"),
    ],
)
def test_what_only_the_scenes_can_tell_is_told_at_the_template(folder: Path, template: str, said: str) -> None:
    """Unknown names, collisions and suffixes, once for all scenes."""
    first = refusals(folder, with_output(template, SCENES))[0]
    assert first.startswith("project.yaml:7:11: defaults.output: ")
    assert said in first


def test_two_instances_never_share_a_file_whatever_the_letters(folder: Path) -> None:
    """Not of two locales, not by capitals, and no output is a folder of another."""
    (problem,) = refusals(folder, with_output("{{ project }}/{{ scene }}.mp4", MATRIX + SCENES))
    assert "x/one[locale=en-GB] and x/one[locale=en] have the same file name, x/one (add {{ locale }})" in problem
    upper = SCENES.replace("one, ", 'one, output: "{{ project }}/TWO", ')
    (problem,) = refusals(folder, f"{HEAD}defaults: {{source: photo.jpg}}\n{upper}")
    assert "have the same file name" in problem
    assert problem.startswith("project.yaml:7:")
    inside = SCENES.replace("one, ", 'one, output: "{{ project }}/two.jpg/one", ')
    (problem,) = refusals(folder, f"{HEAD}defaults: {{source: photo.jpg}}\n{inside}")
    assert "x/one makes a folder of x/two.jpg, which is a file of x/two" in problem
    taken = SCENES.replace("one, ", 'one, output: "{{ project }}/manifest.json/one", ')
    (problem,) = refusals(folder, f"{HEAD}defaults: {{source: photo.jpg}}\n{taken}")
    assert "which is the project's manifest" in problem


@given(st.text(min_size=1, max_size=30), st.text(max_size=30))
def test_whatever_the_values_a_place_stays_in_its_folder(literal: str, value: str) -> None:
    """A template that is accepted leads nowhere else, with any text in it."""
    from didgen.plan.places import _fit

    text = f"{{{{ project }}}}/{literal}/{{{{ v }}}}"
    if not output_fault(text):
        place = OutputTemplate(text, Place("x")).filled(lambda name: _fit(name, {"project": "p", "v": value}))
        assert "p" == place.parts[0]
        assert ".." not in place.parts
        assert len(place.parts) == 2 + literal.count("/") + 1


def test_places_count_for_no_fingerprint(folder: Path) -> None:
    """Where a video goes alters no pixel."""

    def prints(text: str) -> list[str]:
        (folder / "project.yaml").write_text(text)
        files = Files(folder)
        made: list[Scene] = resolve(load_project(folder / "project.yaml", files), files, service_id("d-id"))
        return [scene.fingerprint for scene in made]

    plain = prints(f"{HEAD}defaults: {{source: photo.jpg}}\n{SCENES}")
    assert plain == prints(with_output("{{ project }}/a/{{ scene }}", SCENES))
