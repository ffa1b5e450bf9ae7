"""Still pictures in an MP4's clothes: HEIC as phones save it, and AVIF (ISO 23008-12, and MIAF).

A picture is an item with its own coded bytes, or a grid of such items; properties say its size, how it is turned and
what its decoder needs. Sequences, overlays and what else the standard allows are not read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MOST_TILES = 1024
MOST_ITEMS = 4096
MOST_SIDE_PX = 16_384

_CODECS = {b"hvc1": ("HEIC", b"hvcC"), b"av01": ("AVIF", b"av1C")}
_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"heif", b"miaf")

# orientation after one more mirroring or quarter turn, by EXIF's numbers: (1..8) → (1..8)
_LEFT_RIGHT = (2, 1, 4, 3, 6, 5, 8, 7)
_TOP_BOTTOM = (4, 3, 2, 1, 8, 7, 6, 5)
_ANTICLOCKWISE = (8, 7, 6, 5, 2, 1, 4, 3)


@dataclass(frozen=True, slots=True)
class Still:
    """format: HEIC or AVIF. width, height: px before turning. orientation: EXIF 1..8. columns, rows: of tiles, in
    reading order, each tile_width × tile_height px; a plain picture is one. tiles: (start, end) of each one's bytes,
    one span or more. config: the decoder's record. profile: ICC, b"" without one. nclx: (matrix, full range) where the
    file says so.
    """

    format: str
    width: int
    height: int
    orientation: int
    columns: int
    rows: int
    tile_width: int
    tile_height: int
    tiles: tuple[tuple[tuple[int, int], ...], ...]
    config: bytes
    profile: bytes
    nclx: tuple[int, bool] | None

    def tile(self, data: bytes, number: int) -> bytes:
        """The coded bytes of one tile."""
        return b"".join(data[start:end] for start, end in self.tiles[number])


@dataclass(slots=True)
class _Item:
    """One item: its type, where its bytes are, its properties in order, the items it is made from."""

    kind: bytes = b""
    spans: tuple[tuple[int, int], ...] = ()
    properties: tuple[tuple[bytes, bytes], ...] = ()
    made_from: tuple[int, ...] = ()


def read_still(data: bytes) -> Still | None:
    """The picture in a file; None when it is none that is read here, damaged or cut short."""
    if data[4:8] != b"ftyp" or data[8:12] not in _BRANDS:
        return None
    try:
        meta = next(((start, end) for name, start, end in _boxes(data, 0, len(data)) if name == b"meta"), None)
        return None if meta is None else _still(data, *_items(data, *meta))
    except (struct.error, IndexError, KeyError, ValueError):
        return None


def _still(data: bytes, primary: int, items: dict[int, _Item]) -> Still | None:
    shown = items[primary]
    if shown.kind == b"grid":
        spec = b"".join(data[start:end] for start, end in shown.spans)
        rows, columns = spec[2] + 1, spec[3] + 1
        width, height = struct.unpack_from(">II" if spec[1] & 1 else ">HH", spec, 4)
        parts = [items[number] for number in shown.made_from]
    else:
        rows = columns = 1
        width, height = _size(shown)
        parts = [shown]
    kinds = {part.kind for part in parts}
    if len(parts) != rows * columns or len(parts) > MOST_TILES or len(kinds) != 1 or not kinds <= _CODECS.keys():
        return None
    name, config_box = _CODECS[parts[0].kind]
    tile_width, tile_height = _size(parts[0])
    if not (_covers(columns, tile_width, width) and _covers(rows, tile_height, height)):
        return None
    if any(_size(part) != (tile_width, tile_height) for part in parts):
        return None
    if any(end > len(data) for part in parts for _, end in part.spans):
        return None
    profile, nclx = _colour((*shown.properties, *parts[0].properties))
    return Still(
        format=name,
        width=width,
        height=height,
        orientation=_orientation(shown.properties),
        columns=columns,
        rows=rows,
        tile_width=tile_width,
        tile_height=tile_height,
        tiles=tuple(part.spans for part in parts),
        config=dict(parts[0].properties)[config_box],
        profile=profile,
        nclx=nclx,
    )


def _covers(tiles: int, side: int, whole: int) -> bool:
    """Whether so many tiles cover a side, and none lies outside of it altogether."""
    return 0 < side <= MOST_SIDE_PX and (tiles - 1) * side < whole <= tiles * side


def _size(item: _Item) -> tuple[int, int]:
    width, height = struct.unpack_from(">4xII", dict(item.properties)[b"ispe"])
    return width, height


def _orientation(properties: tuple[tuple[bytes, bytes], ...]) -> int:
    """Turns and mirrorings in their order, as one number."""
    orientation = 1
    for name, value in properties:
        if name == b"irot":
            for _ in range(value[0] & 3):
                orientation = _ANTICLOCKWISE[orientation - 1]
        elif name == b"imir":  # mode 0 exchanges top and bottom, 1 left and right
            orientation = (_LEFT_RIGHT if value[0] & 1 else _TOP_BOTTOM)[orientation - 1]
    return orientation


def _colour(properties: tuple[tuple[bytes, bytes], ...]) -> tuple[bytes, tuple[int, bool] | None]:
    profile, nclx = b"", None
    for name, value in properties:
        if name == b"colr" and value[:4] in (b"prof", b"rICC"):
            profile = profile or value[4:]
        elif name == b"colr" and value[:4] == b"nclx" and nclx is None:
            matrix, full = struct.unpack_from(">8xHB", value)
            nclx = matrix, bool(full & 0x80)
    return profile, nclx


# -- boxes --------------------------------------------------------------------------------------------------------


def _items(data: bytes, start: int, end: int) -> tuple[int, dict[int, _Item]]:
    """The number of the picture that is shown, and all items of a `meta` box."""
    boxes = {name: (at, stop) for name, at, stop in _boxes(data, start + 4, end)}
    items: dict[int, _Item] = {}
    for number, kind in _kinds(data, *boxes[b"iinf"]):
        if len(items) > MOST_ITEMS:
            raise ValueError("too many items")
        items[number] = _Item(kind)
    for number, spans in _spans(data, boxes):
        if number in items:
            items[number].spans = spans
    for number, properties in _properties(data, *boxes[b"iprp"]):
        if number in items:
            items[number].properties = properties
    for number, made_from in _made_from(data, boxes.get(b"iref")):
        if number in items:
            items[number].made_from = made_from
    at = boxes[b"pitm"][0]
    return struct.unpack_from(">I" if data[at] else ">H", data, at + 4)[0], items


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte of the content and its end; a box that reaches beyond the end stops there."""
    while at + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, at)
        start, stop = at + 8, at + length if length else end
        if length == 1:
            start, stop = at + 16, at + int(struct.unpack_from(">Q", data, at + 8)[0])
        if stop < start:
            raise ValueError("a box without an end")
        yield name, start, min(stop, end)
        at = stop


def _kinds(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    first = start + (8 if data[start] else 6)
    for name, at, _ in _boxes(data, first, end):
        version = data[at]
        if name == b"infe" and version in (2, 3):
            number, kind = struct.unpack_from(">H2x4s" if version == 2 else ">I2x4s", data, at + 4)
            yield number, kind


def _spans(data: bytes, boxes: dict[bytes, tuple[int, int]]) -> Iterator[tuple[int, tuple[tuple[int, int], ...]]]:
    """From `iloc`: offsets in the file, or in `idat` for what is only a few bytes."""
    at, end = boxes[b"iloc"]
    version = data[at]
    sizes = struct.unpack_from(">H", data, at + 4)[0]
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = version == 2
    count, at = _number(data, at + 6, 4 if wide else 2)
    for _ in range(min(count, MOST_ITEMS)):
        number, at = _number(data, at, 4 if wide else 2)
        method, at = _number(data, at, 2) if version else (0, at)
        base, at = _number(data, at + 2, base_size)  # 2: of which file, always this one
        extents, at = _number(data, at, 2)
        if at > end or (method & 15) > 1:
            raise ValueError("items that are elsewhere")
        base += boxes[b"idat"][0] if method & 15 else 0
        spans = []
        for _ in range(min(extents, MOST_ITEMS)):
            _, at = _number(data, at, index_size)
            offset, at = _number(data, at, offset_size)
            length, at = _number(data, at, length_size)
            spans.append((base + offset, base + offset + length if length else len(data)))
        yield number, tuple(spans)


def _number(data: bytes, at: int, size: int) -> tuple[int, int]:
    """A big-endian number of 0 to 8 bytes, and what comes after it."""
    if at + size > len(data):
        raise ValueError("cut short")
    return int.from_bytes(data[at : at + size], "big"), at + size


def _properties(data: bytes, start: int, end: int) -> Iterator[tuple[int, tuple[tuple[bytes, bytes], ...]]]:
    """From `ipco`, the properties there are, and `ipma`, which item has which."""
    boxes = list(_boxes(data, start, end))
    held = {name: (at, stop) for name, at, stop in boxes}[b"ipco"]
    known = [(name, data[at:stop]) for name, at, stop in _boxes(data, *held)]
    for body, stop in ((at, stop) for name, at, stop in boxes if name == b"ipma"):
        version, wide = data[body], data[body + 3] & 1
        count, at = _number(data, body + 4, 4)
        for _ in range(min(count, MOST_ITEMS)):
            number, at = _number(data, at, 4 if version else 2)
            several, at = _number(data, at, 1)
            mine = []
            for _ in range(several):
                index, at = _number(data, at, 2 if wide else 1)
                index &= 0x7FFF if wide else 0x7F  # the top bit: whether one may ignore it
                if index:
                    mine.append(known[index - 1])
            if at > stop:
                raise ValueError("cut short")
            yield number, tuple(mine)


def _made_from(data: bytes, box: tuple[int, int] | None) -> Iterator[tuple[int, tuple[int, ...]]]:
    if box is None:
        return
    size = 4 if data[box[0]] else 2
    for name, start, end in _boxes(data, box[0] + 4, box[1]):
        number, at = _number(data, start, size)
        count, at = _number(data, at, 2)
        if name == b"dimg" and at + count * size <= end:
            yield number, tuple(_number(data, at + n * size, size)[0] for n in range(count))
