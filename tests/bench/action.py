"""What the GitHub Action costs where nothing changed: install, restore, and the run itself, step by step."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tests.github.hub import opened
from tests.github.runner import Done
from tests.github.test_action import Repository

LIMIT_S = 60.0


def action() -> None:
    """Build a small project once as on main, then run the whole action for a pull request that changes nothing, on a
    machine that has no package yet."""
    home = Path(tempfile.mkdtemp(prefix="didgen-bench-"))
    try:
        with opened(home) as hub:
            repository = Repository(home, hub)
            runner = repository.runner
            folder = repository.clone("main-again")
            runner.run(folder, "push", {}, command="build")
            # The installer's cache would make the second install of this machine too cheap.
            runner.environ, runner.install = {"UV_CACHE_DIR": str(home / "uv"), "PIP_NO_CACHE_DIR": "1"}, True
            os.environ.pop("UV_CACHE_DIR", None)
            folder, event = repository.proposal("same", "Good morning.")
            _show(repository.preview(folder, event, command="build"))
    finally:
        shutil.rmtree(home)


def _show(done: Done) -> None:
    if done.code:
        print(done.log)
        return
    print("| step | wall | CPU |\n|---|--:|--:|")
    for name, (wall, cpu) in done.seconds.items():
        if done.steps[name] == "success":
            print(f"| {name} | {wall:.1f} s | {cpu:.1f} s |")
    wall, cpu = (sum(one[k] for one in done.seconds.values()) for k in (0, 1))
    print(f"| **all** | **{wall:.1f} s** | **{cpu:.1f} s** |")
    said = "within" if wall <= LIMIT_S else "beyond"
    print(f"\n{done.outputs['rendered']} rendered; {said} {LIMIT_S:.0f} s")
