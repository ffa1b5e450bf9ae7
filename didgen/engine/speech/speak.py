"""Text to speech: a script in, levelled sound with the time of every word and phoneme out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.delivery import RATES
from didgen.catalog.local_voices import VOICES, Voice
from didgen.catalog.versions import SPEECH_MODELS
from didgen.catalog.voices import voice_named
from didgen.digest import canonical_json, sha256_bytes
from didgen.engine.shot import FPS, Memo, TextScript
from didgen.engine.speech.breath import readings, voiced
from didgen.engine.speech.gains import gain_db
from didgen.engine.speech.kokoro import SAMPLE_RATE_HZ
from didgen.engine.speech.loudness import levelled
from didgen.engine.speech.reading import Reading
from didgen.engine.speech.reshape import Piece, reshaped
from didgen.engine.speech.script import Utterance, utterances
from didgen.engine.speech.speech import Phoneme, Sentence, Speech, Word
from didgen.engine.speech.style import PLAIN, Style
from didgen.engine.speech.timing import Timed, phonemes_of, tiled
from didgen.engine.speech.visemes import PAUSES
from didgen.errors import RenderError, UsageError

FORMAT: Final = 5  # of a memo's value, and of everything between the model and it
LEAD_S: Final = 0.12
TAIL_S: Final = 0.25
BREATH_S: Final = 0.15  # between the parts of a sentence too long for the voice
MARGIN_S: Final = 0.03  # kept of the model's own silence around a sentence, faded
FULL_SCALE: Final = 32767.0  # of a memo's int16


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance: (N,) int16 sound at FULL_SCALE with MARGIN_S around what is heard.

    Words and phonemes are in seconds from where it is first heard; a mouth may open before that.
    """

    samples: NDArray[np.int16]
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]


def speak(script: TextScript, memo: Memo | None = None, progress: Callable[[int, int], None] | None = None) -> Speech:
    """Speak a script with a local voice: mono float32 at 24 kHz, about -16 LUFS, the same bytes each time here.

    0.12 s of silence lead in, 0.35 s part sentences, 0.65 s paragraphs, 0.25 s end it, or what a `break` at its end
    says. Words come back as written in the script ("Dr.", "3"). Sentences already spoken are taken from `memo`;
    `progress(done, total)` counts them. Raises RenderError: unknown voice, voice not installed, rate outside 0.5–2, and
    what `utterances` refuses.
    """
    _voice(script.voice)
    _check_rate(script.rate)
    spoken: list[Spoken] = []
    pauses_s: list[float] = []
    parts: list[tuple[str, int]] = []
    planned = utterances(script)
    for done, utterance in enumerate(planned, 1):
        said = _utterance(utterance, script, memo)
        spoken += said
        pauses_s += [BREATH_S] * (len(said) - 1) + [utterance.pause_s] * bool(said)
        parts.append((sentence_key(utterance), len(said)))
        if progress is not None:
            progress(done, len(planned))
    if not spoken:
        raise RenderError("ValidationError", "the script has nothing to say", hint="write at least one word")
    tail_s = max(TAIL_S, pauses_s[-1]) if planned[-1].asked else TAIL_S
    return _assembled(spoken, [*pauses_s[:-1], tail_s], parts)


def _voice(name: str) -> Voice:
    """A voice by its id, or by any name that SSML may give. Raises RenderError for one nobody has."""
    try:
        return voice_named(name)
    except UsageError as error:
        near = get_close_matches(name, VOICES, 1)
        raise RenderError(
            "ValidationError",
            f"the local engine has no voice {name!r}",
            hint=f"did you mean {near[0]}?" if near else error.hint or f"it has: {', '.join(VOICES)}",
        ) from error


def _check_rate(rate: float) -> None:
    low, high = RATES
    if not low <= rate <= high:
        raise RenderError("ValidationError", f"a rate of {rate:g} is outside {low:g} to {high:g}")


def _utterance(utterance: Utterance, script: TextScript, memo: Memo | None) -> list[Spoken]:
    if not utterance.written:  # a rest before the first word
        return [Spoken(np.zeros(2 * round(MARGIN_S * SAMPLE_RATE_HZ), np.int16), (), ())]
    voice = _voice(utterance.voice or script.voice)
    key = memo_key(utterance, voice, script.rate, script.pitch_st)
    kept = memo.get(key) if memo is not None else None
    if kept is not None:
        return unpacked(kept)
    styles = [style.on_top(script.rate, script.pitch_st) for style in utterance.styles or _plain(utterance)]
    given = [style.phonemes for style in utterance.styles]
    breaths = readings(voice, utterance.written, utterance.spoken, given)
    said = [_spoken(reading, voice, own) for reading, own in zip(breaths, _dealt(styles, breaths), strict=True)]
    if memo is not None:
        memo.put(key, packed(said))
    return said


def _plain(utterance: Utterance) -> list[Style]:
    return [PLAIN] * len(utterance.written.split())


def _dealt(styles: Sequence[Style], readings: Sequence[Reading]) -> list[list[Style]]:
    """For each reading the style of each of its spans; a span of several written words has that of the first."""
    rest = list(styles)
    dealt = []
    for reading in readings:
        own = []
        for span in reading.words:
            own.append(rest[0] if rest else PLAIN)
            del rest[: max(1, len(span.text.split()))]
        dealt.append(own)
    return dealt


def memo_key(utterance: Utterance, voice: Voice, rate: float, pitch_st: float = 0.0) -> str:
    """Digest of all that decides an utterance's sound and times."""
    nets = {name: SPEECH_MODELS[name] for name in voice.models}
    parts = [FORMAT, utterance.written, utterance.spoken, voice.id, voice.locale, rate, nets]
    styled = [pitch_st, [[s.rate, s.pitch_st, s.gain_db, s.phonemes] for s in utterance.styles]]
    return "speech-" + sha256_bytes(canonical_json(parts + styled if pitch_st or utterance.styles else parts))


def sentence_key(utterance: Utterance) -> str:
    """What is said, whoever says it."""
    return sha256_bytes(canonical_json([utterance.written, utterance.spoken]))[:16]


def _spoken(reading: Reading, voice: Voice, styles: Sequence[Style]) -> Spoken:
    """Spoken by the voice at the pace most of its words have, then changed where words ask for more."""
    pace = _held(median([style.rate for style in styles]) if styles else 1.0)
    take = voiced(voice, reading, pace)
    symbols, sound = take.symbols, take.sound
    if any(_piece(0.0, 1.0, style, pace) != Piece(0.0, 1.0) for style in styles):
        pieces = _pieces(reading, symbols, styles, pace, len(take.samples) / SAMPLE_RATE_HZ)
        samples, after = reshaped(take.samples, SAMPLE_RATE_HZ, pieces)
        symbols = [replace(t, start_s=after(t.start_s), end_s=after(t.end_s)) for t in symbols]
        start_s, end_s = after(sound.start_s), after(sound.end_s)
    else:
        samples, start_s, end_s = take.samples, sound.start_s, sound.end_s
    words = _words(reading, symbols, start_s)
    samples = levelled(samples, SAMPLE_RATE_HZ, gain_db(voice))
    return Spoken(_trimmed(samples, start_s, end_s), tuple(words), tuple(phonemes_of(symbols, -start_s)))


def _held(rate: float) -> float:
    return min(max(rate, RATES[0]), RATES[1])


def _piece(start_s: float, end_s: float, style: Style, pace: float) -> Piece:
    return Piece(start_s, end_s, _held(style.rate) / pace, style.pitch_st, style.gain_db)


def _pieces(
    reading: Reading, symbols: list[Timed], styles: Sequence[Style], pace: float, until_s: float
) -> list[Piece]:
    """The whole take in stretches of one style each; they part half-way between two words."""
    pieces: list[Piece] = []
    last_end_s = 0.0
    for span, style in zip(reading.words, styles, strict=True):
        own = [t for t in symbols if span.start <= t.index < span.end and t.symbol not in PAUSES]
        if not own:
            continue
        cut_s = (last_end_s + own[0].start_s) / 2 if pieces else 0.0
        piece = _piece(cut_s, until_s, style, pace)
        if not pieces or replace(piece, start_s=pieces[-1].start_s) != pieces[-1]:
            pieces[-1:] = [*(replace(last, end_s=cut_s) for last in pieces[-1:]), piece]
        last_end_s = own[-1].end_s
    return pieces or [Piece(0.0, until_s)]


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


def _assembled(spoken: list[Spoken], pauses_s: list[float], parts: list[tuple[str, int]]) -> Speech:
    """Utterances in a row, a pause after each.

    `parts`: the key of every sentence, and of how many utterances in a row it is made.
    """
    margin = round(MARGIN_S * SAMPLE_RATE_HZ)
    heard_s = [(len(s.samples) - 2 * margin) / SAMPLE_RATE_HZ for s in spoken]
    starts_s = np.concatenate([[LEAD_S], LEAD_S + np.cumsum(_on_frames(np.add(heard_s, pauses_s)))])
    starts_s[-1] = starts_s[-2] + heard_s[-1] + pauses_s[-1]
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
    ends_s = starts_s[:-1] + heard_s
    return Speech(
        np.clip(sound, -1.0, 1.0, out=sound),
        SAMPLE_RATE_HZ,
        _in_order(words, duration_s),
        tiled(phonemes, duration_s),
        sentences=_sentences(starts_s.tolist(), ends_s.tolist(), parts),
    )


def _on_frames(lengths_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lengths of utterances with their pauses, up to the next picture: each utterance begins as one does.

    So a sentence that an edit before it moves is drawn as it was, picture by picture.
    """
    return np.asarray(np.ceil(lengths_s * FPS - 1e-6) / FPS)


def _sentences(starts_s: list[float], ends_s: list[float], parts: list[tuple[str, int]]) -> tuple[Sentence, ...]:
    out, first = [], 0
    for key, count in parts:
        if count:
            out.append(Sentence(starts_s[first], ends_s[first + count - 1], key))
        first += count
    return tuple(out)


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
