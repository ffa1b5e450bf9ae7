"""What the bank holds: the ledger, the jobs read from it, uploads and credits.

The ledger is one JSON object a line, synced before the POST is answered:
`{"what": "job", "id", "kind", "time", "seq", "duration_s", "credits", "user_data", "name", "key", "nonce", "body", …}`,
`{"what": "upload", "id", "kind", "url", "bytes", …}`, `{"what": "delete", "id"}`. A bank started again on its ledger
has the same account.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import os
import re
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from tests.bank import shapes

TAG = re.compile(r"didgen1:([0-9a-f]{32}):([0-9a-f]{32})")
CHARACTERS_A_SECOND = 14.0
ANIMATION_S = 10.0
SOURCE = re.compile(r"(https|s3):.*\.(jpg|jpeg|png)", re.IGNORECASE)
ANIMATION_SOURCE = re.compile(r"(https|s3):.*\.(jpg|jpeg|tiff|png|bmp)", re.IGNORECASE)
AUDIO = re.compile(r"(https|s3)://\S+\.(m4a|flac|mp3|mp4|wav)([?#][\w./=&#%-]+)?$", re.IGNORECASE)
FILE_NAME = re.compile(r"[A-Za-z0-9._-]{1,50}")
MAX_PIXELS = 10 * 1024 * 1024


class RefusalError(Exception):
    """A request the service does not take: status, kind, description."""

    def __init__(self, status: int, kind: str, description: str, details: Any = None) -> None:
        super().__init__(description)
        self.status, self.body = status, shapes.error(kind, description, details)


@dataclass(frozen=True)
class Options:
    """How this bank behaves; times in seconds."""

    ledger: Path
    clips: Path | None = None
    key: str = "anna@example.org:s3cret"
    echo: str = "all"  # all, by-id, none
    lag_s: float = 0.0  # until a job is in the listing
    page: int = 100  # most entries of one page
    queue_s: float = 0.02
    render_s: float = 0.03
    link_life_s: float = 24 * 3600
    sign_once: bool = False  # links end with their first life; else each GET has a fresh one
    credits: int = 1000
    foreign: int = 0  # jobs of somebody else, an hour old, that the account has from the start
    skew_s: float = 0.0  # the bank's clock minus the machine's


class Account:
    """All that persists, and what it looks like at a moment. Safe for threads."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.jobs: dict[str, dict[str, Any]] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.bucket = ""
        self.clips = sorted((float(path.stem), path) for path in options.clips.glob("*.mp4")) if options.clips else []
        self._lock = threading.Lock()
        self._handle = os.open(options.ledger, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._spent = 0
        for k in range(options.foreign):
            self._take({**self._foreign(k), "credits": 0})
        for line in options.ledger.read_text().splitlines():
            self._take(json.loads(line))

    def now(self) -> float:
        """Unix time by the bank's clock."""
        return time.time() + self.options.skew_s

    def _foreign(self, k: int) -> dict[str, Any]:
        body = {"script": {"type": "text", "input": "Somebody else's words."}, "source_url": "https://e.org/b.jpg"}
        kind, mark = ("talk", "tlk") if k % 3 else ("animation", "anm")
        return self._entry(kind, f"{mark}_foreign{k:014d}", self.now() - 3600 - k, -1 - k, body)

    def _entry(self, kind: str, job_id: str, at: float, seq: int, body: dict[str, Any]) -> dict[str, Any]:
        texts = [str(body.get(field) or "") for field in ("user_data", "name")]
        tag = next((found for text in texts if (found := TAG.search(text))), None)
        length_s = self._duration_s(kind, body)
        return {
            "what": "job", "id": job_id, "kind": kind, "time": at, "seq": seq, "duration_s": length_s,
            "credits": math.ceil(length_s / 15), "user_data": body.get("user_data"), "name": body.get("name"),
            "key": tag[1] if tag else None, "nonce": tag[2] if tag else None, "body": body,
        }  # fmt: skip

    def _write(self, entry: dict[str, Any]) -> None:
        os.write(self._handle, json.dumps(entry).encode() + b"\n")
        os.fsync(self._handle)
        self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        if entry["what"] == "job":
            self.jobs[entry["id"]] = entry
            self._spent += entry["credits"]
        elif entry["what"] == "upload":
            self.uploads[entry["id"]] = entry
        else:
            self.jobs.pop(entry["id"], None)
            self.uploads.pop(entry["id"], None)

    # -- jobs ---------------------------------------------------------------------------------------------------------

    def buy(self, kind: str, body: dict[str, Any], fate: dict[str, Any], external: bool) -> dict[str, Any]:
        """Accept a job: durable before this returns. fate: how it ends, when not `done`. Raises RefusalError."""
        (self._check_talk if kind == "talk" else self._check_animation)(body)
        _check_common(body)
        with self._lock:
            mark = "tlk_" if kind == "talk" else "anm_"
            entry = self._entry(kind, mark + secrets.token_urlsafe(16)[:21], self.now(), len(self.jobs), body)
            if entry["credits"] > self.remaining():
                raise RefusalError(402, "InsufficientCreditsError", "not enough credits")
            self._write({**entry, **fate, "external": external})
        return self.jobs[entry["id"]]

    def remaining(self) -> int:
        """Credits that are left."""
        return self.options.credits - self._spent

    def status(self, job: dict[str, Any]) -> str:
        """created, started, then done or what fate says."""
        age = self.now() - job["time"]
        if age < self.options.queue_s:
            return "created"
        if age < self.options.queue_s + self.options.render_s:
            return "started"
        return str(job.get("ends", "done"))

    def shown(self, job: dict[str, Any], *, listed: bool) -> dict[str, Any]:
        """A job as GET answers it now."""
        options = self.options
        begun = job["time"] + options.queue_s
        times = {"created": job["time"], "started": begun, "done": begun + options.render_s}
        life_from = times["done"] if options.sign_once else self.now()
        answer = shapes.shown(job, self.status(job), times, self.bucket, life_from + options.link_life_s)
        if options.echo == "all" or (options.echo == "by-id" and not listed):
            answer |= {field: job[field] for field in ("user_data", "name") if job[field]}
        return answer

    def job(self, kind: str, job_id: str) -> dict[str, Any]:
        """The entry of a job. Raises RefusalError (404)."""
        job = self.jobs.get(job_id)
        if job is None or job["kind"] != kind:
            raise RefusalError(404, "NotFoundError", "not found")
        return job

    def page(self, kind: str, limit: int, token: str) -> dict[str, Any]:
        """A page of the listing, newest first; `token` is there while more follow. Raises RefusalError."""
        seen_by = self.now() - self.options.lag_s
        jobs = [job for job in list(self.jobs.values()) if job["kind"] == kind and job["time"] <= seen_by]
        jobs.sort(key=lambda job: (job["time"], job["seq"]), reverse=True)
        start = 0
        if token:
            try:
                last = base64.urlsafe_b64decode(token).decode()
                start = next(k for k, job in enumerate(jobs) if job["id"] == last) + 1
            except (StopIteration, binascii.Error, UnicodeDecodeError):
                raise RefusalError(400, "BadRequestError", "invalid token") from None
        chosen = jobs[start : start + max(1, min(limit, self.options.page))]
        answer: dict[str, Any] = {f"{kind}s": [self.shown(job, listed=True) for job in chosen]}
        if start + len(chosen) < len(jobs):
            answer["token"] = base64.urlsafe_b64encode(chosen[-1]["id"].encode()).decode()
        return answer

    def delete(self, kind: str, job_id: str) -> dict[str, Any]:
        """Remove a finished job; it as it was. Raises RefusalError (404, 409)."""
        job = self.job(kind, job_id)
        if self.status(job) in ("created", "started"):
            raise RefusalError(409, "NotReadyError", f"{kind} is in process, try again later")
        answer = self.shown(job, listed=False)
        with self._lock:
            self._write({"what": "delete", "id": job_id})
        return answer

    def _duration_s(self, kind: str, body: dict[str, Any]) -> float:
        script = body.get("script") or {}
        if kind == "animation":
            length_s = ANIMATION_S
        elif script.get("type") == "audio":
            wanted = script.get("audio_url")
            length_s = next((up["duration_s"] for up in self.uploads.values() if up["url"] == wanted), 4.0)
        else:
            length_s = len(str(script.get("input", ""))) / CHARACTERS_A_SECOND
        pad = float((body.get("config") or {}).get("pad_audio") or 0)
        return self.clip(length_s + pad)[0]

    def clip(self, length_s: float) -> tuple[float, Path | None]:
        """The clip nearest to a length, and its own length."""
        if not self.clips:
            return max(1.0, round(length_s, 1)), None
        return min(self.clips, key=lambda clip: abs(clip[0] - length_s))

    def result(self, path: str) -> bytes | None:
        """The video at a path of the bucket: valid, and unlike that of every other job. None: there is none."""
        job = self.jobs.get(path.split("/")[2]) if path.count("/") == 3 else None
        clip = self.clip(job["duration_s"])[1] if job and self.status(job) == "done" else None
        return marked(clip.read_bytes(), job["id"]) if clip and job else None

    # -- uploads ------------------------------------------------------------------------------------------------------

    def upload(self, kind: str, name: str, data: bytes, pixels: tuple[int, int] | None) -> dict[str, Any]:
        """Keep an upload; the answer of POST /images or /audios. Raises RefusalError."""
        if not FILE_NAME.fullmatch(name):
            raise RefusalError(400, "BadRequestError", f"invalid file name {name!r}")
        limit = 10 if kind == "image" else 6
        if len(data) > limit << 20:
            raise RefusalError(400, "InvalidFileSizeError", f"file size exceeded {limit} MB")
        if pixels and min(pixels) < 160:
            raise RefusalError(400, "InvalidImageResolutionError", "image resolution is too low")
        mark = f"{kind[:3]}_{secrets.token_urlsafe(12)}"
        stored = name if kind == "image" else f"{PurePosixPath(name).stem}.wav"
        url = f"s3://d-id-{kind}s-prod/{shapes.USER}/{mark}/{stored}"
        entry: dict[str, Any] = {
            "what": "upload",
            "id": mark,
            "kind": kind,
            "url": url,
            "bytes": len(data),
            "name": name,
        }
        entry |= {"too_many_pixels": bool(pixels and pixels[0] * pixels[1] > MAX_PIXELS), "time": self.now()}
        if kind == "audio":
            entry["duration_s"] = self.clip(len(data) / 32_000)[0]  # as 16 kHz, 16 bit, one channel
        with self._lock:
            self._write(entry)
        answer = {"url": url, "id": mark}
        return answer if kind == "image" else {**answer, "duration": entry["duration_s"]}

    def drop_upload(self, kind: str, mark: str) -> None:
        """DELETE of an upload. Raises RefusalError (404)."""
        if self.uploads.get(mark, {}).get("kind") != kind:
            raise RefusalError(404, "NotFoundError", f"{kind} not found")
        with self._lock:
            self._write({"what": "delete", "id": mark})

    # -- requests -----------------------------------------------------------------------------------------------------

    def _check_talk(self, body: dict[str, Any]) -> None:
        script = body.get("script")
        if not isinstance(script, dict):
            details = {"body.script": {"message": "'script' is required"}}
            raise RefusalError(400, "ValidationError", "validation failed", details)
        if script.get("type") == "text":
            if not 3 <= len(str(script.get("input", "xxx"))) <= 40_000:
                raise RefusalError(
                    400, "ValidationError", "validation failed", {"body.script.input": {"message": "length"}}
                )
        elif script.get("type") == "audio":
            url = str(script.get("audio_url", ""))
            if not AUDIO.fullmatch(url) or not self._stored(url):
                raise RefusalError(400, "BadRequestError", "invalid audio url")
        else:
            raise RefusalError(400, "ValidationError", "validation failed", {"body.script.type": {"message": "type"}})
        self._check_source(body, SOURCE)

    def _check_animation(self, body: dict[str, Any]) -> None:
        self._check_source(body, ANIMATION_SOURCE)

    def _check_source(self, body: dict[str, Any], pattern: re.Pattern[str]) -> None:
        url = str(body.get("source_url", "https://d-id.example/alice.jpg"))
        if not pattern.match(url) or not self._stored(url):
            raise RefusalError(400, "BadRequestError", "invalid source url")
        if any(up["url"] == url and up["too_many_pixels"] for up in self.uploads.values()):
            raise RefusalError(400, "InvalidFileSizeError", "file size exceeded 10 MB")

    def _stored(self, url: str) -> bool:
        """Whether a link leads somewhere: those into the bucket only while the upload is there."""
        return not url.startswith("s3://d-id-") or any(up["url"] == url for up in self.uploads.values())


def _check_common(body: dict[str, Any]) -> None:
    user_data = body.get("user_data")
    if user_data is not None and not (isinstance(user_data, str) and 0 < len(user_data) <= 1000 and user_data.strip()):
        raise RefusalError(400, "ValidationError", "validation failed", {"body.user_data": {"message": "1 to 1000"}})
    webhook = body.get("webhook")
    if webhook and not re.fullmatch(r"https://\S+", str(webhook)):
        raise RefusalError(400, "ValidationError", "validation failed", {"body.webhook": {"message": "https"}})


def marked(video: bytes, text: str) -> bytes:
    """An MP4 with a `free` box more that holds a text."""
    return video + (8 + len(text)).to_bytes(4, "big") + b"free" + text.encode()


def known_keys(key: str) -> set[str]:
    """Every credential that forms A to C of a key put behind `Basic`."""
    return {key, *(base64.b64encode(text.encode()).decode() for text in (key, f"{key}:"))}


def authorised(header: str, key: str) -> bool:
    """Whether an Authorization header carries the key in one of the forms A to D."""
    scheme, _, credential = header.partition(" ")
    return scheme.lower() == "basic" and credential.strip().split("~")[0] in known_keys(key)


def carries_key(text: str, key: str) -> bool:
    """Whether the key, its secret half or a coded form is anywhere in a text, also URL-encoded."""
    plain = unquote(text)
    return any(form in plain for form in {*known_keys(key), key.rpartition(":")[2]})
