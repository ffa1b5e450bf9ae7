"""A watch with the oldest packages that pyproject allows, and with the newest: `python -m tests.watch.versions`.

Those it is written with (numbers, pictures and nets stay as they are) are put into a folder of their own, which comes
first on the path of the tests and of the watches they start.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from tests.watch.running import ROOT

NAMES = ("click", "diskcache", "httpx", "jinja2", "pydantic", "pyyaml", "rich", "starlette", "uvicorn", "watchfiles")
TESTS = ("tests/watch/test_watch.py", "tests/watch/test_parts.py", "tests/watch/test_onpage.py")


def requirements() -> list[str]:
    """What pyproject asks of those packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [one for one in project["dependencies"] if re.split(r"[<>=!~]", one)[0].lower() in NAMES]


def tested(resolution: str, folder: Path) -> int:
    """The exit code of the tests with packages of one resolution of uv: `lowest-direct` or `highest`."""
    install = ["uv", "pip", "install", "--quiet", "--resolution", resolution, "--target", str(folder)]
    subprocess.run(
        [sys.executable, "-m", *install, "--python", sys.executable, *requirements()], check=True, cwd=folder.parent
    )
    found = {one.metadata["Name"].lower(): one.version for one in distributions(path=[str(folder)])}
    print(f"{resolution}: {', '.join(f'{name} {found[name]}' for name in NAMES)}", flush=True)
    path = os.pathsep.join([str(folder), str(ROOT)])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *TESTS]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}).returncode


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        codes = [tested(resolution, Path(name) / resolution) for resolution in ("lowest-direct", "highest")]
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
