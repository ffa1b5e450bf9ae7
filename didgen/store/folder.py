"""A shared store that is a folder: what `bucket.Bucket` is for a bucket, and no package is needed for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from didgen.catalog.stores import folder_of
from didgen.store.bucket import PART_BYTES, AwayError, Bucket
from didgen.store.whole import MARK, sync_folder

_OTHERS = re.compile(r"#\d+$")  # how the unfinished files of other programs, and of an older didgen, end


def open_bucket(address: str, root: Path, environ: Mapping[str, str], *, make: bool) -> Bucket | Folder:
    """The store at an address: an `s3:`, `gs:`, `az:` or `file:` URL or a folder, a relative one below `root`. Opens
    nothing yet. make: make a folder where only its last part is missing. Raises UsageError for a bucket without
    obstore."""
    folder = folder_of(address, root)
    return Bucket(address, environ) if folder is None else Folder(folder, make=make)


class Folder:
    """A shared store that several machines reach as a folder. Names are paths with slashes. Everything raises
    AwayError. Files appear whole, and are as readable as the umask says: other people's machines read them, too."""

    def __init__(self, folder: Path, *, make: bool) -> None:
        self._folder, self._make = folder, make

    def missing(self) -> Path | None:
        """The folder that is not there and would not be made."""
        if os.path.lexists(self._folder):
            return None
        if self._make:
            return None if self._folder.parent.is_dir() else self._folder.parent
        return self._folder

    @cached_property
    def _root(self) -> Path:
        if self._make:
            # And none above it: they are missing when a share is not mounted. Another machine may be making it too.
            self._folder.mkdir(exist_ok=True)
        return Path(os.path.realpath(self._folder, strict=True))

    def get(self, name: str) -> bytes | None:
        """Something small; None when it is not there."""
        with _translated():
            path = self._root / name
            with suppress(FileNotFoundError):
                return path.read_bytes()
        return None

    def size(self, name: str) -> int:
        """How many bytes something has, -1 when it is not there."""
        with _translated():
            path = self._root / name
            with suppress(FileNotFoundError):
                return path.stat().st_size
        return -1

    def parts(self, name: str, size: int) -> Iterator[bytes]:
        """The bytes of something that has `size` of them, part by part; fewer when it turns out shorter."""
        with _translated():
            path = self._root / name
            with suppress(FileNotFoundError), open(path, "rb", buffering=0) as file:
                left = size
                while left > 0 and (part := file.read(min(PART_BYTES, left))):
                    left -= len(part)
                    yield part

    def put(self, name: str, data: bytes) -> None:
        """Put something there, whole or not at all, in the place of what was."""
        with _translated(), self._beside(name) as unfinished:
            _write(unfinished, [data])
            os.replace(unfinished, self._root / name)

    def put_file(self, name: str, path: Path) -> None:
        """Put a file there, whole or not at all, in the place of what was."""
        with _translated(), self._beside(name) as unfinished:
            with open(path, "rb") as source:
                _write(unfinished, iter(lambda: source.read(PART_BYTES), b""))
            os.replace(unfinished, self._root / name)

    def create(self, name: str, data: bytes) -> bool:
        """Put something small where nothing is; whether it was this call that did."""
        with _translated(), self._beside(name) as unfinished:
            _write(unfinished, [data])
            with suppress(FileExistsError):
                os.link(unfinished, self._root / name)  # a rename would replace what somebody put there meanwhile
                return True
        return False

    def names(self, folder: str) -> dict[str, int]:
        """Everything below a folder, and its size."""
        with _translated():
            found = {}
            for above, _, names in os.walk(self._root / folder):
                for name in names:
                    path = Path(above, name)
                    if not name.startswith(MARK) and not _OTHERS.search(name):
                        with suppress(FileNotFoundError):
                            found[path.relative_to(self._root).as_posix()] = path.stat().st_size
            return found

    def delete(self, names: Sequence[str]) -> None:
        """Remove what is there of some names."""
        for name in names:
            with _translated():
                path = self._root / name
                with suppress(FileNotFoundError):
                    path.unlink()

    @contextmanager
    def _beside(self, name: str) -> Iterator[Path]:
        """A name for an unfinished file in the folder that something goes to, which is made; none above the store's."""
        folder = self._root
        for part in Path(name).parts[:-1]:
            folder /= part
            folder.mkdir(exist_ok=True)
        unfinished = folder / f"{MARK}{os.getpid()}-{os.urandom(6).hex()}"
        try:
            yield unfinished
            sync_folder(folder)
        finally:
            unfinished.unlink(missing_ok=True)


def _write(path: Path, parts: Iterable[bytes]) -> None:
    with open(path, "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _translated() -> Iterator[None]:
    """A folder that says no is away."""
    try:
        yield
    except OSError as error:
        said = f"{error.strerror}: {error.filename}" if error.strerror else str(error)
        raise AwayError(said, denied=isinstance(error, PermissionError)) from error
