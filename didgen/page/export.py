"""The page as files to send around: opened from a folder, without a server, a network or a build.

DIR/index.html     the page with its data in it
DIR/page/…         style, scripts, and `media/`: the videos and posters that it shows
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from didgen.digest import sha256_bytes
from didgen.errors import UsageError
from didgen.page.answer import batches, board_answer
from didgen.page.app import ASSETS, STATIC
from didgen.page.board import Board
from didgen.store.whole import storage_error, write_whole

POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file:; media-src 'self' file:"
)
"""As far as it goes for files: nothing from the network, nothing inline."""

_MARK = "<!-- written by didgen preview --export -->"


def export(board: Board, folder: Path) -> Path:
    """Write the page of a board; its index file. What an earlier export left there is replaced.

    Raises UsageError for a folder that holds something else, StorageError when it cannot be written.
    """
    index, media = folder / "index.html", folder / "page" / "media"
    _check_ours(folder, index)
    names: dict[Path, str] = {}

    def link(path: Path, kind: str) -> str:
        if path not in names:
            names[path] = f"{sha256_bytes(str(path).encode())[:20]}.{kind}"
        return f"page/media/{names[path]}"

    changes = board.since(0)
    cards = [card for batch in batches(changes.cards, link) for card in batch]
    try:
        media.mkdir(parents=True, exist_ok=True)
        for path, name in names.items():
            if not (media / name).exists():
                shutil.copyfile(path, media / f".{name}.part")
                (media / f".{name}.part").replace(media / name)
        for name in ASSETS:
            shutil.copyfile(STATIC / name, folder / "page" / name)
    except OSError as error:
        raise storage_error(error, folder) from error
    write_whole(
        index,
        _index({"cards": cards, "board": {**board_answer(board, changes), "live": False, "form": False}}).encode(),
    )
    for left in set(media.iterdir()) - {media / name for name in names.values()}:
        left.unlink()
    return index


def _check_ours(folder: Path, index: Path) -> None:
    """Nobody's files are mixed with ours, or replaced."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not index.is_file() or _MARK not in index.read_text("utf-8", errors="replace"):
        raise UsageError(f"{folder} holds something else", hint="name a new folder, or an empty one")


def _index(data: Any) -> str:
    """The page with its data. A script's text ends at a tag of its own kind wherever that stands: so none may."""
    page = (STATIC / "index.html").read_text("utf-8")
    inlined = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{_MARK}\n{policy}', 1)
    head, end, rest = page.partition("</head>")
    return f'{head}<script type="application/json" id="data">{inlined}</script>\n{end}{rest}'
