"""Requests and answers of talks and animations in the service's own words.

One set of models for the HTTP client, our server, the pool and the planner. A request carries what the user wrote
and no more (dump with `exclude_unset`). `file:` URLs name local inputs: the client uploads them first, the pool
opens them, and the server never lets one in from outside.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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


class FaceSquare(Request):
    """Which face: as the service's FaceSquare; only size and top_left are needed."""

    size: Annotated[int, Field(ge=0)]
    top_left: tuple[int, int]
    overlap: str | None = None
    face_id: str | None = None
    detect_confidence: float | None = None
    detection: dict[str, float] | None = None


class _Common(Request):
    source_url: str
    driver_url: str | None = None
    config: RenderConfig | None = None
    face: FaceSquare | None = None
    user_data: Annotated[str, Field(min_length=1, max_length=USER_DATA_CHARS)] | None = None
    name: str | None = None
    webhook: str | None = None
    result_url: str | None = None


class TalkRequest(_Common):
    """Body of POST /talks."""

    script: Script


class AnimationRequest(_Common):
    """Body of POST /animations."""


RenderRequest = TalkRequest | AnimationRequest


def kind_of(request: RenderRequest) -> Kind:
    """A request with a script is a talk."""
    return "talk" if isinstance(request, TalkRequest) else "animation"


class ErrorBody(Answer):
    """The service's error shape."""

    kind: str = "UnknownError"
    description: str = ""
    details: Any = None


class Created(Answer):
    """Answer of POST: accepted, nothing rendered yet."""

    id: str
    object: Kind
    created_at: str
    created_by: str
    status: Status = "created"


class Job(Answer):
    """Answer of GET /talks/{id} and /animations/{id}. Members appear as the job proceeds; `result_url` at done.

    `status` is a plain string here: a status we do not know yet means "not finished".
    """

    id: str
    object: Kind | None = None
    status: str
    created_at: str | None = None
    started_at: str | None = None
    modified_at: str | None = None
    source_url: str | None = None
    audio_url: str | None = None
    driver_url: str | None = None
    duration: float | None = None
    result_url: str | None = None
    config: dict[str, Any] | None = None
    face: dict[str, Any] | list[Any] | None = None
    metadata: dict[str, Any] | None = None
    error: ErrorBody | None = None
    user_data: str | None = None
    name: str | None = None
