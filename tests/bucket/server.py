"""S3 over HTTP: signatures, conditions, lists in pages, uploads in parts."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape, unescape

WRITER, READER = ("WRITER", "writers-secret/0"), ("READER", "readers-secret/0")
KEYS = dict((WRITER, READER))
SAFE = "-_.~"
STATUS = {
    "AccessDenied": 403,
    "BadDigest": 400,
    "InternalError": 500,
    "InvalidRange": 416,
    "MethodNotAllowed": 405,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "PreconditionFailed": 412,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
}


class Refused(Exception):
    """A request that S3 would refuse, by its code."""


@dataclass
class Store:
    """The objects of one bucket as files in a folder."""

    folder: Path
    page: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)

    def path(self, key: str) -> Path:
        return self.folder / quote(key, safe="")

    def read(self, key: str) -> bytes:
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError:
            raise Refused("NoSuchKey") from None

    def write(self, key: str, data: bytes, absent: bool = False, tag: str = "") -> str:
        """Store an object, if the conditions hold; its tag."""
        with self.lock:
            there = self.path(key).exists()
            if (absent and there) or (tag and (not there or etag(self.read(key)) != tag)):
                raise Refused("PreconditionFailed")
            beside = self.folder.with_name(f"{self.folder.name}.{uuid.uuid4().hex}")
            beside.write_bytes(data)
            beside.replace(self.path(key))
        return etag(data)

    def all_keys(self) -> list[str]:
        return sorted(unquote(path.name) for path in self.folder.iterdir())


class Faults:
    """What goes wrong: rules in a file, each {"method", "key": regex, "do": "503" | "403" | "hang" | "drop" | "blind",
    "s": for how long}; the first that fits a request counts. hang: no answer for `s` seconds; drop: the connection is
    cut; blind: conditions are overlooked, as by servers that do not know them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, method: str, key: str) -> dict[str, Any]:
        rules = json.loads(self._path.read_text()) if self._path.exists() else []
        fits = (r for r in rules if re.match(r.get("method", ""), method) and re.search(r.get("key", ""), key))
        return next(fits, {})


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def signed_by(method: str, target: str, headers: Any, body: bytes) -> str:
    """The name of the key that a request is signed with (Signature Version 4, in its header form)."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
        r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
        headers.get("Authorization", ""),
    )
    if found is None or found[1] not in KEYS:
        raise Refused("AccessDenied")
    name, date, region, signed, signature = found.groups()
    digest = headers.get("x-amz-content-sha256", "")
    if digest not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()):
        raise Refused("BadDigest")
    if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(signed.split(";")):
        raise Refused("SignatureDoesNotMatch")
    path, _, query = target.partition("?")
    pairs = sorted((quote(k, SAFE), quote(v, SAFE)) for k, v in parse_qsl(query, keep_blank_values=True))
    lines = [method, quote(unquote(path), f"/{SAFE}"), "&".join(f"{k}={v}" for k, v in pairs)]
    lines += [f"{one}:{' '.join(headers.get(one, '').split())}" for one in signed.split(";")]
    canonical = "\n".join([*lines, "", signed, digest])
    scope = f"{date}/{region}/s3/aws4_request"
    moment = headers["x-amz-date"]
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{KEYS[name]}".encode()
    for part in (date, region, "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(key.hex(), signature) or not moment.startswith(date):
        raise Refused("SignatureDoesNotMatch")
    return name


class Handler(BaseHTTPRequestHandler):
    """One connection. server.store, server.faults, server.seen: see `serve`."""

    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_: Any) -> None:
        """The log is `seen`."""

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        asked = dict(parse_qsl(query, keep_blank_values=True))
        key = unquote(path).lstrip("/").partition("/")[2]
        fault = self.server.faults.of(self.command, key or asked.get("prefix", ""))
        try:
            who = signed_by(self.command, self.path, self.headers, body)
            if fault.get("do") == "hang":
                time.sleep(fault["s"])
            if fault.get("do") in ("hang", "drop"):
                self.close_connection = True
                self._note(key, 0)
                return
            if fault.get("do") in ("503", "403"):
                raise Refused({"503": "SlowDown", "403": "AccessDenied"}[fault["do"]])
            if who == READER[0] and self.command not in ("GET", "HEAD"):
                raise Refused("AccessDenied")
            status, headers, data = self._do(key, asked, body, blind=fault.get("do") == "blind")
        except Refused as refused:
            code = str(refused)
            status, headers = STATUS[code], {"Content-Type": "application/xml"}
            data = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        self._note(key or asked.get("prefix", ""), status)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), "x-amz-request-id": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _any

    def _note(self, key: str, status: int) -> None:
        line = json.dumps({"t": time.time(), "method": self.command, "key": key, "status": status})
        with self.server.store.lock, open(self.server.seen, "a") as file:
            file.write(line + "\n")

    def _do(  # noqa: PLR0911
        self, key: str, asked: dict[str, str], body: bytes, *, blind: bool
    ) -> tuple[int, dict[str, str], bytes]:
        store: Store = self.server.store
        match self.command:
            case "GET" if not key:
                return 200, {"Content-Type": "application/xml"}, self._listed(asked)
            case "GET" | "HEAD":
                return self._read(store, key)
            case "PUT" if "uploadId" in asked:
                if asked["uploadId"] not in store.uploads:
                    raise Refused("NoSuchUpload")
                store.uploads[asked["uploadId"]][int(asked["partNumber"])] = body
                return 200, {"ETag": etag(body)}, b""
            case "PUT":
                absent = self.headers.get("If-None-Match") == "*" and not blind
                return 200, {"ETag": store.write(key, body, absent, self.headers.get("If-Match", ""))}, b""
            case "POST" if "uploads" in asked:
                name = uuid.uuid4().hex
                store.uploads[name] = {}
                told = f"<Bucket>b</Bucket><Key>{escape(key)}</Key><UploadId>{name}</UploadId>"
                told = f"<InitiateMultipartUploadResult>{told}</InitiateMultipartUploadResult>"
                return 200, {"Content-Type": "application/xml"}, told.encode()
            case "POST" if "uploadId" in asked:
                parts = store.uploads.pop(asked["uploadId"], None)
                if parts is None:
                    raise Refused("NoSuchUpload")
                tag = store.write(key, b"".join(data for _, data in sorted(parts.items())))
                told = f"<Location>/</Location><Bucket>b</Bucket><Key>{escape(key)}</Key><ETag>{escape(tag)}</ETag>"
                told = f"<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>"
                return 200, {"Content-Type": "application/xml"}, told.encode()
            case "POST" if "delete" in asked:
                found = re.findall(r"<Key>(.*?)</Key>", body.decode())
                for name in found:
                    store.path(unescape(name)).unlink(missing_ok=True)
                told = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in found)
                return 200, {"Content-Type": "application/xml"}, f"<DeleteResult>{told}</DeleteResult>".encode()
            case "DELETE" if "uploadId" in asked:
                store.uploads.pop(asked["uploadId"], None)
                return 204, {}, b""
            case "DELETE":
                store.path(key).unlink(missing_ok=True)
                return 204, {}, b""
        raise Refused("MethodNotAllowed")

    def _read(self, store: Store, key: str) -> tuple[int, dict[str, str], bytes]:
        data = store.read(key)
        modified = formatdate(store.path(key).stat().st_mtime, usegmt=True)
        headers = {"ETag": etag(data), "Last-Modified": modified, "Accept-Ranges": "bytes"}
        if self.command == "HEAD":
            return 200, {**headers, "Content-Length": str(len(data))}, b""
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if found is None:
            return 200, headers, data
        start, end = int(found[1]), min(int(found[2]), len(data) - 1)
        if start >= len(data):
            raise Refused("InvalidRange")
        return 206, {**headers, "Content-Range": f"bytes {start}-{end}/{len(data)}"}, data[start : end + 1]

    def _listed(self, asked: dict[str, str]) -> bytes:
        store: Store = self.server.store
        keys = [key for key in store.all_keys() if key.startswith(asked.get("prefix", ""))]
        keys = [key for key in keys if key > asked.get("continuation-token", "")]
        page, more = keys[: store.page], len(keys) > store.page
        entries = []
        for key in page:
            try:
                stat, data = store.path(key).stat(), store.read(key)
            except (FileNotFoundError, Refused):
                continue
            modified = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(stat.st_mtime))
            told = f"<Key>{escape(key)}</Key><LastModified>{modified}</LastModified><ETag>{escape(etag(data))}</ETag>"
            entries.append(f"<Contents>{told}<Size>{len(data)}</Size><StorageClass>STANDARD</StorageClass></Contents>")
        next_page = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        head = f"<Name>b</Name><KeyCount>{len(page)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>"
        return f"<ListBucketResult>{head}{''.join(entries)}{next_page}</ListBucketResult>".encode()


class Server(ThreadingHTTPServer):
    """The server: `server_port` is where."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, page: int, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.store = Store(folder, page)
        self.faults = Faults(folder.with_name(f"{folder.name}.faults"))
        self.seen = folder.with_name(f"{folder.name}.seen")
        super().__init__(("127.0.0.1", port), Handler)
