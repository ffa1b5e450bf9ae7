"""The same data as one writer or another would write it: YAML in blocks or on one line, quoted or not, in any order,
with comments; tables by many programs; lines that end as on Windows."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[./_-][A-Za-z0-9]+)*\Z")
_STAYS = re.compile(r"0[0-9]+\Z|[0-9]+:30\Z|(?:no|yes|on|off|y|n)\Z|[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
"""What an older YAML bends into a number, a truth or a date, and stays text here, quoted or not."""
_WORDS = {"true", "false", "null"}


def yaml_of(data: Mapping[str, Any], hand: random.Random) -> str:
    """A mapping by some hand."""
    lines = [f"# note {hand.randrange(99)}"] if hand.random() < 0.5 else []
    lines += ["---"] if hand.random() < 0.2 else []
    step = hand.choice([2, 2, 4])
    for key, value in shuffled(data, hand):
        lines += [""] * hand.randrange(2) + ([f"# about {key} {hand.randrange(99)}"] if hand.random() < 0.3 else [])
        lines += _entry(key, value, hand, 0, step)
    return "\n".join(lines) + "\n" * hand.randrange(1, 3)


def _entry(key: str, value: Any, hand: random.Random, depth: int, step: int) -> list[str]:
    """`key: value` at a depth, in columns, with all that is below it."""
    lead, name = " " * depth, scalar(key, hand)
    if isinstance(value, dict) and value and hand.random() < 0.6:
        return [f"{lead}{name}:{_remark(hand)}", *_block(value, hand, depth + step, step)]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"{lead}{name}:", *(line for one in value for line in _item(one, hand, depth + step, step))]
    if _fits_a_literal(value) and hand.random() < 0.3:
        return [f"{lead}{name}: |-", *(" " * (depth + step) + line for line in value.split("\n"))]
    return [f"{lead}{name}: {flow(value, hand)}{_remark(hand)}"]


def _block(data: Mapping[str, Any], hand: random.Random, depth: int, step: int) -> list[str]:
    return [line for key, value in shuffled(data, hand) for line in _entry(key, value, hand, depth, step)]


def _item(data: Mapping[str, Any], hand: random.Random, depth: int, step: int) -> list[str]:
    if hand.random() < 0.1:
        return [f"{' ' * depth}- {flow(data, hand)}"]
    first, *lines = _block(data, hand, depth + 2, step)
    return [f"{' ' * depth}- {first.lstrip()}", *lines]


def _remark(hand: random.Random) -> str:
    return f"   # {hand.randrange(99)}" if hand.random() < 0.2 else ""


def _fits_a_literal(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.replace("\n", "").isprintable() and value[:1] not in " \n"


def shuffled(data: Mapping[str, Any], hand: random.Random) -> list[tuple[str, Any]]:
    """Its items, in any order."""
    items = list(data.items())
    hand.shuffle(items)
    return items


def flow(value: Any, hand: random.Random) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(k, hand)}: {flow(v, hand)}" for k, v in shuffled(value, hand)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one, hand) for one in value) + "]"
    return scalar(value, hand)


def scalar(value: Any, hand: random.Random) -> str:
    """A plain value, in quotes or not."""
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN.match(value) and value.lower() not in _WORDS
    if (plain or _STAYS.match(value)) and hand.random() < 0.5:
        return value
    if hand.random() < 0.5 and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=hand.random() < 0.5)


def table(rows: Sequence[Mapping[str, str]], kind: str, hand: random.Random) -> str:
    """Rows as csv, json or yaml; what is a number there is one here, or text. No rows: a table without any."""
    columns = list(rows[0])
    hand.shuffle(columns)
    written = [{column: row[column] for column in columns} for row in rows]
    if kind == "csv":
        text = io.StringIO()
        quoting = hand.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
        writer = csv.DictWriter(text, columns, quoting=quoting, delimiter=hand.choice(",,;\t"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(written)
        return text.getvalue()
    if hand.random() < 0.5:
        written = [{key: int(v) if key == "seats" else v for key, v in row.items()} for row in written]
    if kind == "json":
        return json.dumps(written, indent=hand.choice([None, 1, 4]), ensure_ascii=hand.random() < 0.5)
    return "".join(f"- {flow(row, hand)}\n" for row in written)


def ended(text: str, hand: random.Random) -> bytes:
    """A text file as bytes: its lines end as here or as on Windows, and it may begin with a mark of its encoding."""
    mark = "\ufeff" if hand.random() < 0.3 else ""
    return (mark + (text.replace("\n", "\r\n") if hand.random() < 0.5 else text)).encode()
