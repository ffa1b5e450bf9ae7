"""How long a scene will be, before anything is rendered."""

from __future__ import annotations

import math
import re
from pathlib import Path

from didgen.catalog.rates import ANIMATION_S, CHARACTERS_PER_S, CREDIT_S, DEFAULT_WORDS_PER_S, WORDS_PER_S

_BREAK = re.compile(r"<break\b[^>]*time=[\"']([\d.]+)(ms|s)[\"']")
_TAG = re.compile(r"<[^>]*>")
HEAD_BYTES = 44
_AUDIO_BYTES_PER_S = 16_000  # 128 kbit/s, the usual MP3


def text_seconds(spoken: str, voice: str, locale: str, *, rate: float = 1.0, pad_s: float = 0.0) -> float:
    """Length of a spoken text in seconds; pauses of SSML and `pad_audio` included. At least one second."""
    pauses = sum(float(n) / (1000 if unit == "ms" else 1) for n, unit in _BREAK.findall(spoken))
    words = _TAG.sub(" ", spoken)
    language = locale.replace("_", "-").split("-")[0].lower()
    if language in CHARACTERS_PER_S:
        speech = len("".join(words.split())) / CHARACTERS_PER_S[language]
    else:
        speech = len(words.split()) / WORDS_PER_S.get(voice, DEFAULT_WORDS_PER_S)
    return round(max(1.0, speech / rate + pauses) + pad_s, 2)


def recording_seconds(path: Path, *, pad_s: float = 0.0) -> float:
    """Length of a recording: exact for PCM WAV and FLAC, else a guess from its size."""
    with open(path, "rb") as f:
        head = f.read(HEAD_BYTES)
        size = f.seek(0, 2)
    seconds = _flac_seconds(head) or size / (_wav_bytes_per_s(head) or _AUDIO_BYTES_PER_S)
    return round(max(1.0, seconds) + pad_s, 2)


def animation_seconds() -> float:
    """Length of an animation in seconds."""
    return ANIMATION_S


def credits_for(seconds: float) -> int:
    """What the service charges for a video of this length."""
    return math.ceil(seconds / CREDIT_S)


def _wav_bytes_per_s(head: bytes) -> int:
    if head[:4] != b"RIFF" or head[8:16] != b"WAVEfmt ":
        return 0
    return int.from_bytes(head[28:32], "little")


def _flac_seconds(head: bytes) -> float:
    """From STREAMINFO: 20 bits of rate in Hz, 3 of channels, 5 of depth, 36 of samples; 0 when it does not say."""
    if head[:4] != b"fLaC" or len(head) < 26:
        return 0.0
    packed = int.from_bytes(head[18:26], "big")
    rate_hz, samples = packed >> 44, packed & (1 << 36) - 1
    return samples / rate_hz if rate_hz else 0.0
