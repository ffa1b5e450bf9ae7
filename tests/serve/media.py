"""Files that mean no good, for the door of the server: texts in media's clothes, and clips that were damaged."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from tests import fakes

_TEXTS = {
    "ffconcat": "ffconcat version 1.0\nfile '{other}'\nfile 'http://127.0.0.1:{port}/a.mp4'\n",
    "concat": "file {other}\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{other}\n#EXT-X-ENDLIST\n",
    "hls-http": "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nhttp://127.0.0.1:{port}/a.ts\n",
    "hls-key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:{port}/k"\n#EXTINF:1,\n{other}\n',
    "dash": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>file://{other}</BaseURL></MPD>",
    "smil": "<smil><body><video src='http://127.0.0.1:{port}/a.mp4'/></body></smil>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n",
    "srt": "1\n00:00:00,000 --> 00:00:01,000\n{other}\n",
    "vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n{other}\n",
    "avs": 'DirectShowSource("{other}")\n',
    "vpy": "import vapoursynth; open('{other}').read()\n",
    "subfile": "subfile,,start,0,end,64,,:{other}",
    "svg": "<svg xmlns='http://www.w3.org/2000/svg'><image href='file://{other}'/></svg>",
    "eps": "%!PS-Adobe-3.0 EPSF-3.0\n({other}) (r) file\n",
    "mvg": "push graphic-context\nimage over 0,0 0,0 'http://127.0.0.1:{port}/'\npop graphic-context\n",
    "pls": "[playlist]\nFile1={other}\nNumberOfEntries=1\n",
    "ram": "rtsp://127.0.0.1:{port}/a\n",
    "asx": "<asx><entry><ref href='http://127.0.0.1:{port}/'/></entry></asx>",
    "html": "<html><img src='http://127.0.0.1:{port}/'></html>",
}
_HEADS = (
    b"",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe0",
    b"RIFF\0\0\0\0WAVEfmt ",
    b"\0\0\0\x18ftypisom",
    b"ID3\x04\0\0",
)
"""Signatures that make a text look like what is taken in."""


def texts(other: Path, port: int) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each text in each of the clothes; `other` is the file that it wants to have opened."""
    for name, text in _TEXTS.items():
        for number, head in enumerate(_HEADS):
            yield f"{name}-{number}", head + text.replace("{other}", str(other)).replace("{port}", str(port)).encode()


def samples(folder: Path) -> dict[str, bytes]:
    """Whole files of every kind that is taken in."""
    fakes.write_video(folder / "sample.mp4", 90)
    ramp = np.tile(np.linspace(0, 255, 320, dtype=np.uint8)[:, None, None], (1, 320, 3))
    pictures = {f"picture{suffix}": cv2.imencode(suffix, ramp)[1].tobytes() for suffix in (".jpg", ".png", ".webp")}
    return pictures | {"sound.wav": fakes.wav(), "video.mp4": (folder / "sample.mp4").read_bytes(), **_sounds()}


def _sounds() -> dict[str, bytes]:
    import io

    import av

    coded = {}
    for form, codec, rate in (("mp3", "mp3", 44_100), ("ogg", "libopus", 48_000), ("flac", "flac", 44_100)):
        out = io.BytesIO()
        with av.open(out, "w", format=form) as box:
            stream = box.add_stream(codec, rate=rate, layout="mono")
            for start in range(0, rate // 2, 1024):
                tone = (np.sin(np.arange(start, start + 1024) * 0.05) * 9000).astype("<i2")[None]
                frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
                frame.sample_rate, frame.pts = rate, start
                box.mux(stream.encode(frame))  # type: ignore[arg-type]
            box.mux(stream.encode(None))  # type: ignore[arg-type]
        coded[f"sound.{form}"] = out.getvalue()
    return coded


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The file after something happened to it: bits, bytes, blocks, numbers, its end."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 2, 4, 16, 64))):
        at = dice.randrange(max(1, len(out)))
        match dice.randrange(6):
            case 0:
                out[at] ^= 1 << dice.randrange(8)
            case 1:
                out[at : at + 4] = dice.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", dice.randbytes(4)))
            case 2:
                del out[at : at + dice.randrange(1, 64)]
            case 3:
                out[at:at] = out[at : at + dice.randrange(1, 256)]
            case 4:
                out[at : at + 16] = dice.randbytes(16)
            case _:
                del out[max(32, at) :]
        if not out:
            return b""
    return bytes(out)
