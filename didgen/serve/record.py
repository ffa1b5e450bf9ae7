"""A job as it is written down, and as its clients see it: from created to done, error or rejected."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from didgen.api.job import Event
from didgen.api.wire import TERMINAL, AnimationRequest, Created, Job, Kind, RenderConfig, RenderRequest, TalkRequest

OWNER = "local"
FACTS = ("duration_s", "frames", "resolution", "driver_url", "face", "faces", "metadata", "words", "warnings")
"""What of a renderer's facts is told, and so kept."""


def now() -> str:
    """The time as the service writes it: ISO 8601 with milliseconds and Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


@dataclass(frozen=True, slots=True)
class Record:
    """One job.

    client: who sent it; base: the URL at which it found this server. request_json: as the client wrote it, with the
    client's own links; inputs: field → file in uploads. faults: what goes wrong with it on demand. tries: how often it
    was begun. video, sound: names in results, once it is done; size: their bytes. ended: Unix time, 0 while it has not.
    gone: what is said of it since its result was dropped.
    """

    id: str
    kind: Kind
    client: str
    base: str
    request_json: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    seq: int = 0
    status: str = "created"
    tries: int = 0
    created_at: str = field(default_factory=now)
    modified_at: str = ""
    started_at: str = ""
    video: str = ""
    sound: str = ""
    size: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    ended: float = 0.0
    gone: str = ""

    @property
    def request(self) -> RenderRequest:
        """The request, as the client wrote it."""
        model = TalkRequest if self.kind == "talk" else AnimationRequest
        return model.model_validate_json(self.request_json)

    @property
    def over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.status in TERMINAL


def record_of(row: Mapping[str, Any]) -> Record:
    """A record from its row."""
    parts = dict(row)
    parts["request_json"] = parts.pop("request")
    for name in ("inputs", "warnings", "faults", "facts"):
        parts[name] = json.loads(parts[name])
    parts["warnings"], parts["faults"] = tuple(parts["warnings"]), tuple(parts["faults"])
    parts["error"] = json.loads(parts["error"]) if parts["error"] else None
    return Record(**parts)


def created_answer(record: Record) -> dict[str, Any]:
    """What POST answers: exactly these five."""
    made = Created(id=record.id, object=record.kind, created_at=record.created_at, created_by=OWNER, status="created")
    return made.model_dump(mode="json")


def job_answer(record: Record, link: Callable[[str], str], live: Event | None = None) -> dict[str, Any]:
    """What GET answers. `result_url`, `duration`, `face` and `metadata` are there only when it is done.

    link: makes the signed URL of a path of this server. live: what the renderer told last, while it renders.
    """
    request = record.request
    answer: dict[str, Any] = {
        **created_answer(record),
        "user_id": OWNER,
        "status": record.status,
        "modified_at": record.modified_at or record.created_at,
        "source_url": request.source_url,
        "config": _effective(request),
    }
    optional = {
        "started_at": record.started_at,
        "driver_url": request.driver_url or record.facts.get("driver_url"),
        "audio_url": _audio_url(request) or (record.sound and link(f"/results/{record.sound}")),
        "preview_url": live is not None and live.preview and link(f"/previews/{record.id}"),
        "subtitles": isinstance(request, TalkRequest) and request.script.subtitles,
        "webhook": request.webhook,
        "user_data": request.user_data,
        "name": request.name,
        "error": record.error,
    }
    answer |= {name: value for name, value in optional.items() if value}
    if record.status == "started" and live is not None and live.stage:
        answer["progress"] = {"stage": live.stage, "done": live.done, "total": live.total}
    if record.status == "done":
        answer |= _result(record, request, link(f"/results/{record.video}"))
    return Job.model_validate(answer).model_dump(mode="json", exclude_unset=True)


def _result(record: Record, request: RenderRequest, result_url: str) -> dict[str, Any]:
    facts = record.facts
    metadata = _metadata(record, request)
    if record.kind == "talk":
        return {
            "result_url": result_url,
            "duration": facts.get("duration_s"),
            "face": facts.get("face"),
            "metadata": metadata,
        }
    faces = facts.get("faces") or ([facts["face"]] if facts.get("face") else [])
    # The service writes the resolution of animations as strings and gives them no duration; ours is one more field.
    fps = facts["frames"] / facts["duration_s"] if facts.get("duration_s") else 25
    metadata |= {
        "resolution": [str(side) for side in metadata["resolution"]],
        "faces": faces,
        "video_fps": round(fps, 1),
    }
    return {
        "result_url": result_url,
        "duration": facts.get("duration_s"),
        "task": False,
        "face_ids": list(range(len(faces))),
        "metadata": metadata,
    }


def _metadata(record: Record, request: RenderRequest) -> dict[str, Any]:
    """The service's keys, and ours: the words with their times, and what a person should know."""
    facts = record.facts
    resolved = str(facts.get("driver_url") or "")
    return {
        "num_faces": 1,
        "num_frames": facts.get("frames"),
        "resolution": list(facts.get("resolution", ())),
        **facts.get("metadata", {}),
        # Of a bank the very driver, with /original or /flipped; of a client's own video the client's own link.
        "driver_url": resolved if resolved.startswith("bank:") else request.driver_url,
        "size_kib": round(record.size / 1024, 3),
        "words": facts.get("words", []),
        "warnings": [*facts.get("warnings", ()), *record.warnings],
    }


def _effective(request: RenderRequest) -> dict[str, Any]:
    moves = {"motion_factor": 1.0 if isinstance(request, TalkRequest) else 0.75}
    return moves | (request.config or RenderConfig()).model_dump(mode="json", exclude_none=True)


def _audio_url(request: RenderRequest) -> str | None:
    if isinstance(request, TalkRequest) and request.script.type == "audio":
        return request.script.audio_url
    return None
