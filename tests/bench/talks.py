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

WANTED_MS = 25


def talks() -> None:
    """One line a voice of DIDGEN_BENCH_VOICES: names with spaces between, or `all` for all that are installed and no
    drafts (half an hour); left out, of these the first of each engine's locales.

    The voice is warm; face and rig are made anew, a thirtieth of it in half a minute of talk.
    """
    cv2.setNumThreads(1)
    costs = {voice.id: cost for voice in _chosen() if (cost := _cost(voice)) is not None}
    above = [name for name, ms in costs.items() if ms > WANTED_MS]
    row(f"above {WANTED_MS} ms", f"{', '.join(above) or 'none'} of {len(costs)}")


def _chosen() -> list[Voice]:
    named = os.environ.get("DIDGEN_BENCH_VOICES", "").split()
    if named and named != ["all"]:
        return [VOICES[name] for name in named]
    offered = [voice for voice in VOICES.values() if voice.id in installed() and not voice.draft]
    first = {(voice.engine, voice.locale): voice for voice in reversed(offered)}
    return offered if named else [voice for voice in offered if voice in first.values()]


def _cost(voice: Voice) -> float | None:
    """CPU ms a picture; None where there are no sentences of its language."""
    lines = SENTENCES.get(language(voice.locale))
    if lines is None:
        row(voice.id, "no sentences of its language")
        return None
    with tempfile.TemporaryDirectory() as folder:
        _talk(voice, lines[0], Path(folder) / "warm.mp4")
        seconds, pictures = cpu(lambda: _talk(voice, " ".join(lines), Path(folder) / "talk.mp4"))
    ms = float(1000 * seconds / pictures)
    row(voice.id, f"{ms:.1f} ms a picture of {pictures}")
    return ms


def _talk(voice: Voice, text: str, out: Path) -> int:
    """Its pictures."""
    shot = Shot(PHOTO, TextScript(text, voice.id), "bank://natural/driver-1", Config())
    return int(render(shot, out, lambda *_: None, Shelf()).facts["frames"])
