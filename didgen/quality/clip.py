"""A finished talk as the measures see it: its pictures followed again, its sound heard again, and what was intended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.mesh import LIP_GAP
from didgen.engine.face.pose import place_head
from didgen.engine.face.retrack import Tracked, retrack
from didgen.engine.face.visible import look_at
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.speech.lipnet import SAMPLE_RATE_HZ as NET_RATE_HZ
from didgen.engine.speech.lipnet import viseme_probabilities
from didgen.engine.speech.listen import decoded, resampled
from didgen.engine.speech.speech import Phoneme, Word
from didgen.engine.speech.voiced import speech_share
from didgen.engine.video.probe import FORMATS, probe
from didgen.engine.warp.shapes import shape_basis
from didgen.errors import RenderError
from didgen.quality.eyes import eyes_left
from didgen.quality.flicker import Flicker
from didgen.quality.inked import drawn
from didgen.quality.mouthing import Mouth, followed
from didgen.quality.turning import Skin, follow_skin

Curve = NDArray[np.float64]
Picture = NDArray[np.uint8]

LIMIT_S = 600.0  # of sound that is listened to
PARTED_CM = 0.35
"""Lips of a photo that measure further apart show an opening, as a rule; closed ones measure up to 0.3 where no dark
line is between them, and drawn ones up to 0.7."""


@dataclass(frozen=True)
class Clip:
    """One talk, T pictures at `fps`; picture k is on screen from k / fps on and shows the middle of its time.

    tracked: what the pictures show. track: what was intended, None for a video of another engine. phonemes, words:
    as spoken, in seconds. heard: (F, 15) viseme probabilities at 100 Hz of the video's own sound, F = 0 without one (or
    one that is longer than ten minutes).
    photo: the face of the source picture, None when it is not at hand. flicker: of the background, grey levels; None
    without background. eyes_left: (T, 2) see `quality.eyes`, flow_deg: (T, 3) see `quality.turning`; None without a
    track. parted: whether the photo's lips are, as its pixels told the engine; None where nobody has said. mouth: as
    followed by its pixels (`quality.mouthing`); None leaves it to the landmarks.
    """

    fps: float
    tracked: Tracked
    track: MotionTrack | None
    phonemes: tuple[Phoneme, ...]
    words: tuple[Word, ...]
    heard: NDArray[np.float32]
    photo: Face | None
    flicker: float | None
    eyes_left: Curve | None = None
    flow_deg: Curve | None = None
    parted: bool | None = None
    mouth: Mouth | None = None

    @property
    def gap_cm(self) -> Curve:
        """(T,) between the lips at the middle, 0 closed, as far as anybody can tell."""
        return self.tracked.lip_gap_cm if self.mouth is None else self.mouth.gap_cm

    @property
    def width_cm(self) -> Curve:
        """(T,) between the corners of the mouth."""
        return self.tracked.mouth_width_cm if self.mouth is None else self.mouth.width_cm

    @property
    def times(self) -> Curve:
        """(T,) the middle of each picture's time, seconds."""
        return np.asarray((np.arange(len(self.tracked)) + 0.5) / self.fps, np.float64)

    def spoken(self, visemes: Sequence[str], shortest_s: float = 0.0) -> list[Phoneme]:
        """The sounds of these visemes that last at least `shortest_s`, in order."""
        return [p for p in self.phonemes if p.viseme in visemes and p.end_s - p.start_s >= shortest_s]

    def during(self, phoneme: Phoneme) -> NDArray[np.intp]:
        """The pictures whose middle lies in a sound; the nearest one to its middle when there is none."""
        inside = np.flatnonzero((self.times >= phoneme.start_s) & (self.times < phoneme.end_s))
        if len(inside):
            return inside
        return np.array([np.argmin(np.abs(self.times - (phoneme.start_s + phoneme.end_s) / 2))], np.intp)

    @property
    def talking(self) -> NDArray[np.bool_]:
        """(T,) from a little before the first sound to a little after the last one."""
        said = [p for p in self.phonemes if p.viseme != "sil"]
        if not said:
            return np.ones(len(self.tracked), np.bool_)
        return np.asarray((self.times >= said[0].start_s - 0.1) & (self.times <= said[-1].end_s + 0.1))


def read_clip(
    video: Path,
    facts: Mapping[str, Any],
    photo: Face | None = None,
    *,
    picture: Picture | None = None,
    near: NDArray[np.float32] | None = None,
) -> Clip:
    """A finished video and the facts of its render (`engine.shot.Rendered.facts`; {} when nothing is known).

    picture: (H, W, 3) RGB in which `photo` is; without it nobody knows what the photo's closed lips look like.
    near: (478, 3) landmarks, video px, of the face that was animated, where the video may show several. Raises
    RenderError: no video, no face in it.
    """
    media = probe(video)
    flicker = Flicker()

    def seen(pictures: Iterable[Picture]) -> Iterator[Picture]:
        for rgb in pictures:
            flicker.add(rgb)
            yield rgb

    tracked = retrack(seen(pictures_of(video)), near)
    track = track_of(facts["track"]) if facts.get("track") else None
    track = track if track is not None and len(track) == len(tracked) else None
    skin = follow_skin(pictures_of(video), tracked)
    return Clip(
        fps=media.fps,
        tracked=tracked,
        track=track,
        phonemes=tuple(Phoneme(*row) for row in facts.get("phonemes", ())),
        words=tuple(Word(*row) for row in facts.get("words", ())),
        heard=_heard(video) if media.audio_rate else np.zeros((0, 15), np.float32),
        photo=photo,
        flicker=flicker.level,
        eyes_left=None if track is None else eyes_left(pictures_of(video), tracked, track),
        flow_deg=None if track is None or skin is None else skin.turned_deg,
        parted=facts.get("lips_parted"),
        mouth=_mouth(video, tracked, skin, photo, picture, facts.get("lips_parted")),
    )


def _mouth(
    video: Path,
    tracked: Tracked,
    skin: Skin | None,
    photo: Face | None,
    picture: Picture | None,
    parted: bool | None,
) -> Mouth:
    still = None if skin is None else skin.still_px
    if photo is None or picture is None:
        return followed(pictures_of(video), tracked, still_px=still)
    apart = gap_of(mesh_of(photo)) > PARTED_CM if parted is None else parted
    sight = look_at(picture, photo)
    inked = drawn(pictures_of(video), tracked, (picture, photo)) if photo.stroke is not None else None
    if inked is not None:
        return inked
    hair = sight.mouth_hidden and not sight.eyes_hidden
    return followed(pictures_of(video), tracked, (picture, photo), parted=apart, hidden=hair, still_px=still)


def pictures_of(video: Path) -> Iterator[Picture]:
    """The pictures of a video of ours, (H, W, 3) RGB, one by one. Raises RenderError when it cannot be read."""
    return (_rgb(frame) for frame in _frames(video))


def pictures_at(video: Path, numbers: Collection[int]) -> dict[int, Picture]:
    """Some pictures by their number; those that the video does not have are left out. Raises RenderError as above."""
    return {number: _rgb(frame) for number, frame in enumerate(_frames(video)) if number in numbers}


def _frames(video: Path) -> Iterator[av.VideoFrame]:
    try:
        # An open file, not a name: nothing in it can make the reader open another one.
        with video.open("rb") as f, av.open(f, "r", options={"format_whitelist": FORMATS}) as container:
            yield from container.decode(video=0)
    except (OSError, av.FFmpegError) as error:
        raise RenderError("BadRequestError", f"{video} cannot be read as a video: {error}") from error


def _rgb(frame: av.VideoFrame) -> Picture:
    return np.asarray(frame.to_ndarray(format="rgb24", src_colorspace="ITU709"), np.uint8)


def track_of(record: Mapping[str, Any]) -> MotionTrack:
    """The motion track of a sidecar (`MotionTrack.to_json`); weights that are left out are zero."""
    weights = np.zeros((record["frames"], len(INDEX)), np.float32)
    for name, values in record["weights"].items():
        if name in INDEX:  # a shape that this engine does not know any more moves nothing
            weights[:, INDEX[name]] = values
    channels = {name: np.array(record[name], np.float32) for name in ("pose_deg", "translation_cm", "gaze_deg")}
    lines = {name: np.array(record[name], np.float32) for name in ("tongue", "breath_cm")}
    return MotionTrack(fps=record["fps"], weights=weights, **channels, **lines)


def intended_gap_cm(clip: Clip) -> Curve:
    """(T,) how far the track means the lips to be apart: the shapes' own opening at the middle of the mouth.

    On the photo's own mesh, or on that of the first picture when there is no photo. Raises ValueError without a track.
    """
    if clip.track is None:
        raise ValueError("nothing was intended: the clip has no track")
    mesh = clip.tracked.meshes_cm[0] if clip.photo is None else mesh_of(clip.photo)
    upper, lower = LIP_GAP
    rest = gap_of(mesh)
    parted = lips_parted(clip, rest)
    basis = shape_basis(mesh, parted, rest)
    opening = basis[:, upper, 1] - basis[:, lower, 1]
    return np.maximum((rest if parted else 0.0) + clip.track.weights.astype(np.float64) @ opening, 0.0)


def lips_parted(clip: Clip, rest_cm: float) -> bool:
    """Whether the photo's lips are parted; where its pixels were not asked, by how far apart they measure."""
    return rest_cm > PARTED_CM if clip.parted is None else clip.parted


def mesh_of(face: Face) -> Curve:
    """(478, 3) the face's own mesh, canonical cm, head straight."""
    return place_head(face.landmarks).canonical_from_picture(face.landmarks)


def gap_of(mesh_cm: Curve) -> float:
    """Between the inner lips of a mesh at the middle, cm."""
    upper, lower = LIP_GAP
    return max(float(mesh_cm[upper, 1] - mesh_cm[lower, 1]), 0.0)


def _heard(video: Path) -> NDArray[np.float32]:
    try:
        samples, rate_hz = decoded(video, LIMIT_S)
    except RenderError:  # a blink of sound, or hours of it: nothing to judge lips by
        return np.zeros((0, 15), np.float32)
    heard = resampled(samples, rate_hz, NET_RATE_HZ)
    return viseme_probabilities(heard, speech_share(heard))
