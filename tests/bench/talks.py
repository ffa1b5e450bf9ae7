"""What a talk costs end to end by each voice: speech, motion, drawing and file, in CPU milliseconds a picture."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import cv2

from didgen.catalog.local_voices import VOICES, Voice, language
from didgen.catalog.voices import installed
from didgen.engine.render import render
from didgen.engine.shot import Config, Shot, TextScript
from tests.bench.measure import cpu, row
from tests.bench.sentences import SENTENCES
from tests.bench.workspace import PHOTO
from tests.quality.run import Shelf


def talks() -> None:
    """One line a voice of DIDGEN_BENCH_VOICES (names with spaces between), else of all installed that are no drafts.

    The voice is warm; face and rig are made anew, a thirtieth of it in half a minute of talk.
    """
    cv2.setNumThreads(1)
    named = os.environ.get("DIDGEN_BENCH_VOICES", "").split()
    for voice in [VOICES[name] for name in named] or [
        v for v in VOICES.values() if v.id in installed() and not v.draft
    ]:
        row(voice.id, _cost(voice))


def _cost(voice: Voice) -> str:
    lines = SENTENCES.get(language(voice.locale))
    if lines is None:
        return "no sentences of its language"
    with tempfile.TemporaryDirectory() as folder:
        _talk(voice, lines[0], Path(folder) / "warm.mp4")
        seconds, pictures = cpu(lambda: _talk(voice, " ".join(lines), Path(folder) / "talk.mp4"))
    return f"{1000 * seconds / pictures:.1f} ms a picture of {pictures}"


def _talk(voice: Voice, text: str, out: Path) -> int:
    """Its pictures."""
    shot = Shot(PHOTO, TextScript(text, voice.id), "bank://natural/driver-1", Config())
    return int(render(shot, out, lambda *_: None, Shelf()).facts["frames"])
