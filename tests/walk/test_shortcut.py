"""The short cut: what it imports, and what it sees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from didgen.walk import steps
from tests import fakes
from tests.walk.hello import build, edit


def test_the_short_cut_imports_nothing_heavy(root: Path) -> None:
    """A build with nothing to do loads no YAML, pydantic, templates, asyncio or numpy."""
    build(root)
    code = (
        "import sys\nfrom pathlib import Path\nfrom didgen.walk import steps\n"
        "summary = steps.build(steps.wish(Path(sys.argv[1])))\n"
        "assert summary.count('reused') == 3, summary\n"
        "heavy = {'yaml', 'pydantic', 'jinja2', 'asyncio', 'numpy', 'httpx', 'rich', 'diskcache', 'av', 'cv2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True)
    assert "[]" == shown.stdout.strip()


@pytest.mark.parametrize("change", ["project", "picture", "settings", "new project"])
def test_the_short_cut_sees_every_change(root: Path, change: str) -> None:
    """Whatever the last build read, also that a file was not there."""
    build(root)
    assert steps.nothing_to_do(steps.wish(root)) is not None
    if change == "project":
        edit(root, "everybody", "everyone")
    elif change == "picture":
        (root / "projects/hello/anna.jpg").write_bytes(fakes.photo(grey=40))
    elif change == "settings":
        (root / "didgen.yaml").write_text("jobs: 1\n")
    else:
        (root / "projects/other").mkdir()
        (root / "projects/other/project.yaml").write_text("didgen: 1\nscenes: []\n")
    assert steps.nothing_to_do(steps.wish(root)) is None


def test_a_fresh_checkout_compares_bytes_not_times(root: Path) -> None:
    """Files with other times and the same bytes are unchanged."""
    build(root)
    for path in (root / "projects").rglob("*.*"):
        os.utime(path, (1, 1))
    assert steps.nothing_to_do(steps.wish(root)) is not None
