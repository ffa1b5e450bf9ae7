"""Recordings on their way to a service: their own bytes where they fit, else a file that sounds the same."""

from __future__ import annotations

import asyncio
import io
import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from didgen.api.prepare.ask import Preparer
from didgen.api.prepare.sound import aac_of
from didgen.catalog import limits
from didgen.errors import RenderError
from didgen.media.fit import UnfitError, fit_sound
from didgen.media.recordings import has_video, recording_s
from didgen.media.sniff import suffix_of
from didgen.media.tags import without_tags

RATE_HZ = 44_100
FORMS = {  # name → container, codec
    "a.wav": ("wav", "pcm_s16le"), "deep.wav": ("wav", "pcm_s24le"), "a.mp3": ("mp3", "libmp3lame"),
    "a.flac": ("flac", "flac"), "a.m4a": ("ipod", "aac"), "a.mp4": ("mp4", "aac"), "alac.m4a": ("ipod", "alac"),
    "a.ogg": ("ogg", "libopus"), "a.webm": ("webm", "libopus"), "a.aac": ("adts", "aac"), "a.mov": ("mov", "pcm_s16be"),
}  # fmt: skip


def voice(seconds: float, rate_hz: int = RATE_HZ, channels: int = 1) -> np.ndarray:
    """(channels, N) float32, something like speech: a gliding tone with overtones in syllables; sides differ."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    sides = []
    for side in range(channels):
        pitch = np.cumsum(140 + 40 * np.sin(t * (1.7 + side))) / rate_hz
        tone = sum(np.sin(2 * np.pi * pitch * k) / k for k in range(1, 9))
        sides.append(0.15 * tone * np.clip(np.sin(t * 9 + side), 0, 1))
    return np.stack(sides).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ, form: tuple[str, str] | None = None) -> Path:
    """Encode a sound as FORMS says for its name."""
    container, codec = form or FORMS[path.name]
    rate = 48_000 if codec == "libopus" else rate_hz
    layout = "stereo" if len(samples) == 2 else "mono"
    with av.open(str(path), "w", format=container) as box:
        stream = box.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    return path


def heard(data: bytes, rate_hz: int = RATE_HZ) -> np.ndarray:
    """(channels, N) samples of a file, decoded by a player that knows nothing of us."""
    with av.open(io.BytesIO(data)) as box:
        stream = box.streams.audio[0]
        resampler = av.AudioResampler(format="fltp", layout=stream.layout.name, rate=rate_hz)
        parts = [out.to_ndarray() for frame in box.decode(stream) for out in resampler.resample(frame)]
        parts += [out.to_ndarray() for out in resampler.resample(None)]
    return np.concatenate(parts, axis=1)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two sounds in step, channels averaged."""
    size = min(one.shape[1], other.shape[1])
    return float(np.corrcoef(one[:, :size].mean(axis=0), other[:, :size].mean(axis=0))[0, 1])


def prepared(path: Path) -> bytes:
    return asyncio.run(Preparer().prepared(path, "sound"))


def _saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.wav", "deep.wav", "a.mp3", "a.flac", "a.m4a", "a.mp4", "alac.m4a"])
def test_what_fits_goes_with_its_own_samples(tmp_path: Path, name: str) -> None:
    """Every kind that the service takes."""
    path = write(tmp_path / name, voice(3))
    assert not fit_sound(path).remade
    sent = prepared(path)
    assert np.array_equal(heard(path.read_bytes()), heard(sent))
    if "4" in path.suffix:
        assert len(sent) == path.stat().st_size
    assert sent == prepared(_saved(tmp_path / f"again{path.suffix}", sent)), "there is no word in it any more"


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", ["a.ogg", "a.webm", "a.aac", "a.mov"])
def test_other_kinds_are_saved_as_one_that_is_taken(tmp_path: Path, name: str, channels: int) -> None:
    """With the same length, in step, with both its sides, and without a difference that one could hear."""
    samples = voice(4, channels=channels)
    path = write(tmp_path / name, samples)
    assert fit_sound(path).remade
    assert f"no {name[2:]}" in fit_sound(path).notes[0]
    sent = prepared(path)
    assert (".flac" if name == "a.mov" else ".m4a") == suffix_of(sent[:16])
    sound = heard(sent)
    assert channels == sound.shape[0]
    assert 4 == pytest.approx(sound.shape[1] / RATE_HZ, abs=0.06)
    reference = heard(path.read_bytes())
    assert 0.995 < likeness(reference, sound)
    if name != "a.aac":  # which cannot say how late its sound begins
        assert 0.98 < likeness(samples, sound)


def test_a_large_lossless_recording_stays_lossless_where_it_can(tmp_path: Path) -> None:
    """75 s of studio WAV, 10.8 MB: FLAC of 16 bits holds it, to a rounding."""
    samples = voice(75, 48_000)
    path = write(tmp_path / "deep.wav", samples, 48_000)
    assert path.stat().st_size > 10_000_000
    assert "at most 6 MB" in fit_sound(path).notes[0]
    sent = prepared(path)
    assert b"fLaC" == sent[:4]
    assert len(sent) <= limits.SOUND_BYTES
    assert 2 / 32768 > np.abs(heard(sent, 48_000) - samples).max()


def test_a_large_noisy_recording_becomes_aac_in_step(tmp_path: Path) -> None:
    """What FLAC cannot make small enough: AAC at full quality, no second longer or later."""
    samples = voice(50, channels=2)
    samples += np.random.default_rng(2).normal(0, 0.05, samples.shape).astype(np.float32)
    path = write(tmp_path / "deep.wav", samples)
    sent = prepared(path)
    assert ".m4a" == suffix_of(sent[:16])
    assert len(sent) <= limits.SOUND_BYTES
    sound = heard(sent)
    assert 2 == sound.shape[0]
    assert 50 == pytest.approx(sound.shape[1] / RATE_HZ, abs=0.03)
    size = min(sound.shape[1], samples.shape[1])
    assert 0.9 < min(likeness(samples[side, :size][None], sound[side, :size][None]) for side in (0, 1))


def test_ten_minutes_fit(tmp_path: Path) -> None:
    """The longest there may be, in stereo: one clean voice of 6 MB at most, in step to the end."""
    noise = np.random.default_rng(2).normal(0, 0.01, (2, 958_400)).astype(np.float32)
    samples = np.tile(voice(59.9, 16_000, 2) + noise, 10)
    path = write(tmp_path / "a.wav", samples, 16_000)
    sent = prepared(path)
    assert len(sent) <= limits.SOUND_BYTES
    sound = heard(sent, 16_000)
    assert 1 == sound.shape[0]
    assert 599 == pytest.approx(sound.shape[1] / 16_000, abs=0.08)
    last = samples.shape[1] - 20 * 16_000
    assert 0.95 < likeness(samples[:, last:], sound[:, last:])


@pytest.mark.parametrize(
    ("seconds", "channels", "expected"),
    [
        (10, 1, (1, 128_000)),
        (10, 2, (2, 192_000)),
        (300, 2, (2, 153_600)),
        (400, 2, (1, 114_800)),
        (600, 1, (1, 76_000)),
    ],
)
def test_how_good_aac_can_be(seconds: float, channels: int, expected: tuple[int, int]) -> None:
    """Never more than is of use; below 128 kbit/s for two sides one of them is all."""
    got = aac_of(seconds, channels)
    assert expected[0] == got[0]
    assert expected[1] == pytest.approx(got[1], rel=0.01)
    assert got[1] * seconds / 8 < limits.SOUND_BYTES


def test_only_the_sound_of_a_film_is_sent(tmp_path: Path) -> None:
    """Whoever names a film as a recording means its sound."""
    samples = voice(3)
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as box:
        video = box.add_stream("libx264", rate=25)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        audio = box.add_stream("aac", rate=RATE_HZ, layout="mono")
        for _ in range(75):
            box.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        box.mux(audio.encode(frame))
        box.mux(video.encode(None))
        box.mux(audio.encode(None))
    assert has_video(film)
    sent = prepared(film)
    with av.open(io.BytesIO(sent)) as box:
        assert ["audio"] == [stream.type for stream in box.streams]
    assert 0.98 < likeness(samples, heard(sent))


def test_what_cannot_fit_is_refused_with_the_limit(tmp_path: Path) -> None:
    """Too long by its header, at plan time; too long only by decoding; no sound; damaged."""
    long = tmp_path / "a.wav"
    write(long, np.zeros((1, 8_000 * 601), np.float32), 8_000)
    with pytest.raises(UnfitError, match="is 10 min 1 s long") as caught:
        fit_sound(long)
    assert "at most 10 minutes" in caught.value.hint
    untold = write(tmp_path / "a.aac", np.zeros((1, 8_000 * 601), np.float32), 8_000)
    assert None is recording_s(untold)
    assert fit_sound(untold).remade
    with pytest.raises(RenderError, match=r"a\.aac is 10 min [12] s long") as refused:
        prepared(untold)
    assert "InvalidAudioDurationError" == refused.value.kind
    words = tmp_path / "words.mp3"
    words.write_bytes(b"no sound at all, just words")
    with pytest.raises(UnfitError, match="is no sound") as caught:
        fit_sound(words)
    assert "wav, mp3" in caught.value.hint
    damaged = tmp_path / "damaged.ogg"
    damaged.write_bytes(b"OggS" + bytes(5000))
    with pytest.raises(RenderError, match=r"damaged\.ogg is damaged"):
        prepared(damaged)


def test_an_ogg_file_tells_its_length(tmp_path: Path) -> None:
    """From its last page, so that plans price it and refuse it in time."""
    assert 4 == pytest.approx(recording_s(write(tmp_path / "a.ogg", voice(4))), abs=0.05)


TOLD = "Hauptstrasse 12"


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.m4a", "a.mp4"])
def test_what_a_recording_tells_beside_its_sound_stays_here(tmp_path: Path, name: str) -> None:
    """Title, artist, place and time are left out; every sample stays where it was."""
    path = tmp_path / name
    container, codec = FORMS[name]
    with av.open(str(path), "w", format=container) as box:
        box.metadata.update(title=TOLD, artist=TOLD, comment=TOLD, location="+48.1370+011.5750/")
        box.metadata["creation_time"] = "2024-05-06T07:08:09Z"
        stream = box.add_stream(codec, rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(voice(2), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
        box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    plain = heard(path.read_bytes())
    if name == "a.mp3":
        old = b"TAG" + TOLD.encode().ljust(125, b"\0")
        ape = b"\x01\0\0\0\0\0\0\0Title\0" + TOLD.encode()
        foot = b"APETAGEX" + struct.pack("<IIII8x", 2000, len(ape) + 32, 1, 0)
        path.write_bytes(path.read_bytes() + ape + foot + old)
    given = path.read_bytes()
    assert TOLD.encode() in given
    sent = prepared(path)
    assert TOLD.encode() not in sent
    assert b"loci" not in sent
    with av.open(io.BytesIO(sent)) as box:
        assert not {"title", "artist", "comment", "location", "date"} & {key.lower() for key in box.metadata}
        assert "2024" not in str(box.metadata) + str(box.streams.audio[0].metadata)
    assert np.array_equal(plain, heard(sent))


def test_where_an_apple_recording_begins_is_not_forgotten(tmp_path: Path) -> None:
    """Its encoder keeps that among the titles, where there is no edit list: they go, it stays."""

    def box(name: bytes, *content: bytes) -> bytes:
        body = b"".join(content)
        return struct.pack(">I4s", len(body) + 8, name) + body

    start = box(b"----", box(b"mean", bytes(4), b"com.apple.iTunes"), box(b"name", bytes(4), b"iTunSMPB"), b" 0840")
    title = box(b"\xa9nam", box(b"data", bytes(8), TOLD.encode()))
    listed = box(b"ilst", title, start, title)
    moov = box(b"moov", box(b"udta", box(b"meta", bytes(4), listed)), box(b"meta", TOLD.encode()))
    data = box(b"ftyp", b"M4A ", bytes(4)) + moov + box(b"mdat", b"sound")
    sent = without_tags(data, ".m4a")
    assert (len(data), TOLD.encode() in data, TOLD.encode() in sent) == (len(sent), True, False)
    assert start in sent
    assert box(b"free", bytes(len(title) - 8)) in sent


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.m4a"])
def test_a_cut_recording_is_walked_or_refused(tmp_path: Path, name: str) -> None:
    """At every length of its beginning: never another error."""
    data = write(tmp_path / name, voice(0.2)).read_bytes()
    for size in [*range(16, 400, 7), *range(400, len(data), 997)]:
        with suppress(ValueError):
            assert len(without_tags(data[:size], suffix_of(data[:16]))) <= size + 1


def test_a_wav_that_was_cut_off_gets_its_length(tmp_path: Path) -> None:
    """A recorder that lost its power, or that wrote into a pipe, left it at nothing or at the most there is."""
    whole = write(tmp_path / "a.wav", voice(2)).read_bytes()
    at = whole.index(b"data") + 4
    for said in (b"\0\0\0\0", b"\xff\xff\xff\xff"):
        broken = tmp_path / "broken.wav"
        broken.write_bytes(whole[:at] + said + whole[at + 4 :])
        assert np.array_equal(heard(whole), heard(prepared(broken)))
