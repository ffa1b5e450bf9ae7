"""Files as a service takes them: as they are where they fit, else made to fit in a one-shot child and remembered."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final, Protocol

from didgen.api.prepare.child import CPU_S
from didgen.catalog.versions import PREPARED
from didgen.digest import sha256_file
from didgen.errors import RenderError
from didgen.media.fit import READ_BYTES, UnfitError, Use, fit_picture, fit_sound
from didgen.media.metadata import without_metadata
from didgen.media.sniff import HEAD_BYTES, suffix_of
from didgen.media.tags import without_tags
from didgen.secret import without_secrets

COMMAND: Final = (sys.executable, "-P", "-m", "didgen.api.prepare.child")
PATIENCE_S: Final = 2.0 * CPU_S
AT_ONCE: Final = 2

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


class Memo(Protocol):
    """Where values are remembered: `store.derived.Derived`."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes, expire_s: float | None = None) -> None: ...


class Preparer:
    """Makes files fit, a few at a time. memo: where those made anew are kept, by digest; None keeps none."""

    def __init__(self, memo: Memo | None = None) -> None:
        self._memo = memo
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def prepared(self, path: Path, use: Use) -> bytes:
        """The bytes that are sent for a file: a function of its own bytes, of `use` and of `versions.PREPARED`.

        Raises RenderError for what cannot be made to fit or read; the message names the path.
        """
        try:
            as_it_is = await asyncio.to_thread(_as_it_is, path, use)
            if as_it_is is not None:
                return as_it_is
            digest = await asyncio.to_thread(sha256_file, path)
        except UnfitError as error:
            raise RenderError(error.kind, f"{path} {error.message}", hint=error.hint) from None
        except OSError as error:
            raise RenderError("SourceError", f"{path} cannot be read: {error.strerror}") from error
        key = f"prepared:{PREPARED}:{use}:{digest}"
        made = self._memo.get(key) if self._memo is not None else None
        if made is None:
            async with self._slots:
                made = await _ask(path, use)
            if self._memo is not None:
                self._memo.put(key, made)
        return made


def _as_it_is(path: Path, use: Use) -> bytes | None:
    """The bytes of a file that fits, without what it tells beside its pixels or samples; None where it has to be made
    anew."""
    if use == "sound" and fit_sound(path).remade:
        return None
    with path.open("rb") as file:
        data = file.read(READ_BYTES + 1)
    if use != "sound" and fit_picture(data, logo=use == "logo").remade:
        return None
    try:
        return without_tags(data, suffix_of(data[:HEAD_BYTES])) if use == "sound" else without_metadata(data)
    except ValueError as error:
        raise UnfitError("BadRequestError", f"is {error}", hint="save it again") from None


async def _ask(path: Path, use: Use) -> bytes:
    """What a child makes of a file. It gets no secret; when nobody waits for it any more, it is ended."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        env=without_secrets(os.environ) | dict.fromkeys(_THREADS, "1"),
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer, _ = await process.communicate(json.dumps({"use": use, "path": str(path)}).encode())
    except TimeoutError:
        raise _failed(path, f"was not decoded in {PATIENCE_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    line, _, data = answer.partition(b"\n")
    if process.returncode or not line:
        raise _failed(path, "stopped the program that decodes it")
    head = json.loads(line)
    if "kind" in head:
        raise RenderError(head["kind"], head["message"], hint=head["hint"])
    return data


def _failed(path: Path, what: str) -> RenderError:
    return RenderError("BadRequestError", f"{path} {what}: it is damaged", hint="save it again")
