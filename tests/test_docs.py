"""What the documents say must be so: examples load, names exist, figures are the code's."""

from __future__ import annotations

import re
import shutil
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

import didgen
from didgen import errors
from didgen.api.wire import RenderConfig
from didgen.catalog.drivers import ANIMATION_BANKS, TALK_BANKS
from didgen.catalog.local_voices import VOICES
from didgen.catalog.providers import PROVIDERS, TO_MICROSOFT
from didgen.cli.group import cli
from didgen.cli.main import COMMANDS
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import load_project
from didgen.project.models import ProjectSpec, SceneSpec, ScriptSpec
from didgen.project.workspace import Settings, read_settings

ROOT = Path(__file__).resolve().parent.parent
GUIDES = ("README.md", "projects/README.md", "ARCHITECTURE.md")
GENERATED = ("output/", ".didgen/", "dist/", ".venv/")
"""What is made in a workspace or by a command, and so is not in the repository."""

PATH = re.compile(r"\.{0,2}/?[\w.-]+(/[\w.-]+)*/?")
SUFFIXES = (".py", ".md", ".toml", ".json", ".yml", ".txt")
FOLDERS = ("didgen", "docs", "projects", "requirements", "schemas", "tests")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def documents() -> list[str]:
    """Every Markdown page of the repository."""
    below = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *below])


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(name), re.M | re.S)


def code_words(text: str) -> list[str]:
    """What stands in backticks, outside of blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def section(name: str, heading: str) -> str:
    """The text below a heading, to the next one."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text_of(name), re.M | re.S)
    assert found, f"{name} has no section {heading}"
    return found[1]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every row of a section's tables, without their heads."""
    for table in re.findall(r"^\|[-|]+\|\n((?:\|.*\n?)+)", text, re.M):
        for line in table.splitlines():
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


# -- examples -----------------------------------------------------------------------------------------------------


def resolved(text: str, folder: Path) -> list[Scene]:
    """The scenes of an example in a workspace where every file it names exists."""
    home = folder / "projects" / "example"
    home.mkdir(parents=True)
    (home / "project.yaml").write_text(text, "utf-8")
    data = yaml.safe_load(text)
    for part in [data.get("defaults", {}), *data["scenes"]]:
        _make_named(part, home)
    for name in data.get("data", {}).values():
        _new(home / name).write_text("email,name,locale\nanna@acme.com,Anna,de\nbob@acme.com,Bob,en\n")
    files = Files(folder)
    return resolve(load_project(home / "project.yaml", files), files, service_id(data.get("service", "local")))


def _make_named(part: dict[str, Any], home: Path) -> None:
    script = part.get("script")
    script = script if isinstance(script, dict) else {}
    if "source" in part:
        shutil.copyfile(ROOT / "didgen/cli/template/assets/portrait.jpg", _new(home / part["source"]))
    if "audio" in script:
        with wave.open(str(_new(home / script["audio"])), "wb") as sound:
            sound.setparams((1, 2, 16_000, 0, "NONE", ""))
            sound.writeframes(bytes(32_000))
    if "file" in script:
        for locale in ("en", "de"):
            name = script["file"].replace("{{ scene }}", part["id"]).replace("{{ locale }}", locale)
            _new(home / name).write_text("# One\n\nTwo {{ product }}.\n")


def _new(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.parametrize("name", ["README.md", "projects/README.md"])
def test_every_example_project_loads_and_resolves(name: str, tmp_path: Path) -> None:
    """A project shown to a reader is one that didgen takes, scene by scene."""
    examples = [block for block in blocks(name, "yaml") if "scenes:" in block]
    assert examples
    for number, example in enumerate(examples):
        scenes = resolved(example, tmp_path / str(number))
        named = dict.fromkeys(s.address.split("/")[1].partition("[")[0] for s in scenes)
        assert {s["id"] for s in yaml.safe_load(example)["scenes"]} == set(named)


def test_the_example_of_the_guide_merges_as_its_comments_say(tmp_path: Path) -> None:
    """A config key of the defaults stays beside the scene's own; `null` takes a default away."""
    welcome, tour, quote, maria = resolved(blocks("projects/README.md", "yaml")[0], tmp_path)
    assert "Welcome to Acme. Ask Ann or Bob about cube control." == welcome.spoken
    assert tour.request.config is not None
    assert (0.5, True) == (tour.request.config.pad_audio, tour.request.config.stitch)
    assert ("bank://lively/driver-02", "One.\n\nTwo Acme.") == (tour.request.driver_url, tour.spoken)
    assert (None, "bank://nostalgia/") == (quote.request.driver_url, maria.request.driver_url)


def test_the_example_settings_are_read(tmp_path: Path) -> None:
    """The didgen.yaml of the guide holds settings that exist."""
    (example,) = [block for block in blocks("projects/README.md", "yaml") if "scenes:" not in block]
    (tmp_path / "didgen.yaml").write_text(example, "utf-8")
    found = read_settings(tmp_path, {})
    assert Settings("local", 2, budget=20, credit_s=15, store="../videos") == replace(found, output=None)
    assert "{{ project }}/{{ scene }}" == (found.output and found.output.text)


# -- commands -----------------------------------------------------------------------------------------------------


def options_of(command: click.Command) -> set[str]:
    """Of a command, and of those below it."""
    own = {name for parameter in command.params for name in parameter.opts if name.startswith("-")}
    below = command.commands.values() if type(command) is click.Group else ()
    return own.union({"--help", "-h"}, *(options_of(one) for one in below))


def lines_of(name: str) -> Iterator[tuple[str, list[str]]]:
    """Every line of a page with the commands it calls: in backticks, or first in a line of a shell block."""
    shell = False
    for line in text_of(name).splitlines():
        if line.startswith("```"):
            shell = line == "```sh"
        yield line, re.findall(r"^didgen ([a-z]+)" if shell else r"`didgen ([a-z]+)", line)


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_and_option_named_exists(name: str) -> None:
    """An option on a line that names commands is one of theirs; elsewhere it is some command's."""
    all_options = {command: options_of(cli.get_command(click.Context(cli), command)) for command in COMMANDS}  # type: ignore[arg-type]
    everywhere = set().union(*all_options.values()) | options_of(cli) | {"--version"}
    for line, named in lines_of(name):
        assert [] == [command for command in named if command not in COMMANDS], line
        known = set().union(*(all_options[command] for command in named)) if named else everywhere
        found = {option for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line) if not line.startswith("|--")}
        assert set() == found - known, line


def test_the_readme_names_every_command() -> None:
    """A command nobody is told of is not there."""
    assert set(COMMANDS) == {command for _, named in lines_of("README.md") for command in named}


@pytest.mark.parametrize("name", [*GUIDES, "Makefile"])
def test_every_make_target_named_exists(name: str) -> None:
    """`make WORD` is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.M))
    assert {"demo", "test", "lint", "bench", "wheel"} <= targets
    if name == "Makefile":
        named = set(re.findall(r"[a-z]+", re.findall(r'@echo "make (.*)"', text_of(name))[0]))
    else:
        named = set(re.findall(r"(?:`|^)make ([a-z]+)", text_of(name), re.M))
    assert set() == named - targets


def test_the_readme_tells_every_exit_code() -> None:
    """Each code of the error tree stands in the README with what it means, and no other does."""
    meanings = {
        errors.ScenesFailedError: "scenes failed",
        errors.ProjectError: "project",
        errors.UsageError: "command",
        errors.UnresolvedJobError: "unresolved",
        errors.BudgetError: "money",
        errors.LockedError: "another build",
        errors.StorageError: "disk",
        errors.UnreachableError: "reached",
        errors.InterruptedBuildError: "interrupted",
    }
    sentence = re.search(r"Exit codes: (.*?)\. ", text_of("README.md").replace("\n", " "))
    assert sentence
    told = {int(code): words for code, words in re.findall(r"(\d+) ([^\d]+?)(?:, |$)", sentence[1])}
    classes = [errors.DidgenError, *errors.DidgenError.__subclasses__()]
    assert {0, *(c.exit_code for c in classes)} == set(told)
    assert [] == [c.__name__ for c, word in meanings.items() if word not in told[c.exit_code]]


# -- names and figures --------------------------------------------------------------------------------------------


def keys_of(heading: str) -> set[str]:
    """The keys in the first column of a table of the guide."""
    return {key for cells in rows(section("projects/README.md", heading)) for key in code_words(cells[0])}


def test_the_guide_explains_every_key() -> None:
    """Each key of the format has its row, and each row a key."""
    assert set(ProjectSpec.model_fields) == keys_of("Keys of the project")
    assert set(SceneSpec.model_fields) == keys_of("Keys of a scene")
    assert set(RenderConfig.model_fields) == keys_of("Config")
    assert set(ScriptSpec.model_fields) <= set(code_words(section("projects/README.md", "Scripts"))) | {"ssml"}


def test_the_guide_tells_the_defaults_of_config() -> None:
    """The default in the table is the one of the model, where it has one."""
    table = rows(section("projects/README.md", "Config"))
    told = {
        key: value for cells in table for key, value in zip(code_words(cells[0]), cells[1].split(", "), strict=False)
    }
    defaults = {key: field.default for key, field in RenderConfig.model_fields.items() if field.default is not None}
    assert defaults == {key: yaml.safe_load(told[key].strip("`")) for key in defaults}


def test_the_guide_pairs_voices_as_the_catalog_does() -> None:
    """The table of local voices and those that stand in for them at the service."""
    table = rows(section("projects/README.md", "Voices"))
    pairs = {cells[0].strip("`"): cells[1].strip("`") for cells in table if cells[0].startswith("`")}
    assert TO_MICROSOFT == pairs


def test_the_guide_lists_the_drivers_of_the_catalog() -> None:
    """Banks of talks and of animations."""
    text = section("projects/README.md", "Drivers").replace("\n", " ")
    talks, animations = re.search(r"Talks have (.*?); animations (.*?)\.", text).groups()  # type: ignore[union-attr]
    assert set(TALK_BANKS) == set(code_words(talks))
    assert set(ANIMATION_BANKS) == set(code_words(animations))


@pytest.mark.parametrize("name", documents())
def test_every_voice_and_driver_named_exists(name: str) -> None:
    """A local voice, a provider, a bank's driver."""
    for word in code_words(text_of(name)):
        if re.fullmatch(r"[ab][fm]_[a-z]+", word):
            assert word in VOICES
        if driver := re.fullmatch(r"(?:bank://)?([a-z]+)/(driver-\d+)", word):
            assert driver[2] in {*TALK_BANKS.get(driver[1], ()), *ANIMATION_BANKS.get(driver[1], ())}
    if name == "projects/README.md":
        assert {*PROVIDERS, "didgen"} <= set(code_words(section(name, "Voices")))


def test_the_limits_told_are_those_of_the_code() -> None:
    """Figures a writer goes by are the ones inputs are judged by."""
    from didgen.api.remote import CAP_BYTES, DEADLINE_S
    from didgen.engine.face import find
    from didgen.engine.motion import driver_video
    from didgen.engine.photo import MAX_FILE_BYTES, MAX_PIXELS, MAX_SIDE_PX, MIN_SIDE_PX
    from didgen.project import files, sandbox, script

    told = section("projects/README.md", "Limits")
    image, audio, video = (CAP_BYTES[kind] >> 20 for kind in ("image", "audio", "video"))
    for limit in (
        f"{MIN_SIDE_PX}–{MAX_SIDE_PX:,} px a side, {MAX_PIXELS // 10**6} megapixels, {MAX_FILE_BYTES >> 20} MiB",
        f"eyes {find.MIN_EYES_PX} px apart (sharp from {find.FEW_EYES_PX})",
        f"turned up to {find.MAX_TURN_DEG}° (best to {find.FAR_TURN_DEG}°)",
        f"its first {driver_video.LIMIT_S / 60:g} minutes",
        f"photo and logo {image} MiB, recording {audio} MiB, driver video {video} MiB, {DEADLINE_S:g} s",
        f"{script.MIN_CHARACTERS}–{script.MAX_CHARACTERS:,} characters",
        f"a template {sandbox.MAX_SOURCE:,} characters",
        f"YAML and text files {files.MAX_TEXT_BYTES // 10**6} MB",
    ):
        assert limit in told


# -- links and paths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", documents())
def test_every_relative_link_leads_somewhere(name: str) -> None:
    """A page links only to what is there."""
    targets = re.findall(r"\]\(([^)\s]+)\)", text_of(name))
    here = [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")]
    assert [] == [target for target in here if not (ROOT / name).parent.joinpath(target).exists()]


@pytest.mark.parametrize("name", documents())
def test_every_path_of_the_repository_named_exists(name: str) -> None:
    """A path in backticks starts from the root, the package or the page; a bare file name is in the tree.

    Folders are looked for on the pages about the whole; those of rooms also tell of folders made at run time.
    """
    missing = []
    for word in code_words(text_of(name)):
        placeholder = re.search(r"(^|/)[A-Z]+(/|$)", word)
        looks = Path(word).suffix in SUFFIXES or (word.endswith("/") and not name.startswith("didgen/"))
        looks = looks or word.startswith(tuple(f"{folder}/" for folder in FOLDERS))
        if PATH.fullmatch(word) and looks and not placeholder and not word.startswith(GENERATED):
            missing += [] if _exists(word, (ROOT / name).parent) else [word]
    assert [] == missing


def test_the_architecture_tells_of_every_room() -> None:
    """A folder or module of the package that the map does not show would be looked for in vain."""
    rooms = [f"{path.name}/" for path in (ROOT / "didgen").iterdir() if (path / "__init__.py").exists()]
    modules = [path.name for path in (ROOT / "didgen").glob("[a-z]*.py")]
    assert len(rooms) > 6
    assert set() == {*rooms, *modules} - set(code_words(text_of("ARCHITECTURE.md")))


def _exists(word: str, page: Path) -> bool:
    if any((base / word).exists() for base in (ROOT, ROOT / "didgen", ROOT / "didgen" / "engine", page)):
        return True
    return "/" not in word and any(ROOT.joinpath("didgen").rglob(word))


# -- releases -----------------------------------------------------------------------------------------------------


def test_the_changelog_has_the_current_version_on_top() -> None:
    """What this version brings is written down, above the older ones."""
    headings = re.findall(r"^## (\S+)", text_of("CHANGELOG.md"), re.M)
    assert didgen.__version__ == headings[0].rstrip(",")
    assert len(section("CHANGELOG.md", re.findall(r"^## (.*)", text_of("CHANGELOG.md"), re.M)[0])) > 100


def steps() -> list[dict[str, Any]]:
    """The steps of the action and of every job of the workflows."""
    files = [path for folder in (".github", "docs") for path in sorted((ROOT / folder / "workflows").glob("*.yml"))]
    flows = [yaml.safe_load(path.read_text()) for path in files]
    jobs = [step for flow in flows for job in flow["jobs"].values() for step in job["steps"]]
    return [*yaml.safe_load(text_of("action.yml"))["runs"]["steps"], *jobs]


def test_the_action_is_composite() -> None:
    """It runs in the caller's job, without an image to be built or fetched."""
    action = yaml.safe_load(text_of("action.yml"))
    assert "composite" == action["runs"]["using"]
    assert [] == [step for step in action["runs"]["steps"] if "run" in step and "shell" not in step]


def test_every_foreign_action_is_pinned() -> None:
    """A tag can be moved, a commit cannot."""
    used = [step["uses"] for step in steps() if "uses" in step]
    foreign = [name for name in used if not name.startswith("./")]
    assert len(foreign) > 3
    assert [] == [name for name in foreign if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)]


def test_no_script_of_an_action_holds_an_expression() -> None:
    """An expression inside a script is text of a stranger that becomes a command."""
    scripts = [step["run"] for step in steps() if "run" in step]
    assert len(scripts) > 2
    assert [] == [script for script in scripts if "${{" in script]


def test_the_readme_calls_the_action_with_inputs_it_has() -> None:
    """The workflow shown gives only inputs of action.yml, and the action asks for none that it does not declare."""
    declared = set(yaml.safe_load(text_of("action.yml"))["inputs"])
    assert declared == set(re.findall(r"inputs\.([\w-]+)", text_of("action.yml")))
    shown = [step for block in blocks("README.md", "yaml") if "uses:" in block for step in yaml.safe_load(block)]
    ours = [step["with"] for step in shown if "/didgen@" in step["uses"]]
    assert ours
    assert all(set(given) <= declared and given.get("command") in ("plan", "build") for given in ours)
