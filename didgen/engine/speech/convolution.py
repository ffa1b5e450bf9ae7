"""8-bit convolutions of an ONNX model, each as a small model of its own that takes a piece of the sound."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.faster import has_byte_products
from didgen.engine.speech.onnx_file import (
    FLOAT32,
    GRAPH,
    INITIAL,
    INT8,
    INT64,
    NODE,
    UINT8,
    Node,
    Tensor,
    fields_of,
    initial,
    int64,
    made,
    model_of,
    node_of,
    tensor_of,
)

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]

LEVELS: Final = 255  # of a byte


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution of sound (time, channels) of stride 1. reach: samples that it needs before and after each.

    places: (most, taps) the rows of a piece that each of its results is a sum of.
    """

    session: InferenceSession
    reach: int
    places: NDArray[np.int64]

    def of(self, low: float, high: float) -> Callable[[Floats], Floats]:
        """The convolution of sound between two levels, which becomes bytes as ONNX's DynamicQuantizeLinear makes it.

        It takes a piece with `reach` samples before and after: (n + 2 * reach, channels) -> (n, out).
        """
        scale = np.float32((high - low) / LEVELS) or np.float32(1)
        levels = {"scale": np.array(scale), "zero": np.array(np.clip(np.rint(-low / scale), 0, LEVELS), np.uint8)}

        def convolved(piece: Floats) -> Floats:
            places = self.places[: len(piece) - 2 * self.reach]
            (out,) = self.session.run(None, {"sound": piece, "places": places, **levels})
            return np.asarray(out, np.float32)

        return convolved


@dataclass(frozen=True, slots=True)
class _Weights:
    """What a model says of one convolution. bytes: (out, channels, taps), of which `zero` stands for no weight."""

    bytes: NDArray[np.uint8]
    zero: int
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    dilation: int


def convolutions(
    model: bytes, names: Collection[str], most: int, start: Callable[[bytes], InferenceSession]
) -> dict[str, Convolution]:
    """The model's 8-bit convolutions whose results are the values `names`, for pieces of at most `most` values."""
    exact = has_byte_products()
    found = {}
    for name, weights in _weights(model, names).items():
        _, channels, taps = weights.bytes.shape
        places = np.arange(most // channels)[:, None] + np.arange(taps) * weights.dilation
        nodes = _products(weights) if exact else _convolved(weights)
        fed = {"sound": FLOAT32, "places": INT64, "scale": FLOAT32, "zero": UINT8}
        reach = (taps - 1) * weights.dilation // 2
        found[name] = Convolution(start(model_of(nodes, fed, "out")), reach, places)
    return found


def _weights(model: bytes, names: Collection[str]) -> dict[str, _Weights]:
    (graph,) = (value for number, _, value in fields_of(memoryview(model)) if number == GRAPH)
    parts = list(fields_of(graph))
    tensors = {t.name: t for t in (tensor_of(value) for number, _, value in parts if number == INITIAL)}
    nodes = {n.outputs[0]: n for n in (node_of(value) for number, _, value in parts if number == NODE)}
    return {name: _weights_of(name, nodes, tensors) for name in names}


def _weights_of(name: str, nodes: Mapping[str, Node], tensors: Mapping[str, Tensor]) -> _Weights:
    """By the names that ONNX Runtime's quantiser gives."""
    node = nodes[f"{name}_output_quantized"]
    bias = name.removeprefix("/").removesuffix("/Conv_output_0").replace("/", ".") + ".bias"
    held = tensors[node.inputs[1]]
    return _Weights(
        np.frombuffer(held.raw, np.uint8).reshape(held.dims),
        tensors[node.inputs[3]].ints[0],
        np.frombuffer(tensors[nodes[f"{bias}_scale"].inputs[1]].raw, "<f4"),
        np.frombuffer(tensors[bias].raw, "<f4"),
        node.ints["dilations"][0],
    )


def _products(weights: _Weights) -> list[bytes]:
    """As a product of bytes, see `faster`: the rows at each tap side by side, times the weights less 128."""
    out, channels, taps = weights.bytes.shape
    matrix = weights.bytes.transpose(2, 1, 0) ^ 0x80
    return [
        initial("weights", INT8, [taps * channels, out], matrix.tobytes()),
        initial("weights_zero", INT8, [], bytes([weights.zero ^ 0x80])),
        initial("weights_scale", FLOAT32, [], weights.scale.tobytes()),
        initial("bias", FLOAT32, [out], weights.bias.tobytes()),
        int64("flat", [-1, taps * channels]),
        made("QuantizeLinear", ["sound", "scale", "zero"], "bytes"),
        made("Gather", ["bytes", "places"], "taps", {"axis": 0}),
        made("Reshape", ["taps", "flat"], "rows"),
        made(
            "MatMulIntegerToFloat",
            ["rows", "weights", "scale", "weights_scale", "zero", "weights_zero", "bias"],
            "out",
            domain="com.microsoft",
        ),
    ]


def _convolved(weights: _Weights) -> list[bytes]:
    """As ONNX's own convolution of bytes, for a processor whose products would be cut off."""
    out = len(weights.bytes)
    return [
        initial("weights", UINT8, list(weights.bytes.shape), weights.bytes.tobytes()),
        initial("weights_zero", UINT8, [], bytes([weights.zero])),
        initial("weights_scale", FLOAT32, [], weights.scale.tobytes()),
        initial("bias", FLOAT32, [out], weights.bias.tobytes()),
        int64("first", [0]),
        made("QuantizeLinear", ["sound", "scale", "zero"], "bytes"),
        made("Transpose", ["bytes"], "channels", {"perm": [1, 0]}),
        made("Unsqueeze", ["channels", "first"], "one"),
        made("ConvInteger", ["one", "weights", "zero", "weights_zero"], "sums", {"dilations": [weights.dilation]}),
        made("Squeeze", ["sums", "first"], "only"),
        made("Transpose", ["only"], "rows", {"perm": [1, 0]}),
        made("Cast", ["rows"], "floats", {"to": FLOAT32}),
        made("Mul", ["scale", "weights_scale"], "scales"),
        made("Mul", ["floats", "scales"], "scaled"),
        made("Add", ["scaled", "bias"], "out"),
    ]
