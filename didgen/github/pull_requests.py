"""Comments of pull requests, over GitHub's REST API.

The standard library does it, so that a comment is posted by a job that installs nothing.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from didgen import __version__
from didgen.errors import DidgenError, UsageError

TIMEOUT_S = 30.0
TRIES = 3  # of what only reads
PAGE = 100
MOST_PAGES = 50
MOST_BYTES = 20 << 20


class GitHubError(DidgenError):
    """GitHub did not do what it was asked. status: of its answer, 0 for none."""

    def __init__(self, status: int, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


@dataclass(frozen=True, slots=True)
class Api:
    """GitHub's API, as one token may use it."""

    url: str
    token: str = field(repr=False)

    def get(self, path: str) -> Any:
        """The answer to a GET; asked again when it failed on the way, or at GitHub. Raises GitHubError."""
        for left in reversed(range(TRIES)):
            try:
                return self._ask("GET", path, None)
            except GitHubError as error:
                if not left or 0 < error.status < 500:
                    raise
        raise AssertionError

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to what changes something; asked once. Raises GitHubError."""
        return self._ask(method, path, json.dumps(body).encode())

    def pages(self, path: str) -> Iterator[Any]:
        """The members of a list, page by page."""
        sign = "&" if "?" in path else "?"
        for page in range(1, MOST_PAGES + 1):
            found = self.get(f"{path}{sign}per_page={PAGE}&page={page}")
            yield from found
            if len(found) < PAGE:
                return

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "User-Agent": f"didgen/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, f"{parts.path.rstrip('/')}{path}", body, headers)
            answer = connection.getresponse()
            data = answer.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise GitHubError(0, f"GitHub's API is out of reach: {error or type(error).__name__}") from None
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise GitHubError(answer.status, f"GitHub answered {answer.status} to {method} {path}: {_message(data)}")
        try:
            return json.loads(data)
        except ValueError:
            raise GitHubError(answer.status, f"GitHub's answer to {method} {path} is no JSON") from None


def _message(data: bytes) -> str:
    try:
        return str(json.loads(data)["message"])[:200]
    except (ValueError, KeyError, TypeError):
        return "nothing more"


def put_comment(api: Api, repository: str, number: int, marker: str, body: str, *, new: bool = True) -> str:
    """Have a pull request show `body`: in our comment if it has one, else in a new one; its address.

    marker: the first line of ours. Of people's comments none is touched, whatever it begins with. new: whether to begin
    one; "" where there is none then. Raises GitHubError.
    """
    issue = f"/repos/{quote(repository)}/issues/{number}"
    for one in api.pages(f"{issue}/comments"):
        if str(one.get("body", "")).startswith(marker) and (one.get("user") or {}).get("type") == "Bot":
            if one["body"] == body:
                return str(one["html_url"])
            path = f"/repos/{quote(repository)}/issues/comments/{int(one['id'])}"
            return str(api.send("PATCH", path, {"body": body})["html_url"])
    return str(api.send("POST", f"{issue}/comments", {"body": body})["html_url"]) if new else ""


def pull_requests_of_run(api: Api, repository: str, event: Mapping[str, Any]) -> list[int]:
    """The open pull requests whose newest commit a finished run is of, by what the event of `workflow_run` says.

    For a fork the event names no number, but its repository, branch and commit; the number is asked for by these. What
    the run itself left behind has no say. Raises UsageError for an event of something else, GitHubError.
    """
    run = event.get("workflow_run")
    if not isinstance(run, Mapping) or run.get("event") != "pull_request":
        raise UsageError("that run was not of a pull request", hint="let the workflow run for pull_request only")
    try:
        owner, branch = run["head_repository"]["owner"]["login"], run["head_branch"]
        theirs, sha = run["head_repository"]["id"], run["head_sha"]
    except (KeyError, TypeError):
        raise UsageError("the event does not say whose run that was") from None
    path = f"/repos/{quote(repository)}/pulls?state=open&head={quote(f'{owner}:{branch}', safe='')}"
    return [
        int(one["number"])
        for one in api.pages(path)
        if one["head"]["sha"] == sha and (one["head"].get("repo") or {}).get("id") == theirs
    ]


def open_numbers(api: Api, repository: str) -> set[int]:
    """Numbers of all open pull requests. Raises GitHubError."""
    return {int(one["number"]) for one in api.pages(f"/repos/{quote(repository)}/pulls?state=open")}
