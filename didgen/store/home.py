"""The workspace's own folder, `.didgen`: private, ignored by git and left out of backups."""

from __future__ import annotations

import os
from pathlib import Path

from didgen.errors import StorageError
from didgen.store.whole import storage_error, write_whole

NAME = ".didgen"

_FILES = {
    ".gitignore": b"*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# Everything here can be rendered again.\n",
}


def prepare(root: Path) -> Path:
    """Make `root/.didgen` where it is missing; its path. Raises StorageError."""
    home = root / NAME
    try:
        home.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise storage_error(error, home) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise StorageError(f"nothing can be written in {home}", hint="who owns the folder, and is its disk read-only?")
    for name, content in _FILES.items():
        if not (home / name).exists():
            write_whole(home / name, content)
    return home
