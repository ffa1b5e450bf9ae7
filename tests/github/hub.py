"""GitHub's REST API, as far as comments need it: a process on 127.0.0.1, independent of what calls it.

`python -m tests.github.hub FILE`: prints its port. FILE holds the account as JSON, and is written after every change:
{"token", "rights": "write" or "read", "login", "type", "pulls": [...], "comments": [...], "requests": [...]}.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "ghs_secret0canary"
REPOSITORY = "owner/videos"


class Handler(BaseHTTPRequestHandler):
    """One request. The server has `path`, the account's file."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *words: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PATCH(self) -> None:
        self._answer("PATCH")

    def _answer(self, method: str) -> None:
        path: Path = self.server.account  # type: ignore[attr-defined]
        account = json.loads(path.read_text())
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        account["requests"].append([method, self.path])
        status, told = self._decide(method, account, body)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(account))
        os.replace(part, path)
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _decide(self, method: str, account: Any, body: Any) -> tuple[int, Any]:  # noqa: PLR0911
        if self.headers.get("Authorization") != f"Bearer {account['token']}":
            return 401, {"message": "Bad credentials"}
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if method != "GET" and account["rights"] != "write":
            return 403, {"message": "Resource not accessible by integration"}
        if len(body.get("body", "")) > 65_536:
            return 422, {"message": "Body is too long (maximum is 65536 characters)"}
        page, size = int(query.get("page", 1)), int(query.get("per_page", 30))
        part = slice((page - 1) * size, page * size)
        if method == "GET" and url.path == f"/repos/{REPOSITORY}/pulls":
            found = [one for one in account["pulls"] if one["state"] == query.get("state", "open")]
            head = query.get("head")
            return 200, [one for one in found if head in (None, one["head"]["label"])][part]
        if match := re.fullmatch(rf"/repos/{REPOSITORY}/issues/(\d+)/comments", url.path):
            number = int(match[1])
            if method == "GET":
                return 200, [one for one in account["comments"] if one["issue"] == number][part]
            user = {"login": account["login"], "type": account["type"]}
            name = 1000 + len(account["comments"])
            place = f"https://github.example/{REPOSITORY}/pull/{number}#issuecomment-{name}"
            account["comments"].append({"id": name, "issue": number, "user": user, "html_url": place, **body})
            return 201, account["comments"][-1]
        if method == "PATCH" and (match := re.fullmatch(rf"/repos/{REPOSITORY}/issues/comments/(\d+)", url.path)):
            (one,) = [one for one in account["comments"] if one["id"] == int(match[1])]
            one.update(body)
            return 200, one
        return 404, {"message": "Not Found"}


class Hub:
    """A running API. `account` reads and writes what it has."""

    def __init__(self, url: str, path: Path) -> None:
        self.url, self._path = url, path

    @property
    def account(self) -> Any:
        return json.loads(self._path.read_text())

    def change(self, **members: Any) -> None:
        self._path.write_text(json.dumps({**self.account, **members}))

    @property
    def bodies(self) -> list[str]:
        return [one["body"] for one in self.account["comments"]]


def pull(number: int, label: str, sha: str, *, repository: int = 1, state: str = "open") -> dict[str, Any]:
    """A pull request, as the API shows it."""
    return {"number": number, "state": state, "head": {"label": label, "sha": sha, "repo": {"id": repository}}}


@contextmanager
def opened(folder: Path) -> Iterator[Hub]:
    """An API with nothing in it, and a token that may write."""
    path = folder / "hub.json"
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    path.write_text(json.dumps({"token": TOKEN, "rights": "write", **bot, "pulls": [], "comments": [], "requests": []}))
    command = [sys.executable, "-m", "tests.github.hub", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield Hub(f"http://127.0.0.1:{int(process.stdout.readline())}", path)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.account = Path(sys.argv[1])  # type: ignore[attr-defined]
    print(server.server_address[1], flush=True)
    server.serve_forever()
