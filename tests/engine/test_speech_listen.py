"""didgen.engine.speech.listen: recordings of every kind, and one clear error for each bad one."""

from __future__ import annotations

import io
import wave
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from didgen.engine.speech.listen import listen, resampled
from didgen.errors import RenderError

CHECK = Path(__file__).parent.parent / "data" / "viseme-check.wav"


def check_samples() -> np.ndarray:
    with wave.open(str(CHECK)) as w:
        return np.frombuffer(w.readframes(w.getnframes()), "<i2")


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def encoded(path: Path, codec: str, rate: int, sample_format: str, layout: str) -> None:
    """The check sound in another format, by the encoder itself."""
    frame = av.AudioFrame.from_ndarray(check_samples()[None], format="s16", layout="mono")
    frame.sample_rate = 16_000
    size = {"mp3": 1152, "aac": 1024, "libopus": 960}.get(codec, 0)
    resampler = av.AudioResampler(format=sample_format, layout=layout, rate=rate, frame_size=size)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = layout
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            part.pts = None
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("name", "codec", "rate", "sample_format", "layout", "heard_hz"),
    [
        ("a.mp3", "mp3", 44_100, "fltp", "stereo", 44_100),
        ("a.m4a", "aac", 48_000, "fltp", "mono", 48_000),
        ("a.mp4", "aac", 44_100, "fltp", "stereo", 44_100),
        ("a.flac", "flac", 96_000, "s16", "mono", 48_000),
        ("a.ogg", "libopus", 48_000, "flt", "mono", 48_000),
        ("a.webm", "libopus", 48_000, "flt", "mono", 48_000),
        ("a.wav", "pcm_s24le", 44_100, "s32", "stereo", 44_100),
    ],
)
def test_every_usual_format_is_heard(
    tmp_path: Path, name: str, codec: str, rate: int, sample_format: str, layout: str, heard_hz: int
) -> None:
    """Length within 50 ms, rate at most 48 kHz, and the mouth nearly that of the plain recording."""
    encoded(tmp_path / name, codec, rate, sample_format, layout)
    plain, found = listen(CHECK), listen(tmp_path / name)
    assert heard_hz == found.sample_rate_hz
    assert pytest.approx(plain.duration_s, abs=0.05) == found.duration_s
    assert found.visemes is not None
    assert plain.visemes is not None
    assert _best_agreement(plain.visemes.argmax(1), found.visemes.argmax(1)) > 0.9


def _best_agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Share of equal frames at the best lag: AAC begins with 20 to 40 ms of the encoder's own silence."""
    n = min(len(a), len(b)) - 6
    return max(float(np.mean(a[:n] == b[lag : lag + n])) for lag in range(6))


def test_loudness_is_left_as_recorded() -> None:
    """The samples are the file's own, to the last bit."""
    speech = listen(CHECK)
    assert np.array_equal(check_samples().astype(np.float32) / 32768, speech.samples)
    assert () == speech.words


def test_cues_tile_the_sound_and_frames_come_a_hundred_a_second() -> None:
    """Three seconds: 300 rows of probabilities that sum to one, cues from 0 to the end."""
    speech = listen(CHECK)
    assert speech.visemes is not None
    assert (300, 15) == speech.visemes.shape
    assert np.allclose(1.0, speech.visemes.sum(1), atol=1e-5)
    assert (0.0, speech.duration_s) == (speech.phonemes[0].start_s, speech.phonemes[-1].end_s)
    assert all(a.end_s == b.start_s for a, b in pairwise(speech.phonemes))


NOISE = np.random.default_rng(0).standard_normal(32_000)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp3", b"", "is empty"),
        ("text.wav", b"This is not sound at all. " * 50, "cannot be read as audio"),
        ("random.mp3", np.random.default_rng(1).bytes(5000), "cannot be read as audio"),
        ("list.wav", f"#EXTM3U\n#EXTINF:3,\n{CHECK}\n#EXT-X-ENDLIST\n".encode(), "cannot be read as audio"),
        ("zeros.wav", wav(np.zeros(32_000)), "is silent"),
        ("hiss.wav", wav(NOISE * 32768 * 0.002), "is silent"),
        ("blink.wav", wav(NOISE[:300] * 3000), "holds only 0.02 s"),
        ("header.wav", wav(np.zeros(0)), "holds only 0.00 s"),
    ],
)
def test_bad_audio_is_one_clear_error(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """The file is named, what is wrong is said, and what to do."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RenderError, match=f"{name} {message}") as caught:
        listen(path)
    assert "ValidationError" == caught.value.kind
    assert caught.value.hint


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    """Neither is a traceback."""
    with pytest.raises(RenderError, match="does not exist"):
        listen(tmp_path / "no.wav")
    with pytest.raises(RenderError, match="is not a file"):
        listen(tmp_path)


def test_a_picture_has_no_sound(tmp_path: Path) -> None:
    """A video without an audio stream is refused as such."""
    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(RenderError, match="has no sound in it"):
        listen(path)


def test_eleven_minutes_are_the_service_s_own_error(tmp_path: Path) -> None:
    """Ten minutes are the limit, said in the service's word."""
    path = tmp_path / "long.wav"
    path.write_bytes(wav(np.tile(NOISE[:8000], 660) * 3000, rate=8000))
    with pytest.raises(RenderError, match=r"long\.wav is longer than 10 minutes") as caught:
        listen(path)
    assert "InvalidAudioDurationError" == caught.value.kind


def test_a_truncated_recording_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    """Half an mp3 is half the speech."""
    encoded(tmp_path / "a.mp3", "mp3", 44_100, "fltp", "mono")
    data = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "half.mp3").write_bytes(data[: len(data) // 2])
    assert pytest.approx(1.5, abs=0.15) == listen(tmp_path / "half.mp3").duration_s


def test_a_tag_in_another_encoding_is_no_obstacle(tmp_path: Path) -> None:
    """Old recorders write titles that are not UTF-8."""
    title = "Stra\u00dfe".encode("latin-1")
    info = b"LIST" + (12 + len(title)).to_bytes(4, "little") + b"INFOINAM" + len(title).to_bytes(4, "little") + title
    plain = CHECK.read_bytes()
    (tmp_path / "tagged.wav").write_bytes(plain[:36] + info + plain[36:])
    assert listen(CHECK).duration_s == listen(tmp_path / "tagged.wav").duration_s


def test_a_rate_that_changes_midway_is_followed(tmp_path: Path) -> None:
    """Two mp3 files of different rates joined end to end play as one, both halves at their own speed."""
    for name, rate in (("a.mp3", 44_100), ("b.mp3", 22_050)):
        encoded(tmp_path / name, "mp3", rate, "fltp", "mono")
    tail = (tmp_path / "b.mp3").read_bytes()
    (tmp_path / "ab.mp3").write_bytes((tmp_path / "a.mp3").read_bytes() + tail[tail.index(b"\xff\xf3") :])
    assert pytest.approx(6.0, abs=0.25) == listen(tmp_path / "ab.mp3").duration_s


def test_an_unknown_codec_is_no_traceback(tmp_path: Path) -> None:
    """A header that names a coding nobody knows leaves a stream without a decoder."""
    data = bytearray(CHECK.read_bytes())
    data[20:22] = b"\x77\x77"
    (tmp_path / "odd.wav").write_bytes(data)
    with pytest.raises(RenderError, match=r"has no sound in it|cannot be read as audio"):
        listen(tmp_path / "odd.wav")


def test_resampling_keeps_time_and_level() -> None:
    """A tone at 48 kHz is the same tone at 16 kHz, sample for sample."""
    tone = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000).astype(np.float32)
    out = resampled(tone, 48_000, 16_000)
    assert np.allclose(np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)[100:-100], out[100:-100], atol=1e-3)
    assert 16_000 == len(out)
