"""Finding the workspace, its projects and its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.errors import ProjectError, UsageError
from didgen.project.workspace import Settings, find_projects, find_root, project_names, read_settings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("onboarding", "hello"):
        folder = tmp_path / "projects" / name
        folder.mkdir(parents=True)
        (folder / "project.yaml").write_text("didgen: 1\n")
    (tmp_path / "projects" / "empty").mkdir()
    return tmp_path


def test_the_nearest_parent_with_a_mark_is_the_root(root: Path) -> None:
    """From deep inside, the folder with `projects/` is the root."""
    deep = root / "projects" / "hello"
    assert root == find_root(deep)


def test_didgen_yaml_marks_a_root_nearer_than_git(tmp_path: Path) -> None:
    """The nearest mark counts, whichever it is."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "didgen.yaml").write_text("")
    assert tmp_path / "videos" == find_root(tmp_path / "videos")


def test_all_projects_or_the_named_ones(root: Path) -> None:
    """Without a name all projects in order of their names; folders without a project.yaml are none."""
    hello = root / "projects" / "hello" / "project.yaml"
    onboarding = root / "projects" / "onboarding" / "project.yaml"
    assert ["hello", "onboarding"] == project_names(root)
    assert [hello, onboarding] == find_projects(root)
    assert [onboarding] == find_projects(root, ["onboarding", "onboarding"])


def test_a_misspelt_project(root: Path) -> None:
    """An unknown name is answered with the nearest right one."""
    with pytest.raises(UsageError, match=r"no project 'onbording' \(did you mean 'onboarding'\?\)"):
        find_projects(root, ["onbording"])


def test_a_project_is_found_by_the_name_it_gives_itself(root: Path) -> None:
    """Addresses begin with `name:`, so commands find a project by it, too; a folder of that name wins."""
    (root / "projects" / "hello" / "project.yaml").write_text("didgen: 1\nname: 'greeting'\n")
    (root / "projects" / "onboarding" / "project.yaml").write_text("didgen: 1\nname: hello\n")
    hello = root / "projects" / "hello" / "project.yaml"
    assert [hello] == find_projects(root, ["greeting"])
    assert [hello] == find_projects(root, ["hello"])
    with pytest.raises(UsageError, match="did you mean 'greeting'"):
        find_projects(root, ["greetings"])


def test_any_yaml_with_the_key_is_a_project(root: Path) -> None:
    """A path names any YAML file with a `didgen:` key; another YAML file is refused."""
    (root / "one.yaml").write_text("# c\ndidgen: 1\n")
    (root / "other.yaml").write_text("a: 1\n")
    assert [root / "one.yaml"] == find_projects(root, [str(root / "one.yaml")])
    with pytest.raises(UsageError, match="it has no `didgen:` key"):
        find_projects(root, [str(root / "other.yaml")])
    with pytest.raises(UsageError, match="does not exist"):
        find_projects(root, ["nope.yaml"])


def test_a_project_outside_the_workspace(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file outside cannot be a project of this workspace."""
    outside = tmp_path_factory.mktemp("outside") / "p.yaml"
    outside.write_text("didgen: 1\n")
    with pytest.raises(UsageError, match="lies outside the workspace"):
        find_projects(root, [str(outside)])


def test_no_project_at_all(tmp_path: Path) -> None:
    """An empty folder says how to begin."""
    with pytest.raises(UsageError, match="didgen init"):
        find_projects(tmp_path)


def test_settings_and_the_environment(tmp_path: Path) -> None:
    """didgen.yaml holds settings, DIDGEN_* override them, and nothing at all is fine."""
    assert Settings("", 0) == read_settings(tmp_path, {})
    (tmp_path / "didgen.yaml").write_text("service: d-id\njobs: 3\npaid: true\n")
    assert Settings("d-id", 3, True) == read_settings(tmp_path, {})
    environment = {"DIDGEN_SERVICE": "local", "DIDGEN_JOBS": "8", "DIDGEN_PAID": "0"}
    assert Settings("local", 8) == read_settings(tmp_path, environment)
    with pytest.raises(UsageError, match="DIDGEN_PAID is 'yes'"):
        read_settings(tmp_path, {"DIDGEN_PAID": "yes"})


def test_wrong_settings_are_told_with_their_places(tmp_path: Path) -> None:
    """A misspelt key and a wrong type are reported together."""
    (tmp_path / "didgen.yaml").write_text("servce: local\njobs: many\n")
    with pytest.raises(ProjectError) as caught:
        read_settings(tmp_path, {})
    assert (
        "didgen.yaml:1:1: servce: unknown setting (did you mean 'service'?)\n"
        "didgen.yaml:2:7: jobs: must be a whole number" == str(caught.value)
    )


def test_a_service_nobody_has_in_the_settings(tmp_path: Path) -> None:
    """The file, the line and the nearest right name."""
    (tmp_path / "didgen.yaml").write_text("service: lokal\n")
    with pytest.raises(
        ProjectError, match=r"didgen\.yaml:1:10: service: unknown service 'lokal' \(did you mean 'local'"
    ):
        read_settings(tmp_path, {})


def test_a_number_of_jobs_that_is_none(tmp_path: Path) -> None:
    """DIDGEN_JOBS must be a number within the limits."""
    for wrong in ("many", "-1", "65"):
        with pytest.raises(UsageError):
            read_settings(tmp_path, {"DIDGEN_JOBS": wrong})


def test_what_may_be_spent_and_what_a_credit_buys(tmp_path: Path) -> None:
    """The environment wins over the file; nothing is a budget by default, and 0 is one."""
    assert (None, None) == (read_settings(tmp_path, {}).budget, read_settings(tmp_path, {}).credit_s)
    (tmp_path / "didgen.yaml").write_text("budget: 20\ncredit_s: 7.5\n")
    assert Settings(budget=20, credit_s=7.5) == read_settings(tmp_path, {"DIDGEN_BUDGET": ""})
    assert Settings(budget=0, credit_s=7.5) == read_settings(tmp_path, {"DIDGEN_BUDGET": "0"})


@pytest.mark.parametrize(
    ("written", "environ", "told"),
    [
        ("budget: many\n", {}, r"didgen\.yaml:1:9: budget: must be a whole number of credits"),
        ("budget: true\n", {}, r"didgen\.yaml:1:9: budget: must be a whole number of credits"),
        ("budget: 2.5\n", {}, r"didgen\.yaml:1:9: budget: must be a whole number of credits"),
        ("budget: -1\n", {}, "budget is -1"),
        ("credit_s: cheap\n", {}, r"didgen\.yaml:1:11: credit_s: must be a number of seconds"),
        ("credit_s: -15\n", {}, "credit_s is -15"),
        ("credit_s: .inf\n", {}, "credit_s"),
        ("", {"DIDGEN_BUDGET": "lots"}, "DIDGEN_BUDGET is 'lots'"),
        ("", {"DIDGEN_BUDGET": "-1"}, "DIDGEN_BUDGET is '-1'"),
        ("", {"DIDGEN_BUDGET": "²"}, "DIDGEN_BUDGET is '²'"),
    ],
)
def test_money_that_is_no_number(tmp_path: Path, written: str, environ: dict[str, str], told: str) -> None:
    """A budget is a whole number from 0 on; what is none is refused and never taken for one."""
    (tmp_path / "didgen.yaml").write_text(written)
    with pytest.raises((ProjectError, UsageError), match=told):
        read_settings(tmp_path, environ)


def test_a_folder_that_holds_no_project_is_told_so(tmp_path: Path) -> None:
    """Nothing in it, a folder in the file's place, a link that leads nowhere."""
    for name in ("empty", "folder", "link"):
        (tmp_path / "projects" / name).mkdir(parents=True)
    (tmp_path / "projects/folder/project.yaml").mkdir()
    (tmp_path / "projects/link/project.yaml").symlink_to("gone.yaml")
    told = {
        "empty": "projects/empty/ holds no project.yaml",
        "folder": "projects/folder/project.yaml is a folder",
        "link": "projects/link/project.yaml is a link that leads nowhere",
    }
    for name, hint in told.items():
        with pytest.raises(UsageError) as caught:
            find_projects(tmp_path, [name])
        assert hint == caught.value.hint


def test_settings_in_a_folder_are_none(tmp_path: Path) -> None:
    """Nobody would notice that they do not hold."""
    (tmp_path / "didgen.yaml").mkdir()
    with pytest.raises(UsageError, match=r"didgen\.yaml is a folder, and the settings are a file"):
        read_settings(tmp_path, {})
