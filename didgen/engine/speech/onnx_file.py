"""An ONNX file read and written: it is protobuf, of which only the few fields needed are known here."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

VARINT, BYTES = 0, 2
FIXED: Final = {1: 8, 5: 4}
FLOAT32, UINT8, INT8, INT64 = 1, 2, 3, 7  # TensorProto.DataType
FLOAT, INT, INTS = 1, 2, 7  # AttributeProto.AttributeType
NODE, INITIAL, INPUT, OUTPUT, GRAPH = 1, 5, 11, 12, 7  # fields of a GraphProto; of a ModelProto the last
IR_VERSION: Final = 9
OPSETS: Final = {"": 17, "com.microsoft": 1}  # of the models made here

Field = tuple[int, int, int | memoryview]


@dataclass(slots=True)
class Tensor:
    dims: list[int] = field(default_factory=list)
    raw: memoryview = field(default_factory=lambda: memoryview(b""))
    ints: list[int] = field(default_factory=list)
    name: str = ""


@dataclass(slots=True)
class Node:
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    kind: str = ""
    ints: dict[str, list[int]] = field(default_factory=dict)


def tensor_of(data: int | memoryview) -> Tensor:
    found = Tensor()
    for number, _, value in fields_of(data):
        if number == 1:
            found.dims += ints_of(value)
        elif number == 5:
            found.ints += ints_of(value)
        elif number == 8:
            found.name = text_of(value)
        elif number == 9 and isinstance(value, memoryview):
            found.raw = value
    return found


def node_of(data: int | memoryview) -> Node:
    found = Node()
    for number, _, value in fields_of(data):
        if number == 1:
            found.inputs.append(text_of(value))
        elif number == 2:
            found.outputs.append(text_of(value))
        elif number == 4:
            found.kind = text_of(value)
        elif number == 5:
            name, ints = "", list[int]()
            for inner, _, part in fields_of(value):
                name = text_of(part) if inner == 1 else name
                ints += ints_of(part) if inner in (3, 8) else []
            found.ints[name] = ints
    return found


def name_of(value: int | memoryview) -> str:
    """Of an input or output."""
    return next(text_of(inner) for number, _, inner in fields_of(value) if number == 1)


def value_of(name: str, kind: int | None = None) -> bytes:
    """An input or output of any shape; one that a graph makes has its type from there."""
    head = field_of(1, name.encode())
    return head if kind is None else head + field_of(2, field_of(1, field_of(1, kind)))


def model_of(nodes: Sequence[bytes], inputs: Mapping[str, int], output: str) -> bytes:
    """A model of nodes and tensors as `made` and `initial` give them. inputs: each with its TensorProto.DataType."""
    fed = b"".join(field_of(INPUT, value_of(name, kind)) for name, kind in inputs.items())
    graph = b"".join(nodes) + fed + field_of(OUTPUT, value_of(output)) + field_of(2, b"part")
    opsets = [field_of(1, domain.encode()) + field_of(2, version) for domain, version in OPSETS.items()]
    return field_of(1, IR_VERSION) + field_of(GRAPH, graph) + b"".join(field_of(8, opset) for opset in opsets)


def text_of(value: int | memoryview) -> str:
    return bytes(value).decode() if isinstance(value, memoryview) else ""


def ints_of(value: int | memoryview) -> list[int]:
    """A repeated integer, packed or not."""
    if isinstance(value, int):
        return [value]
    out, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        out.append(number)
    return out


def fields_of(data: int | memoryview) -> Iterator[Field]:
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


def field_of(number: int, value: int | bytes | memoryview) -> bytes:
    if isinstance(value, int):
        return _number(number << 3 | VARINT) + _number(value)
    return b"".join((_number(number << 3 | BYTES), _number(len(value)), value))


def initial(name: str, kind: int, dims: Sequence[int], raw: bytes) -> bytes:
    head = b"".join(field_of(1, n) for n in dims) + field_of(2, kind) + field_of(8, name.encode())
    return field_of(5, head + field_of(9, raw))


def int64(name: str, values: Sequence[int]) -> bytes:
    return initial(name, INT64, [len(values)], np.asarray(values, "<i8").tobytes())


def made(
    kind: str,
    inputs: Sequence[str],
    output: str,
    attributes: Mapping[str, int | float | list[int]] | None = None,
    domain: str = "",
) -> bytes:
    """One node of a graph, as a field of it."""
    body = b"".join(field_of(1, name.encode()) for name in inputs) + field_of(2, output.encode())
    body += field_of(4, kind.encode())
    body += b"".join(field_of(5, _attribute(name, value)) for name, value in (attributes or {}).items())
    return field_of(1, body + (field_of(7, domain.encode()) if domain else b""))


def _attribute(name: str, value: int | float | list[int]) -> bytes:
    head = field_of(1, name.encode())
    if isinstance(value, float):
        return head + _number(2 << 3 | 5) + struct.pack("<f", value) + field_of(20, FLOAT)
    if isinstance(value, int):
        return head + field_of(3, value) + field_of(20, INT)
    return head + b"".join(field_of(8, n) for n in value) + field_of(20, INTS)
