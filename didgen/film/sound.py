"""The sound of a video as a file of its own."""

from __future__ import annotations

from pathlib import Path

import av

from didgen.film.streams import open_video, packets


def extract_sound(video: Path) -> Path | None:
    """Write the sound of an MP4 or MOV beside it as .m4a, packets as they are; None for a video without sound.

    Raises RenderError for a file that is no video, OSError when it cannot be written.
    """
    out = video.with_suffix(".m4a")
    with open_video(video) as box:
        if not box.streams.audio:
            return None
        with av.open(str(out), "w", format="ipod", options={"fflags": "+bitexact"}) as target:
            stream = target.add_stream_from_template(box.streams.audio[0])
            for packet in packets(box, box.streams.audio[0]):
                packet.stream = stream
                target.mux(packet)
    return out
