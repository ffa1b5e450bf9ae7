"""Files that are named on the command line: looked at before anything is started for them."""

from __future__ import annotations

import os
from pathlib import Path

from didgen.errors import UsageError


def check_given(path: Path, member: str, what: str) -> None:
    """Raises UsageError for a file that is not there, or cannot be that member of a request. what: it, in a word."""
    from didgen.media.kinds import unfit_for

    if not path.is_file():
        raise UsageError(f"{path}: {'that is a folder' if path.is_dir() else f'no such {what}'}", hint=_near(path))
    try:
        fault, hint = unfit_for(member, path, whole=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if fault:
        raise UsageError(f"{path} {fault}", hint=hint)


def _near(path: Path) -> str:
    """The files of the folder that are called nearly so."""
    from didgen.project.nearby import Nearby

    folder = os.getcwd()
    return Nearby(os.path.join(folder, "")).hint(os.path.abspath(path), folder) if not path.is_dir() else ""
