"""The files that clients send or name by link, looked into and kept for as long as a job or a client needs them; and
the logo that is laid over jobs which name none."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from didgen.errors import DidgenError, RenderError, StorageError
from didgen.serve.inputs import Named, Use
from didgen.serve.inspector import Inspector
from didgen.serve.ledger.database import Database
from didgen.serve.ledger.files import Files
from didgen.serve.outside import Outside
from didgen.serve.shelf import Shelf
from didgen.store.whole import sync_folder

FRESH_S = 60.0
"""For how long what a link led to is taken for what it leads to."""


class Uploads:
    """What comes in besides jobs. One event loop."""

    def __init__(self, db: Database, files: Files, shelf: Shelf, outside: Outside, inspector: Inspector) -> None:
        self._db, self._files, self._shelf, self._outside, self._inspector = db, files, shelf, outside, inspector
        self._recent: dict[tuple[str, Use], tuple[float, asyncio.Task[str]]] = {}

    async def named(self, named: Named, base: str) -> str:
        """The name in uploads of a file that a request to `base` names: an upload, or brought from where it is.

        Raises RenderError.
        """
        try:
            parts = urlsplit(named.url)
        except ValueError:
            raise RenderError("BadRequestError", f"invalid {named.what}") from None
        folder, _, name = parts.path.rpartition("/")
        here = urlsplit(base).netloc
        if parts.scheme not in ("http", "https") or parts.netloc != here or folder != "/uploads":
            return await self._brought(named)
        if not self._files.has(name):
            raise RenderError("BadRequestError", f"invalid {named.what}: no such upload")
        return name

    async def _brought(self, named: Named) -> str:
        """The name in uploads of what a link leads to; one that was brought a moment ago is not asked again."""
        now, key = time.monotonic(), (named.url, named.use)
        self._recent = {k: v for k, v in self._recent.items() if now - v[0] < FRESH_S or not v[1].done()}
        if key not in self._recent:
            self._recent[key] = (now, asyncio.create_task(self._bring(named)))
        try:
            return await asyncio.shield(self._recent[key][1])
        except DidgenError:
            self._recent.pop(key, None)
            raise

    async def _bring(self, named: Named) -> str:
        taken = await self._outside.bring(named, self._shelf.making)
        return await self.keep(taken, named.use, named.what, linked=False)

    async def keep(self, taken: Path, use: Use, what: str, *, linked: bool = True) -> str:
        """Look into a whole file of `shelf.making` and move it to uploads; its name there, whose stem it keeps.

        linked: a client gets its URL. What is refused is gone. Raises RenderError, StorageError.
        """
        try:
            seen = await self._inspector.look(taken, use, what)
            to = self._shelf.uploads / f"{taken.stem}{seen.suffix}"
            size = await asyncio.to_thread(_move, taken, to)
        finally:
            self._shelf.drop(taken)
        self._files.add(to.name, size, linked=linked)
        return to.name

    def forget(self, prefix: str) -> bool:
        """Let nobody name an upload any more; jobs that wait still have it. Whether there was one.

        Others that are unused stay for a while: one may have been fetched for a job that is just coming in.
        """
        found = self._files.unlink(prefix)
        self._shelf.drop_uploads(self._files.take_unused(time.time(), prefix))
        return found

    def logo(self) -> dict[str, Any] | None:
        """`{"file", "position"}` of the logo that is laid over jobs which name none."""
        found: dict[str, Any] | None = self._db.get("logo")
        return found

    async def keep_logo(self, taken: Path, position: tuple[int, int]) -> dict[str, Any]:
        """Look into a whole file of `shelf.making` and make it the logo. Raises RenderError, StorageError."""
        try:
            seen = await self._inspector.look(taken, "logo", "logo")
            to = self._shelf.account / f"{taken.stem}{seen.suffix}"
            await asyncio.to_thread(_move, taken, to)
        finally:
            self._shelf.drop(taken)
        before = self.logo()
        made = {"file": to.name, "position": list(position)}
        self._db.put("logo", made)
        if before is not None:
            self._shelf.drop(self._shelf.account / before["file"])
        return made

    def forget_logo(self) -> None:
        """No logo any more; jobs that were sent keep theirs."""
        before = self.logo()
        self._db.put("logo", None)
        if before is not None:
            self._shelf.drop(self._shelf.account / before["file"])

    def used_again(self, file: Path) -> str:
        """A name in uploads for a file of our own, for one job; the bytes are shared."""
        name = f"log_{secrets.token_urlsafe(16)}{file.suffix}"
        try:
            os.link(file, self._shelf.uploads / name)
        except OSError as error:
            raise StorageError(f"cannot keep {name}: {error.strerror}") from error
        self._files.add(name, file.stat().st_size, linked=False)
        return name


def _move(taken: Path, to: Path) -> int:
    """Durably; its size in bytes."""
    try:
        with taken.open("rb") as file:
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        os.replace(taken, to)
        sync_folder(to.parent)
    except OSError as error:
        raise StorageError(f"cannot keep {to.name}: {error.strerror}") from error
    return size
