"""What the engine is asked for and what it gives back. Light: no numpy here, so that the pool can import it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

FPS = 25  # of talks, as the service's; of whatever has no rate of its own
BANK_FPS = 20  # of animations from a bank, as the service's; GIFs are FPS's
CROP_PX = 512  # side of the face-crop video, as the service's

Report = Callable[[str, int, int], None]
"""report(stage, done, total); stages in order: speech, face, rig, frames, video."""


def preview_path(out: Path) -> Path:
    """Where a video that is being rendered to `out` can be read while it grows: a fragmented MP4, gone when it ends."""
    return out.with_name(f"{out.stem}.part.mp4")


class Memo(Protocol):
    """Derived values worth keeping (speech, face fits). May forget at any time; holds raw bytes."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class TextScript:
    """Text to speak, final: no template, no Markdown. `voice` is a local voice id of `didgen.catalog.voices`."""

    text: str
    voice: str
    rate: float = 1.0  # 1 = the voice's own pace
    ssml: bool = False
    pitch_st: float = 0.0  # semitones above the voice's own pitch


@dataclass(frozen=True, slots=True)
class AudioScript:
    """Speech somebody recorded: any audio file PyAV can read."""

    path: Path
    reduce_noise: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """One entry of `driver_expressions`: holds from `start_frame` until the next entry."""

    expression: Literal["neutral", "happy", "surprise", "serious"]
    start_frame: int = 0
    intensity: float = 1.0  # 0..1


@dataclass(frozen=True, slots=True)
class FaceSquare:
    """Which face of the picture: the square the user (or a former answer) gave, in picture px, y down."""

    left: int
    top: int
    size: int


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture laid over every frame, in px of the video; negative from the far edge."""

    path: Path
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Config:
    """The service's `config`, defaults written out."""

    stitch: bool = False
    fluent: bool = False
    pad_audio_s: float = 0.0  # 0..60: silence at the end
    align_driver: bool = True  # driver videos: follow the face; else move as far in our frame as it does in theirs
    auto_match: bool = True  # driver videos: the photo stands for their calmest picture; else for their first
    align_expand_factor: float = 0.3
    motion_factor: float = 1.0
    normalization_factor: float = 1.0
    sharpen: bool = True
    output_resolution: int | None = None  # 150..1920: the longest side at most, px
    max_animated_faces: int = 5  # 1..5: animations with stitch and no chosen face
    mute: bool = True  # animations: drop the driver's own sound
    result_format: Literal["mp4", "mov", "gif"] = "mp4"
    logo: Logo | Literal["ai"] | None = "ai"  # a picture, our visible mark, or neither
    overlay: Path | None = None  # a video laid over all but the logo, once
    expressions: tuple[Expression, ...] = ()
    transition_frames: int = 0


@dataclass(frozen=True, slots=True)
class Shot:
    """One render: a talk when there is a script, an animation when there is none."""

    source: Path
    script: TextScript | AudioScript | None
    driver: str | Path | None = None  # "bank://lively/driver-02", "bank://lively", a driver video, or None: chosen
    config: Config = field(default_factory=Config)
    face: FaceSquare | None = None
    seed: int = 0  # of the fingerprint: the same shot moves the same way

    @property
    def kind(self) -> Literal["talk", "animation"]:
        return "talk" if self.script is not None else "animation"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished video and everything known about it.

    `facts` is JSON: duration_s, frames, resolution [w, h], driver_url (resolved), face (response shape),
    words [[text, start_s, end_s]], phonemes [[symbol, viseme, start_s, end_s]], track (see `MotionTrack.to_json`),
    warnings [str], metadata (the service's keys).
    """

    video: Path
    facts: Mapping[str, Any]
