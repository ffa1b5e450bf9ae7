"""`didgen serve` as its owner starts it: what it prints, which key it wants, who may have its folder."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest


def started(folder: Path, *words: str) -> tuple[subprocess.Popen[str], str, list[str]]:
    """The server on a free port without a key in its environment; its address, and what it said until it listened."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environ = {name: value for name, value in os.environ.items() if name != "DIDGEN_API_KEY"}
    command = [sys.executable, "-m", "didgen", "serve", "--port", port, *words]
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(2)]
    for _ in range(1000):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                break
        assert process.poll() is None
        signal.sigtimedwait([], 0.03)
    return process, f"http://127.0.0.1:{port}", said


def test_a_key_is_made_printed_and_kept_and_a_second_server_is_refused(tmp_path: Path) -> None:
    """The same at the next start; readable by nobody else; without it nothing is answered."""
    process, base, said = started(tmp_path, "--fault", "slow:0.001")
    try:
        assert f"serving the local engine on {base}" in said[0]
        key = said[1].split()[2]
        kept = tmp_path / ".didgen" / "served" / "key"
        assert key == kept.read_text().strip()
        assert 0o600 == stat.S_IMODE(kept.stat().st_mode)
        assert re.fullmatch(r"local:[\w+/=]{44}", key)
        assert 401 == httpx.get(f"{base}/credits", timeout=60).status_code
        user, _, secret = key.partition(":")
        with httpx.Client(auth=(user, secret), timeout=60) as client:
            assert 200 == client.get(f"{base}/credits").status_code
            assert 421 == client.get(f"{base}/credits", headers={"Host": "evil.example"}).status_code
        second = subprocess.run(
            [sys.executable, "-m", "didgen", "serve", "--port", "0"], cwd=tmp_path, capture_output=True, text=True
        )
        who = f"another server uses {tmp_path / '.didgen/served'}: pid {process.pid} at {base} (use that one, stop it"
        assert (5, True) == (second.returncode, who in second.stderr), second.stderr
    finally:
        process.send_signal(signal.SIGINT)
        assert 0 == process.wait(30)
    assert key == kept.read_text().strip()


def test_a_port_that_is_taken_is_one_plain_sentence(tmp_path: Path) -> None:
    """With the exit code of a wrong command."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "didgen", "serve", "--port", port], cwd=tmp_path, capture_output=True, text=True
        )
    assert (2, "") == (done.returncode, done.stdout)
    assert f"didgen: nothing can be served at 127.0.0.1:{port}: address already in use (say --port N" in done.stderr
    assert 1 == len(done.stderr.splitlines())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_free_port_is_found_and_the_url_that_is_printed_leads_there(tmp_path: Path, host: str) -> None:
    """With brackets around an address that has colons."""
    if host == "::1" and not _has_ipv6():
        pytest.skip("no IPv6 here")
    command = [sys.executable, "-m", "didgen", "serve", "--host", host, "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, bufsize=1) as free:
        assert free.stdout is not None
        try:
            found = re.search(r"on (http://(\S+):\d+) ", free.stdout.readline())
            assert found
            assert (f"[{host}]" if ":" in host else host) == found[2]
            with httpx.Client(transport=httpx.HTTPTransport(retries=7), timeout=60) as client:
                assert 401 == client.get(f"{found[1]}/credits").status_code
        finally:
            free.send_signal(signal.SIGINT)
    assert 0 == free.returncode


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
