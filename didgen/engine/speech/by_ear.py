"""Words found in sound: for voices that do not say when they speak which. Pure.

The lip-shape net tells how likely each mouth shape is every 10 ms; the letters of the words tell which shapes to
expect, roughly. The best monotone path of one along the other (Viterbi 1967) says where each word begins and ends.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.speech import VISEMES

FRAME_S: Final = 0.01
SKIP: Final = -3.0  # log weight of a letter that is not heard
DOUBT: Final = 0.15  # how much of any shape may be another one: letters are no phonemes
EXPECTED: Final = 4.0  # how much likelier the shape of the letter is that is being spoken
ANY, REST = -1, -2
_PP: Final = VISEMES.index("PP")

_LETTERS: Final = {
    "PP": "pbm", "FF": "fvw", "DD": "dtl", "kk": "kgcqxh", "SS": "sz", "nn": "n", "RR": "r", "aa": "a", "E": "e",
    "I": "iyj", "O": "o", "U": "u",
}  # fmt: skip
_GROUPS: Final[dict[str, dict[str, str]]] = {
    "de": {"tsch": "CH", "sch": "CH", "ch": "kk", "ei": "aa E", "ai": "aa E", "eu": "O E", "äu": "O E", "ie": "I",
           "au": "aa U", "qu": "kk FF", "ck": "kk", "ng": "nn", "ß": "SS", "ä": "E", "ö": "E", "ü": "I", "v": "FF",
           "z": "DD SS", "ph": "FF", "sp": "CH PP", "st": "SS DD"},
    "es": {"ch": "CH", "ll": "I", "ñ": "nn", "qu": "kk", "gu": "kk", "v": "PP", "h": "", "z": "TH", "ce": "TH E",
           "ci": "TH I", "j": "kk", "ge": "kk E", "gi": "kk I"},
    "fr": {"eau": "O", "eaux": "O", "au": "O", "aux": "O", "ou": "U", "oi": "U aa", "ai": "E", "ei": "E", "ch": "CH",
           "gn": "nn", "qu": "kk", "ph": "FF", "an": "aa", "en": "aa", "on": "O", "in": "E", "eu": "E", "h": "",
           "j": "CH", "ge": "CH", "gi": "CH I", "ce": "SS", "ci": "SS I", "ç": "SS", "u": "I", "er": "E", "ez": "E"},
    "it": {"gli": "DD I", "gn": "nn", "ch": "kk", "gh": "kk", "sci": "CH", "sce": "CH E", "ci": "CH I", "ce": "CH E",
           "gi": "CH I", "ge": "CH E", "z": "DD SS", "h": "", "qu": "kk U"},
    "en": {"th": "TH", "sh": "CH", "ch": "CH", "ph": "FF", "ee": "I", "ea": "I", "oo": "U", "ou": "aa U", "ow": "aa U",
           "ck": "kk", "ng": "nn", "wh": "U", "w": "U", "igh": "aa E", "qu": "kk U", "j": "CH", "gh": "", "ce": "SS",
           "tion": "CH E nn", "ay": "E I", "ai": "E I"},
}  # fmt: skip
"""By language: letters that stand for other shapes than one by one."""

_BASE: Final = {letter: viseme for viseme, letters in _LETTERS.items() for letter in letters}


@dataclass(frozen=True, slots=True)
class Followed:
    """Words followed in sound. times_s: start and end of each word, in order, without overlap.

    visemes: (F, 15) the probabilities again, the shapes that the letters let expect made likelier.
    """

    times_s: list[tuple[float, float]]
    visemes: NDArray[np.float32]


def follow(visemes: NDArray[np.float32], words: Sequence[str], language: str) -> Followed:
    """Follow the words through (F, 15) probabilities at 100 frames a second.

    A sound of fewer frames than words is shared out among them in equal parts.
    """
    if not words or len(visemes) < len(words):
        step = len(visemes) * FRAME_S / max(1, len(words))
        return Followed([(k * step, (k + 1) * step) for k in range(len(words))], visemes)
    states, owners = _expected(words, language)
    path = _best_path(_weights(visemes, states), states)
    return Followed(_times(owners[path], len(words)), _informed(visemes, path, np.array(states), owners))


def _times(heard: NDArray[np.intp], count: int) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    now = 0.0
    for k in range(count):
        own = np.flatnonzero(heard == k)
        if len(own):
            out.append((max(now, float(own[0] * FRAME_S)), float((own[-1] + 1) * FRAME_S)))
            now = out[-1][1]
        else:
            out.append((now, now))
    return out


def _informed(
    visemes: NDArray[np.float32], path: NDArray[np.intp], states: NDArray[np.intp], owners: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Bayes' rule with a prior of EXPECTED to one for the shape of each frame's letter.

    A word that begins with p, b or m begins with closed lips: there the best frame is made sure of.
    """
    out = visemes.copy()
    classes = states[path]
    frames = np.flatnonzero(classes >= 0)
    out[frames, classes[frames]] *= EXPECTED
    initial = np.flatnonzero((states == _PP) & (owners != np.concatenate([[-1], owners[:-1]])))
    for state in initial:
        run = np.flatnonzero(path == state)
        if len(run):
            best = int(run[visemes[run, _PP].argmax()])
            near = out[max(0, best - 1) : best + 2]
            near[:, _PP] = np.maximum(near[:, _PP], near.sum(axis=1))
    return np.asarray(out / out.sum(axis=1, keepdims=True), np.float32)


def expected_visemes(word: str, language: str) -> list[str]:
    """The shapes of a written word, roughly; a letter of no known shape, such as a digit, is "?" thrice."""
    groups = _GROUPS.get(language, {})
    longest = max((len(g) for g in groups), default=1)
    word = unicodedata.normalize("NFC", word.lower())
    out: list[str] = []
    k = 0
    while k < len(word):
        size = next((n for n in range(longest, 0, -1) if word[k : k + n] in groups and k + n <= len(word)), 0)
        if size:
            out += groups[word[k : k + size]].split()
            k += size
            continue
        plain = unicodedata.normalize("NFD", word[k])[0]
        if plain in _BASE:
            out.append(_BASE[plain])
        elif plain.isalnum():
            out += ["?"] * 3
        k += 1
    return [v for i, v in enumerate(out) if v == "?" or i == 0 or v != out[i - 1]]  # "tt" is one sound


def _expected(words: Sequence[str], language: str) -> tuple[list[int], NDArray[np.intp]]:
    """Class of every state and the word it belongs to (-1: a rest before, between and after the words)."""
    states, owners = [REST], [-1]
    for k, word in enumerate(words):
        shapes = expected_visemes(word, language) or ["?"]
        states += [ANY if v == "?" else VISEMES.index(v) for v in shapes]
        owners += [k] * len(shapes)
        states.append(REST)
        owners.append(-1)
    return states, np.array(owners, np.intp)


def _weights(visemes: NDArray[np.float32], states: Sequence[int]) -> NDArray[np.float64]:
    """(F, N) log weight of each frame in each state."""
    p = (1 - DOUBT) * visemes.astype(np.float64) + DOUBT / len(VISEMES)
    spoken = np.log(np.maximum(1 - p[:, 0], 1e-6)) + np.log(0.2)
    columns = [np.log(p[:, 0]) if s == REST else spoken if s == ANY else np.log(p[:, s]) for s in states]
    return np.stack(columns, axis=1)


def _best_path(weights: NDArray[np.float64], states: Sequence[int]) -> NDArray[np.intp]:
    """(F,) the state of each frame: stay, go on, or leave one state out (a rest for nothing, a letter for SKIP)."""
    frames, count = weights.shape
    free = np.array([0.0 if s == REST else SKIP for s in states])
    leap = np.concatenate([[0.0, 0.0], free[1:-1]])[:count]  # into state n, leaving out n - 1
    score = np.full(count, -np.inf)
    score[: min(2, count)] = weights[0, : min(2, count)]
    came = np.zeros((frames, count), np.int8)
    for t in range(1, frames):
        ways = np.full((3, count), -np.inf)
        ways[0] = score
        ways[1, 1:] = score[:-1]
        ways[2, 2:] = score[:-2] + leap[2:]
        best = ways.argmax(axis=0)
        came[t] = best
        score = ways[best, np.arange(count)] + weights[t]
    path = np.empty(frames, np.intp)
    path[-1] = count - 1 if score[-1] >= score[-2] else count - 2
    for t in range(frames - 1, 0, -1):
        path[t - 1] = path[t] - came[t, path[t]]
    return path
