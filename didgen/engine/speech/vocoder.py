"""Kokoro's vocoder outside its graph: residual blocks over sound (time, channels), which is most of what a voice costs.

ONNX Runtime does a graph one node after the other, each over the whole sound, which fits no processor's cache; its sine
has no wide instructions, and its products of bytes want time first where all else wants channels first. Here a block
goes through the sound piece by piece, time first throughout, and only the products are left to ONNX Runtime. The sums
are the same but for the rounding of floats, to which the model is sensitive, as rounding to 8 bits follows: samples
differ (20 dB under the sound), but not what is heard; a style vector changed by a millionth changes them more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.convolution import Convolution, convolutions
from didgen.engine.speech.onnx_file import GRAPH, INITIAL, Tensor, fields_of, tensor_of
from didgen.engine.speech.stillness import Kept

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]
Start = Callable[[bytes], "InferenceSession"]

INNER: Final = "/decoder/decoder/generator/"  # of the values' names
WEIGHTS: Final = "decoder.decoder.generator."
SOURCE: Final = (f"{INNER}noise_convs.0/Conv_output_0", f"{INNER}noise_convs.1/Conv_output_0")
COARSE: Final = f"{INNER}LeakyRelu_output_0"  # (1, 512, T) what the vocoder makes sound of
FINE: Final = f"{INNER}Div_4_output_0"  # (1, 128, 60 T + 1) what it has made of it
STAGES: Final = ((10, 5), (6, 3))  # how much longer a stage makes the sound, and what it cuts off at either end
KERNELS: Final = 3  # blocks side by side
STEPS: Final = 3  # of a block
SLOPE: Final = 0.1  # of a leaky ReLU between the stages
EPSILON: Final = 1e-5  # of the normalisations
PIECE: Final = 1 << 17  # values at a time: what is made of them fits the cache


def _style(block: str, half: int, step: int) -> str:
    return f"{INNER}{block}/adain{half}.{step}/fc/Gemm_output_0"


def _convolution(block: str, half: int, step: int) -> str:
    return f"{INNER}{block}/convs{half}.{step}/Conv_output_0"


_BLOCKS: Final = ("noise_res.0", "noise_res.1", *(f"resblocks.{k}" for k in range(KERNELS * len(STAGES))))
_HALVES: Final = [(half, step) for step in range(STEPS) for half in (1, 2)]
NEEDED: Final = (COARSE, *SOURCE, *(_style(block, *at) for block in _BLOCKS for at in _HALVES))
"""Inner values of the model that the vocoder begins with."""


class Vocoder:
    """The vocoder of a model: from the values NEEDED, by name, to FINE, of the frames that are kept."""

    def __init__(self, model: bytes, start: Start) -> None:
        held = _tensors(model)
        names = [_convolution(block, *at) for block in _BLOCKS for at in _HALVES]
        convolved = convolutions(model, names, PIECE, start)
        self._blocks = {name: _Block(name, held, convolved) for name in _BLOCKS}
        self._ups = [_Wider.of(k, held) for k in range(len(STAGES))]

    def __call__(self, values: Mapping[str, Floats], kept: Kept) -> Floats:
        weights = kept.weights
        sound, times = kept.of(values[COARSE][0].T), 1
        for stage, source in enumerate(SOURCE):
            if stage:
                np.maximum(sound, sound * np.float32(SLOPE), out=sound)
            sound = self._ups[stage](sound)
            weights = np.repeat(weights, self._ups[stage].stride)
            times *= self._ups[stage].stride
            if stage == len(STAGES) - 1:  # reflected, as the first window of its spectrum is half before it
                sound, weights = np.concatenate([sound[1:2], sound]), np.concatenate([weights[:1], weights])
            sound += self._excited(stage, kept.of(values[source][0].T, times), weights, values)
            sound = self._mean(stage, sound, weights, values)
        return np.ascontiguousarray(sound.T)[None]

    def _excited(self, stage: int, source: Floats, weights: Floats, values: Mapping[str, Floats]) -> Floats:
        self._blocks[f"noise_res.{stage}"](source, weights, values)
        return source

    def _mean(self, stage: int, sound: Floats, weights: Floats, values: Mapping[str, Floats]) -> Floats:
        total = np.zeros_like(sound)
        for kernel in range(KERNELS):
            own = sound.copy()
            self._blocks[f"resblocks.{KERNELS * stage + kernel}"](own, weights, values)
            total += own
        total /= np.float32(KERNELS)
        return total


@dataclass(frozen=True, slots=True)
class _Wider:
    """A transposed convolution whose kernel is two strides long: each sample becomes two strides, and neighbours' add.

    weights: (2, channels, stride * out). bias: (out,).
    """

    weights: Floats
    bias: Floats
    stride: int
    cut: int

    @classmethod
    def of(cls, stage: int, held: Mapping[str, Tensor]) -> _Wider:
        name = f"{INNER}Mul{f'_{stage}' if stage else ''}_output_0"
        weights = _floats(held[name]).reshape(held[name].dims).transpose(2, 0, 1)  # (taps, channels, out)
        halves = weights.reshape(2, -1, *weights.shape[1:]).transpose(0, 2, 1, 3)
        return cls(
            np.ascontiguousarray(halves).reshape(2, len(halves[0]), -1),
            _floats(held[f"{WEIGHTS}ups.{stage}.bias"]),
            *STAGES[stage],
        )

    def __call__(self, sound: Floats) -> Floats:
        """(T, channels) -> (stride * T, out)."""
        out = np.zeros((len(sound) + 1, self.weights.shape[2]), np.float32)
        np.matmul(sound, self.weights[0], out=out[:-1])
        out[1:] += sound @ self.weights[1]
        long = out.reshape(-1, len(self.bias))[self.cut : -self.cut]
        long += self.bias
        return long


@dataclass(frozen=True, slots=True)
class _Half:
    """Normalised to a style, curved, convolved. curve: (channels,) how narrow the curve's waves are."""

    style: str
    curve: Floats
    convolution: Convolution


class _Block:
    """x + f(x), three times, f being two halves: each as normalised as the sound is as a whole."""

    def __init__(self, name: str, held: Mapping[str, Tensor], convolved: Mapping[str, Convolution]) -> None:
        halves = [
            _Half(
                _style(name, half, step),
                _floats(held[f"{WEIGHTS}{name}.alpha{half}.{step}"]),
                convolved[_convolution(name, half, step)],
            )
            for half, step in _HALVES
        ]
        self._steps = list(zip(halves[::2], halves[1::2], strict=True))
        self._reach = max(half.convolution.reach for half in halves)

    def __call__(self, sound: Floats, weights: Floats, styles: Mapping[str, Floats]) -> None:
        """(T, channels), in place. weights: (T,) for how many samples each counts."""
        spread = _Spread()
        for rows in _pieces(sound):
            spread.add(sound[rows], weights[rows])
        padded = np.zeros((len(sound) + 2 * self._reach, sound.shape[1]), np.float32)
        between = np.empty_like(sound)
        for first, second in self._steps:
            inner = _Spread()
            for rows, part in self._half(first, sound, spread, styles, padded):
                between[rows] = part
                inner.add(part, weights[rows])
            spread = _Spread()
            for rows, part in self._half(second, between, inner, styles, padded):
                sound[rows] += part
                spread.add(sound[rows], weights[rows])

    def _half(
        self, half: _Half, sound: Floats, spread: _Spread, styles: Mapping[str, Floats], padded: Floats
    ) -> Iterator[tuple[slice, Floats]]:
        curved = padded[self._reach : -self._reach]
        low, high = _curve(sound, curved, *spread.affine(styles[half.style][0]), half.curve)
        reach = half.convolution.reach
        around = padded[self._reach - reach : len(padded) - self._reach + reach]
        convolve = half.convolution.of(low, high)
        for rows in _pieces(sound):
            yield rows, convolve(around[rows.start : rows.stop + 2 * reach])


class _Spread:
    """Mean and variance of each channel, gathered piece by piece."""

    def __init__(self) -> None:
        self._count = 0.0
        self._sum = np.zeros(1)
        self._squares = np.zeros(1)

    def add(self, piece: Floats, weights: Floats) -> None:
        """(n, channels) with weights (n,)."""
        self._count += float(weights.sum())
        self._sum = self._sum + weights @ piece
        self._squares = self._squares + weights @ np.square(piece)

    def affine(self, style: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gain and offset of each channel that normalise it and give it a style: gains less 1, then offsets."""
        mean = self._sum / self._count
        variance = np.maximum(self._squares / self._count - np.square(mean), 0.0)
        more, offset = np.split(style.astype(np.float64), 2)
        gain = (1 + more) / np.sqrt(variance + EPSILON)
        return gain, offset - mean * gain


def _curve(
    sound: Floats, out: Floats, gain: NDArray[np.float64], offset: NDArray[np.float64], curve: Floats
) -> tuple[float, float]:
    """x + sin²(ax) / a as (u + sin²u) / a, u = ax and x = sound * gain + offset; returns the lowest and highest."""
    narrow, moved = (np.asarray(part * curve, np.float32) for part in (gain, offset))
    wide = 1 / curve
    low, high = 0.0, 0.0
    for rows in _pieces(sound):
        u = np.multiply(sound[rows], narrow, out=out[rows])
        u += moved
        waves = np.sin(u)
        waves *= waves
        u += waves
        u *= wide
        low, high = min(low, float(u.min())), max(high, float(u.max()))
    return low, high


def _pieces(sound: Floats) -> Iterator[slice]:
    step = PIECE // sound.shape[1]
    for start in range(0, len(sound), step):
        yield slice(start, min(start + step, len(sound)))


def _tensors(model: bytes) -> dict[str, Tensor]:
    (graph,) = (value for number, _, value in fields_of(memoryview(model)) if number == GRAPH)
    assert isinstance(graph, memoryview)
    found = (tensor_of(value) for number, _, value in fields_of(graph) if number == INITIAL)
    return {tensor.name: tensor for tensor in found}


def _floats(tensor: Tensor) -> Floats:
    return np.frombuffer(tensor.raw, "<f4").astype(np.float32)
