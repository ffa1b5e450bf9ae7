from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.motion.mouth import mouth_of
from didgen.engine.motion.track import INDEX
from didgen.engine.speech.speech import VISEMES, Phoneme, Speech

RATE, FPS = 24_000, 25
JAW, SEAL, PUCKER = INDEX["jawOpen"], INDEX["seal"], INDEX["mouthPucker"]


def speech_of(*sounds: tuple[str, float], symbol: str = "", lead_s: float = 0.1) -> Speech:
    """A speech of these visemes and lengths after a short silence, loud all along."""
    phonemes, now = [], lead_s
    for viseme, length in sounds:
        phonemes.append(Phoneme(symbol, viseme, now, now + length))
        now += length
    return Speech(np.full(int((now + 0.1) * RATE), 0.2, np.float32), RATE, (), tuple(phonemes))


def weights_at(speech: Speech, at_s: float) -> np.ndarray:
    mouth = mouth_of(speech, np.ones(int(speech.duration_s * FPS)), FPS)
    return mouth.weights[int(at_s * FPS)]


@pytest.mark.parametrize("length_s", [0.02, 0.04, 0.09])
@pytest.mark.parametrize("start_s", [0.30, 0.313, 0.327, 0.339])
def test_every_bilabial_closes_on_a_frame(length_s: float, start_s: float) -> None:
    """p, b and m between two wide vowels shut the lips on at least one frame, wherever they fall on the frame grid."""
    speech = speech_of(("aa", 0.3), ("PP", length_s), ("aa", 0.3), lead_s=start_s - 0.3)
    mouth = mouth_of(speech, np.ones(int(speech.duration_s * FPS)), FPS)
    k = int(np.argmin(mouth.weights[3:-3, JAW])) + 3
    assert mouth.weights[k, JAW] == 0
    assert mouth.weights[k, SEAL] == 1
    assert mouth.closed[k] == 1
    assert abs((k + 0.5) / FPS - (start_s + length_s / 2)) <= 0.021, "the closure is on the sound's own frame"
    assert mouth.weights[k + 3, JAW] > 0.4


def test_vowels_open_as_wide_as_they_are() -> None:
    """aa opens the jaw most, then E, a little more than O (e of bed is open-mid, oh close-mid), then I; silence not at
    all."""
    jaw = {v: weights_at(speech_of((v, 0.4)), 0.3)[JAW] for v in ("sil", "I", "E", "O", "aa")}
    assert jaw["sil"] < 0.01 < jaw["I"] < jaw["O"] < jaw["E"] < jaw["aa"]


def test_rounding_starts_before_the_vowel() -> None:
    """Coarticulation: in "soo" the lips are already half round during the s, in "see" not at all."""
    soo, see = (weights_at(speech_of(("SS", 0.12), (vowel, 0.3)), 0.21)[PUCKER] for vowel in ("U", "I"))
    assert soo > 0.2
    assert see < 0.02


def test_lips_stay_round_through_what_shuts_them() -> None:
    """In "move" the m is rounded and shut, the v is rounded and bitten, and the vowel hardly less round than alone."""
    sounds = ("aa", 0.2), ("PP", 0.08), ("U", 0.08), ("FF", 0.06), ("SS", 0.1)
    m, u, v = (weights_at(speech_of(*sounds), at_s) for at_s in (0.35, 0.42, 0.49))
    alone = weights_at(speech_of(("U", 0.3)), 0.25)[PUCKER]
    assert m[PUCKER] > 0.15
    assert m[JAW] < 0.02
    assert u[PUCKER] > 0.8 * alone
    assert v[PUCKER] > 0.2 * alone
    assert v[INDEX["mouthRollLower"]] > 0.4


def test_the_a_of_bob_is_an_oval() -> None:
    """Between two b there is a picture with the jaw half down, and a back vowel is rounder than a front one, hardly:
    further round it hides its teeth and looks sung."""
    bob, bat = (speech_of(("PP", 0.11), ("aa", 0.09), ("PP", 0.08), symbol=s, lead_s=0.62) for s in ("ɑ", "æ"))
    opened, wide = (mouth_of(s, np.ones(int(s.duration_s * FPS)), FPS).weights for s in (bob, bat))
    k = int(opened[:, JAW].argmax())
    assert opened[k, JAW] > 0.45
    assert 0.2 > opened[k, INDEX["mouthFunnel"]] > wide[k, INDEX["mouthFunnel"]] + 0.05


def test_short_vowel_does_not_reach_its_shape() -> None:
    """Between consonants a short vowel opens less than a long one."""
    short, long = (weights_at(speech_of(("SS", 0.1), ("aa", n), ("SS", 0.1)), 0.2 + n / 2)[JAW] for n in (0.05, 0.3))
    assert short < 0.8 * long


def test_unstressed_vowel_opens_less() -> None:
    """A schwa moves the jaw less than a full vowel of the same mouth shape."""
    full, schwa = (weights_at(speech_of(("E", 0.2), symbol=s), 0.2)[JAW] for s in ("ɛ", "ə"))
    assert schwa < 0.75 * full


def test_pause_does_not_hold_the_mouth_shut_beyond_its_end() -> None:
    """0.15 s after a two-second pause the vowel is as open as without it."""
    after_pause = weights_at(speech_of(("aa", 0.3), ("sil", 2.0), ("aa", 0.4)), 2.55)[JAW]
    alone = weights_at(speech_of(("aa", 0.4)), 0.25)[JAW]
    assert after_pause == pytest.approx(alone, rel=0.05)


def test_mouth_rests_after_the_last_sound() -> None:
    """In the pad after the speech the lips are closed and nothing else is left of the last vowel."""
    mouth = mouth_of(speech_of(("aa", 0.3)), np.zeros(50), FPS)
    assert mouth.weights[-20:, SEAL].min() > 0.99
    assert mouth.weights[-20:, JAW].max() < 0.01


def test_mouth_from_sound_alone_follows_the_probabilities() -> None:
    """100 Hz probabilities: silence, aa, a closure marked by the phonemes, aa; the closure is complete."""
    visemes = np.zeros((120, 15), np.float32)
    runs = [("sil", 0, 30), ("aa", 30, 60), ("PP", 60, 68), ("aa", 68, 100), ("sil", 100, 120)]
    for viseme, a, b in runs:
        visemes[a:b, VISEMES.index(viseme)] = 1
    phonemes = tuple(Phoneme("", v, a / 100, b / 100) for v, a, b in runs)
    speech = Speech(np.full(28_800, 0.2, np.float32), RATE, (), phonemes, visemes)
    jaw = mouth_of(speech, np.ones(30), FPS).weights[:, JAW]
    assert jaw[:6].max() < 0.02
    assert jaw[10] > 0.55
    assert jaw[15:17].min() == 0
    assert jaw[20] > 0.55


def test_shares_of_a_long_speech_stay_finite() -> None:
    """Ten minutes of pad after a word: no division by nothing."""
    mouth = mouth_of(speech_of(("aa", 0.2)), np.zeros(15_000), FPS)
    assert np.isfinite(mouth.weights).all()


def test_jaw_never_snaps() -> None:
    """However short the vowel between two closures, the jaw moves by at most 0.34 a frame, and the lips still close."""
    for length_s in (0.04, 0.08, 0.12, 0.2):
        speech = speech_of(("PP", 0.08), ("aa", length_s), ("PP", 0.08), ("aa", 0.2))
        jaw = mouth_of(speech, np.ones(int(speech.duration_s * FPS)), FPS).weights[:, JAW]
        assert np.abs(np.diff(jaw)).max() < 0.3401
        assert jaw.max() > 0.3


def test_upper_teeth_show_on_the_lower_lip() -> None:
    """In f and v the lower lip rolls in and the upper one is lifted off it."""
    weights = weights_at(speech_of(("FF", 0.2)), 0.2)
    assert weights[INDEX["mouthUpperUpLeft"]] > 0.4
    assert weights[INDEX["mouthRollLower"]] > 0.5
    assert weights[JAW] < 0.15
