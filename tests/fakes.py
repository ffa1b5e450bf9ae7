"""Real, small stand-ins. As a program this file is a worker with a tiny engine: `command=fakes.COMMAND`.

The engine writes a true MP4 (160×160, the least that may be a source picture; a grey that depends on seed, script and
config, a quarter of a second, H.264 and AAC) in a few milliseconds. Words in the script make it misbehave: `!crash`,
`!exit`, `!hang`, `!grow`, `!print`, `!refuse`, `!bug`, `!secrets`, `!slow` (half a second), `!long` (five, counting
frames), `!until FILE` (counting frames till that is there), `!where`; `!early` leaves a preview lying. Each render adds
a line with its script to the file named by DIDGEN_FAKE_LOG.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import zlib
from fractions import Fraction
from pathlib import Path

from didgen.engine.shot import FPS, Memo, Rendered, Report, Shot, TextScript, preview_path
from didgen.errors import RenderError

COMMAND = (sys.executable, __file__)
FRAMES = 6
SIDE_PX = 160


def render(shot: Shot, out: Path, report: Report, memo: Memo) -> Rendered:
    """As `didgen.engine.render.render`."""
    text = shot.script.text if isinstance(shot.script, TextScript) else ""
    _note(text or "-")
    report("speech", 0, 1)
    _misbehave(text, out, report)
    if "!secrets" in text:
        raise RenderError("FaceError", f"the worker sees {sorted(name for name in os.environ if 'KEY' in name)}")
    if "!where" in text:
        raise RenderError("FaceError", f"{shot.source}: face not detected")
    key = f"fake:{text}"
    known = memo.get(key)
    if known is None:
        memo.put(key, text.encode())
    write_video(out, zlib.crc32(repr((shot.seed, text, shot.config)).encode()) % 200, report)
    words = [[word, k * 0.1, k * 0.1 + 0.08] for k, word in enumerate(text.split()[:2])]
    facts = {
        "duration_s": FRAMES / FPS,
        "frames": FRAMES,
        "resolution": [SIDE_PX, SIDE_PX],
        "words": words,
        "phonemes": [],
        "track": {"fps": FPS, "frames": FRAMES},
        "warnings": [],
        "recalled": known is not None,
        "metadata": {},
    }
    return Rendered(out, facts)


def write_video(out: Path, grey: int, report: Report | None = None) -> None:
    """A tiny whole MP4 with picture and sound, the same bytes for the same grey."""
    import av
    import numpy as np

    with av.open(str(out), "w", options={"fflags": "+bitexact"}) as box:
        video = box.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "threads": "1"})
        video.width = video.height = SIDE_PX
        video.pix_fmt = "yuv420p"
        audio = box.add_stream("aac", rate=48_000, layout="mono")
        for k in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.full((SIDE_PX, SIDE_PX, 3), grey, np.uint8), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            box.mux(video.encode(frame))
            if report is not None:
                report("frames", k + 1, FRAMES)
        tone = np.sin(np.arange(48_000 * FRAMES // FPS) * 0.05, dtype=np.float32)[None] * 0.3
        sound = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        sound.sample_rate, sound.pts = 48_000, 0
        box.mux(audio.encode(sound))
        box.mux(video.encode(None))
        box.mux(audio.encode(None))


def photo(grey: int = 90, side: int = 256) -> bytes:
    """A true JPEG, as services want their pictures; the same bytes for the same grey."""
    import cv2
    import numpy as np

    ramp = np.tile(np.linspace(grey, 255, side).astype(np.uint8)[:, None, None], (1, side, 3))
    return bytes(cv2.imencode(".jpg", ramp)[1].tobytes())


VIDEO_HEAD = b"\0\0\0\x14ftypqt  \0\0\0\0qt  "
"""How a QuickTime file begins, which is all that a plan looks at."""


def wav(seconds: float = 0.5) -> bytes:
    """A true recording: a tone of 44.1 kHz, 16 bits."""
    import io
    import wave

    import numpy as np

    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes((np.sin(np.arange(int(44_100 * seconds)) * 0.05) * 9000).astype("<i2").tobytes())
    return out.getvalue()


def _misbehave(text: str, out: Path, report: Report) -> None:
    if "!early" in text:
        preview_path(out).write_bytes(b"moof")
    if "!crash" in text:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "!exit" in text:
        os._exit(3)
    if "!hang" in text:
        time.sleep(600)
    if "!grow" in text:
        _grow()
    if "!print" in text:
        os.write(1, b"native code prints here\n")
    if "!refuse" in text:
        raise RenderError("FaceError", "face not detected", hint="use a photo with a face")
    if "!bug" in text:
        raise ZeroDivisionError("a bug")
    if "!slow" in text:
        report("frames", 0, FRAMES)
        time.sleep(0.5)
    if "!until " in text:
        gate = Path(text.partition("!until ")[2].split()[0])
        while not gate.exists():
            report("frames", 1, FRAMES)
            time.sleep(0.02)
    if "!long" in text:
        for k in range(100):
            report("frames", k, 100)
            time.sleep(0.05)


def _grow() -> None:
    held = []
    for _ in range(100):
        held.append(bytes(b"x" * (10 << 20)))
        time.sleep(0.05)


def _note(text: str) -> None:
    log = os.environ.get("DIDGEN_FAKE_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(text.replace("\n", " ") + "\n")


if __name__ == "__main__":
    from didgen.jobs.worker import serve

    serve(render)
