"""The server's jobs as its clients see them: one record each, from created to done or error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from didgen.api.job import Event
from didgen.api.wire import Created, Job, Kind, RenderConfig, RenderRequest, TalkRequest, kind_of

OWNER = "local"


def now() -> str:
    """The time as the service writes it: ISO 8601 with milliseconds and Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


@dataclass(slots=True)
class Record:
    """One job. request: as the client wrote it, with the client's own links. video, sound: set when it is done;
    preview: once there is something to see of it."""

    id: str
    request: RenderRequest
    warnings: tuple[str, ...] = ()
    status: str = "created"
    created_at: str = field(default_factory=now)
    modified_at: str = ""
    started_at: str = ""
    progress: Event | None = None
    video: Path | None = None
    sound: Path | None = None
    preview: Path | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None

    @property
    def kind(self) -> Kind:
        return kind_of(self.request)

    @property
    def ended(self) -> bool:
        return self.status in ("done", "error")

    def start(self, progress: Event | None = None) -> None:
        """It is being rendered. The service's `started_at` has no Z, so neither has ours."""
        self.progress = progress
        if progress is not None and progress.preview:
            self.preview = Path(progress.preview)
        if self.status == "created":
            self.status, self.started_at = "started", now().removesuffix("Z")
            self.modified_at = now()

    def finish(self, video: Path, facts: Mapping[str, Any], sound: Path | None = None) -> None:
        """Its video is whole at `video`, and what is heard in it at `sound`."""
        self.start()
        self.video, self.facts, self.sound, self.preview = video, facts, sound, None
        self.status, self.modified_at = "done", now()

    def fail(self, kind: str, description: str) -> None:
        """It ended without a video."""
        self.error = {"kind": kind, "description": description}
        self.preview = None
        self.status, self.modified_at = "error", now()


def created_answer(record: Record) -> dict[str, Any]:
    """What POST answers: exactly these five."""
    made = Created(id=record.id, object=record.kind, created_at=record.created_at, created_by=OWNER, status="created")
    return made.model_dump(mode="json")


def job_answer(record: Record, link: Callable[[str], str]) -> dict[str, Any]:
    """What GET answers. `result_url`, `duration`, `face` and `metadata` are there only when it is done.

    link: makes the signed URL of a path of this server.
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
        "audio_url": _audio_url(request) or (record.sound and link(f"/results/{record.sound.name}")),
        "preview_url": record.preview and link(f"/previews/{record.id}"),
        "subtitles": isinstance(request, TalkRequest) and request.script.subtitles,
        "user_data": request.user_data,
        "name": request.name,
        "error": record.error,
    }
    answer |= {name: value for name, value in optional.items() if value}
    if record.status == "started" and record.progress is not None and record.progress.stage:
        event = record.progress
        answer["progress"] = {"stage": event.stage, "done": event.done, "total": event.total}
    if record.status == "done" and record.video is not None:
        answer |= _result(record, link(f"/results/{record.video.name}"))
    return Job.model_validate(answer).model_dump(mode="json", exclude_unset=True)


def _result(record: Record, result_url: str) -> dict[str, Any]:
    facts = record.facts
    metadata = _metadata(record)
    if record.kind == "talk":
        return {
            "result_url": result_url,
            "duration": facts.get("duration_s"),
            "face": facts.get("face"),
            "metadata": metadata,
        }
    faces = [facts["face"]] if facts.get("face") else []
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


def _metadata(record: Record) -> dict[str, Any]:
    """The service's keys, and ours: the words with their times, and what a person should know."""
    facts = record.facts
    size_kib = record.video.stat().st_size / 1024 if record.video and record.video.exists() else 0
    resolved = str(facts.get("driver_url") or "")
    return {
        "num_faces": 1,
        "num_frames": facts.get("frames"),
        "resolution": list(facts.get("resolution", ())),
        **facts.get("metadata", {}),
        # Of a bank the very driver, with /original or /flipped; of a client's own video the client's own link.
        "driver_url": resolved if resolved.startswith("bank:") else record.request.driver_url,
        "size_kib": round(size_kib, 3),
        "words": facts.get("words", []),
        "warnings": [*facts.get("warnings", ()), *record.warnings],
    }


def _effective(request: RenderRequest) -> dict[str, Any]:
    moves = {"motion_factor": 1.0 if isinstance(request, TalkRequest) else 0.75}
    config = moves | (request.config or RenderConfig()).model_dump(mode="json", exclude_none=True)
    return config | {"result_format": f".{config['result_format']}"}  # the service writes it with a dot


def _audio_url(request: RenderRequest) -> str | None:
    if isinstance(request, TalkRequest) and request.script.type == "audio":
        return request.script.audio_url
    return None
