"""Requests and answers of talks and animations in the service's own words.

One set of models for the HTTP client, our server, the pool and the planner. A request carries what the user wrote
and no more (dump with `exclude_unset`). `file:` URLs name local inputs: the client uploads them first, the pool
opens them, and the server never lets one in from outside.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Kind = Literal["talk", "animation"]
Status = Literal["created", "started", "done", "error", "rejected"]
ExpressionName = Literal["neutral", "happy", "surprise", "serious"]

USER_DATA_CHARS = 1000
TAG_CHARS = 74
"""What a paid request's `user_data` must leave free for the tag that its job is known by (`didgen.jobs.tag`)."""

TERMINAL: frozenset[str] = frozenset({"done", "error", "rejected"})


class Request(BaseModel):
    """Base of what is sent: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Answer(BaseModel):
    """Base of what is received: unknown keys are kept, numbers and booleans may come as strings."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class ExpressionEntry(Request):
    """A facial expression from `start_frame` (25 fps) until the next entry."""

    start_frame: Annotated[int, Field(ge=0)]
    expression: ExpressionName
    intensity: Annotated[float, Field(ge=0, le=1)]


class DriverExpressions(Request):
    """Expressions laid over the driver's own."""

    expressions: tuple[ExpressionEntry, ...]
    transition_frames: Annotated[int, Field(ge=0)] = 0


class Logo(Request):
    """A picture laid over the video; position of its top left corner in px, negative from the far edge."""

    url: str
    position: tuple[int, int]


class RenderConfig(Request):
    """`config` of a talk or an animation. Defaults are the service's (seed pages of 2023)."""

    stitch: bool = False
    result_format: Literal["mp4", "mov", "gif"] = "mp4"
    fluent: bool = False
    pad_audio: Annotated[float, Field(ge=0, le=60)] = 0.0
    logo: Logo | bool | None = None  # unset and true: the mark of AI-generated video; false: none
    driver_expressions: DriverExpressions | None = None
    align_driver: bool = True
    align_expand_factor: Annotated[float, Field(ge=0, le=1)] = 0.3
    auto_match: bool = True
    motion_factor: Annotated[float, Field(ge=0, le=2)] | None = None  # unset: 1 for talks, 0.75 for animations
    normalization_factor: Annotated[float, Field(ge=0, le=1)] = 1.0
    sharpen: bool = True
    output_resolution: Annotated[int, Field(ge=150, le=1920)] | None = None
    mute: bool | None = None  # animations; unset: true
    max_animated_faces: Annotated[int, Field(ge=1, le=5)] | None = None  # animations with stitch; unset: 5
    overlay: str | None = None  # animations; URL of a video laid over the result
    reduce_noise: bool | None = None


class VoiceConfig(Request):
    """Provider-dependent colour of a voice; the service takes strings for most."""

    style: str | None = None
    rate: str | None = None
    pitch: str | None = None
    stability: float | None = None
    similarity_boost: float | None = None
    use_speaker_boost: bool | None = None
    apply_language_text_normalization: bool | None = None


class Provider(Request):
    """Who speaks. `type: didgen` names a voice of the local engine; the others are the service's."""

    type: str
    voice_id: str | None = None
    voice_config: VoiceConfig | None = None
    language: str | None = None
    model_id: str | None = None


class TextScript(Request):
    type: Literal["text"] = "text"
    input: Annotated[str, Field(min_length=1, max_length=40_000)]
    provider: Provider | None = None
    ssml: bool = False
    subtitles: bool = False


class AudioScript(Request):
    type: Literal["audio"] = "audio"
    audio_url: str
    subtitles: bool = False
    reduce_noise: bool = False


Script = Annotated[TextScript | AudioScript, Field(discriminator="type")]


Side = Annotated[int, Field(le=8000)]


class FaceSquare(Request):
    """Which face: as the service's FaceSquare; only size and top_left are needed."""

    size: Annotated[int, Field(ge=0)]
    top_left: tuple[Side, Side]
    overlap: str | None = None
    face_id: str | None = None
    detect_confidence: float | None = None
    detection: dict[str, float] | None = None
    sharpness: float | None = None
    face_occluded: bool | None = None
    face_occluded_confidence: float | None = None


class _Common(Request):
    source_url: str
    driver_url: str | None = None
    config: RenderConfig | None = None
    face: FaceSquare | None = None
    user_data: Annotated[str, Field(min_length=1, max_length=USER_DATA_CHARS)] | None = None
    name: str | None = None
    webhook: str | None = None
    result_url: str | None = None
    persist: bool | None = None  # of 2023: keep the video for ever


class TalkRequest(_Common):
    """Body of POST /talks."""

    script: Script


class AnimationRequest(_Common):
    """Body of POST /animations."""


RenderRequest = TalkRequest | AnimationRequest


def kind_of(request: RenderRequest) -> Kind:
    """A request with a script is a talk."""
    return "talk" if isinstance(request, TalkRequest) else "animation"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else str(value) if type(value) in (int, float) else None


def number(value: Any) -> float | None:
    """A number of an answer, which may come as a string; None for anything else."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _error(value: Any) -> Any:
    return {"description": value} if isinstance(value, str) else value if isinstance(value, dict) else None


Text = Annotated[str | None, BeforeValidator(_text)]
Number = Annotated[float | None, BeforeValidator(number)]
Mapping = Annotated[dict[str, Any] | None, BeforeValidator(lambda value: value if isinstance(value, dict) else None)]


class ErrorBody(Answer):
    """The service's error shape."""

    kind: Text = "UnknownError"
    description: Text = ""
    details: Any = None


class Created(Answer):
    """Answer of POST: accepted, nothing rendered yet."""

    id: str
    object: Kind
    created_at: str
    created_by: str
    status: Status = "created"


class Job(Answer):
    """Answer of GET /talks/{id} and /animations/{id}, and an entry of their lists. Members appear as the job proceeds.

    `status` is a plain string: one that we do not know yet means "not finished". `result_url` is there at done and not
    before; `pending_url` leads nowhere. The documentation and the service differ in shapes, so a member of another
    shape than expected is None and no error. What the service tells of the account (`user`) is dropped here.
    """

    id: Annotated[str, Field(min_length=1)]
    object: Text = None
    status: Annotated[str, BeforeValidator(lambda value: _text(value) or "")] = ""
    created_at: Text = None
    started_at: Text = None
    modified_at: Text = None
    source_url: Text = None
    audio_url: Text = None
    driver_url: Text = None
    duration: Number = None
    result_url: Text = None
    pending_url: Text = None
    config: Mapping = None
    face: Any = None
    metadata: Mapping = None
    error: Annotated[ErrorBody | None, BeforeValidator(_error)] = None
    user_data: Text = None
    name: Text = None

    @model_validator(mode="before")
    @classmethod
    def _without_account(cls, value: Any) -> Any:
        return {key: v for key, v in value.items() if key != "user"} if isinstance(value, dict) else value

    @property
    def created(self) -> datetime | None:
        """When the job was made; None when that is not told."""
        return moment(self.created_at)


def moment(text: str | None) -> datetime | None:
    """A time of the service, in UTC: ISO 8601 with or without its Z. None for anything else."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
