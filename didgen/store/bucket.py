"""The door to a shared store that is a bucket; `folder` is that to a folder, by the same calls.

Each call blocks, for a bounded time, and can be made from any thread. obstore's own asynchronous calls are not used:
a process that ends right after one dies of SIGABRT now and then, since their threads enter the interpreter again.
Claims need one thing that not every store has: creating what does not exist, or being told that it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.catalog.services import is_loopback
from didgen.errors import DidgenError, UsageError
from didgen.secret import unsigned

if TYPE_CHECKING:
    from obstore.store import ObjectStore

QUICK_S = 5.0
"""For how long one request about something small may take; it is tried three times within RETRY_S."""

RETRY_S = 8.0
PART_BYTES = 8 << 20
PART_S = 60.0
"""Videos travel in parts of PART_BYTES, each of which may take PART_S: no length and no slow line is too much, but
silence is."""


class AwayError(DidgenError):
    """The shared store cannot be reached, or does not do what was asked. denied: it does not let us."""

    def __init__(self, message: str, *, denied: bool = False) -> None:
        super().__init__(message)
        self.denied = denied


class Bucket:
    """A shared store in a bucket. Names are paths with slashes. Everything raises AwayError."""

    def __init__(self, address: str, environ: Mapping[str, str]) -> None:
        """address: an `s3:`, `gs:` or `az:` URL. Credentials are those of the environment. Opens nothing yet.

        Raises UsageError without obstore.
        """
        if find_spec("obstore") is None:
            raise UsageError(
                f"a shared store in a bucket ({unsigned(address)}) needs one package more",
                hint="pip install 'didgen[s3]', or name a folder, or take `store` out of didgen.yaml and DIDGEN_STORE",
            )
        self._address, self._environ = address, environ

    def missing(self) -> Path | None:
        """None: a bucket has to be asked whether it is there."""
        return None

    @cached_property
    def _quick(self) -> ObjectStore:
        """For what is small."""
        return _open_url(self._address, self._environ, QUICK_S, RETRY_S, 2)

    @cached_property
    def _slow(self) -> ObjectStore:
        """For videos, and lists."""
        return _open_url(self._address, self._environ, PART_S, PART_S, 1)

    def get(self, name: str) -> bytes | None:
        """Something small; None when it is not there."""
        with _translated(), suppress(FileNotFoundError):
            return bytes(self._quick.get(name).bytes())
        return None

    def size(self, name: str) -> int:
        """How many bytes something has, -1 when it is not there."""
        with _translated(), suppress(FileNotFoundError):
            return int(self._quick.head(name)["size"])
        return -1

    def parts(self, name: str, size: int) -> Iterator[bytes]:
        """The bytes of something that has `size` of them, part by part; fewer when it turns out shorter."""
        for start in range(0, size, PART_BYTES):
            length = min(PART_BYTES, size - start)
            part = self._part(name, start, length)
            yield part
            if len(part) != length:
                return

    def _part(self, name: str, start: int, length: int) -> bytes:
        with _translated(), suppress(FileNotFoundError):
            return bytes(self._slow.get_range(name, start=start, length=length))
        return b""

    def put(self, name: str, data: bytes) -> None:
        """Put something small there, whole or not at all, in the place of what was."""
        with _translated():
            self._quick.put(name, data, use_multipart=False)

    def put_file(self, name: str, path: Path) -> None:
        """Put a file there, whole or not at all, in the place of what was."""
        with _translated():
            self._slow.put(name, path, chunk_size=PART_BYTES, max_concurrency=2)

    def create(self, name: str, data: bytes) -> bool:
        """Put something small where nothing is; whether it was this call that did."""
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with _translated(), suppress(AlreadyExistsError, PreconditionError):
            self._quick.put(name, data, mode="create")
            return True
        return False

    def names(self, folder: str) -> dict[str, int]:
        """Everything below a folder, and its size."""
        with _translated():
            return {one["path"]: int(one["size"]) for one in self._slow.list(folder).collect()}

    def delete(self, names: Sequence[str]) -> None:
        """Remove what is there of some names."""
        for name in names:
            with _translated(), suppress(FileNotFoundError):
                self._quick.delete(name)


def _open_url(address: str, environ: Mapping[str, str], each_s: float, all_s: float, tries: int) -> ObjectStore:
    from obstore.store import from_url

    options: Any = {"connect_timeout": timedelta(seconds=min(3.0, each_s)), "timeout": timedelta(seconds=each_s)}
    options["allow_http"] = environ.get("AWS_ALLOW_HTTP", "").lower() == "true" or _at_home(environ)
    retry: Any = {"max_retries": tries, "retry_timeout": timedelta(seconds=all_s)}
    return from_url(address, client_options=options, retry_config=retry)


def _at_home(environ: Mapping[str, str]) -> bool:
    """Whether the S3 server is on this machine, where nobody needs TLS."""
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or environ.get("AWS_ENDPOINT", "")
    return endpoint.startswith("http://") and is_loopback(endpoint.removeprefix("http://").partition("/")[0])


@contextmanager
def _translated() -> Iterator[None]:
    """Foreign errors become AwayError, but for those that say that something is there, or is not."""
    from obstore import exceptions as foreign

    try:
        yield
    except (FileNotFoundError, foreign.AlreadyExistsError, foreign.PreconditionError):
        raise
    except (foreign.PermissionDeniedError, foreign.UnauthenticatedError, PermissionError) as error:
        raise AwayError(_words(error), denied=True) from error
    except (foreign.BaseError, OSError, ValueError, NotImplementedError) as error:
        raise AwayError(_words(error)) from error


def _words(error: Exception) -> str:
    """What happened, in a line: no link with what signs it, and nothing of what the server said beyond its code."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}"
    first = unsigned(str(error).partition("\n")[0])
    return first if len(first) <= 300 else f"{first[:300]}…"
