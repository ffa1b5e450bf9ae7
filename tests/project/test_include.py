"""`include:`: what is shared lies under what the project says, and keeps its own places."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.errors import ProjectError
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import Project, load_project
from tests import fakes

PROJECT = """didgen: 1
name: x
include: ../shared/all.yaml
vars: {product: Ours}
defaults: {config: {fluent: true}}
scenes: [{id: a, script: "{{ product }} of {{ maker }}."}]
"""
ALL = """include: [more.yaml]
vars: {product: Theirs, maker: Acme}
defaults: {source: photo.jpg, config: {stitch: true, fluent: false}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("one", "shared"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shared/photo.jpg").write_bytes(fakes.photo())
    (tmp_path / "shared/all.yaml").write_text(ALL)
    (tmp_path / "shared/more.yaml").write_text("vars: {maker: Nobody, year: 2026}\nvoices: {en: heart}\n")
    return tmp_path


def load(root: Path, text: str = PROJECT) -> tuple[Project, Files]:
    (root / "one/project.yaml").write_text(text)
    files = Files(root)
    return load_project(root / "one/project.yaml", files), files


def scenes(root: Path, text: str = PROJECT) -> list[Scene]:
    project, files = load(root, text)
    return resolve(project, files, service_id("local"))


def refusals(root: Path, text: str = PROJECT) -> list[str]:
    with pytest.raises(ProjectError) as caught:
        scenes(root, text)
    return [str(problem) for problem in caught.value.problems]


def test_the_project_wins_key_by_key(root: Path) -> None:
    """Over what it includes, and that over what it includes in turn; files are named from where they are written."""
    (scene,) = scenes(root)
    assert "Ours of Acme." == scene.spoken
    assert root / "shared/photo.jpg" == scene.inputs["source_url"].path
    assert {"stitch": True, "fluent": True} == scene.request.config.model_dump(exclude_unset=True)  # type: ignore
    assert 2026 == load(root)[0].spec.vars["year"]


def test_what_is_shared_renders_as_if_it_stood_in_the_project(root: Path) -> None:
    """A fingerprint does not tell where a value was written."""
    (shared,) = scenes(root)
    (plain,) = scenes(
        root,
        PROJECT.replace("include: ../shared/all.yaml\n", "")
        .replace("{product: Ours}", "{product: Ours, maker: Acme}")
        .replace("{config: {", "{source: ../shared/photo.jpg, config: {stitch: true, "),
    )
    assert plain.fingerprint == shared.fingerprint


@pytest.mark.parametrize("key", ["include", '"inclu\\x64e"'])
def test_what_is_shared_may_change_alone(root: Path, key: str) -> None:
    """A project that includes something is not its own bytes alone, however the key is written."""
    former, _ = load(root, PROJECT.replace("include:", f"{key}:"))
    shared = root / "shared/all.yaml"
    shared.write_text(shared.read_text().replace("Acme", "Apex"))
    assert "Apex" == load_project(former.path, Files(root), former).spec.vars["maker"]


def test_of_two_files_the_later_wins(root: Path) -> None:
    """A list is laid down in its order."""
    (root / "shared/late.yaml").write_text("vars: {maker: Late}\n")
    listed = PROJECT.replace("include: ../shared/all.yaml", "include: [../shared/all.yaml, ../shared/late.yaml]")
    assert "Ours of Late." == scenes(root, listed)[0].spoken


def test_every_included_file_is_an_input_of_the_walk(root: Path) -> None:
    """The short cut looks at all of them."""
    _, files = load(root)
    assert {"one/project.yaml", "shared/all.yaml", "shared/more.yaml"} == set(files.seen())


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "all.yaml",
            ALL.replace("stitch: true", "stich: true"),
            "shared/all.yaml:3:40: defaults.config.stich: unknown key",
        ),
        (
            "all.yaml",
            ALL.replace("photo.jpg", "gone.jpg"),
            "shared/all.yaml:3:20: defaults.source: shared/gone.jpg does not",
        ),
        (
            "all.yaml",
            ALL.replace("photo.jpg", "../../x.jpg"),
            "shared/all.yaml:3:20: defaults.source: '../../x.jpg' leads",
        ),
        ("all.yaml", "scens: 1\n", "shared/all.yaml:1:1: scens: cannot be shared (known: defaults, include, locales"),
        ("all.yaml", "vras: {}\n", "shared/all.yaml:1:1: vras: cannot be shared (did you mean 'vars'?)"),
        ("all.yaml", "- a\n", "shared/all.yaml:1:1: holds no `key: value` lines to share"),
        ("all.yaml", "vars: {a: 1\n", "shared/all.yaml:1:7: the { is not closed"),
        ("all.yaml", "include: gone.yaml\n", "shared/all.yaml:1:10: include: shared/gone.yaml does not exist"),
        ("all.yaml", "include: [1]\n", "shared/all.yaml:1:10: include: must be a file or a list of files"),
        ("more.yaml", "voices: {en: {voice_id: 7}}\n", "shared/more.yaml:1:25: voices.en.voice_id: must be text"),
        ("more.yaml", "voices: {en: hart}\n", "shared/more.yaml:1:14: voices.en: there is no voice 'hart'"),
        (
            "more.yaml",
            "include: all.yaml\n",
            "shared/more.yaml:1:10: include: one/project.yaml → shared/all.yaml → shared/more.yaml → shared/all.yaml",
        ),
    ],
)
def test_mistakes_are_told_in_the_file_that_has_them(root: Path, name: str, text: str, said: str) -> None:
    """At its own line and column."""
    (root / "shared" / name).write_text(text)
    assert said in refusals(root)[0]


def test_a_logo_that_is_shared_is_named_from_its_file(root: Path) -> None:
    """Also where the scene has a config of its own."""
    (root / "shared/logo.png").write_bytes(fakes.photo())
    (root / "shared/all.yaml").write_text(ALL.replace("stitch: true", "logo: {url: logo.png, position: [1, 1]}"))
    (scene,) = scenes(root, PROJECT.replace("id: a,", "id: a, config: {stitch: true},"))
    assert root / "shared/logo.png" == scene.inputs["logo_url"].path


def test_files_that_include_each_other_many_times_over_cost_little(root: Path) -> None:
    """Thirty files, each with the next one twice: a thousand million ways, and each file is read once."""
    for number in range(30):
        (root / f"shared/f{number}.yaml").write_text(f"include: [f{number + 1}.yaml, ./f{number + 1}.yaml]\n")
    (root / "shared/f30.yaml").write_text("vars: {maker: Deep}\n")
    assert (
        "Ours of Deep."
        == scenes(
            root, PROJECT.replace("all.yaml", "f0.yaml").replace("{config", "{source: ../shared/photo.jpg, config")
        )[0].spoken
    )
