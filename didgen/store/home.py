"""The workspace's own folder, `.didgen`: private, ignored by git and left out of backups."""

from __future__ import annotations

from pathlib import Path

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
    for name, content in _FILES.items():
        if not (home / name).exists():
            write_whole(home / name, content)
    return home
