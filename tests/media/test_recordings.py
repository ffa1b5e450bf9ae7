"""Lengths of recordings, read from their files as encoders write them."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from didgen.media.recordings import recording_s

SECONDS = 7.3
RATE_HZ = 44_100


def write(path: Path, codec: str, *, rate_hz: int = RATE_HZ, layout: str = "stereo", bit_rate: int = 0, **options: str):
    """A tone of SECONDS that gets louder, so that a variable bit rate varies."""
    with av.open(str(path), "w", options=options) as box:
        stream = box.add_stream(codec, rate=rate_hz, layout=layout)
        if bit_rate:
            stream.bit_rate = bit_rate
        else:
            stream.codec_context.options = {"flags": "+qscale", "global_quality": str(118 * 4)}
        t = np.arange(int(SECONDS * rate_hz)) / rate_hz
        tone = (np.sin(t * 1800) * t / SECONDS * 0.5).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(np.stack([tone] * (2 if layout == "stereo" else 1)), "fltp", layout)
        sound.sample_rate, sound.pts, sound.time_base = rate_hz, 0, Fraction(1, rate_hz)
        for frame in [*av.AudioResampler(stream.format.name, layout, rate_hz).resample(sound), None]:
            for packet in stream.encode(frame):
                box.mux(packet)
    return path


@pytest.mark.parametrize(
    ("rate_hz", "layout", "bit_rate", "xing"),
    [(44_100, "stereo", 128_000, "1"), (44_100, "stereo", 128_000, "0"), (44_100, "stereo", 0, "1"),
     (44_100, "stereo", 0, "0"), (48_000, "mono", 64_000, "0"), (22_050, "mono", 32_000, "1"),
     (22_050, "mono", 32_000, "0"), (16_000, "mono", 24_000, "0"), (8_000, "mono", 16_000, "0")],
)  # fmt: skip
def test_an_mp3_with_and_without_a_table(tmp_path: Path, rate_hz: int, layout: str, bit_rate: int, xing: str) -> None:
    """Constant and variable bit rates of MPEG 1, 2 and 2.5, to the frame (and the encoder's own delay)."""
    path = write(tmp_path / "a.mp3", "libmp3lame", rate_hz=rate_hz, layout=layout, bit_rate=bit_rate, write_xing=xing)
    assert pytest.approx(SECONDS, abs=4 * 1152 / rate_hz) == recording_s(path)


def test_an_mp3_behind_a_large_tag_and_before_an_old_one(tmp_path: Path) -> None:
    """A cover picture in front counts nothing, though it holds what looks like frames; nor does an ID3v1 tag behind."""
    sound = write(tmp_path / "a.mp3", "libmp3lame", bit_rate=128_000, write_xing="0", id3v2_version="0").read_bytes()
    picture = b"\xff\xfb\x90\x00" * 10_000
    size = bytes([len(picture) >> 21 & 127, len(picture) >> 14 & 127, len(picture) >> 7 & 127, len(picture) & 127])
    (tmp_path / "b.mp3").write_bytes(b"ID3\x04\x00\x00" + size + picture + sound + b"TAG" + bytes(125))
    assert pytest.approx(SECONDS, abs=0.1) == recording_s(tmp_path / "b.mp3")


def test_a_table_that_tells_too_little_is_not_believed(tmp_path: Path) -> None:
    """A head left by an editor that cut nothing but its table would make a long recording cheap."""
    path = write(tmp_path / "a.mp3", "libmp3lame", bit_rate=320_000, write_xing="1")
    data = bytearray(path.read_bytes())
    at = data.index(b"Info") if b"Info" in data else data.index(b"Xing")
    data[at + 8 : at + 12] = (3).to_bytes(4, "big")
    path.write_bytes(data)
    assert pytest.approx(SECONDS, abs=0.15) == recording_s(path)


def test_a_damaged_spot_in_an_mp3_is_stepped_over(tmp_path: Path) -> None:
    """Ten frames overwritten: the rest still counts."""
    path = write(tmp_path / "a.mp3", "libmp3lame", bit_rate=128_000, write_xing="0")
    data = bytearray(path.read_bytes())
    data[40_000:44_000] = bytes(4_000)
    path.write_bytes(data)
    assert SECONDS - 0.5 < (recording_s(path) or 0) < SECONDS


@pytest.mark.parametrize("options", [{}, {"movflags": "faststart"}, {"movflags": "frag_keyframe+empty_moov"}])
def test_an_m4a_with_its_index_anywhere(tmp_path: Path, options: dict[str, str]) -> None:
    """At the end, in front; a fragmented one that leaves its length open tells none."""
    path = write(tmp_path / "a.m4a", "aac", bit_rate=96_000, **options)
    if "empty_moov" in options.get("movflags", ""):
        assert None is recording_s(path)
    else:
        assert pytest.approx(SECONDS, abs=0.1) == recording_s(path)


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le", "pcm_f32le"])
def test_a_wav_with_chunks_before_its_sound(tmp_path: Path, codec: str) -> None:
    """A broadcast WAV has others before `fmt ` and behind the sound; they are no sound."""
    data = write(tmp_path / "a.wav", codec, bit_rate=1).read_bytes()
    before = b"JUNK" + (33).to_bytes(4, "little") + bytes(34)
    behind = b"LIST" + (200_000).to_bytes(4, "little") + bytes(200_000)
    (tmp_path / "b.wav").write_bytes(data[:12] + before + data[12:] + behind)
    assert pytest.approx(SECONDS, abs=0.001) == recording_s(tmp_path / "a.wav")
    assert pytest.approx(SECONDS, abs=0.001) == recording_s(tmp_path / "b.wav")


def test_a_streamed_wav_is_as_long_as_what_is_there(tmp_path: Path) -> None:
    """A program that wrote to a pipe could not fill in the length."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(64_000))
    data = bytearray((tmp_path / "a.wav").read_bytes())
    for length in (b"\0\0\0\0", b"\xff\xff\xff\xff"):
        data[40:44] = length
        (tmp_path / "a.wav").write_bytes(data)
        assert 2.0 == recording_s(tmp_path / "a.wav")


def test_a_flac(tmp_path: Path) -> None:
    """From its first block."""
    assert pytest.approx(SECONDS, abs=0.001) == recording_s(write(tmp_path / "a.flac", "flac", bit_rate=1))


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.wav", "a.flac"])
def test_a_file_cut_anywhere_never_raises(tmp_path: Path, name: str) -> None:
    """Every length of the first bytes, and some later ones: a length or None, whatever is missing."""
    codec = {"a.mp3": "libmp3lame", "a.m4a": "aac", "a.wav": "pcm_s16le", "a.flac": "flac"}[name]
    data = write(tmp_path / name, codec, bit_rate=96_000).read_bytes()
    whole = recording_s(tmp_path / name) or 0
    for end in [*range(200), *range(len(data) - 400, len(data), 7)]:
        (tmp_path / "cut").write_bytes(data[:end])
        assert 0 <= (recording_s(tmp_path / "cut") or 0) <= whole + 0.1
