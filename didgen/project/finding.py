"""Where a workspace lies and which projects it holds, by names alone. Light: a build with nothing to do asks it."""

from __future__ import annotations

import os

MARKS = ("didgen.yaml", "projects", ".git")
PROJECTS = "projects"
PROJECT_FILE = "project.yaml"


def root_above(folder: str) -> str:
    """The nearest parent of a folder, itself included, with one of MARKS; the folder where there is none. Real."""
    here = above = os.path.realpath(folder)
    while True:
        if any(os.path.exists(os.path.join(above, mark)) for mark in MARKS):
            return above
        parent = os.path.dirname(above)
        if parent == above:
            return here
        above = parent


def names_below(root: str) -> list[str]:
    """Names of the projects in `projects/`, sorted."""
    folder = os.path.join(root, PROJECTS)
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [name for name in names if os.path.isfile(os.path.join(folder, name, PROJECT_FILE))]


def file_of(name: str) -> str:
    """The file of a project in `projects/`, relative to the root."""
    return os.path.join(PROJECTS, name, PROJECT_FILE)
