"""One shot to one video, in stages: speech, face, rig, frames, video. The door of the engine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: threads that fight cost more than they bring

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.catalog.local_voices import DEFAULT as DEFAULT_VOICE
from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces
from didgen.engine.face.remembered import faces_key, packed, unpacked
from didgen.engine.face.visible import Sight
from didgen.engine.facts import facts_of
from didgen.engine.motion.compose import CROP, Picture, compose_animation, compose_talk, in_company
from didgen.engine.motion.own import is_motion_file
from didgen.engine.motion.track import MotionTrack, eyes_at_rest, mouth_at_rest
from didgen.engine.photo import load_photo
from didgen.engine.shot import AudioScript, Logo, Memo, Rendered, Report, Shot, TextScript
from didgen.engine.song.song import sung_by
from didgen.engine.song.voice import RATE_HZ as SONG_RATE_HZ
from didgen.engine.speech.listen import decoded, listen
from didgen.engine.speech.speak import speak
from didgen.engine.speech.speech import Speech
from didgen.engine.subject import Subject, subject_of
from didgen.engine.video import gif
from didgen.engine.video.encode import Encoder, Sound
from didgen.engine.video.gif import GifEncoder
from didgen.engine.video.mark import ai_mark
from didgen.engine.video.moving import MovingOverlay, check_overlay
from didgen.engine.video.overlay import Overlay, load_logo, overlay_of
from didgen.engine.video.probe import probe
from didgen.engine.warp.ensemble import AT_ONCE, Ensemble
from didgen.engine.warp.rig import Rig, build_rig
from didgen.errors import RenderError

REPORT_EVERY = 5  # frames


def render(shot: Shot, out: Path, report: Report, memo: Memo) -> Rendered:
    """Render a talk or an animation to `out` (.mp4, .mov or .gif), whole or not at all.

    The same shot gives the same bytes on one machine. Frames are drawn and encoded one by one: memory does not grow
    with the length. Raises RenderError with the service's kinds, StorageError for a full disk.
    """
    cv2.setNumThreads(1)
    # First what needs no time: a picture that cannot be used should not cost a minute of speech.
    with _called("SourceError", shot):
        photo = load_photo(shot.source)
    if isinstance(shot.config.logo, Logo):
        load_logo(shot.config.logo.path)
    if shot.config.overlay is not None:
        check_overlay(shot.config.overlay)
    speech, subject, rigs = _ready(shot, photo, report, memo)
    report("rig", 0, 1)
    with _called("DriverError", shot):
        tracks, driver = _motions(shot, speech, subject, photo.shape)
    with closing(Ensemble(rigs, tracks)) as ensemble:
        report("rig", 1, 1)
        seconds = _film(shot, ensemble, _sound(shot, speech, driver), out, report)
        return Rendered(out, facts_of(shot, speech, subject, ensemble, driver, out, seconds))


@contextmanager
def _called(kind: str, shot: Shot) -> Iterator[None]:
    """Animations have a kind of error for each of their parts, talks one for each fault (the service's words)."""
    try:
        yield
    except RenderError as error:
        if shot.kind == "talk":
            raise
        raise RenderError(kind, error.message, hint=error.hint) from error


def warm() -> None:
    """Load what the first render would wait for: the nets of the face and the default voice."""
    cv2.setNumThreads(1)
    find_faces(np.full((256, 256, 3), 128, np.uint8))
    speak(TextScript("Hello.", DEFAULT_VOICE))


def _ready(
    shot: Shot, photo: NDArray[np.uint8], report: Report, memo: Memo
) -> tuple[Speech | None, Subject, tuple[Rig, ...]]:
    """Sound and picture know nothing of each other, so the photo is made ready on a thread while the script is spoken:
    the first frame comes that much earlier. Memo and report belong to the calling thread."""
    key = faces_key(shot.source)
    kept = memo.get(key)
    with ThreadPoolExecutor(1, "photo") as beside:
        finding = beside.submit(_faces, photo, kept)
        making = beside.submit(lambda: _rigged(shot, photo, finding.result()))
        speech = _speech(shot, report, memo)
        report("face", 0, 1)
        faces = finding.result()
        if kept is None:
            memo.put(key, packed(faces))
        subject, rigs = making.result()
        report("face", 1, 1)
    return speech, subject, rigs


def _rigged(shot: Shot, photo: NDArray[np.uint8], faces: list[Face]) -> tuple[Subject, tuple[Rig, ...]]:
    subject = subject_of(shot, photo, faces)
    everybody = (*subject.faces, *subject.others)

    def made(face: Face) -> Rig:
        return build_rig(
            photo,
            face,
            stitch=shot.config.stitch,
            expand=shot.config.align_expand_factor,
            longest_px=shot.config.output_resolution,
            sharpen=shot.config.sharpen,
            others=[other for other in everybody if other is not face],
        )

    if len(subject.faces) == 1:
        return subject, (made(subject.faces[0]),)
    with ThreadPoolExecutor(AT_ONCE, "rig") as side_by_side:
        return subject, tuple(side_by_side.map(made, subject.faces))


def _speech(shot: Shot, report: Report, memo: Memo) -> Speech | None:
    if shot.script is None:
        return None
    report("speech", 0, 1)
    script = shot.script
    if isinstance(script, AudioScript):
        return listen(script.path, reduce_noise=script.reduce_noise)
    return speak(script, memo, lambda done, total: report("speech", done, total))


def _faces(photo: NDArray[np.uint8], kept: bytes | None) -> list[Face]:
    return find_faces(photo) if kept is None else unpacked(kept)


def _motions(
    shot: Shot, speech: Speech | None, subject: Subject, shape: tuple[int, ...]
) -> tuple[list[MotionTrack], str]:
    """A track a face, all as long, and the driver of all of them, which is chosen for the first."""
    neighbours = len(subject.faces) + len(subject.others) - 1
    picture = Picture(shape[1], shape[0], neighbours) if shot.config.stitch else CROP
    if speech is not None:
        track, name = compose_talk(speech, subject.faces[0], shot.driver, shot.config, shot.seed, picture)
        return [_as_seen(track, subject.sights[0])], name
    track, name = compose_animation(subject.faces[0], shot.driver, shot.config, shot.seed, picture=picture)
    tracks = [track]
    for number, face in enumerate(subject.faces[1:], 1):
        driver = shot.driver if isinstance(shot.driver, Path) else name
        like, _ = compose_animation(face, driver, shot.config, shot.seed + number, len(track), picture)
        tracks.append(in_company(like, shot.seed, number))
    return [_as_seen(track, sight) for track, sight in zip(tracks, subject.sights, strict=True)], name


def _as_seen(track: MotionTrack, sight: Sight) -> MotionTrack:
    """What is hidden does not move: it would be drawn on what hides it. Closed eyes do not blink."""
    if sight.eyes_hidden or sight.eyes_closed:
        track = eyes_at_rest(track)
    return mouth_at_rest(track) if sight.masked else track


def _sound(shot: Shot, speech: Speech | None, driver: str) -> Sound | None:
    """The speech; for an animation that is not muted its song, or its driver video's own sound if it has one."""
    if speech is not None:
        return speech.samples, speech.sample_rate_hz
    song = sung_by(driver)
    if song is not None:
        return None if shot.config.mute else (song.mixed(), SONG_RATE_HZ)
    if shot.config.mute or not isinstance(shot.driver, Path) or is_motion_file(shot.driver):
        return None
    if probe(shot.driver).audio_rate:
        return decoded(shot.driver, 600.0)
    return None


def _film(shot: Shot, ensemble: Ensemble, sound: Sound | None, out: Path, report: Report) -> float:
    """Draw and encode every frame; returns the seconds it took."""
    path = shot.config.overlay
    with closing(MovingOverlay(path, ensemble.width, ensemble.height)) if path is not None else nullcontext() as moving:
        return _drawn(shot, ensemble, moving, sound, out, report)


def _drawn(
    shot: Shot, ensemble: Ensemble, moving: MovingOverlay | None, sound: Sound | None, out: Path, report: Report
) -> float:
    mark = ai_mark(synthetic_voice=isinstance(shot.script, TextScript))
    overlay = overlay_of(shot.config.logo, ensemble.width, ensemble.height)
    left, top, width, height = ensemble.part
    part_overlay = overlay and overlay.within(left, top, width, height)
    began = time.perf_counter()

    def whole(k: int) -> NDArray[np.uint8]:
        frame = ensemble.draw(k)
        if moving is not None:
            moving.lay(frame, (k + 0.5) / ensemble.fps)
        return _laid(overlay, frame)

    def part(k: int) -> NDArray[np.uint8]:
        return _laid(part_overlay, ensemble.draw_part(k))

    encoder: Encoder | GifEncoder
    if shot.config.result_format == "gif":
        samples = sorted({round(k) for k in np.linspace(0, len(ensemble) - 1, gif.SAMPLES)})
        encoder = GifEncoder(out, ensemble.width, ensemble.height, map(whole, samples), mark)
    else:
        rests = None if moving is not None else ensemble.photo  # else every frame is written whole
        still = None if rests is None else _laid(overlay, rests.copy())
        encoder = Encoder(out, ensemble.width, ensemble.height, sound, metadata=mark, still=still, fps=ensemble.fps)
    with encoder:
        for k in range(0, len(ensemble), gif.step_of(shot.config.result_format)):
            if isinstance(encoder, Encoder) and moving is None:
                encoder.write(part(k), left, top)
            else:
                encoder.write(whole(k))
            if k % REPORT_EVERY == 0:
                report("frames", k, len(ensemble))
        report("frames", len(ensemble), len(ensemble))
        report("video", 0, 1)
    report("video", 1, 1)
    return time.perf_counter() - began


def _laid(overlay: Overlay | None, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with the overlay on it, in place."""
    if overlay is not None:
        overlay.lay(picture)
    return picture
