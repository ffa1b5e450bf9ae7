"""The command as a process: what a user types, what comes back, and what it does not import."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen import __version__
from didgen.cli.main import COMMANDS
from tests import fakes

HEAVY = ("pydantic", "yaml", "jinja2", "httpx", "numpy", "cv2", "av", "rich", "asyncio", "starlette", "diskcache")


def didgen(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "didgen", *words], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def test_version_names_program_and_version() -> None:
    """`python -m didgen --version` works and is what the package says."""
    done = didgen("--version")
    assert (0, f"didgen {__version__}\n") == (done.returncode, done.stdout)


def test_the_version_is_told_before_anything_is_imported() -> None:
    """Scripts ask for it all the time."""
    code = (
        "import sys, runpy\nsys.argv = ['didgen', '--version']\n"
        "try: runpy.run_module('didgen', run_name='__main__')\nexcept SystemExit: pass\n"
        "print([m for m in ('click', 'dataclasses', 'didgen.errors', 'json') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert f"didgen {__version__}\n[]\n" == done.stdout


def test_help_lists_every_command_without_importing_one() -> None:
    """Help comes from the table, so a slow or broken command cannot slow it."""
    code = (
        "import sys, runpy\nsys.argv = ['didgen', '--help']\n"
        "try: runpy.run_module('didgen', run_name='__main__')\nexcept SystemExit: pass\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])\n"
        "print('CLI', [m for m in sys.modules if m.startswith('didgen.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert all(name in done.stdout for name in COMMANDS)
    assert "HEAVY []" in done.stdout
    assert f"CLI {['didgen.cli.main', 'didgen.cli.atonce', 'didgen.cli.group']}" in done.stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    """--help of each command works and shows its usage."""
    done = didgen(name, "--help")
    assert (0, "") == (done.returncode, done.stderr)
    assert f"didgen {name}" in done.stdout


def test_a_misspelt_command_is_answered_with_the_nearest() -> None:
    """`didgen biuld` exits 2 and says `build`."""
    done = didgen("biuld")
    assert 2 == done.returncode
    assert "Did you mean 'build'?" in done.stderr


def test_a_folder_that_is_not_there_is_one_clear_line() -> None:
    """-C with a wrong folder names it and exits 2."""
    done = didgen("-C", "no/such/folder", "plan")
    assert 2 == done.returncode
    assert "no/such/folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_init_starts_a_project_and_never_overwrites_one(tmp_path: Path) -> None:
    """init writes project, photo, schema and .gitignore; a second init of that name refuses and changes nothing."""
    assert 0 == didgen("init", cwd=tmp_path).returncode
    project = tmp_path / "projects" / "hello" / "project.yaml"
    assert "name: hello" in project.read_text()
    assert (tmp_path / "projects" / "hello" / "assets" / "portrait.jpg").stat().st_size > 10_000
    assert (tmp_path / "schemas" / "project.schema.json").is_file()
    assert [".didgen/", "output/"] == (tmp_path / ".gitignore").read_text().splitlines()
    project.write_text("mine")
    again = didgen("init", cwd=tmp_path)
    assert 2 == again.returncode
    assert "exists already" in again.stderr
    assert "mine" == project.read_text()


def test_a_fresh_project_checks_and_plans(tmp_path: Path) -> None:
    """What init writes is right as it stands: check finds nothing, plan would render both scenes."""
    didgen("init", "greeting", cwd=tmp_path)
    assert 0 == didgen("check", cwd=tmp_path).returncode
    plan = didgen("plan", cwd=tmp_path)
    assert 0 == plan.returncode
    assert "greeting/welcome" in plan.stdout
    assert "new scene" in plan.stdout


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system that takes no writing, also not from root."""
    folder = tmp_path / "frozen"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a read-only file system, which takes root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_plan_is_not_gone_through_once_more_as_it_ends(tmp_path: Path) -> None:
    """Python's collector would look at every scene of it, after the last word is said."""
    assert 0 == didgen("init", cwd=tmp_path).returncode
    code = (
        "import atexit, gc, sys\nsys.argv = ['didgen', 'plan', '-q']\n"
        "atexit.register(lambda: print(len(gc.get_objects()) < gc.get_freeze_count()))\n"
        "from didgen.cli.main import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (0, "True\n") == (done.returncode, done.stdout), done.stderr


@pytest.mark.parametrize("words", [("init",), ("schema",), ("say", "a.jpg", "Hello there.", "-o", "a.mp4")])
def test_a_folder_that_cannot_be_written_is_one_clear_line(
    read_only: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """init, schema and say exit 6 and name it; say does so before it renders anything."""
    (tmp_path / "a.jpg").write_bytes(fakes.photo())
    done = didgen(*(str(tmp_path / word) if word == "a.jpg" else word for word in words), cwd=read_only)
    assert (6, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a.txt", "Hello."), "a.txt is a text file, not a picture (give a JPEG, PNG"),
        (("a.jgp", "Hello."), "a.jgp: no such picture (did you mean 'a.jpg'?)"),
        ((".", "Hello."), ".: that is a folder"),
        (("a.jpg", "a.txt", "--audio"), "a.txt is a text file, not a recording (give a WAV"),
        (("a.jpg", "Hello.", "--voice", "zh"), "there is no voice 'zh' (zh is spoken by zf_xiaobei, zf_xiaoxiao"),
        (("a.jpg", "你好"), "the voice heart cannot read CJK writing: '你好' (choose a voice of the text's language"),
        (("a.jpg", "Hello.", "--driver", "nod.mp4"), "nod.mp4: no such driver"),
        (("a.jpg", "Hello.", "--driver", "a.jpg"), "there is no driver 'a.jpg' (a driver is natural, lively"),
    ],
)
def test_say_refuses_what_it_cannot_use_before_it_starts(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """In one line that is all it says."""
    (tmp_path / "a.jpg").write_bytes(fakes.photo())
    (tmp_path / "a.txt").write_text("Just words.")
    done = didgen("say", *words, "-o", "a.mp4", cwd=tmp_path)
    assert (2, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines())), done.stderr
    assert f"didgen: {said}" in done.stderr


def test_a_reader_that_has_gone_is_no_fault(tmp_path: Path) -> None:
    """`didgen voices | head -0` ends with 0 and without complaint."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "didgen", "voices"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, cwd=tmp_path)
    os.close(writer)
    assert (0, "") == (done.returncode, done.stderr)


def test_text_that_is_not_utf_8_is_one_clear_line(tmp_path: Path) -> None:
    """`say` exits 2 for bytes that are no text, from the command line."""
    (tmp_path / "a.jpg").write_bytes(b"anything")
    words = ["say", "a.jpg", b"Hello \xff there", "-o", "a.mp4"]
    command = [sys.executable, "-m", "didgen", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert (2, "didgen: the text is not UTF-8 (save it as UTF-8)\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize("command", ["check", "plan", "build"])
def test_a_folder_whose_name_is_no_text_is_one_clear_line(tmp_path: Path, command: str) -> None:
    """A project in it cannot be called by anything."""
    folder = os.fsencode(tmp_path) + b"/projects/\xff"
    os.makedirs(folder)
    with open(folder + b"/project.yaml", "w") as file:
        file.write("didgen: 1\n")
    done = didgen(command, cwd=tmp_path)
    said = "didgen: projects/\\udcff/project.yaml: 'projects/\\udcff/project.yaml' is not a file name\n"
    assert (2, "", said) == (done.returncode, done.stdout, done.stderr)


def test_init_leaves_the_bytes_of_a_gitignore_alone(tmp_path: Path) -> None:
    """Its lines are added to what is there, in whatever encoding that is."""
    (tmp_path / ".gitignore").write_bytes(b"gr\xfcn.txt")
    assert 0 == didgen("init", cwd=tmp_path).returncode
    assert b"gr\xfcn.txt\n.didgen/\noutput/\n" == (tmp_path / ".gitignore").read_bytes()
