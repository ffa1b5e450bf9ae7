"""How long a scene will be, before anything is rendered: what is likely, and what is hardly ever exceeded.

Prices are made from both (`plan.bill`), so the upper one errs on the long side. Light: a plan of words alone asks it.
"""

from __future__ import annotations

import re

from didgen.catalog.rates import (
    ANIMATION_S,
    CHARACTERS_PER_S,
    DEFAULT_WORDS_PER_S,
    DIGIT_S,
    LETTERS_PER_S,
    LONGEST_ANIMATION_S,
    LONGEST_DRIVER_S,
    LONGEST_RECORDING_S,
    LONGEST_SONG_S,
    PAUSE_S,
    SLOWER,
    WORDS_PER_S,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

_BREAK = re.compile(r"<break\b[^>]*time=[\"']([\d.]+)(ms|s)[\"']")
_ANY_BREAK = re.compile(r"<break\b")
_TAG = re.compile(r"<[^>]*>")
_DIGIT = re.compile(r"\d")
_BYTES_PER_S = 16_000  # 128 kbit/s, the usual MP3
_LEAST_BYTES_PER_S = 1_000  # 8 kbit/s, the lowest


class Length:
    """Of one video. seconds: likely; most_s: hardly ever exceeded, and the same where the length is known."""

    __slots__ = ("most_s", "seconds")

    def __init__(self, seconds: float, most_s: float) -> None:
        self.seconds, self.most_s = seconds, most_s


def text_length(spoken: str, voice: str, locale: str, *, rate: float = 1.0, pad_s: float = 0.0) -> Length:
    """Length of a spoken text; pauses of SSML and `pad_audio` included. At least one second."""
    marked = "<" in spoken
    timed = _BREAK.findall(spoken) if marked else []
    pauses = sum(float(n) / (1000 if unit == "ms" else 1) for n, unit in timed)
    words = _TAG.sub(" ", spoken) if marked else spoken
    language = locale.replace("_", "-").split("-")[0].lower()
    if language in CHARACTERS_PER_S:
        speech = len("".join(words.split())) / CHARACTERS_PER_S[language] / rate
    else:
        speech = len(words.split()) / WORDS_PER_S.get(voice, DEFAULT_WORDS_PER_S) / rate
    slower = SLOWER * (2 if "<prosody" in spoken else 1)
    most = slower * (max(speech, len(words.strip()) / LETTERS_PER_S / rate) + DIGIT_S * _digits(words))
    most += pauses + PAUSE_S * ((len(_ANY_BREAK.findall(spoken)) if marked else 0) - len(timed))
    return Length(round(max(1.0, speech + pauses) + pad_s, 2), round(max(1.0, most) + pad_s, 2))


def _digits(text: str) -> int:
    if not text.isascii():
        return len(_DIGIT.findall(text))
    return len(text) - len(text.encode().translate(None, b"0123456789"))


def recording_length(path: Path, *, pad_s: float = 0.0) -> Length:
    """Length of a recording: as its file tells it, else a guess from its size, up to the longest that is taken."""
    from didgen.media.recordings import recording_s

    known = recording_s(path)
    if known is not None:
        seconds = round(max(1.0, known) + pad_s, 2)
        return Length(seconds, seconds)
    size = path.stat().st_size
    most_s = min(max(1.0, size / _LEAST_BYTES_PER_S), LONGEST_RECORDING_S)
    seconds = min(max(1.0, size / _BYTES_PER_S), LONGEST_RECORDING_S)
    return Length(round(seconds + pad_s, 2), round(most_s + pad_s, 2))


def unseen_recording_length(*, pad_s: float = 0.0) -> Length:
    """Length of a recording that only the service can read."""
    return Length(LONGEST_RECORDING_S + pad_s, LONGEST_RECORDING_S + pad_s)


def animation_length(
    driver: str | None, known_s: float | None = None, *, local: bool = False, pad_s: float = 0.0
) -> Length:
    """Length of an animation, which is its driver's: of the bank, or somebody's own video.

    known_s: where a driver of one's own says it. local: by our engine, whose drivers are known; where it chooses among
    several it is their mean, and at most the longest. pad_s: `pad_audio`, behind a bank's driver."""
    if known_s is not None:
        return Length(round(known_s, 2), round(known_s, 2))
    if driver is not None and not driver.startswith("bank://"):
        return Length(ANIMATION_S, LONGEST_DRIVER_S)
    if local:
        from didgen.catalog.takes import takes_s  # a plan of words alone needs none

        lengths = takes_s(driver)
        return Length(round(sum(lengths) / len(lengths) + pad_s, 2), round(max(lengths) + pad_s, 2))
    song = driver is not None and driver.startswith("bank://classics")
    return Length(ANIMATION_S, LONGEST_SONG_S if song else LONGEST_ANIMATION_S)
