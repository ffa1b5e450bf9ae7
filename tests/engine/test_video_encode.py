from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.shot import preview_path
from didgen.engine.video.colour import i420, lay_i420
from didgen.engine.video.encode import Encoder, Sound
from didgen.engine.video.mark import ai_mark
from didgen.engine.video.probe import probe
from didgen.errors import RenderError, StorageError

WIDTH, HEIGHT = 96, 64


Drawing = Callable[[int], NDArray[np.uint8]]


def noise(k: int) -> NDArray[np.uint8]:
    return np.random.default_rng(k).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


def picture(k: int = 0) -> NDArray[np.uint8]:
    """A smooth picture, redder to the right and greener downwards, whose blue tells the frame's number."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[..., 0] = np.linspace(30, 220, WIDTH)
    rgb[..., 1] = np.linspace(200, 40, HEIGHT)[:, None]
    rgb[..., 2] = 20 + 8 * k
    return rgb


def tone(seconds: float, rate: int = 24_000) -> Sound:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(np.float32), rate


def encode(out: Path, frames: int = 20, sound: Sound | None = None, draw: Drawing = picture, **options: object) -> Path:
    with Encoder(out, WIDTH, HEIGHT, sound, **options) as encoder:  # type: ignore[arg-type]
        for k in range(frames):
            encoder.write(draw(k))
    return out


def decode_rgb(path: Path) -> list[NDArray[np.uint8]]:
    """Frames as a player shows them: BT.709, limited range."""
    with av.open(str(path)) as file:
        return [f.to_ndarray(format="rgb24", src_colorspace="ITU709") for f in file.decode(video=0)]


def decode_sound(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as file:
        return np.concatenate([f.to_ndarray()[0] for f in file.decode(audio=0)])


def test_planes_are_bt709_limited_range() -> None:
    """Grey, white, black and a red, in steps of the standard's own formula; red tells BT.709 from BT.601."""
    for rgb, expected in [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 0, 255), (32, 240, 118)),
    ]:
        planes = i420(np.full((4, 4, 3), rgb, np.uint8))
        got = int(planes[0, 0]), int(planes.reshape(-1)[16]), int(planes.reshape(-1)[20])
        assert np.allclose(expected, got, atol=1), (rgb, got)


def test_decoded_frames_are_those_written(tmp_path: Path) -> None:
    """Every frame comes back, in order, in its colours and the right way up."""
    frames = decode_rgb(encode(tmp_path / "a.mp4", 20))
    assert 20 == len(frames)
    for k in (0, 7, 19):
        error = np.abs(frames[k].astype(float) - picture(k)).mean()
        assert error < 3, (k, error)


def test_sound_is_as_long_as_the_picture(tmp_path: Path) -> None:
    """Short sound is filled with silence, long sound is cut, both within one frame of the picture."""
    for seconds in (0.3, 2.0):
        out = encode(tmp_path / f"{seconds}.mp4", 25, tone(seconds))
        facts = probe(out)
        assert facts.duration_s == pytest.approx(1.0, abs=0.001)
        assert facts.audio_s == pytest.approx(1.0, abs=0.04)
        assert facts.audio_rate == 48_000


def test_sound_starts_in_time_and_ends_in_silence(tmp_path: Path) -> None:
    """The 440 Hz tone is heard from 0 to 0.4 s, at its pitch, and nothing after."""
    sound = decode_sound(encode(tmp_path / "a.mp4", 25, tone(0.4)))
    heard, after = sound[2_400:16_800], sound[24_000:43_000]
    assert np.sqrt((heard**2).mean()) == pytest.approx(0.3 / np.sqrt(2), rel=0.05)
    assert np.abs(after).max() < 0.01
    peak = np.argmax(np.abs(np.fft.rfft(heard))) * 48_000 / len(heard)
    assert peak == pytest.approx(440, abs=5)


def test_a_voice_comes_back_as_it_went_in(tmp_path: Path) -> None:
    """Forty partials of a voice that wavers: what coding adds lies 33 dB below it."""
    t = np.arange(48_000) / 48_000
    phase = 2 * np.pi * 120 * (t + 0.002 * np.sin(4 * np.pi * t))
    partials = sum(np.sin(h * phase) / h for h in range(1, 40))
    voice = np.asarray(0.15 * partials * (0.55 + 0.45 * np.sin(8 * np.pi * t)), np.float32)
    back = decode_sound(encode(tmp_path / "a.mp4", 25, (voice, 48_000)))[: len(voice)]
    inside = np.s_[2_400:-2_400]
    assert 10 * np.log10(np.sum(voice[inside] ** 2) / np.sum((back - voice)[inside] ** 2)) > 33


def test_video_without_sound_has_one_stream(tmp_path: Path) -> None:
    """A muted animation has no audio stream at all."""
    facts = probe(encode(tmp_path / "a.mp4", 3))
    assert (0, 0.0) == (facts.audio_rate, facts.audio_s)
    assert (WIDTH, HEIGHT, 25.0, 3) == (facts.width, facts.height, facts.fps, facts.frames)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_two_encodes_are_byte_equal_and_marked(tmp_path: Path, suffix: str) -> None:
    """Equal frames, sound and tags give equal bytes, and the AI mark is read back from either container.

    At the size of a talk: on pictures of a few blocks x264 itself is not repeatable (1 to 5 % of 96 x 64 clips).
    """
    mark = ai_mark(synthetic_voice=True)
    frames = [cv2.resize(picture(k), (512, 512)) for k in range(30)]
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    for out in (first, second):
        with Encoder(out, 512, 512, tone(1), metadata=mark) as encoder:
            for frame in frames:
                encoder.write(frame)
    assert first.read_bytes() == second.read_bytes()
    assert mark["comment"] == probe(first).metadata["comment"]
    assert mark["description"] == probe(first).metadata.get("description", mark["description"])


def test_index_stands_before_the_pictures(tmp_path: Path) -> None:
    """faststart: a browser can play while it loads."""
    data = encode(tmp_path / "a.mp4", 5, tone(0.2)).read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_colour_tags_say_bt709(tmp_path: Path) -> None:
    """Players must not guess the matrix from the picture's size."""
    with av.open(str(encode(tmp_path / "a.mp4", 3))) as file:
        context = file.streams.video[0].codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
    assert (1, 1, 1, 1) == tuple(int(t) for t in tags)


def test_failed_render_leaves_nothing(tmp_path: Path) -> None:
    """An exception in the middle of the frames: neither the file nor its unfinished part remains."""
    encoder = Encoder(tmp_path / "a.mp4", WIDTH, HEIGHT, tone(1))
    with pytest.raises(KeyError), encoder:
        encoder.write({}[0])  # type: ignore[call-overload]
    assert [] == list(tmp_path.iterdir())


def test_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    """A file that may not grow past 20 kB ends the render with one clear error, however many frames follow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(StorageError, match="no space left"):
            encode(tmp_path / "a.mp4", 60, draw=noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [] == list(tmp_path.iterdir())


def test_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    """An output folder that is not there: the error names the file."""
    with pytest.raises(StorageError, match=r"nowhere.a\.mp4"):
        encode(tmp_path / "nowhere" / "a.mp4", 3)


def test_probe_refuses_what_is_no_video(tmp_path: Path) -> None:
    """A text file and a missing file: one clear error that names the path."""
    (tmp_path / "a.mp4").write_text("hello")
    for name in ("a.mp4", "missing.mp4"):
        with pytest.raises(RenderError, match=name):
            probe(tmp_path / name)


def test_probe_opens_no_playlist(tmp_path: Path) -> None:
    """A playlist that names another file is refused, not followed."""
    encode(tmp_path / "secret.mp4", 3)
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{tmp_path}/secret.mp4'\n")
    with pytest.raises(RenderError, match="list"):
        probe(tmp_path / "list.mp4")


def test_the_video_can_be_read_while_it_is_made(tmp_path: Path) -> None:
    """Beside the unfinished file grows one with the same pictures and sound. Opened before the end, it shows frames;
    read to its end it holds all of them, in time; and its name is gone when the video has its own."""
    out, frames = tmp_path / "a.mov", 60
    early: list[NDArray[np.uint8]] = []
    with Encoder(out, WIDTH, HEIGHT, tone(2.4)) as encoder:
        for k in range(frames):
            encoder.write(noise(k))
            if preview_path(out).exists() and not early:
                early = readable(preview_path(out))
        assert 0 < len(early) < frames
        assert not out.exists()
        reader = preview_path(out).open("rb")
    assert ["a.mov"] == [path.name for path in tmp_path.iterdir()]
    with reader:
        (tmp_path / "read.mp4").write_bytes(reader.read())
    assert np.array_equal(decode_rgb(out), decode_rgb(tmp_path / "read.mp4"))
    assert np.array_equal(decode_sound(out), decode_sound(tmp_path / "read.mp4"))
    assert np.array_equal(early, decode_rgb(out)[: len(early)])


def readable(path: Path) -> list[NDArray[np.uint8]]:
    """Frames of a file that is still written; [] while its header is not whole."""
    try:
        return decode_rgb(path)
    except (av.FFmpegError, IndexError):
        return []


def test_a_preview_that_cannot_be_written_hurts_nobody(tmp_path: Path) -> None:
    """A folder lies where it would be: the video is made, and the folder stays as it was."""
    preview_path(tmp_path / "a.mp4").mkdir()
    assert 5 == len(decode_rgb(encode(tmp_path / "a.mp4", 5, tone(0.2))))
    assert preview_path(tmp_path / "a.mp4").is_dir()


def test_a_part_before_a_still_picture_is_the_whole_frame(tmp_path: Path) -> None:
    """Frames given as the part that changes, or whole, make the same file; planes too, to the byte."""
    left, top, right, bottom = 16, 8, 80, 50
    still = noise(1)
    frames = [still.copy() for _ in range(12)]
    for k, frame in enumerate(frames):
        frame[top:bottom, left:right] = noise(k)[top:bottom, left:right]
    whole = encode(tmp_path / "whole.mp4", len(frames), draw=lambda k: frames[k])
    parts = tmp_path / "parts.mp4"
    with Encoder(parts, WIDTH, HEIGHT, None, still=still) as encoder:
        for frame in frames:
            encoder.write(frame[top:bottom, left:right], left, top)
    assert whole.read_bytes() == parts.read_bytes()


def test_a_part_at_odd_px_or_before_nothing_is_refused(tmp_path: Path) -> None:
    """Four pixels share a chroma, and without a still picture there is nothing to lay a part on."""
    planes = i420(picture())
    with pytest.raises(ValueError, match="even"):
        lay_i420(planes, picture()[:20, :20], 3, 4)
    with pytest.raises(ValueError, match="in a video of"), Encoder(tmp_path / "a.mp4", WIDTH, HEIGHT, None) as encoder:
        encoder.write(picture()[:20, :20], 4, 4)
