"""Frames into an animated GIF: one palette for all of them, 12.5 pictures a second, no sound."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from didgen.engine.shot import FPS
from didgen.engine.video.encode import translated

STEP = 2  # every second frame: GIF counts in hundredths of a second, and 25 a second would double its size
SAMPLES = 8  # frames the palette is made of
_DITHER = (
    "dither=bayer:bayer_scale=3:diff_mode=rectangle"  # a fixed pattern: what rests in the picture rests in the file
)

Pixels = NDArray[np.uint8]


def step_of(result_format: str) -> int:
    """Every which frame of a motion track is in a file of that format."""
    return STEP if result_format == "gif" else 1


class GifEncoder:
    """Writes one GIF; used as `Encoder` is: the file is whole at `out` after the block, or absent.

    samples: some frames of the video, for its palette. metadata: its `description` becomes the file's comment. The
    same frames give the same bytes. Raises StorageError when the disk is full, RenderError for anything else.
    """

    def __init__(
        self, out: Path, width: int, height: int, samples: Iterable[Pixels], metadata: Mapping[str, str]
    ) -> None:
        self._out = out
        self._part = out.with_name(f".{out.name}.{os.getpid()}.part")
        self._comment = metadata.get("description", "")
        self._written = 0
        self._mixer = _Mixer(width, height, _palette(width, height, samples))
        self._file: Any = av.open(str(self._part), "w", format="gif", options={"fflags": "+bitexact", "loop": "0"})
        self._stream = self._file.add_stream("gif", rate=Fraction(FPS, STEP))
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "pal8"

    def write(self, rgb: Pixels) -> None:
        """Add one (height, width, 3) RGB frame."""
        frame = _frame(rgb, self._written)
        self._written += 1
        self._mixer.push(frame)
        self._drain()

    def __enter__(self) -> GifEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
            elif isinstance(error, OSError | av.FFmpegError):
                raise translated(error, self._out) from error
        finally:
            self._part.unlink(missing_ok=True)

    def _finish(self) -> None:
        try:
            self._mixer.push(None)
            self._drain()
            self._file.mux(self._stream.encode(None))
            self._file.close()
            _append_comment(self._part, self._comment)
            os.replace(self._part, self._out)
        except (OSError, av.FFmpegError) as error:
            raise translated(error, self._out) from error

    def _drain(self) -> None:
        for frame in _pulled(self._mixer.sink):
            self._file.mux(self._stream.encode(frame))


def _palette(width: int, height: int, samples: Iterable[Pixels]) -> Any:
    """The 256 colours that serve the samples best, as a 16 × 16 picture."""
    graph: Any = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=Fraction(STEP, FPS))
    # Without transparency's colour: every frame is opaque, and the encoder finds its own way to leave out what rests.
    maker, sink = graph.add("palettegen", "reserve_transparent=0:stats_mode=full"), graph.add("buffersink")
    source.link_to(maker)
    maker.link_to(sink)
    graph.configure()
    for number, rgb in enumerate(samples):
        source.push(_frame(rgb, number))
    source.push(None)
    (palette,) = _pulled(sink)
    return palette


class _Mixer:
    """RGB frames go in by `push`, and come out of `sink` in the palette's colours."""

    def __init__(self, width: int, height: int, palette: Any) -> None:
        base = Fraction(STEP, FPS)
        graph: Any = av.filter.Graph()
        self._graph = graph  # kept: its filters do not keep it
        self._source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=base)
        small, form = palette.width, palette.format.name
        colours = graph.add_buffer(width=small, height=small, format=form, time_base=base)
        mix, self.sink = graph.add("paletteuse", _DITHER), graph.add("buffersink")
        self._source.link_to(mix, 0, 0)
        colours.link_to(mix, 0, 1)
        mix.link_to(self.sink)
        graph.configure()
        palette.pts, palette.time_base = 0, base
        colours.push(palette)
        colours.push(None)

    def push(self, frame: Any) -> None:
        """One frame, or None for the end."""
        self._source.push(frame)


def _frame(rgb: Pixels, number: int) -> Any:
    frame: Any = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    frame.pts, frame.time_base = number, Fraction(STEP, FPS)
    return frame


def _pulled(sink: Any) -> Iterable[Any]:
    while True:
        try:
            yield sink.pull()
        except (av.BlockingIOError, av.EOFError):
            return


def _append_comment(path: Path, text: str) -> None:
    """Put a comment extension (GIF89a, 24) before the file's last byte, its trailer."""
    data = text.encode("ascii", "replace")
    blocks = b"".join(bytes([len(part)]) + part for part in (data[k : k + 255] for k in range(0, len(data), 255)))
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b";":
            raise ValueError(f"{path} does not end as a GIF does")
        file.seek(-1, os.SEEK_END)
        file.write(b"!\xfe" + blocks + b"\0;")
