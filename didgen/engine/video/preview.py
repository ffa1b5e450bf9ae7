"""The same packets a second time, in a file that can be read while it grows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import av

from didgen.engine.shot import FPS

_OPTIONS = {
    # A fragment as soon as there is a picture more. The header waits for the first one, to tell where the sound begins;
    # a fragment for each packet (frag_every_frame) would give sounds of one fragment the same time.
    "movflags": "empty_moov+delay_moov+default_base_moof",
    "frag_duration": str(1_000_000 // FPS),
    "flush_packets": "1",
    "fflags": "+bitexact",
}


class Preview:
    """A fragmented MP4 at `path`, there from the first packet until the final video is whole (then `remove`).

    streams: the encoders' own, open. Whoever reads the file may keep it open: it stays readable after its name is
    gone. What goes wrong here ends the preview and never the render.
    """

    def __init__(self, path: Path, streams: Sequence[Any]) -> None:
        self._path, self._streams = path, streams
        self._file: Any = None
        self._twins: dict[int, Any] = {}
        self._broken = False

    def mux(self, packets: Sequence[Any]) -> None:
        """Write packets that the final file already has; their times are those of that file."""
        try:
            if not self._broken and packets:
                self._open()
                for packet in packets:
                    own = packet.stream
                    packet.stream = self._twins[own.index]
                    self._file.mux(packet)
                    packet.stream = own
        except (OSError, ValueError, av.FFmpegError):  # a full disk is told by the final file
            self._broken = True

    def remove(self) -> None:
        """Finish the file for those who read it, and take its name away."""
        if self._file is None:
            return
        with suppress(OSError, ValueError, av.FFmpegError):
            self._file.close()
        with suppress(OSError):
            self._path.unlink()

    def _open(self) -> None:
        """At the first packets: only then the encoders know what stands in the header."""
        if self._file is None:
            self._file = av.open(str(self._path), "w", format="mp4", options=_OPTIONS)
            self._twins = {one.index: self._file.add_stream_from_template(one) for one in self._streams}
