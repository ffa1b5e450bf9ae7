"""Kokoro's vocoder in fewer passes over its sound: several nodes of the graph as one that means the same.

Its tensors are larger than a processor's cache, so that each pass over one costs as much as the sums in it. The sums
are the same but for the rounding of floats. To which the model is sensitive, as rounding to 8 bits follows: samples
differ (20 dB under the sound), but not what is heard; a style vector changed by a millionth changes them more. What
decides pitch and durations is therefore left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from didgen.engine.speech.onnx_file import (
    FLOAT32,
    GRAPH,
    INITIAL,
    NODE,
    OUTPUT,
    Node,
    Tensor,
    field_of,
    fields_of,
    initial,
    int64,
    made,
    node_of,
    tensor_of,
    text_of,
)

VOCODER: Final = "/decoder/decoder/generator/"
EPSILON: Final = 1e-5  # of its normalisations
HOP: Final = 5  # of its STFT
POSITIVE: Final = 1e-7


def fused(model: bytes, kept: Iterable[str] = ()) -> bytes:
    """The ONNX model with the vocoder's nodes fused; a graph without such nodes stays as it is.

    kept: inner values that are still to be there, as an output that is added later.
    """
    wanted = frozenset(kept)
    return b"".join(
        field_of(number, _graph(value, wanted) if number == GRAPH and isinstance(value, memoryview) else value)
        for number, _, value in fields_of(memoryview(model))
    )


class _Graph:
    """Nodes by their place among the graph's fields, and who makes and who uses a value."""

    def __init__(self, nodes: Mapping[int, Node], tensors: Mapping[str, Tensor]) -> None:
        self.nodes, self.tensors = nodes, tensors
        self.places = {output: k for k, node in nodes.items() for output in node.outputs}
        self.uses: dict[str, int] = {}
        for node in nodes.values():
            for name in node.inputs:
                self.uses[name] = self.uses.get(name, 0) + 1

    def chain(self, name: str, *steps: tuple[str, int]) -> list[Node] | None:
        """The nodes from the one that makes `name` backwards: each of the kind given, the next along that input."""
        found = []
        for kind, following in steps:
            place = self.places.get(name)
            if place is None or self.nodes[place].kind != kind:
                return None
            found.append(self.nodes[place])
            name = found[-1].inputs[following]
        return found


def _graph(graph: memoryview, kept: frozenset[str]) -> bytes:
    parts = list(fields_of(graph))
    tensors = {t.name: t for t in (tensor_of(value) for number, _, value in parts if number == INITIAL)}
    nodes = {k: node_of(value) for k, (number, _, value) in enumerate(parts) if number == NODE}
    own = _Graph(nodes, tensors)
    replaced: dict[int, bytes] = {}
    for k, node in nodes.items():
        if node.outputs[0].startswith(VOCODER):
            for fusion in (_norm, _scaled, _stft):
                replaced.update({k: new} if (new := fusion(own, node)) else {})
    for node in nodes.values():
        replaced.update(_snake(own, node))
    if not replaced:
        return bytes(graph)
    raw = {k: replaced.get(k) or field_of(NODE, parts[k][2]) for k in nodes}
    alive = _alive(raw, kept | {_name(value) for number, _, value in parts if number == OUTPUT})
    return b"".join(
        raw[k] if k in alive else b"" if k in nodes else field_of(number, value)
        for k, (number, _, value) in enumerate(parts)
    )


def _name(value: int | memoryview) -> str:
    return next(text_of(inner) for number, _, inner in fields_of(value) if number == 1)


def _alive(raw: Mapping[int, bytes], needed: frozenset[str]) -> set[int]:
    """Places of the nodes that lead to what is needed; they are in an order of doing."""
    alive, names = set(), set(needed)
    for k in sorted(raw, reverse=True):
        made_here = [node_of(value) for number, _, value in fields_of(memoryview(raw[k])) if number == NODE]
        if any(not names.isdisjoint(node.outputs) for node in made_here):
            alive.add(k)
            names.update(name for node in made_here for name in node.inputs)
    return alive


def _normed(own: _Graph, node: Node) -> tuple[str, str, str] | None:
    """Of a sum that is a normalised sound times a gain plus an offset: sound, gain and offset."""
    if node.kind != "Add":
        return None
    found = own.chain(node.inputs[0], ("Mul", 1), ("Div", 0), ("Sub", 1), ("ReduceMean", 0))
    if found is None:
        return None
    times, by, less, mean = found
    squares = own.chain(by.inputs[1], ("Sqrt", 0), ("Add", 0), ("ReduceMean", 0), ("Mul", 0))
    if squares is None or squares[-1].inputs != [less.outputs[0]] * 2 or less.inputs[0] != mean.inputs[0]:
        return None
    return less.inputs[0], times.inputs[0], node.inputs[1]


def _norm(own: _Graph, node: Node) -> bytes | None:
    """Seven passes as one: a channel after the other, which fits the cache."""
    found = _normed(own, node)
    return _normalised(*found, node.outputs[0]) if found else None


def _normalised(sound: str, gain: str, offset: str, y: str) -> bytes:
    return b"".join([
        int64(f"{y}/all", [-1]),
        made("Reshape", [gain, f"{y}/all"], f"{y}/gain"),
        made("Reshape", [offset, f"{y}/all"], f"{y}/offset"),
        made("InstanceNormalization", [sound, f"{y}/gain", f"{y}/offset"], y, {"epsilon": EPSILON}),
    ])  # fmt: skip


def _snake(own: _Graph, node: Node) -> dict[int, bytes]:
    """x + sin²(ax) / a of a normalised x as (u + sin²u) / a, u = ax being normalised with a times the gain."""
    found = node.kind == "Add" and own.chain(node.inputs[1], ("Mul", 1), ("Pow", 0), ("Sin", 0), ("Mul", 1))
    if not found or found[-1].inputs[1] != node.inputs[0] or own.uses[node.inputs[0]] != 2:
        return {}
    x, y = node.inputs[0], node.outputs[0]
    place = own.places[x]
    normed = _normed(own, own.nodes[place])
    if normed is None:
        return {}
    sound, gain, offset = normed
    by, times = found[0].inputs[0], found[-1].inputs[0]
    scaled = [
        made("Mul", [gain, times], f"{x}/gains"),
        made("Mul", [offset, times], f"{x}/offsets"),
        _normalised(sound, f"{x}/gains", f"{x}/offsets", f"{x}/u"),
    ]
    curved = [
        made("Sin", [f"{x}/u"], f"{y}/sin"),
        made("Mul", [f"{y}/sin", f"{y}/sin"], f"{y}/square"),
        made("Add", [f"{y}/square", f"{x}/u"], f"{y}/sum"),
        made("Mul", [f"{y}/sum", by], y),
    ]
    return {place: b"".join(scaled), own.places[y]: b"".join(curved)}


def _scaled(own: _Graph, node: Node) -> bytes | None:
    """A product of bytes (see `faster`), its offset and its scale in one step: (ab + c) * s as ab * s + cs."""
    if node.kind != "Mul":
        return None
    scales = own.chain(node.inputs[1], ("Mul", 0))
    found = own.chain(node.inputs[0], ("Cast", 0), ("Add", 0), ("Transpose", 0), ("MatMulInteger", 0))
    if found is None or scales is None:
        return None
    offset = own.chain(found[1].inputs[1], ("Reshape", 0), ("Cast", 0))
    if offset is None:
        return None
    a, b, zero_a, zero_b = found[-1].inputs
    y = node.outputs[0]
    inputs = [a, b, *scales[0].inputs, zero_a, zero_b, f"{y}/offset"]
    return b"".join([
        made("Mul", [offset[-1].inputs[0], node.inputs[1]], f"{y}/offset"),
        made("MatMulIntegerToFloat", inputs, f"{y}/t", domain="com.microsoft"),
        made("Transpose", [f"{y}/t"], y, {"perm": [0, 2, 1]}),
    ])  # fmt: skip


def _stft(own: _Graph, node: Node) -> bytes | None:
    """The STFT of 20 samples every 5 as a convolution with its sines: ONNX Runtime's takes a hundred times longer.

    The lowest of its frequencies has no phase but a sign, which the model takes from the rounding of ONNX Runtime's
    sums: half a turn is +π there, not -π.
    """
    if node.kind != "STFT":
        return None
    window = np.frombuffer(own.tensors[node.inputs[2]].raw, "<f4").astype(np.float64)
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
