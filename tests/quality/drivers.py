"""`python -m tests.quality.drivers`: the 18 drivers of talks saying the same, one sheet a category, into docs/gallery/.

A row shows a driver's frames farthest from one another, and 20 seconds of its head and eyes: yaw, pitch (down is down),
roll, gaze to the side and blinks, with pauses in grey and stressed syllables as ticks. It prints the table of
`docs/gallery/drivers.md`.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from collections.abc import Sequence

import cv2
import numpy as np

from didgen.catalog.drivers import TALK_BANKS
from didgen.catalog.local_voices import DEFAULT
from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.motion.compose import compose_talk
from didgen.engine.motion.phrases import Phrase, phrases_of
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.shot import FPS, Config, TextScript
from didgen.engine.speech.speak import speak
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from tests.quality.gallery import ROOT, gallery
from tests.quality.sheets import SHEETS, cell

FACE = "woman"
TEXT = (
    "Good morning, and welcome back to the workshop. Today we are going to build a small wooden box, step by "
    "step, and I will show you every trick I know. First, you need a saw, a sharp pencil, some glue, and two "
    "clamps. Do you have all of that? Good! Now, measure the board twice, because a mistake here costs you the "
    "whole piece. Cut slowly. Let the saw do the work, and keep your eyes on the line, not on the blade. When the"
    " four sides are ready, lay them out on the table. You will notice that one edge is always a little rougher "
    "than the others. Turn that edge inward, where nobody will ever see it. People use far too much glue! A thin "
    "line is enough, and what comes out at the corners can be wiped off with a wet cloth. Why wet? Because dry "
    "cloth only smears it around. Finally, put on the clamps, and wait for an hour. When you come back, the box "
    "will be as strong as if it had grown that way."
)
SIDE_PX, CELLS, PLOT_PX, SHOWN_S = 132, 3, 480, 20
QUALITY = 46


def main() -> None:
    cv2.setNumThreads(1)
    speech = speak(TextScript(TEXT, DEFAULT))
    photo = load_photo(next(entry.path for entry in gallery() if entry.id == FACE))
    face, _ = choose_face(find_faces(photo), None, "talk", photo.shape)
    rig = build_rig(photo, face)
    print("| driver | yaw | pitch | roll | at rest | nods | blinks | looks away | brows |\n|" + "---|" * 9)
    for category, names in TALK_BANKS.items():
        rows = []
        for name in names:
            track, url = compose_talk(speech, face, f"bank://{category}/{name}/original", Config(), seed=1)
            phrases = phrases_of(speech, len(track), FPS)
            cells = [cell("", draw(rig, track, k), SIDE_PX) for k in far_apart(track, CELLS)]
            rows.append(np.hstack([*cells, plot(track, phrases, f"{category}/{name}")]))
            print(row(url.removeprefix("bank://").removesuffix("/original"), track))
        target = SHEETS / f"drivers-{category}.jpg"
        cv2.imwrite(str(target), np.vstack(rows)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")


def far_apart(track: MotionTrack, count: int) -> list[int]:
    """The frames of open eyes that differ most in pose, each from all before, in the order of time."""
    eyes = track.weights[:, INDEX["eyeBlinkLeft"]]
    open_ = np.flatnonzero(eyes < 0.05)
    poses = track.pose_deg[open_] + 0.3 * np.pad(free_gaze(track)[open_], ((0, 0), (0, 1)))
    chosen = [int(np.linalg.norm(poses - poses.mean(0), axis=1).argmax())]
    while len(chosen) < count:
        nearest = np.linalg.norm(poses[:, None] - poses[None, chosen], axis=2).min(1)
        chosen.append(int(nearest.argmax()))
    return sorted(int(open_[k]) for k in chosen)


def free_gaze(track: MotionTrack) -> np.ndarray:
    """(T, 2) degrees from the camera: the gaze with the head's turns that it took back."""
    return track.gaze_deg + 0.7 * track.pose_deg[:, :2]


def plot(track: MotionTrack, phrases: Sequence[Phrase], name: str) -> np.ndarray:
    """(SIDE_PX, PLOT_PX, 3) RGB: SHOWN_S seconds of head and eyes."""
    picture = np.full((SIDE_PX, PLOT_PX, 3), 255, np.uint8)
    per_frame = PLOT_PX / (SHOWN_S * FPS)
    for phrase in phrases:
        voice_end, end = phrase.first + phrase.voice_s * FPS, phrase.first + phrase.length
        cv2.rectangle(picture, (int(voice_end * per_frame), 0), (int(end * per_frame), SIDE_PX), (232, 232, 232), -1)
        for stress in phrase.stresses:
            x = int((phrase.first + stress.at_s * FPS) * per_frame)
            cv2.line(picture, (x, 40), (x, 40 + int(4 + 8 * stress.weight)), (255, 160, 0), 1)
    curves = (
        (track.pose_deg[:, 0], 20, 2.2, (0, 0, 200)),
        (track.pose_deg[:, 1], 52, 2.2, (200, 0, 0)),
        (track.pose_deg[:, 2], 78, 2.2, (0, 120, 0)),
        (free_gaze(track)[:, 0], 103, 1.7, (150, 0, 150)),
        (-track.weights[:, INDEX["eyeBlinkLeft"]], 128, 11.0, (0, 0, 0)),
    )
    shown = min(SHOWN_S * FPS, len(track))
    for values, y, scale, colour in curves:
        points = np.stack([np.arange(shown) * per_frame, y + scale * values[:shown]], 1)
        cv2.polylines(picture, [np.round(points * 16).astype(np.int32)], False, colour, 1, cv2.LINE_AA, 4)
    cv2.putText(picture, name, (PLOT_PX - 150, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return picture


def row(name: str, track: MotionTrack) -> str:
    """A line of the table: spreads and rest in degrees, nods and blinks a minute, share of time spent looking away."""
    minutes = len(track) / FPS / 60
    pose, lids = track.pose_deg, track.weights[:, INDEX["eyeBlinkLeft"]]
    quick = pose[:, 1] - np.convolve(pose[:, 1], np.ones(13) / 13, "same")
    nods = np.sum((quick[1:-1] > quick[:-2]) & (quick[1:-1] >= quick[2:]) & (quick[1:-1] > 0.35)) / minutes
    blinks = np.sum((lids[1:] > 0.99) & (lids[:-1] <= 0.99)) / minutes
    away = np.mean(np.hypot(*free_gaze(track).T) > 3.2)
    brows = track.weights[:, INDEX["browOuterUpLeft"]] - track.weights[:, INDEX["browDownLeft"]]
    spread = " | ".join(f"{value:.1f}" for value in pose.std(0))
    rest = ", ".join(f"{value:+.0f}" for value in np.median(pose, 0) + 0.0)
    return f"| `{name}` | {spread} | {rest} | {nods:.0f} | {blinks:.0f} | {away:.0%} | {brows.mean():+.2f} |"


if __name__ == "__main__":
    main()
