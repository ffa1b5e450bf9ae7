"""didgen.engine.speech.lipnet: the net in numpy against the values it gave where it was trained."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from didgen.engine.speech import lipnet
from didgen.engine.speech.lipnet import log_mel, mel_bank, viseme_probabilities

DATA = Path(__file__).parent.parent / "data"


def check_sound() -> np.ndarray:
    with wave.open(str(DATA / "viseme-check.wav")) as w:
        return np.frombuffer(w.readframes(w.getnframes()), "<i2").astype(np.float32) / 32768


def test_the_net_gives_the_trained_net_s_probabilities() -> None:
    """Every tenth row of the check vector, to its four printed digits."""
    expected = json.loads((DATA / "viseme-check.json").read_text())
    found = viseme_probabilities(check_sound())
    assert tuple(expected["shape"]) == found.shape
    rows = {int(k): row for k, row in expected["every_10th_row"].items()}
    assert np.allclose(list(rows.values()), found[list(rows)], atol=1e-4)


def test_loudness_does_not_matter() -> None:
    """A recording 30 dB quieter shows the same mouth in nearly every frame."""
    x = check_sound()
    same = viseme_probabilities(x).argmax(1) == viseme_probabilities(x * np.float32(0.0316)).argmax(1)
    assert same.mean() > 0.9


def test_a_tone_lights_the_mel_band_it_lies_in() -> None:
    """1 kHz peaks in the triangle whose middle is nearest, 4 kHz in a higher one."""
    t = np.arange(16_000) / 16_000
    peaks = [int(log_mel(np.sin(2 * np.pi * hz * t).astype(np.float32))[50].argmax()) for hz in (1000, 4000)]
    middles = (mel_bank() * np.linspace(0, 8000, 257)[:, None]).sum(0) / mel_bank().sum(0)
    assert [int(np.abs(middles - hz).argmin()) for hz in (1000, 4000)] == peaks


def test_frames_are_counted_by_whole_hops() -> None:
    """160 samples a frame; less than that is none."""
    assert [(0, 15), (1, 15), (3, 15)] == [viseme_probabilities(np.zeros(n, np.float32)).shape for n in (159, 160, 500)]


def test_silence_is_a_closed_mouth() -> None:
    """The pause after speech is told from speech."""
    x = np.concatenate([check_sound(), np.zeros(16_000, np.float32)])
    assert (viseme_probabilities(x)[310:].argmax(1) == 0).mean() > 0.9


def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long sound is taken piece by piece; each piece sees as far beyond its ends as the net does."""
    whole = viseme_probabilities(check_sound())
    given, net = [], lipnet._heard

    def watched(features: np.ndarray) -> np.ndarray:
        given.append(len(features))
        return net(features)

    monkeypatch.setattr(lipnet, "_heard", watched)
    monkeypatch.setattr(lipnet, "_CHUNK", 50)
    assert np.allclose(whole, viseme_probabilities(check_sound()), atol=1e-5)
    assert max(given) < 50 + 70
