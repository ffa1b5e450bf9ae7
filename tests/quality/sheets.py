"""`python -m tests.quality.sheets [ID…]`: every face of the gallery talking, one strip a face, into docs/gallery/.

A strip shows the photo, then frames of one talk: lips pressed (p, b, m), open (ah), wide (ee), round (oo), the farthest
turn of the head, and closed eyes. Judge it by eye: what is still wrong is said in `docs/gallery/README.md`.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from didgen.catalog.local_voices import DEFAULT
from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.face.visible import look_at
from didgen.engine.motion.compose import compose_talk
from didgen.engine.motion.track import INDEX, MotionTrack, eyes_at_rest, mouth_at_rest
from didgen.engine.photo import load_photo
from didgen.engine.shot import FPS, Config, TextScript
from didgen.engine.speech.speak import speak
from didgen.engine.speech.speech import Speech
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from tests.quality.gallery import ROOT, Entry, gallery

SENTENCE = "Papa, we see the moon above the bay."
DRIVER = "bank://lively"  # it moves the head enough to show what a turn does
SHEETS = ROOT / "docs" / "gallery"
SIDE_PX, QUALITY = 232, 84
SHOWN = {"p b m": "PP", "ah": "aa", "ee": "I", "oo": "U"}
"""What a cell shows, and the viseme whose longest sound in the sentence it is taken from."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("ids", nargs="*", help="faces of the index; all when none is named")
    arguments.add_argument("--out", type=Path, default=SHEETS)
    chosen = arguments.parse_args()
    entries = [entry for entry in gallery() if not chosen.ids or entry.id in chosen.ids]
    unknown = set(chosen.ids) - {entry.id for entry in entries}
    if unknown:
        sys.exit(f"no such face: {', '.join(sorted(unknown))}; there are {', '.join(e.id for e in gallery())}")
    chosen.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    speech = speak(TextScript(SENTENCE, DEFAULT))
    for entry in entries:
        strip, warnings = talk_strip(entry, speech)
        target = chosen.out / f"{entry.id}.jpg"
        cv2.imwrite(str(target), strip[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(f"{entry.id}: {target.stat().st_size / 1000:.0f} kB; {'; '.join(warnings) or 'no warning'}", flush=True)


def talk_strip(entry: Entry, speech: Speech, side_px: int = SIDE_PX) -> tuple[np.ndarray, list[str]]:
    """(side_px, n·side_px, 3) RGB: the photo and the telling frames of a talk, and what the engine warned about."""
    photo = load_photo(entry.path)
    faces = find_faces(photo)
    face, warnings = choose_face(faces, None, "talk", photo.shape)
    sight = look_at(photo, face)
    rig = build_rig(photo, face, others=[other for other in faces if other is not face])
    track, _ = compose_talk(speech, face, DRIVER, Config(), seed=1)
    blink = closed_eyes()
    if sight.eyes_hidden or sight.eyes_closed:
        track, blink = eyes_at_rest(track), eyes_at_rest(blink)
    if sight.masked:
        track = mouth_at_rest(track)
    frames = {"photo": draw(rig, MotionTrack.still(1), 0)}
    frames |= {name: draw(rig, track, index) for name, index in telling_frames(speech, track).items()}
    frames |= {"blink": draw(rig, blink, 0)}
    return np.hstack([cell(name, frame, side_px) for name, frame in frames.items()]), warnings + sight.warnings()


def telling_frames(speech: Speech, track: MotionTrack) -> Mapping[str, int]:
    """What to look at → the frame that shows it: the middle of the longest sound of a kind, and the farthest turn.

    A sound that the speech lacks is left out."""
    found: dict[str, int] = {}
    for name, viseme in SHOWN.items():
        sounds = [sound for sound in speech.phonemes if sound.viseme == viseme]
        if sounds:
            longest = max(sounds, key=lambda sound: sound.end_s - sound.start_s)
            found[name] = min(len(track) - 1, int((longest.start_s + longest.end_s) / 2 * FPS))
    found["turn"] = int(np.abs(track.pose_deg[:, :2]).sum(1).argmax())
    return found


def closed_eyes() -> MotionTrack:
    """One frame in the middle of a blink: a short talk may have none."""
    track = MotionTrack.still(1)
    track.weights[0, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = 1
    return track


def cell(name: str, frame: np.ndarray, side_px: int) -> np.ndarray:
    """The middle of a frame, where the face is, at side_px, with its name in a corner."""
    height, width = frame.shape[:2]
    inset = round(min(height, width) * 0.13)
    picture = cv2.resize(
        frame[inset : height - inset, inset : width - inset], (side_px, side_px), None, 0, 0, cv2.INTER_AREA
    )
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(picture, name, (5, side_px - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, thickness, cv2.LINE_AA)
    return picture


if __name__ == "__main__":
    main()
