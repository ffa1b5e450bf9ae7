"""One breath spoken by any voice: sound, and what is heard in it when. Where the engines come together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.local_voices import Voice, language
from didgen.engine.speech import chinese, espeak, japanese, pico
from didgen.engine.speech.kokoro import SAMPLE_RATE_HZ
from didgen.engine.speech.loudness import without_rumble
from didgen.engine.speech.reading import Reading, read, readings_of, spelled
from didgen.engine.speech.timing import Sound, Timed, heard, time_symbols
from didgen.engine.speech.voices import speak_phonemes

ESPEAK_READS: Final = {"es": "es", "fr": "fr", "hi": "hi", "it": "it", "pt": "pt-br"}
"""Languages of Kokoro whose phonemes come from espeak, and its name for them."""

_OWN_CHUNKS: Final = {"ja": japanese.chunks, "zh": chinese.chunks}

_LETTERS: Final = {"pico": pico.speak_letters, "espeak": espeak.speak_letters}


@dataclass(frozen=True, slots=True)
class Voiced:
    """samples: (N,) float32 mono at 24 kHz, as loud as the engine left it. symbols: what is heard, in order.

    sound: where the samples are heard. A symbol's `index` is its place in the reading's string.
    """

    samples: NDArray[np.float32]
    symbols: list[Timed]
    sound: Sound


def readings(voice: Voice, written: str, spoken: str, given: Sequence[str | None] = ()) -> list[Reading]:
    """What a voice is given for one sentence, breath by breath: phonemes, or letters where it finds them out itself.

    given: phonemes of written words, None for those that have none; a voice that reads letters cannot follow them.
    """
    spoken_in = language(voice.locale)
    if voice.engine in ("pico", "espeak"):
        return spelled(written, spoken)
    if spoken_in in ESPEAK_READS:
        return readings_of(written, espeak.chunks(ESPEAK_READS[spoken_in], spoken), given)
    if spoken_in in _OWN_CHUNKS:
        return readings_of(written, _OWN_CHUNKS[spoken_in](spoken), given)
    return read(written, spoken, given, british=voice.locale == "en-GB")


def voiced(voice: Voice, reading: Reading, pace: float) -> Voiced:
    """One reading spoken; the same bytes each time. pace: 1 is the voice's own, 0.5 to 2."""
    letters = _LETTERS.get(voice.engine)
    if letters is not None:
        samples, symbols = letters(voice, reading, pace, SAMPLE_RATE_HZ)
        return Voiced(without_rumble(samples, SAMPLE_RATE_HZ), symbols, heard(samples, SAMPLE_RATE_HZ))
    take = speak_phonemes(voice, reading.phonemes, pace)
    sound = heard(take.samples, SAMPLE_RATE_HZ)
    return Voiced(take.samples, time_symbols(reading.phonemes, take.edges_s, sound), sound)
