"""A tune read into notes and sounds with times. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from didgen.engine.song.tunes import Tune
from didgen.engine.speech.speech import Phoneme, Word

TAIL_S = 0.7  # after the last note the instruments ring out
BREATH_S = 0.16  # taken off a note before a rest
SHORT = 0.5  # of its beats a "!" note is held
MOST_OF_A_NOTE = 0.4  # that the consonants of the next syllable may take from it
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHIFTS = {"#": 1, "b": -1}

CONSONANTS: dict[str, tuple[str, str, float]] = {
    **{c: (c, "PP", 0.09) for c in "mpb"},
    **{c: (c, "FF", 0.09) for c in "fv"},
    **{c: (c, "SS", 0.1) for c in "sz"},
    **{c: (c, "DD", 0.06) for c in "td"},
    **{c: (c, "nn", 0.07) for c in "nl"},
    **{c: (c, "kk", 0.06) for c in "kgh"},
    "T": ("θ", "TH", 0.08),
    "S": ("ʃ", "CH", 0.1),
    "C": ("tʃ", "CH", 0.1),
    "j": ("dʒ", "CH", 0.08),
    "r": ("ɹ", "RR", 0.07),
    "w": ("w", "U", 0.07),
    "y": ("j", "I", 0.06),
}
"""Letter: its symbol, its viseme and how long it is, seconds."""

VOWELS: dict[str, tuple[str, str]] = {
    "a": ("a", "aa"), "e": ("e", "E"), "i": ("i", "I"), "o": ("o", "O"), "u": ("u", "U"), "A": ("ʌ", "aa"),
}  # fmt: skip
"""Letter: its symbol and its viseme."""

GLIDE_SHARE, GLIDE_S = 0.3, 0.14  # a second vowel of a syllable takes so much of its end, at most


@dataclass(frozen=True, slots=True)
class Note:
    """One pitch, held. start_s, end_s: of its sound; vowel: the letter it is sung on. midi: 69 is A4, 440 Hz.

    first: it begins a syllable; fresh: it begins a phrase (a breath is taken before it).
    """

    midi: int
    start_s: float
    end_s: float
    vowel: str
    first: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class Chord:
    """Semitones above C of its root, and of the others above it; from start_s to end_s."""

    root: int
    others: tuple[int, ...]
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Score:
    """Everything with its time. phonemes: consonants and vowels in order, not overlapping; silence is left out.

    words: a syllable each, as it is written in the tune.
    """

    notes: tuple[Note, ...]
    phonemes: tuple[Phoneme, ...]
    words: tuple[Word, ...]
    chords: tuple[Chord, ...]
    beat_s: float
    first_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class _Syllable:
    letters: str
    notes: tuple[Note, ...]


def read_score(tune: Tune) -> Score:
    """The tune with times from the start of its sound. Raises ValueError for what is no note."""
    beat_s = 60 / tune.bpm
    first_s = tune.intro * beat_s
    notes, texts, end_s = _notes(tune.melody, beat_s, first_s)
    syllables = _syllables(notes, texts)
    sounds: list[Phoneme] = []
    for k, syllable in enumerate(syllables):
        following = syllables[k + 1] if k + 1 < len(syllables) else None
        sounds += _sounds(syllable, sounds[-1].end_s if sounds else 0.0, following)
    duration_s = end_s + TAIL_S
    return Score(
        tuple(notes),
        tuple(sounds),
        tuple(Word(s.letters, s.notes[0].start_s, s.notes[-1].end_s) for s in syllables),
        tuple(_chords(tune.chords, beat_s, first_s, end_s)),
        beat_s,
        first_s,
        duration_s,
    )


def midi_of(name: str) -> int:
    """ "Bb4" is 70. Raises ValueError for what is no note."""
    step, shift, octave = name[:1], name[1:-1], name[-1:]
    if step not in _STEPS or not octave.isdigit() or any(c not in _SHIFTS for c in shift):
        raise ValueError(f"{name!r} is no note")
    return 12 * (int(octave) + 1) + _STEPS[step] + sum(_SHIFTS[c] for c in shift)


def _notes(melody: str, beat_s: float, start_s: float) -> tuple[list[Note], list[str], float]:
    """The notes, the text that each begins ("" where the syllable before goes on), and where the last one ends."""
    notes: list[Note] = []
    texts: list[str] = []
    now_s, fresh, vowel = start_s, True, "a"
    for token in melody.split():
        pitch, _, text = token.partition("=")
        name, _, beats = pitch.partition("/")
        length_s = float(beats.rstrip("!")) * beat_s
        if name == "-":
            if notes:
                notes[-1] = _ended(notes[-1], notes[-1].end_s - min(BREATH_S, 0.3 * length_s))
            now_s, fresh = now_s + length_s, True
            continue
        vowel = next((c for c in text if c in VOWELS), vowel)
        held_s = length_s * (SHORT if beats.endswith("!") else 1.0)
        notes.append(Note(midi_of(name), now_s, now_s + held_s, vowel, bool(text), fresh))
        texts.append(text)
        now_s, fresh = now_s + length_s, False
    return notes, texts, now_s


def _ended(note: Note, end_s: float) -> Note:
    return Note(note.midi, note.start_s, end_s, note.vowel, note.first, note.fresh)


def _syllables(notes: list[Note], texts: list[str]) -> list[_Syllable]:
    out: list[_Syllable] = []
    for note, text in zip(notes, texts, strict=True):
        if text or not out:
            out.append(_Syllable(text or "a", (note,)))
        else:
            out[-1] = _Syllable(out[-1].letters, (*out[-1].notes, note))
    return out


def _sounds(syllable: _Syllable, free_s: float, following: _Syllable | None) -> list[Phoneme]:
    """The sounds of a syllable: the vowel begins with the note, its consonants come before it, the last ones after.

    free_s: where the sound before ends. Singers put the vowel on the beat (Sundberg 1987).
    """
    letters = syllable.letters
    at = next(k for k, c in enumerate(letters) if c in VOWELS)
    last = max(k for k, c in enumerate(letters) if c in VOWELS)
    start_s, end_s = syllable.notes[0].start_s, syllable.notes[-1].end_s
    out = _packed(letters[:at], max(free_s, start_s - _room_s(syllable, letters[:at])), start_s)
    coda, onset = letters[last + 1 :], _onset(following)
    limit_s = end_s if following is None else min(end_s, following.notes[0].start_s - _room_s(following, onset))
    vowels_end_s = max(limit_s - _room_s(syllable, coda), start_s + (1 - MOST_OF_A_NOTE) * (limit_s - start_s))
    vowels = [c for c in letters[at : last + 1] if c in VOWELS]
    glide_s = min(GLIDE_S, GLIDE_SHARE * (vowels_end_s - start_s)) if len(vowels) > 1 else 0.0
    cuts = [start_s, *(vowels_end_s - glide_s * (len(vowels) - k) / (len(vowels) - 1) for k in range(1, len(vowels)))]
    for vowel, a, b in zip(vowels, cuts, [*cuts[1:], vowels_end_s], strict=True):
        out.append(Phoneme(*VOWELS[vowel], a, b))
    return out + _packed(coda, vowels_end_s, limit_s)


def _onset(syllable: _Syllable | None) -> str:
    if syllable is None:
        return ""
    return syllable.letters[: next(k for k, c in enumerate(syllable.letters) if c in VOWELS)]


def _room_s(syllable: _Syllable, consonants: str) -> float:
    wanted = sum(CONSONANTS[c][2] for c in consonants)
    return min(wanted, MOST_OF_A_NOTE * (syllable.notes[-1].end_s - syllable.notes[0].start_s) + 0.02)


def _packed(consonants: str, start_s: float, end_s: float) -> list[Phoneme]:
    """Consonants shared out over a stretch of time, each by its usual length."""
    wanted = [CONSONANTS[c][2] for c in consonants]
    if not wanted or end_s - start_s < 1e-3:
        return []
    out, now_s = [], start_s
    for c, length_s in zip(consonants, wanted, strict=True):
        until_s = now_s + (end_s - start_s) * length_s / sum(wanted)
        out.append(Phoneme(CONSONANTS[c][0], CONSONANTS[c][1], now_s, until_s))
        now_s = until_s
    return out


def _chords(text: str, beat_s: float, start_s: float, end_s: float) -> list[Chord]:
    """The chords from the first note on; the last one lasts as long as the melody does."""
    out: list[Chord] = []
    for token in text.split():
        name, _, beats = token.partition("/")
        kind = name[1 + (name[1:2] in _SHIFTS) :]
        root = midi_of(name.removesuffix(kind) + "0") % 12 if kind else midi_of(name + "0") % 12
        others = {"": (4, 7), "m": (3, 7), "7": (4, 7, 10)}[kind]
        until_s = start_s + float(beats) * beat_s
        out.append(Chord(root, others, start_s, until_s))
        start_s = until_s
    if out and out[-1].end_s < end_s:
        out[-1] = Chord(out[-1].root, out[-1].others, out[-1].start_s, end_s)
    return [chord for chord in out if chord.start_s < end_s]
