"""The same model, faster: 8-bit convolutions as matrix products, which the processor has instructions for.

ONNX Runtime's ConvInteger multiplies unsigned by unsigned bytes, for which no x86 has a dot product; MatMulInteger
takes unsigned by signed ones and uses it (VNNI). So each convolution becomes: the sound gathered at every tap, side by
side, times the weights less 128. Integers all the way: the result is the same to the last bit.

Nodes that are not concerned are passed on as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from didgen.engine.speech.onnx_file import (
    INT8,
    INT64,
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

SMALLEST: Final = 64  # channels; below, the shifting costs more than the product saves


def has_byte_products(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this processor multiplies unsigned by signed bytes exactly. Older ones would cut off large sums."""
    try:
        flags = cpuinfo.read_text().split()
    except OSError:
        return False
    return not {"avx512_vnni", "avx_vnni", "asimddp"}.isdisjoint(flags)


def with_matrix_products(model: bytes) -> bytes:
    """The ONNX model with every large 8-bit convolution of stride 1 as a matrix product; all else unchanged."""
    return b"".join(
        field_of(number, _graph(value) if number == 7 and isinstance(value, memoryview) else value)
        for number, _, value in fields_of(memoryview(model))
    )


def _graph(graph: memoryview) -> bytes:
    parts = list(fields_of(graph))
    held = {k: tensor_of(value) for k, (number, _, value) in enumerate(parts) if number == 5}
    tensors = {tensor.name: tensor for tensor in held.values()}
    nodes = {k: node_of(value) for k, (number, _, value) in enumerate(parts) if number == 1}
    replaced = {k: node for k, node in nodes.items() if _fits(node, tensors)}
    needed = {name for k, node in nodes.items() if k not in replaced for name in node.inputs}
    gone = {node.inputs[1] for node in replaced.values()} - needed
    out = []
    for k, (number, _, value) in enumerate(parts):
        if k in replaced:
            node = replaced[k]
            out.append(_as_product(node, tensors[node.inputs[1]], tensors[node.inputs[3]]))
        elif k not in held or held[k].name not in gone:
            out.append(field_of(number, value))
    return b"".join(out)


def _fits(node: Node, tensors: dict[str, Tensor]) -> bool:
    if node.kind != "ConvInteger" or len(node.inputs) != 4 or not {node.inputs[1], node.inputs[3]} <= set(tensors):
        return False
    weights = tensors[node.inputs[1]]
    return (
        len(weights.dims) == 3
        and min(weights.dims[:2]) >= SMALLEST
        and len(tensors[node.inputs[3]].ints) == 1
        and node.ints.get("strides", [1]) == [1]
        and node.ints.get("group", [1]) == [1]
    )


def _as_product(node: Node, weights: Tensor, zero: Tensor) -> bytes:
    """What stands in place of one convolution: Transpose, Pad, Gather, MatMulInteger, Transpose."""
    sound, zero_of_sound = node.inputs[0], node.inputs[2]
    (y,) = node.outputs
    matrix = np.frombuffer(weights.raw, np.uint8).reshape(weights.dims).transpose(2, 1, 0) ^ 0x80  # less 128, as int8
    out = [
        initial(f"{y}/w", INT8, [matrix.shape[0] * matrix.shape[1], matrix.shape[2]], matrix.tobytes()),
        initial(f"{y}/z", INT8, [], bytes([zero.ints[0] ^ 0x80])),
        made("Transpose", [sound], f"{y}/t", {"perm": [0, 2, 1]}),
    ]
    taps = weights.dims[2]
    gathered = f"{y}/t"
    if taps > 1:
        offsets = [k * node.ints.get("dilations", [1])[0] for k in range(taps)]
        out += _gathered(y, offsets, node.ints.get("pads", [0, 0]), weights.dims[1], zero_of_sound)
        gathered = f"{y}/c"
    out.append(made("MatMulInteger", [gathered, f"{y}/w", zero_of_sound, f"{y}/z"], f"{y}/m"))
    out.append(made("Transpose", [f"{y}/m"], y, {"perm": [0, 2, 1]}))
    return b"".join(out)


def _gathered(y: str, offsets: Sequence[int], pads: Sequence[int], channels: int, zero: str) -> list[bytes]:
    """From (1, time, channels) the padded sound at all of a convolution's offsets, side by side: (1, time, taps *
    channels), copied once, which a Slice a tap and a Concat do twice."""
    first, last = pads
    return [
        int64(f"{y}/pads", [0, first, 0, 0, last, 0]),
        made("Pad", [f"{y}/t", f"{y}/pads", zero], f"{y}/p"),
        made("Shape", [f"{y}/t"], f"{y}/time", {"start": 1, "end": 2}),
        int64(f"{y}/more", [first + last - offsets[-1]]),
        made("Add", [f"{y}/time", f"{y}/more"], f"{y}/times"),
        int64(f"{y}/first", [0]),
        made("Squeeze", [f"{y}/times", f"{y}/first"], f"{y}/count"),
        initial(f"{y}/from", INT64, [], bytes(8)),
        initial(f"{y}/step", INT64, [], np.asarray(1, "<i8").tobytes()),
        made("Range", [f"{y}/from", f"{y}/count", f"{y}/step"], f"{y}/each"),
        int64(f"{y}/down", [-1, 1]),
        made("Reshape", [f"{y}/each", f"{y}/down"], f"{y}/rows"),
        int64(f"{y}/offsets", offsets),
        made("Add", [f"{y}/rows", f"{y}/offsets"], f"{y}/places"),
        made("Gather", [f"{y}/p", f"{y}/places"], f"{y}/g", {"axis": 1}),
        int64(f"{y}/flat", [1, -1, len(offsets) * channels]),
        made("Reshape", [f"{y}/g", f"{y}/flat"], f"{y}/c"),
    ]
