"""A part of an ONNX model, from given values to wanted ones, as a model of its own."""

from __future__ import annotations

from collections.abc import Collection

from didgen.engine.speech.onnx_file import (
    FLOAT32,
    GRAPH,
    INITIAL,
    INPUT,
    NODE,
    OUTPUT,
    Node,
    field_of,
    fields_of,
    name_of,
    node_of,
    tensor_of,
    value_of,
)


def cut(model: bytes, wanted: Collection[str], given: Collection[str] = ()) -> bytes:
    """The part of the model that leads to the values `wanted`: in place of its outputs.

    given: inner float values that need not be found any more, as they are fed: in place of what only leads to them.
    """
    return b"".join(
        field_of(number, _graph(value, wanted, given) if number == GRAPH and isinstance(value, memoryview) else value)
        for number, _, value in fields_of(memoryview(model))
    )


def _graph(graph: memoryview, wanted: Collection[str], given: Collection[str]) -> bytes:
    parts = list(fields_of(graph))
    nodes = {k: node_of(value) for k, (number, _, value) in enumerate(parts) if number == NODE}
    alive, used = _alive(nodes, set(wanted), set(given))
    kept = [
        field_of(number, value)
        for k, (number, _, value) in enumerate(parts)
        if (k in alive if k in nodes else number != OUTPUT and _is_used(number, value, used))
    ]
    fed = [field_of(INPUT, value_of(name, FLOAT32)) for name in given]
    return b"".join([*kept, *fed, *(field_of(OUTPUT, value_of(name)) for name in wanted)])


def _alive(nodes: dict[int, Node], wanted: set[str], given: set[str]) -> tuple[set[int], set[str]]:
    """Places of the nodes that are needed (they are in an order of doing), and the names of all that these take."""
    alive, used, missing = set(), set[str](), wanted - given
    for k in sorted(nodes, reverse=True):
        if not missing.isdisjoint(nodes[k].outputs):
            alive.add(k)
            used.update(nodes[k].inputs)
            missing.update(set(nodes[k].inputs) - given)
    return alive, used


def _is_used(number: int, value: int | memoryview, used: set[str]) -> bool:
    """Whether a tensor or input is; anything else of a graph is not asked about."""
    if number == INITIAL:
        return tensor_of(value).name in used
    return number != INPUT or name_of(value) in used
