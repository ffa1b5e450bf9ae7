"""An ONNX model's STFT as a convolution with its sines: ONNX Runtime's own takes a hundred times longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from didgen.engine.speech.onnx_file import (
    FLOAT32,
    GRAPH,
    INITIAL,
    NODE,
    Node,
    Tensor,
    field_of,
    fields_of,
    initial,
    int64,
    made,
    node_of,
    tensor_of,
)

HOP: Final = 5  # samples, of Kokoro's
POSITIVE: Final = 1e-7


def with_quick_stft(model: bytes) -> bytes:
    """The model with each STFT of known window replaced; all else unchanged."""
    return b"".join(
        field_of(number, _graph(value) if number == GRAPH and isinstance(value, memoryview) else value)
        for number, _, value in fields_of(memoryview(model))
    )


def _graph(graph: memoryview) -> bytes:
    parts = list(fields_of(graph))
    tensors = {t.name: t for t in (tensor_of(value) for number, _, value in parts if number == INITIAL)}
    return b"".join(_replaced(number, value, tensors) for number, _, value in parts)


def _replaced(number: int, value: int | memoryview, tensors: Mapping[str, Tensor]) -> bytes:
    node = node_of(value) if number == NODE else None
    if node is None or node.kind != "STFT" or len(node.inputs) < 3 or node.inputs[2] not in tensors:
        return field_of(number, value)
    return _convolution(node, np.frombuffer(tensors[node.inputs[2]].raw, "<f4").astype(np.float64))


def _convolution(node: Node, window: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    """The lowest of the frequencies has no phase but a sign, which Kokoro takes from the rounding of ONNX Runtime's
    sums: half a turn is +π there, not -π.
    """
    count = len(window)
    angle = 2 * np.pi / count * np.arange(count // 2 + 1)[:, None] * np.arange(count)
    real, imaginary = np.cos(angle) * window, -np.sin(angle) * window
    imaginary[0], imaginary[-1] = -POSITIVE * real[0], 0.0
    waves = np.concatenate([real, imaginary]).astype("<f4")
    y = node.outputs[0]
    return b"".join([
        initial(f"{y}/waves", FLOAT32, [len(waves), 1, count], waves.tobytes()),
        int64(f"{y}/in", [1, 1, -1]),
        int64(f"{y}/out", [1, 2, len(waves) // 2, -1]),
        made("Reshape", [node.inputs[0], f"{y}/in"], f"{y}/x"),
        made("Conv", [f"{y}/x", f"{y}/waves"], f"{y}/parts", {"strides": [HOP], "kernel_shape": [count]}),
        made("Reshape", [f"{y}/parts", f"{y}/out"], f"{y}/shaped"),
        made("Transpose", [f"{y}/shaped"], y, {"perm": [0, 3, 2, 1]}),
    ])  # fmt: skip
