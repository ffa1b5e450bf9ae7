"""What speaking costs: CPU seconds a second of sound, by voice, once the voice is warm."""

from __future__ import annotations

from functools import partial
from statistics import median

from didgen.catalog.voices import installed
from didgen.engine.shot import TextScript
from didgen.engine.speech.speak import speak
from tests.bench.measure import cpu, row
from tests.bench.workspace import SAYING


def speech() -> None:
    """The default voice and, with the `voices` extra, one of the large ones; median of three different texts."""
    for voice in ("heart", "am_puck"):
        if voice in installed():
            first_s, _ = cpu(partial(speak, TextScript("Warm up.", voice)))
            row(f"{voice}, first words, CPU s", f"{first_s:.2f}")
            row(f"{voice}, CPU s per s of sound", f"{median(_factor(voice, k) for k in range(3)):.3f}")
        else:
            row(f"{voice}, CPU s per s of sound", "not installed")


def _factor(voice: str, k: int) -> float:
    seconds, spoken = cpu(lambda: speak(TextScript(f"Line number {k + 1}. {SAYING}", voice)))
    return float(seconds / spoken.duration_s)
