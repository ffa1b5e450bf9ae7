"""Faults by rule: which request, and what goes wrong with it.

A faults file holds a JSON list of rules and is read again at every request, so a test may change it at any time:

    {"method": "POST", "path": "/talks", "nth": [1, 3], "fault": "status", "status": 504, "accept": true}

`method`, `path` (a regular expression that must match from the start; default: any) and `having` (words of the body)
say which requests; `nth` which of these, counted from 1 since the file changed (a number, a list, or left out for all);
`p` with `seed` takes each with that chance instead. The first rule that applies is used. `accept` (default false) tells
whether a POST, or a DELETE, takes effect before it goes wrong. Faults and their arguments:

    status  status, shape (service, gateway, html, xml, empty, garbage), kind, description, headers, retry_after:
            that answer; retry_after is sent as written, or as an HTTP date {"in_s": 5}
    body    status, text, type: an answer with that body
    edit    set, drop: the true answer with fields set or left out (id, result_url, status…)
    reset   after: the true answer's first bytes, then a reset; whole: true claims no length
    close   after: the same with an orderly end
    drip    bytes_per_s, after: the true answer, slowly after its first bytes
    hang    s: nothing for that long, then the end
    slow    s: the true answer, later
    meet    of: the true answer, as soon as so many such requests have come
    cut     keep: the first part (0 to 1) of the body, with the right length for it
    length  by, or none: true: a Content-Length that is too long or short by so much, or none
    gzip    the true body, compressed and said to be
    clip    duration_s: another video than the one that was made
    ends    ends, kind, description: (POST) the job is accepted and will end so: error, rejected, or another status
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tests.bank import shapes

Rule = dict[str, Any]


@dataclass
class Answer:
    """An HTTP answer before it is sent."""

    status: int
    body: bytes = b""
    type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = -1  # what Content-Length says; -1: the truth, None: no such header

    def head(self, date_s: float) -> bytes:
        """Status line and headers."""
        said = len(self.body) if self.length == -1 else self.length
        lines = [f"HTTP/1.1 {self.status} X", f"Date: {formatdate(date_s, usegmt=True)}"]
        lines += [f"x-amzn-requestid: {time.monotonic_ns():x}"]
        if self.status != 204:
            lines += [f"Content-Type: {self.type}"]
            lines += [f"Content-Length: {said}"] if said is not None else ["Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"


class Faults:
    """The rules of a file, with their counts. Safe for threads."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._text, self._rules = path, "", list[Rule]()
        self._counts: list[int] = []
        self._chance: list[random.Random] = []
        self._counted = threading.Condition()

    def rule(self, method: str, path: str, body: bytes = b"") -> Rule | None:
        """The rule that applies to this request, which is counted."""
        if self._path is None:
            return None
        with self._counted:
            self._reread()
            chosen = None
            for k, rule in enumerate(self._rules):
                meant = rule.get("method", method) == method and rule.get("having", "").encode() in body
                if meant and re.match(rule.get("path", ""), path):
                    self._counts[k] += 1
                    if chosen is None and self._applies(rule, k):
                        chosen = rule
            self._counted.notify_all()
            return chosen

    def met(self, rule: Rule) -> None:
        """Wait until as many requests as a rule says have come, or the rules are others."""
        with self._counted:
            self._counted.wait_for(
                lambda: rule not in self._rules or self._counts[self._rules.index(rule)] >= rule["of"]
            )

    def _reread(self) -> None:
        text = self._path.read_text() if self._path and self._path.exists() else ""
        if text != self._text:
            self._text, self._rules = text, json.loads(text or "[]")
            self._counts = [0] * len(self._rules)
            self._chance = [random.Random(rule.get("seed", 0)) for rule in self._rules]

    def _applies(self, rule: Rule, k: int) -> bool:
        if "p" in rule:
            return self._chance[k].random() < rule["p"]
        nth = rule.get("nth")
        return nth is None or self._counts[k] in (nth if isinstance(nth, list) else [nth])


def instead(rule: Rule, now_s: float) -> Answer | None:
    """The answer a rule puts in place of the true one; None when it works on that."""
    if rule["fault"] == "status":
        return _status(rule, now_s)
    if rule["fault"] == "body":
        return Answer(rule.get("status", 200), rule["text"].encode(), rule.get("type", "application/json"))
    return None


def _status(rule: Rule, now_s: float) -> Answer:
    status = rule["status"]
    kind, description = rule.get("kind", "InternalServerError"), rule.get("description", "internal server error")
    body, mime = {
        "service": (shapes.error(kind, description), "application/json"),
        "gateway": (shapes.GATEWAY, "application/json"),
        "html": (shapes.HTML, "text/html"),
        "xml": (shapes.XML, "application/xml"),
        "empty": (b"", "application/json"),
        "garbage": (b'{"id": "tlk_\xff\xfe', "application/json"),
    }[rule.get("shape", "service")]
    headers = dict(rule.get("headers", {}))
    wait = rule.get("retry_after")
    if wait is not None:
        headers["Retry-After"] = formatdate(now_s + wait["in_s"], usegmt=True) if isinstance(wait, dict) else str(wait)
    return Answer(status, body, mime, headers)


def bent(rule: Rule, answer: Answer) -> Answer:
    """The true answer as a rule changes it."""
    name = rule["fault"]
    if name == "edit":
        body = json.loads(answer.body)
        body = {key: value for key, value in {**body, **rule.get("set", {})}.items() if key not in rule.get("drop", ())}
        answer.body = json.dumps(body).encode()
    elif name == "cut":
        answer.body = answer.body[: int(len(answer.body) * rule.get("keep", 0.5))]
    elif name == "length":
        answer.length = None if rule.get("none") else max(0, len(answer.body) + rule["by"])
    elif name == "gzip":
        answer.body, answer.headers["Content-Encoding"] = gzip.compress(answer.body), "gzip"
    elif rule.get("whole"):
        answer.length = None
    return answer


def send(connection: socket.socket, rule: Rule, head: bytes, body: bytes) -> bool:
    """Send an answer in the way a rule wants; whether the connection can go on."""
    name, data = rule.get("fault", ""), head + body
    if name in ("reset", "close"):
        connection.sendall(data[: rule.get("after", 0)])
        if name == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(connection.detach())  # here, before the server ends it with a polite FIN
        return False
    if name == "drip":
        return _drip(connection, rule, data)
    if name == "slow":
        time.sleep(rule["s"])
    connection.sendall(data)
    return name != "length"


def _drip(connection: socket.socket, rule: Rule, data: bytes) -> bool:
    pace, at = float(rule.get("bytes_per_s", 10)), int(rule.get("after", 0))
    with suppress(OSError):
        connection.sendall(data[:at])
        while at < len(data):
            connection.sendall(data[at : at + max(1, int(pace / 20))])
            at += max(1, int(pace / 20))
            time.sleep(max(1 / pace, 0.05))
    return False


def hang(connection: socket.socket, seconds: float) -> None:
    """Wait until the other side gives up, at most so long."""
    connection.settimeout(seconds)
    with suppress(OSError):
        while connection.recv(1024):
            pass
