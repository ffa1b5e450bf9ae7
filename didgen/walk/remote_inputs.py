"""A project's inputs by URL, on its walk: nothing is opened before the first of them is met."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from didgen.errors import StorageError

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from didgen.api.reach import Lookup
    from didgen.api.remote import Remote
    from didgen.plan.scene import Input
    from didgen.store.derived import Derived


class RemoteInputs:
    """`didgen.plan.inputs.Remote` over `didgen.api.remote`. fresh_s: how long a copy is taken without asking again.
    lookup: another way to find the addresses of a host.

    A context manager: it closes what it has opened.
    """

    def __init__(
        self, root: Path, on_notice: Callable[[str], None], fresh_s: float, *, lookup: Lookup | None = None
    ) -> None:
        self._root = root
        self._on_notice = on_notice
        self._fresh_s = fresh_s
        self._lookup = lookup
        self._derived: Derived | None = None
        self._remote: Remote | None = None
        self._for_now: TemporaryDirectory[str] | None = None
        self.asked_at: float | None = None  # Unix time of the oldest answer that was relied on; None: no URL was met

    def __call__(self, url: str, kind: str) -> Input:
        """Raises DidgenError."""
        from didgen.plan.scene import Input
        from didgen.secret import bare_url

        remote = self._remote = self._remote or self._opened()
        pinned = remote(url, kind)
        self.asked_at = pinned.asked_at if self.asked_at is None else min(pinned.asked_at, self.asked_at)
        return Input(remote.path(pinned), pinned.digest, bare_url(url))

    def _opened(self) -> Remote:
        from didgen.api.remote import Remote
        from didgen.store.derived import Derived

        self._derived = Derived(self._home())
        folder = self._derived.folder / "remote"
        return Remote(folder, self._derived, on_notice=self._on_notice, fresh_s=self._fresh_s, lookup=self._lookup)

    def _home(self) -> Path:
        """Where copies are kept; where nothing can be, a place for the time of this look. Raises StorageError."""
        from didgen.store.home import prepare
        from didgen.store.reading import is_writable

        if self._lookup is not None or is_writable(self._root):  # who asks no network has only what lies there
            return prepare(self._root)
        from tempfile import TemporaryDirectory

        try:
            self._for_now = TemporaryDirectory(prefix="didgen-", ignore_cleanup_errors=True)
        except OSError:
            raise StorageError(
                f"nothing can be written in {self._root}, and no temporary folder for inputs by link either",
                hint="set TMPDIR to a folder that can be written",
            ) from None
        return Path(self._for_now.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._derived is not None:
            self._derived.close()
        if self._for_now is not None:
            self._for_now.cleanup()
