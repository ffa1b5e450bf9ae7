"""The lock: one build at a time, held by the kernel and not by a file that stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from didgen.errors import LockedError
from didgen.store.lock import build_lock


def test_the_lock_of_a_killed_build_is_free(tmp_path: Path) -> None:
    """The holder is named while it lives; after kill -9 the next build just goes on."""
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom didgen.store.lock import build_lock\n"
        "with build_lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert b"held\n" == holder.stdout.readline()
        with pytest.raises(LockedError, match=rf"another build is running: pid {holder.pid} on .* since"):
            _take(tmp_path)
        holder.send_signal(signal.SIGKILL)
    _take(tmp_path)
    assert f"pid {os.getpid()} on".encode() in (tmp_path / "lock").read_bytes()


def _take(home: Path) -> None:
    with build_lock(home, wait=False):
        pass
