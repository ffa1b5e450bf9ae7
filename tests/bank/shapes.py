"""Answers as the service really sends them: dates with and without Z, `.mp4` with a dot, faces as arrays, numbers as
strings where it does so, links into its own bucket. Pure functions of a job and the time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

USER = "google-oauth2|104932"
LINK_SECRET = b"bucket"
TALK_CONFIG = {
    "stitch": False, "align_driver": True, "sharpen": True, "normalization_factor": 1, "result_format": ".mp4",
    "fluent": False, "pad_audio": 0, "reduce_noise": False, "auto_match": True, "align_expand_factor": 0.3,
    "motion_factor": 1, "logo": {"url": "ai", "position": [0, 0]},
}  # fmt: skip
ANIMATION_CONFIG = {
    "mute": True, "stitch": False, "align_driver": True, "sharpen": True, "normalization_factor": 1,
    "result_format": ".mp4", "auto_match": True, "align_expand_factor": 0.3, "motion_factor": 0.75,
    "logo": {"url": "ai", "position": [0, 0]},
}  # fmt: skip
OWNER = {
    "id": USER,
    "owner_id": "own-7731",
    "email": "owner@account.example",
    "plan": "deid-pro",
    "features": ["stitch"],
}


def when(unix_s: float, *, zone: bool = True) -> str:
    """ISO 8601 with milliseconds; the service leaves out the Z in `started_at`."""
    text = datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return text + "Z" if zone else text


def signed(base: str, path: str, expires_s: float) -> str:
    """A link into the bucket in S3's old form."""
    mark = signature(path, int(expires_s))
    return f"{base}{quote(path, safe='/')}?AWSAccessKeyId=AKIAPAIDBANK&Expires={int(expires_s)}&Signature={mark}"


def signature(path: str, expires_s: int) -> str:
    """What a link of that path and end must carry, as it stands in a query."""
    digest = hmac.new(LINK_SECRET, f"{path}\n{expires_s}".encode(), hashlib.sha1).digest()
    return quote(base64.b64encode(digest).decode(), safe="")


def created(job: dict[str, Any]) -> dict[str, Any]:
    """The short object of a 201."""
    return {
        "id": job["id"],
        "object": job["kind"],
        "created_at": when(job["time"]),
        "created_by": USER,
        "status": "created",
    }


def shown(job: dict[str, Any], status: str, times: dict[str, float], bucket: str, link_s: float) -> dict[str, Any]:
    """The object of GET /talks/{id} or /animations/{id}, all but what the echo options decide.

    times: Unix seconds of `started` and `done`. bucket: its base URL. link_s: until when links hold.
    """
    body, folder = job["body"], f"/{USER.replace('|', '-')}/{job['id']}"
    source = PurePosixPath(urlsplit(str(body.get("source_url") or "alice.jpg")).path).name
    answer: dict[str, Any] = {
        **created(job),
        "user_id": USER,
        "status": status,
        "source_url": signed(bucket, f"{folder}/source/{source}", job["time"] + 24 * 3600),
        "driver_url": body.get("driver_url") or ("bank://lively/" if job["kind"] == "talk" else "bank://nostalgia/"),
        "modified_at": when(times[status] if status in times else job["time"]),
        "config": config(job),
    }
    answer |= _talk(job, folder, bucket) if job["kind"] == "talk" else {"task": False, "user": OWNER, "face_ids": [0]}
    if body.get("webhook"):
        answer["webhook"] = body["webhook"]
    if status != "created":
        answer["started_at"] = when(times["started"], zone=False)
    if status == "done":
        ending = answer["config"]["result_format"]
        answer |= {
            "result_url": signed(bucket, f"{folder}/{PurePosixPath(source).stem}{ending}", link_s),
            "metadata": metadata(job, answer["driver_url"]),
        }
        if job["kind"] == "talk":
            answer["face"] = face()
    if status in ("error", "rejected"):
        answer["error"] = job.get("error") or {"kind": "UnknownError", "description": "internal error"}
    return answer


def _talk(job: dict[str, Any], folder: str, bucket: str) -> dict[str, Any]:
    script = job["body"].get("script") or {}
    return {
        "audio_url": signed(bucket, f"{folder}/microsoft.wav", job["time"] + 24 * 3600),
        "duration": job["duration_s"],
        "pending_url": f"s3://d-id-talks-prod/{USER}/{job['id']}/{int(job['time'] * 1000)}.mp4",
        "subtitles": bool(script.get("subtitles", False)),
    }


def config(job: dict[str, Any]) -> dict[str, Any]:
    """The whole config that was used; the container's name with a dot."""
    given = {key: value for key, value in (job["body"].get("config") or {}).items() if value is not None}
    full = {**(TALK_CONFIG if job["kind"] == "talk" else ANIMATION_CONFIG), **given}
    full["result_format"] = "." + str(full["result_format"]).lstrip(".")
    return full


def metadata(job: dict[str, Any], driver_url: str) -> dict[str, Any]:
    """What is known of a finished video: another set of keys for each kind."""
    common = {"driver_url": f"{driver_url.rstrip('/')}/driver-02/original", "mouth_open": False, "num_faces": 1}
    common |= {"processing_fps": 41.7, "size_kib": 512.4}
    if job["kind"] == "talk":
        return {**common, "num_frames": round(25 * job["duration_s"]), "resolution": [512, 512]}
    return {
        **common,
        "num_frames": round(20 * job["duration_s"]),
        "video_fps": 20,
        "resolution": ["512", "512"],
        "faces": [face()],
        "source_pose": [1.2, -3.4, 0.6],
    }


def face() -> dict[str, Any]:
    """A face in the shape of answers, which is not that of requests."""
    return {
        "mask_confidence": -1,
        "detection": [224, 199, 484, 552],
        "overlap": "no",
        "size": 512,
        "top_left": [98, 119],
        "face_id": 0,
        "detect_confidence": 0.9998,
    }


def error(kind: str, description: str, details: Any = None) -> bytes:
    """The service's own error body."""
    body = {"kind": kind, "description": description}
    return json.dumps(body if details is None else {**body, "details": details}).encode()


GATEWAY = b'{"message": "Endpoint request timed out"}'
HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
XML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
)
VOICES = [
    {"id": "en-US-JennyNeural", "name": "Jenny", "gender": "female", "access": "public", "provider": "microsoft",
     "languages": [{"language": "English (United States)", "locale": "en-US"}], "styles": ["Cheerful", "Sad"]},
    {"id": "de-DE-KatjaNeural", "name": "Katja", "gender": "female", "access": "public", "provider": "microsoft",
     "languages": [{"language": "German (Germany)", "locale": "de-DE"}], "styles": []},
    {"id": "Amy", "name": "Amy", "gender": "female", "access": "public", "provider": "amazon", "locale": "en-GB",
     "languages": [{"language": "English (UK)", "locale": "en-GB"}], "styles": []},
    {"id": "21m00Tcm4TlvDq8ikWAM", "name": "Rachel", "gender": "female", "access": "premium", "provider": "elevenlabs",
     "languages": [{"language": "English", "locale": "en-US", "accent": "american",
                    "config": {"modelId": "eleven_multilingual_v2"}}],
     "styles": [], "description": "calm", "age": "young", "isLegacy": False},
    {"id": "he-IL-Wavenet-A", "name": "Wavenet A", "gender": "female", "access": "public", "provider": "google",
     "languages": [{"language": "Hebrew", "locale": "he-IL"}], "styles": []},
]  # fmt: skip
