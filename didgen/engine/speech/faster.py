"""The same model, faster: 8-bit convolutions as matrix products, which the processor has instructions for.

ONNX Runtime's ConvInteger multiplies unsigned by unsigned bytes, for which no x86 has a dot product; MatMulInteger
takes unsigned by signed ones and uses it (VNNI). So each convolution becomes: the sound gathered at every tap, side by
side, times the weights less 128. Integers all the way: the result is the same to the last bit.

An ONNX file is protobuf; only the few fields needed are read here, the rest is passed on as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

VARINT, BYTES = 0, 2
FIXED: Final = {1: 8, 5: 4}
INT8, INT64 = 3, 7  # TensorProto.DataType
INT, INTS = 2, 7  # AttributeProto.AttributeType
SMALLEST: Final = 64  # channels; below, the shifting costs more than the product saves

Field = tuple[int, int, int | memoryview]


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
        _field(number, _graph(value) if number == 7 and isinstance(value, memoryview) else value)
        for number, _, value in _fields(memoryview(model))
    )


@dataclass(slots=True)
class _Tensor:
    dims: list[int] = field(default_factory=list)
    raw: memoryview = field(default_factory=lambda: memoryview(b""))
    ints: list[int] = field(default_factory=list)
    name: str = ""


@dataclass(slots=True)
class _Node:
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    kind: str = ""
    ints: dict[str, list[int]] = field(default_factory=dict)


def _graph(graph: memoryview) -> bytes:
    parts = list(_fields(graph))
    held = {k: _tensor(value) for k, (number, _, value) in enumerate(parts) if number == 5}
    tensors = {tensor.name: tensor for tensor in held.values()}
    nodes = {k: _node(value) for k, (number, _, value) in enumerate(parts) if number == 1}
    replaced = {k: node for k, node in nodes.items() if _fits(node, tensors)}
    needed = {name for k, node in nodes.items() if k not in replaced for name in node.inputs}
    gone = {node.inputs[1] for node in replaced.values()} - needed
    out = []
    for k, (number, _, value) in enumerate(parts):
        if k in replaced:
            node = replaced[k]
            out.append(_as_product(node, tensors[node.inputs[1]], tensors[node.inputs[3]]))
        elif k not in held or held[k].name not in gone:
            out.append(_field(number, value))
    return b"".join(out)


def _fits(node: _Node, tensors: dict[str, _Tensor]) -> bool:
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


def _as_product(node: _Node, weights: _Tensor, zero: _Tensor) -> bytes:
    """What stands in place of one convolution: Transpose, Pad, Gather, MatMulInteger, Transpose."""
    sound, zero_of_sound = node.inputs[0], node.inputs[2]
    (y,) = node.outputs
    matrix = np.frombuffer(weights.raw, np.uint8).reshape(weights.dims).transpose(2, 1, 0) ^ 0x80  # less 128, as int8
    out = [
        _initial(f"{y}/w", INT8, [matrix.shape[0] * matrix.shape[1], matrix.shape[2]], matrix.tobytes()),
        _initial(f"{y}/z", INT8, [], bytes([zero.ints[0] ^ 0x80])),
        _made("Transpose", [sound], f"{y}/t", perm=[0, 2, 1]),
    ]
    taps = weights.dims[2]
    gathered = f"{y}/t"
    if taps > 1:
        offsets = [k * node.ints.get("dilations", [1])[0] for k in range(taps)]
        out += _gathered(y, offsets, node.ints.get("pads", [0, 0]), weights.dims[1], zero_of_sound)
        gathered = f"{y}/c"
    out.append(_made("MatMulInteger", [gathered, f"{y}/w", zero_of_sound, f"{y}/z"], f"{y}/m"))
    out.append(_made("Transpose", [f"{y}/m"], y, perm=[0, 2, 1]))
    return b"".join(out)


def _gathered(y: str, offsets: Sequence[int], pads: Sequence[int], channels: int, zero: str) -> list[bytes]:
    """From (1, time, channels) the padded sound at all of a convolution's offsets, side by side: (1, time, taps *
    channels), copied once, which a Slice a tap and a Concat do twice."""
    first, last = pads
    return [
        _int64(f"{y}/pads", [0, first, 0, 0, last, 0]),
        _made("Pad", [f"{y}/t", f"{y}/pads", zero], f"{y}/p"),
        _made("Shape", [f"{y}/t"], f"{y}/time", start=1, end=2),
        _int64(f"{y}/more", [first + last - offsets[-1]]),
        _made("Add", [f"{y}/time", f"{y}/more"], f"{y}/times"),
        _int64(f"{y}/first", [0]),
        _made("Squeeze", [f"{y}/times", f"{y}/first"], f"{y}/count"),
        _initial(f"{y}/from", INT64, [], bytes(8)),
        _initial(f"{y}/step", INT64, [], np.asarray(1, "<i8").tobytes()),
        _made("Range", [f"{y}/from", f"{y}/count", f"{y}/step"], f"{y}/each"),
        _int64(f"{y}/down", [-1, 1]),
        _made("Reshape", [f"{y}/each", f"{y}/down"], f"{y}/rows"),
        _int64(f"{y}/offsets", offsets),
        _made("Add", [f"{y}/rows", f"{y}/offsets"], f"{y}/places"),
        _made("Gather", [f"{y}/p", f"{y}/places"], f"{y}/g", axis=1),
        _int64(f"{y}/flat", [1, -1, len(offsets) * channels]),
        _made("Reshape", [f"{y}/g", f"{y}/flat"], f"{y}/c"),
    ]


def _tensor(data: int | memoryview) -> _Tensor:
    found = _Tensor()
    for number, _, value in _fields(data):
        if number == 1:
            found.dims += _ints(value)
        elif number == 5:
            found.ints += _ints(value)
        elif number == 8:
            found.name = _text(value)
        elif number == 9 and isinstance(value, memoryview):
            found.raw = value
    return found


def _node(data: int | memoryview) -> _Node:
    found = _Node()
    for number, _, value in _fields(data):
        if number == 1:
            found.inputs.append(_text(value))
        elif number == 2:
            found.outputs.append(_text(value))
        elif number == 4:
            found.kind = _text(value)
        elif number == 5:
            name, ints = "", list[int]()
            for inner, _, part in _fields(value):
                name = _text(part) if inner == 1 else name
                ints += _ints(part) if inner in (3, 8) else []
            found.ints[name] = ints
    return found


def _text(value: int | memoryview) -> str:
    return bytes(value).decode() if isinstance(value, memoryview) else ""


def _ints(value: int | memoryview) -> list[int]:
    """A repeated integer, packed or not."""
    if isinstance(value, int):
        return [value]
    out, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        out.append(number)
    return out


def _fields(data: int | memoryview) -> Iterator[Field]:
    assert isinstance(data, memoryview)
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == VARINT:
            value, at = _varint(data, at)
            yield key >> 3, VARINT, value
        elif key & 7 == BYTES:
            size, at = _varint(data, at)
            yield key >> 3, BYTES, data[at : at + size]
            at += size
        else:  # a float of an attribute, which nobody asks for
            at += FIXED[key & 7]


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _number(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are their two's complement
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | bytes | memoryview) -> bytes:
    if isinstance(value, int):
        return _number(number << 3 | VARINT) + _number(value)
    return b"".join((_number(number << 3 | BYTES), _number(len(value)), value))


def _initial(name: str, kind: int, dims: Sequence[int], raw: bytes) -> bytes:
    head = b"".join(_field(1, n) for n in dims) + _field(2, kind) + _field(8, name.encode())
    return _field(5, head + _field(9, raw))


def _int64(name: str, values: Sequence[int]) -> bytes:
    return _initial(name, INT64, [len(values)], np.asarray(values, "<i8").tobytes())


def _made(kind: str, inputs: Sequence[str], output: str, **attributes: int | list[int]) -> bytes:
    body = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode())
    body += _field(4, kind.encode())
    for name, value in attributes.items():
        ints = [value] if isinstance(value, int) else value
        single = isinstance(value, int)
        held = b"".join(_field(3 if single else 8, n) for n in ints) + _field(20, INT if single else INTS)
        body += _field(5, _field(1, name.encode()) + held)
    return _field(1, body)
