"""The strips show what their names say, and the page beside them tells of every face."""

from __future__ import annotations

import re

import numpy as np

from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.speech.speech import Phoneme, Speech
from tests.quality.gallery import gallery
from tests.quality.sheets import SHEETS, closed_eyes, talk_strip, telling_frames

SPEECH = Speech(
    samples=np.zeros(24_000, np.float32),
    sample_rate_hz=24_000,
    words=(),
    phonemes=(
        Phoneme("p", "PP", 0.0, 0.1),
        Phoneme("ɑ", "aa", 0.1, 0.3),
        Phoneme("m", "PP", 0.3, 0.5),
        Phoneme("u", "U", 0.5, 1.0),
    ),
)


def test_the_frames_shown_are_the_middles_of_the_longest_sounds_and_the_farthest_turn():
    """At 25 frames a second; a sound that is not said has no frame."""
    track = MotionTrack.still(25)
    track.pose_deg[21, 0], track.pose_deg[4, 1] = -5, 3
    assert {"p b m": 10, "ah": 5, "oo": 18, "turn": 21} == telling_frames(SPEECH, track)


def test_closed_eyes_move_nothing_else():
    """Both lids, and no other weight."""
    weights = closed_eyes().weights[0]
    assert {INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]} == set(np.flatnonzero(weights))


def test_a_strip_begins_with_the_photo_and_then_moves():
    """Six cells of the asked side; the mouth of the open one differs from the photo's."""
    strip, warnings = talk_strip(next(entry for entry in gallery() if entry.id == "woman"), SPEECH, side_px=96)
    cells = np.split(strip.astype(int), 6, axis=1)
    assert [(96, 96, 3)] * 6 == [cell.shape for cell in cells]
    assert [] == warnings
    assert all(np.abs(cell - cells[0])[:80].mean() > 1 for cell in cells[1:])


def test_every_face_has_a_row_that_tells_what_it_is_warned_about():
    """docs/gallery/README.md names each face once, with the warnings of the index, and links its strip."""
    rows = re.findall(
        r"^\| \[`([\w-]+)`\]\(([\w-]+)\.jpg\) [^|]*\| ([^|]*) \|", (SHEETS / "README.md").read_text(), re.M
    )
    told = {name: warned for name, _, warned in rows}
    assert [name for name, _, _ in rows] == [picture for _, picture, _ in rows] == [entry.id for entry in gallery()]
    wrong = [
        e.id
        for e in gallery()
        if told[e.id] != (", ".join(e.warned).replace(" can hardly", "").replace("faces", "several faces") or "–")
    ]
    assert [] == wrong
