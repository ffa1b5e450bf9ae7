"""A bucket as a process on 127.0.0.1, for tests.

with opened(tmp_path) as bucket:
    bucket.address                # s3://… for `store:`
    bucket.environment()          # what a client needs to know and may not see in a file
    bucket.files("objects")       # the files of what lies there, by key
    bucket.rules({"method": "PUT", "do": "503"})
    bucket.down(); bucket.up()    # nobody listens; the same bucket at the same address again
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.bank.lines import whole_lines
from tests.bank.ports import held
from tests.bucket.server import WRITER

REPOSITORY = Path(__file__).parents[2]
PREFIX = "team/didgen"


class Started:
    """A running bucket."""

    def __init__(self, folder: Path, page: int = 1000) -> None:
        self.folder = folder / "bucket"
        self._page, self._port = page, 0
        self._held: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"s3://videos/{PREFIX}"
        self.up()

    def environment(self, key: tuple[str, str] = WRITER) -> dict[str, str]:
        """Variables for a client. key: WRITER or READER of `server`."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._port}",
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": key[0],
            "AWS_SECRET_ACCESS_KEY": key[1],
        }

    def up(self) -> None:
        """Start the process, at the former address if there was one."""
        assert self._process is None
        words = ["--folder", str(self.folder), "--page", str(self._page), "--port", str(self._port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bucket", *words],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the bucket did not start"
        self._port = json.loads(line)["port"]
        self.release()

    def down(self) -> None:
        """Kill the process: connections are refused from now on, and its port is kept for it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._held = held(self._port)
        self._process = None

    def release(self) -> None:
        """Let others have its port; not that of a running process."""
        if self._held is not None:
            self._held.close()
        self._held = None

    def rules(self, *rules: dict[str, Any]) -> None:
        """Replace what goes wrong, from the next request on."""
        path = self.folder.with_name("bucket.faults")
        path.with_suffix(".new").write_text(json.dumps(rules))
        path.with_suffix(".new").replace(path)

    def files(self, below: str = "") -> dict[str, Path]:
        """Key without our prefix → file, of what lies below a folder there."""
        found = {unquote(path.name).removeprefix(f"{PREFIX}/"): path for path in sorted(self.folder.iterdir())}
        return {key: path for key, path in found.items() if key.startswith(below)}

    def seen(self, method: str = "", below: str = "") -> list[dict[str, Any]]:
        """Requests so far, refused ones too."""
        file = self.folder.with_name("bucket.seen")
        lines = [json.loads(line) for line in whole_lines(file)]
        return [
            line
            for line in lines
            if line["method"].startswith(method) and line["key"].removeprefix(f"{PREFIX}/").startswith(below)
        ]


@contextmanager
def opened(folder: Path, page: int = 1000) -> Iterator[Started]:
    """A bucket until the block ends. folder: for its objects. page: keys in a page of a list."""
    bucket = Started(folder, page)
    try:
        yield bucket
    finally:
        bucket.down()
        bucket.release()
