"""The bank's results: tiny true videos of many lengths, made once a run."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

FPS, RATE, BLOCK = 25, 16_000, 1024
LENGTHS_S = (*(k / 5 for k in range(5, 51)), *range(11, 62), 75, 90, 120, 300, 600)


@lru_cache(maxsize=1)
def clips() -> Path:
    """A folder of `SECONDS.mp4`: H.264 of 16×16 px at 25 a second, AAC of 16 kHz. Gone when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="bank-clips-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    picture, sound = _second(folder / "one.mp4")
    for length_s in LENGTHS_S:
        _repeat(folder / "one.mp4", folder / f"{length_s:g}.mp4", picture, sound, length_s)
    (folder / "one.mp4").unlink()
    return folder


def _second(path: Path) -> tuple[list[bytes], list[bytes]]:
    """Encode a grey picture that lasts a second and a tone; the packets of both."""
    import av
    import numpy as np

    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as box:
        video = box.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "threads": "1"})
        video.width = video.height = 16
        video.pix_fmt = "yuv420p"
        audio = box.add_stream("aac", rate=RATE, layout="mono", options={"b": "16000"})
        picture = np.full((16, 16, 3), 120, np.uint8)
        for k in range(FPS):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            box.mux(video.encode(frame))
        box.mux(video.encode(None))
        tone = np.sin(np.arange(RATE) * 0.1, dtype=np.float32)[None] * 0.2
        for at in range(0, RATE, BLOCK):
            sound = av.AudioFrame.from_ndarray(tone[:, at : at + BLOCK], format="fltp", layout="mono")
            sound.sample_rate, sound.pts = RATE, at
            box.mux(audio.encode(sound))
        box.mux(audio.encode(None))
    with av.open(str(path)) as box:
        packets = [packet for packet in box.demux() if packet.size]
        kinds = [[bytes(packet) for packet in packets if packet.stream.type == kind] for kind in ("video", "audio")]
    return kinds[0], kinds[1]


def _repeat(second: Path, path: Path, picture: list[bytes], sound: list[bytes], length_s: float) -> None:
    """A video of any length, from the packets of a second: the picture's begin with a key frame each second."""
    import av

    with av.open(str(second)) as source, av.open(str(path), "w", options={"fflags": "+bitexact"}) as box:
        plans = (
            (box.add_stream_from_template(source.streams.video[0]), picture, FPS, round(length_s * FPS), 1),
            (box.add_stream_from_template(source.streams.audio[0]), sound, RATE, round(length_s * RATE / BLOCK), BLOCK),
        )
        for stream, packets, rate, count, step in plans:
            for k in range(count):
                packet = av.Packet(packets[k % len(packets)])
                packet.stream, packet.time_base = stream, Fraction(1, rate)
                packet.pts = packet.dts = k * step
                packet.duration = step
                packet.is_keyframe = stream.type == "audio" or k % FPS == 0
                box.mux(packet)
