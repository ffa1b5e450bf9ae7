"""The probe in other surroundings, and what it says against the checked-in file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
WORK = HERE / "work"
GOLDEN = HERE / "fingerprints.json"

SURROUNDINGS: tuple[Mapping[str, str], ...] = (
    {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Asia/Kathmandu"},
    {"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Apia"},
    {"PYTHONHASHSEED": "3", "LC_ALL": "de_DE.ISO-8859-1", "LANGUAGE": "de", "TZ": "America/St_Johns"},
    {"PYTHONHASHSEED": "random", "LC_ALL": "C.UTF-8", "PYTHONOPTIMIZE": "2", "TZ": "Etc/GMT+12"},
)
"""Of hashes, locales, encodings and time zones, those that have confused programs before."""

NEEDED = "import click, diskcache, jinja2, pydantic, sys, yaml; print('%d.%d.%d' % sys.version_info[:3])"


def probed(python: str, root: Path, surroundings: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What the probe says of a workspace in a process of its own."""
    plain = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR")}
    command = [python, "-P", os.fspath(HERE / "probe.py"), os.fspath(root)]
    environment = {**plain, "PYTHONPATH": os.fspath(REPOSITORY), **surroundings}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, check=False, timeout=240)
    if done.returncode:
        raise AssertionError(f"{python} {dict(surroundings)}: {done.stderr.decode(errors='replace')[-2000:]}")
    said: dict[str, dict[str, str]] = json.loads(done.stdout)
    return said


def golden() -> dict[str, dict[str, str]]:
    """What is checked in."""
    said: dict[str, dict[str, str]] = json.loads(GOLDEN.read_bytes())
    return said


def version_of(python: str) -> str:
    """The version of an interpreter that has what planning needs; "" for any other."""
    try:
        done = subprocess.run([python, "-c", NEEDED], capture_output=True, check=False, timeout=120)
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.decode().strip()


def pythons(named: Sequence[str]) -> dict[str, str]:
    """Version → interpreter, of those that are named, or that DIDGEN_PYTHONS names."""
    given = [*named, *filter(None, os.environ.get("DIDGEN_PYTHONS", "").split(os.pathsep))]
    found = {version_of(python): python for python in given}
    return {version: python for version, python in found.items() if version and python != sys.executable}
