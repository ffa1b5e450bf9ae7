"""A bank as a process on 127.0.0.1, for tests: start it, tell it what to get wrong, read what was bought.

with opened(tmp_path, "--no-echo") as bank:
    bank.url                      # base URL for a client
    bank.rules({"method": "POST", "path": "/talks", "nth": 1, "fault": "status", "status": 504, "accept": True})
    bank.bought()                 # accepted jobs, as the ledger has them
    bank.down(); bank.up()        # nobody listens; the same account at the same address again
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bank.lines import whole_lines
from tests.bank.ports import held

REPOSITORY = Path(__file__).parents[2]
KEY = "anna@example.org:s3cret"


class Started:
    """A running bank. flags: those of `python -m tests.bank`."""

    def __init__(self, folder: Path, *flags: str, key: str = KEY) -> None:
        from tests.bank.clips import clips

        folder.mkdir(parents=True, exist_ok=True)
        self.key = key
        self.ledger_path, self._faults = folder / "ledger.jsonl", folder / "faults.json"
        self._flags = [*("--ledger", str(self.ledger_path)), *("--faults", str(self._faults)), "--key", key]
        self._flags += ["--clips", str(clips()), *flags]
        self._ports = {"api": 0, "bucket": 0}
        self._held: list[socket.socket] = []
        self._process: subprocess.Popen[bytes] | None = None
        self.up()

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._ports['api']}"

    @property
    def bucket(self) -> str:
        """Where the results are: another host, for all that a client can tell."""
        return f"http://127.0.0.1:{self._ports['bucket']}"

    def up(self, *flags: str) -> None:
        """Start the process, at the former address if there was one. flags: more of them, from now on."""
        assert self._process is None
        self._flags += flags
        ports = ["--port", str(self._ports["api"]), "--bucket-port", str(self._ports["bucket"])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bank", *self._flags, *ports],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the bank did not start"
        self._ports = json.loads(line)
        self.release()

    def down(self) -> None:
        """Kill the process: connections are refused from now on, and its ports are kept for it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._held = [held(port) for port in self._ports.values()]
        self._process = None

    def release(self) -> None:
        """Let others have its ports; not those of a running process."""
        while self._held:
            self._held.pop().close()

    def rules(self, *rules: dict[str, Any]) -> None:
        """Replace the faults; they count from the next request on."""
        beside = self._faults.with_suffix(".new")
        beside.write_text(json.dumps(rules))
        beside.replace(self._faults)

    def ledger(self) -> list[dict[str, Any]]:
        """All lines: jobs, uploads, deletions."""
        return [json.loads(line) for line in whole_lines(self.ledger_path)]

    def bought(self) -> list[dict[str, Any]]:
        """Every job that was accepted, and so paid for, in order."""
        return [line for line in self.ledger() if line["what"] == "job"]

    def duplicates(self) -> int:
        """How many jobs were bought beyond the first of equal ones: same kind, same script, same source and config."""

        def wanted(job: dict[str, Any]) -> str:
            body = {name: value for name, value in job["body"].items() if name not in ("user_data", "name", "webhook")}
            body["source_url"] = str(body.get("source_url", "")).rpartition("/")[2]
            return json.dumps([job["kind"], body], sort_keys=True)

        return sum(count - 1 for count in Counter(map(wanted, self.bought())).values())

    def seen(self, method: str = "", path: str = "", host: str = "api") -> list[dict[str, Any]]:
        """Requests so far on one of the two ports ("": both), whose path begins so; refused ones too."""
        file = self.ledger_path.with_name(self.ledger_path.name + ".seen")
        lines = [json.loads(line) for line in whole_lines(file)]
        return [
            line
            for line in lines
            if line["method"].startswith(method) and line["path"].startswith(path) and line["host"].startswith(host)
        ]

    def leaks(self) -> list[dict[str, Any]]:
        """Requests that carried the key where it does not belong: to the bucket, in a path, a body, another header."""
        return [line for line in self.seen(host="") if line["leak"]]


@contextmanager
def opened(folder: Path, *flags: str, key: str = KEY) -> Iterator[Started]:
    """A bank until the block ends. folder: for its ledger and faults."""
    bank = Started(folder, *flags, key=key)
    try:
        yield bank
    finally:
        bank.down()
        bank.release()
