"""The bank's HTTP: the API on one port, the bucket of results on another, as on two hosts."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.bank import shapes
from tests.bank.account import Account, RefusalError, authorised, carries_key
from tests.bank.faults import Answer, Faults, bent, hang, instead, send

MAX_BODY = 32 << 20
TRUE = ("", "edit", "slow", "meet", "ends", "clip", "cut", "gzip", "length")
"""Faults of a request that takes effect all the same."""
MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass
class Bank:
    """What both ports share."""

    account: Account
    faults: Faults
    seen_path: Path
    latency_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, line: dict[str, Any]) -> None:
        """Write down a request."""
        with self.lock, self.seen_path.open("a") as file:
            file.write(json.dumps(line) + "\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, port: int, bank: Bank, handler: type[BaseHTTPRequestHandler]) -> None:
        self.bank = bank
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news; anything else is a fault of the bank."""
        import sys

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: read, note, decide by rule, answer."""

    protocol_version = "HTTP/1.1"
    timeout = 120
    host = ""

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_any(self) -> None:
        bank: Bank = self.server.bank  # type: ignore[attr-defined]
        body = self.rfile.read(min(MAX_BODY, int(self.headers.get("Content-Length") or 0)))
        path = urlsplit(self.path).path.rstrip("/")
        rule = bank.faults.rule(self.command, path, body) or {}
        bank.note(self._line(path, body, rule))
        if bank.latency_s:
            time.sleep(bank.latency_s)
        goes_on = self._act(bank, rule, path, body)
        self.close_connection = self.close_connection or not goes_on

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = do_any

    def _line(self, path: str, body: bytes, rule: dict[str, Any]) -> dict[str, Any]:
        """What is written down of a request; `leak` says where the key was seen that had no business there."""
        bank: Bank = self.server.bank  # type: ignore[attr-defined]
        key = bank.account.options.key
        elsewhere = {name: value for name, value in self.headers.items() if name != "Authorization" or not self.host}
        places = {"path": self.path, "body": body.decode("latin-1"), "headers": json.dumps(dict(elsewhere))}
        return {
            "time": time.time(),
            "host": self.host or "bucket",
            "method": self.command,
            "path": path,
            "query": urlsplit(self.path).query if self.host else "",
            "port": self.client_address[1],
            "fault": rule.get("fault", ""),
            "leak": [place for place, text in places.items() if carries_key(text, key)],
        }

    def _act(self, bank: Bank, rule: dict[str, Any], path: str, body: bytes) -> bool:
        """Do what the request and its rule want; whether the connection goes on."""
        name, now_s = rule.get("fault", ""), bank.account.now()
        reads = self.command == "GET"
        truly = reads or rule.get("accept", False) or name in TRUE
        answer = self._true(bank, rule, path, body) if truly else Answer(201, b"{}")
        if name == "hang":
            hang(self.connection, rule.get("s", 30.0))
            return False
        if name == "meet":
            bank.faults.met(rule)
        answer = bent(rule, instead(rule, now_s) or answer) if rule else answer
        sent = answer.body if self.command != "HEAD" else b""
        return send(self.connection, rule, answer.head(now_s), sent) and answer.length is not None

    def _true(self, bank: Bank, rule: dict[str, Any], path: str, body: bytes) -> Answer:
        try:
            return self.answer(bank, rule, path, body)
        except RefusalError as error:
            return Answer(error.status, error.body)

    def answer(self, bank: Bank, rule: dict[str, Any], path: str, body: bytes) -> Answer:
        """The answer without faults. Raises RefusalError."""
        raise NotImplementedError

    def log_message(self, *_: Any) -> None:
        """Requests are written down in a file of their own."""


class Api(Handler):
    """The service."""

    host = "api"

    def answer(self, bank: Bank, rule: dict[str, Any], path: str, body: bytes) -> Answer:
        if not authorised(self.headers.get("Authorization", ""), bank.account.options.key):
            raise RefusalError(401, "AuthorizationError", "user unauthenticated")
        first, _, rest = path.lstrip("/").partition("/")
        if first in ("talks", "animations"):
            return self._jobs(bank, rule, first[:-1], rest, body)
        if first in ("images", "audios"):
            return self._uploads(bank, first[:-1], rest, body)
        if (self.command, path) == ("GET", "/credits"):
            return _json(200, self._credits(bank))
        if (self.command, path) == ("GET", "/tts/voices"):
            wanted = self._query().get("provider", "")
            return _json(200, [voice for voice in shapes.VOICES if wanted in ("", voice["provider"])])
        raise RefusalError(404, "NotFoundError", "not found")

    def _query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def _jobs(self, bank: Bank, rule: dict[str, Any], kind: str, job_id: str, body: bytes) -> Answer:
        account = bank.account
        if self.command == "POST" and not job_id:
            fate = {}
            if rule.get("fault") == "ends":
                error = {field: rule[field] for field in ("kind", "description") if field in rule}
                fate = {"ends": rule["ends"], **({"error": error} if error else {})}
            external = "x-api-key-external" in self.headers
            return _json(201, shapes.created(account.buy(kind, self._json_body(body), fate, external)))
        if self.command == "GET" and not job_id:
            query = self._query()
            limit = query.get("limit", "100")
            return _json(200, account.page(kind, int(limit) if limit.isdigit() else 100, query.get("token", "")))
        if self.command == "GET":
            return _json(200, account.shown(account.job(kind, job_id), listed=False))
        if self.command == "DELETE":
            return _json(200, account.delete(kind, job_id))
        raise RefusalError(404, "NotFoundError", "not found")

    def _json_body(self, body: bytes) -> dict[str, Any]:
        """A wrong content type is read as an empty body, as the service does."""
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            return {}
        try:
            read = json.loads(body)
        except ValueError:
            raise RefusalError(400, "BadRequestError", "body is no JSON") from None
        return read if isinstance(read, dict) else {}

    def _uploads(self, bank: Bank, kind: str, mark: str, body: bytes) -> Answer:
        if self.command == "DELETE":
            bank.account.drop_upload(kind, mark)
            return Answer(204)
        if self.command != "POST" or mark:
            raise RefusalError(404, "NotFoundError", "not found")
        name, mime, data = self._part(kind, body)
        head = next((found for magic, found in MAGIC.items() if data.startswith(magic)), "")
        if kind == "image" and (mime not in MAGIC.values() or head != mime):
            details = {"received": mime, "supported": list(MAGIC.values())}
            raise RefusalError(415, "UnsupportedMimeTypeError", "unsupported image type", details)
        if kind == "audio" and not mime.startswith(("audio/", "video/")):
            raise RefusalError(415, "UnsupportedMimeTypeError", "unsupported audio type", {"received": mime})
        pixels = image_size(data) if kind == "image" else None
        return _json(201, bank.account.upload(kind, name, data, pixels))

    def _part(self, field_name: str, body: bytes) -> tuple[str, str, bytes]:
        """File name, type and bytes of a field of a multipart body."""
        head = f"Content-Type: {self.headers.get('Content-Type', '')}\r\n\r\n".encode()
        for part in message_from_bytes(head + body).walk():
            if part.get_param("name", header="content-disposition") == field_name:
                data = part.get_payload(decode=True)
                return part.get_filename() or "", part.get_content_type(), data if isinstance(data, bytes) else b""
        raise RefusalError(400, "BadRequestError", f"'{field_name}' is required")

    def _credits(self, bank: Bank) -> dict[str, Any]:
        left, total = bank.account.remaining(), bank.account.options.credits
        now_s = bank.account.now()
        times = {"created_at": shapes.when(now_s - 86_400), "modified_at": shapes.when(now_s)}
        one = {"owner_id": shapes.USER, **times, "remaining": left, "total": total, "plan_group": "deid-pro"}
        one |= {"expire_at": shapes.when(now_s + 30 * 86_400), "product_billing_interval": "month"}
        return {"credits": [one], "remaining": left, "total": total}


class Bucket(Handler):
    """Where results lie: signed links only, no key wanted."""

    def answer(self, bank: Bank, rule: dict[str, Any], path: str, body: bytes) -> Answer:  # noqa: ARG002
        query = dict(pair.split("=", 1) for pair in urlsplit(self.path).query.split("&") if "=" in pair)
        path, expires = unquote(path), query.get("Expires", "")
        good = expires.isdigit() and query.get("Signature") == shapes.signature(path, int(expires))
        if not good or int(expires) < bank.account.now():
            return Answer(403, shapes.XML, "application/xml")
        video = bank.account.result(path)
        if video is None:
            return Answer(404, shapes.XML, "application/xml")
        if rule.get("fault") == "clip":
            other = bank.account.clip(rule["duration_s"])[1]
            video = other.read_bytes() if other else b""
        return Answer(200, video, "video/mp4", {"ETag": f'"{len(video):x}"'})


def _json(status: int, value: Any) -> Answer:
    return Answer(status, json.dumps(value).encode())


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG; None when it does not say."""
    with suppress(struct.error):
        if data.startswith(b"\x89PNG"):
            return struct.unpack(">II", data[16:24])
        at = 2
        while data[at : at + 1] == b"\xff":
            length = struct.unpack(">H", data[at + 2 : at + 4])[0]
            if 0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in (0xC4, 0xC8, 0xCC):
                height, width = struct.unpack(">HH", data[at + 5 : at + 9])
                return width, height
            at += 2 + length
    return None
