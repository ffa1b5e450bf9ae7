"""Text to speech: a script in, levelled sound with the time of every word and phoneme out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.versions import MODELS
from didgen.catalog.voices import VOICES, Voice
from didgen.digest import canonical_json, sha256_bytes
from didgen.engine.shot import Memo, TextScript
from didgen.engine.speech.loudness import levelled
from didgen.engine.speech.reading import Reading, read
from didgen.engine.speech.script import Utterance, utterances
from didgen.engine.speech.speech import Phoneme, Speech, Word
from didgen.engine.speech.timing import Timed, heard, phonemes_of, tiled, time_symbols
from didgen.engine.speech.visemes import PAUSES
from didgen.engine.speech.voices import SAMPLE_RATE_HZ, model_files, speak_phonemes
from didgen.errors import RenderError

FORMAT: Final = 1  # of a memo's value, and of everything between the model and it
LEAD_S: Final = 0.12
TAIL_S: Final = 0.25
BREATH_S: Final = 0.15  # between the parts of a sentence too long for the voice
MARGIN_S: Final = 0.03  # kept of the model's own silence around a sentence, faded
FULL_SCALE: Final = 16384.0  # of a memo's int16: leaves 6 dB for models that run over 1
RATES: Final = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance: (N,) int16 sound at FULL_SCALE with MARGIN_S around what is heard.

    Words and phonemes are in seconds from where it is first heard; a mouth may open before that.
    """

    samples: NDArray[np.int16]
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]


def speak(script: TextScript, memo: Memo | None = None, progress: Callable[[int, int], None] | None = None) -> Speech:
    """Speak a script with a local voice: mono float32 at 24 kHz, -16 LUFS, the same bytes each time on one machine.

    0.12 s of silence lead in, 0.35 s part sentences, 0.65 s paragraphs, 0.25 s end it. Words come back as written in
    the script ("Dr.", "3"). Sentences already spoken are taken from `memo`; `progress(done, total)` counts them.
    Raises RenderError: unknown voice, voice not installed, rate outside 0.5–2, and what `utterances` refuses.
    """
    voice = _voice(script)
    spoken: list[Spoken] = []
    pauses_s: list[float] = []
    planned = utterances(script)
    for done, utterance in enumerate(planned, 1):
        said = _utterance(utterance, voice, script.rate, memo)
        spoken += said
        pauses_s += [BREATH_S] * (len(said) - 1) + [utterance.pause_s] * bool(said)
        if progress is not None:
            progress(done, len(planned))
    if not spoken:
        raise RenderError("ValidationError", "the script has nothing to say", hint="write at least one word")
    return _assembled(spoken, [*pauses_s[:-1], TAIL_S])


def _voice(script: TextScript) -> Voice:
    voice = VOICES.get(script.voice)
    if voice is None:
        near = get_close_matches(script.voice, VOICES, 1)
        raise RenderError(
            "ValidationError",
            f"the local engine has no voice {script.voice!r}",
            hint=f"did you mean {near[0]}?" if near else f"it has: {', '.join(VOICES)}",
        )
    low, high = RATES
    if not low <= script.rate <= high:
        raise RenderError("ValidationError", f"a rate of {script.rate:g} is outside {low:g} to {high:g}")
    return voice


def _utterance(utterance: Utterance, voice: Voice, rate: float, memo: Memo | None) -> list[Spoken]:
    key = memo_key(utterance, voice, rate)
    kept = memo.get(key) if memo is not None else None
    if kept is not None:
        return unpacked(kept)
    readings = read(utterance.written, utterance.spoken, british=voice.locale == "en-GB")
    said = [_spoken(reading, voice, rate) for reading in readings]
    if memo is not None:
        memo.put(key, packed(said))
    return said


def memo_key(utterance: Utterance, voice: Voice, rate: float) -> str:
    """Digest of all that decides an utterance's sound and times."""
    nets = {name: MODELS[name] for name in model_files(voice)}
    parts = [FORMAT, utterance.written, utterance.spoken, voice.id, voice.locale, rate, nets]
    return "speech-" + sha256_bytes(canonical_json(parts))


def _spoken(reading: Reading, voice: Voice, rate: float) -> Spoken:
    take = speak_phonemes(voice, reading.phonemes, rate)
    sound = heard(take.samples, SAMPLE_RATE_HZ)
    symbols = time_symbols(reading.phonemes, take.edges_s, sound)
    return Spoken(
        _trimmed(take.samples, sound.start_s, sound.end_s),
        tuple(_words(reading, symbols, sound.start_s)),
        tuple(phonemes_of(symbols, -sound.start_s)),
    )


def _words(reading: Reading, symbols: list[Timed], origin_s: float) -> list[Word]:
    words = []
    for span in reading.words:
        own = [t for t in symbols if span.start <= t.index < span.end and t.symbol not in PAUSES]
        if own:
            words.append(Word(span.text, own[0].start_s - origin_s, own[-1].end_s - origin_s))
    return words


def _trimmed(samples: NDArray[np.float32], start_s: float, end_s: float) -> NDArray[np.int16]:
    """The heard part with MARGIN_S around it, faded in and out, as int16 at FULL_SCALE."""
    margin = round(MARGIN_S * SAMPLE_RATE_HZ)
    start, end = (round(s * SAMPLE_RATE_HZ) for s in (start_s, end_s))
    padded = np.pad(samples, margin)[start : end + 2 * margin]
    ramp = np.sin(np.linspace(0, np.pi / 2, margin, dtype=np.float32)) ** 2
    shape = np.ones(len(padded), np.float32)
    shape[:margin] *= ramp
    shape[len(shape) - margin :] *= ramp[::-1]
    scaled = np.clip(np.rint(padded * shape * FULL_SCALE), -32768, 32767)
    return np.asarray(scaled, np.int16)


def _assembled(spoken: list[Spoken], pauses_s: list[float]) -> Speech:
    """Utterances in a row, a pause after each; the whole is levelled at once, so that loud and soft stay so."""
    margin = round(MARGIN_S * SAMPLE_RATE_HZ)
    heard_s = [(len(s.samples) - 2 * margin) / SAMPLE_RATE_HZ for s in spoken]
    starts_s = LEAD_S + np.concatenate([[0.0], np.cumsum(np.add(heard_s, pauses_s))])
    sound = np.zeros(round(starts_s[-1] * SAMPLE_RATE_HZ), np.float32)
    words: list[Word] = []
    phonemes: list[Phoneme] = []
    for s, start_s in zip(spoken, starts_s[:-1].tolist(), strict=True):
        first = round(start_s * SAMPLE_RATE_HZ) - margin
        room = sound[first : first + len(s.samples)]
        room += s.samples[: len(room)] / np.float32(FULL_SCALE)
        words += [Word(w.text, start_s + w.start_s, start_s + w.end_s) for w in s.words]
        phonemes += [Phoneme(p.symbol, p.viseme, start_s + p.start_s, start_s + p.end_s) for p in s.phonemes]
    duration_s = len(sound) / SAMPLE_RATE_HZ
    samples = np.clip(levelled(sound, SAMPLE_RATE_HZ), -1.0, 1.0)
    return Speech(samples, SAMPLE_RATE_HZ, _in_order(words, duration_s), tiled(phonemes, duration_s))


def _in_order(words: list[Word], duration_s: float) -> tuple[Word, ...]:
    out: list[Word] = []
    for w in words:
        start = max(w.start_s, out[-1].end_s if out else 0.0)
        out.append(Word(w.text, start, min(max(w.end_s, start), duration_s)))
    return tuple(out)


def packed(said: list[Spoken]) -> bytes:
    """A memo's value: one line of JSON (words, phonemes, count of samples), then the samples as little-endian int16."""
    head = [
        {
            "samples": len(s.samples),
            "words": [[w.text, w.start_s, w.end_s] for w in s.words],
            "phonemes": [[p.symbol, p.viseme, p.start_s, p.end_s] for p in s.phonemes],
        }
        for s in said
    ]
    return json.dumps(head).encode() + b"\n" + b"".join(s.samples.astype("<i2").tobytes() for s in said)


def unpacked(value: bytes) -> list[Spoken]:
    """What `packed` put in."""
    line, _, sound = value.partition(b"\n")
    samples = np.frombuffer(sound, "<i2").astype(np.int16)
    out, start = [], 0
    for s in json.loads(line):
        end = start + s["samples"]
        words = tuple(Word(*w) for w in s["words"])
        out.append(Spoken(samples[start:end], words, tuple(Phoneme(*p) for p in s["phonemes"])))
        start = end
    return out
