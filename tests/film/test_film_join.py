from __future__ import annotations

import itertools
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.video.encode import Encoder
from didgen.errors import RenderError
from didgen.film import streams
from didgen.film.join import join

RATE = 48_000
FRAME = RATE // 25


def clip(path: Path, frames: int, hertz: float, grey: int = 120, size: tuple[int, int] = (64, 48)) -> Path:
    """A clip with a tone that starts with its first and ends with its last picture; hertz 0: no sound."""
    tone = (0.3 * np.sin(2 * np.pi * hertz * np.arange(frames * FRAME) / RATE)).astype(np.float32)
    with Encoder(path, *size, (tone, RATE) if hertz else None) as encoder:
        for k in range(frames):
            encoder.write(np.full((size[1], size[0], 3), grey + k % 40, np.uint8))
    return path


def foreign(path: Path, frames: int, hertz: float, size: tuple[int, int] = (48, 64)) -> Path:
    """A clip of another maker: another size, 20 pictures a second, stereo sound at 44.1 kHz."""
    with av.open(str(path), "w") as box:
        video = box.add_stream("libx264", rate=20, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = box.add_stream("aac", rate=44_100, layout="stereo")
        for k in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 200, np.uint8), format="rgb24")
            frame.pts = k
            box.mux(video.encode(frame))
        wave = np.tile(0.3 * np.sin(2 * np.pi * hertz * np.arange(frames * 2205) / 44_100), (2, 1)).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(wave, format="fltp", layout="stereo")
        sound.sample_rate, sound.pts = 44_100, 0
        box.mux(audio.encode(sound))
        box.mux(video.encode(None))
        box.mux(audio.encode(None))
    return path


def sound_of(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as box:
        return np.concatenate([frame.to_ndarray()[0] for frame in box.decode(audio=0)])


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as box:
        return [float(frame.pts * frame.time_base) for frame in box.decode(video=0)]


def pitch(sound: NDArray[np.float32]) -> float:
    return float(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))).argmax() * RATE / len(sound))


def picture_bytes(path: Path) -> list[bytes]:
    with av.open(str(path)) as box:
        return [bytes(packet) for packet in box.demux(video=0) if packet.size]


def test_a_film_holds_every_picture_of_its_clips_at_even_times_as_they_were_encoded(tmp_path: Path) -> None:
    """Packets are moved, not encoded again: the film's are those of the clips, one after the other."""
    first, second = clip(tmp_path / "a.mp4", 37, 440, 30), clip(tmp_path / "b.mp4", 51, 880, 160)
    film = tmp_path / "film.mp4"
    assert (37 + 51) / 25 == pytest.approx(join([first, second, first], film) - 37 / 25)
    assert picture_bytes(first) + picture_bytes(second) + picture_bytes(first) == picture_bytes(film)
    assert [k / 25 for k in range(125)] == pytest.approx(times_of(film))


def test_sound_stays_with_its_picture_over_fifty_clips(tmp_path: Path) -> None:
    """Clips of a length that no packets fit: the last change of tone is within one packet of its picture."""
    low, high = clip(tmp_path / "low.mp4", 7, 500), clip(tmp_path / "high.mp4", 7, 3000)
    film = tmp_path / "film.mp4"
    join([low, high] * 25, film)
    sound = sound_of(film)
    assert 50 * 7 * FRAME == pytest.approx(len(sound), abs=600)
    for k in range(1, 50):
        start, end = k * 7 * FRAME, (k + 1) * 7 * FRAME
        assert pitch(sound[start + 1300 : end - 1300]) == pytest.approx(500 if k % 2 == 0 else 3000, abs=15)
    crossings = np.abs(np.diff(np.signbit(sound[49 * 7 * FRAME - 4800 : 49 * 7 * FRAME + 4800]).astype(int)))
    dense = np.convolve(crossings, np.ones(480), "same") > 480 * 3500 / RATE
    assert 4800 == pytest.approx(int(dense.argmax()), abs=1024)


def test_a_clip_without_sound_is_silent_for_its_length_wherever_it_stands(tmp_path: Path) -> None:
    """The tone of its neighbours ends and begins with their pictures."""
    mute, loud = clip(tmp_path / "mute.mp4", 20, 0), clip(tmp_path / "loud.mp4", 25, 700)
    film = tmp_path / "film.mp4"
    join([mute, loud, mute, mute, loud], film)
    sound = sound_of(film)
    edges = np.cumsum([0, 20, 25, 20, 20, 25]) * FRAME
    heard = [sound[a + 2048 : b - 2048].std() > 0.1 for a, b in itertools.pairwise(edges)]
    assert [False, True, False, False, True] == heard
    assert 0 == np.abs(sound[2048 : edges[1] - 2048]).max()


def test_silent_clips_make_a_film_without_a_sound_track(tmp_path: Path) -> None:
    """Nothing is heard, so nothing is written."""
    mute = clip(tmp_path / "mute.mp4", 6, 0)
    join([mute, mute], tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as box:
        assert 0 == len(box.streams.audio)
        assert 12 == box.streams.video[0].frames


def test_only_a_clip_of_another_size_is_encoded_anew(tmp_path: Path) -> None:
    """It is letterboxed to the first one's size; the packets of the first stay as they are."""
    first, wide = clip(tmp_path / "a.mp4", 10, 440), clip(tmp_path / "w.mp4", 10, 440, 200, (96, 32))
    join([first, wide], tmp_path / "film.mp4")
    assert picture_bytes(first) == picture_bytes(tmp_path / "film.mp4")[:10]
    with av.open(str(tmp_path / "film.mp4")) as box:
        last = list(box.decode(video=0))[15].to_ndarray(format="rgb24")
    assert (48, 64, 3) == last.shape
    assert last[2].mean() < 10
    assert last[24].mean() > 180


def test_clips_of_different_makers_become_one_film(tmp_path: Path) -> None:
    """Another rate, size, encoder and sound: everything is encoded to the first one's form, and its length is kept."""
    ours, other = clip(tmp_path / "a.mp4", 25, 440), foreign(tmp_path / "b.mp4", 20, 1000)
    for k, order in enumerate(([ours, other], [other, ours])):
        film = tmp_path / f"film{k}.mp4"
        assert 2.0 == pytest.approx(join(order, film), abs=0.001)
        rate, size = (25, (64, 48)) if k == 0 else (20, (48, 64))
        assert [n / rate for n in range(2 * rate)] == pytest.approx(times_of(film), abs=0.001)
        with av.open(str(film)) as box:
            context = box.streams.video[0].codec_context
            assert size == (context.width, context.height)
            hz = box.streams.audio[0].rate
        sound = sound_of(film)
        tones = [pitch(part) * hz / RATE for part in (sound[4000 : hz - 4000], sound[hz + 4000 : 2 * hz - 4000])]
        assert ([440, 1000] if k == 0 else [1000, 440]) == pytest.approx(tones, abs=15)


def with_longer_lead(path: Path, out: Path) -> Path:
    """The same clip with one more sound packet before its start, as Apple's encoder writes them."""
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        tracks = {stream: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.size:
                if packet.stream.type == "audio":
                    packet.pts, packet.dts = packet.pts - 1024, packet.dts - 1024
                packet.stream = tracks[packet.stream]
                target.mux(packet)
    return out


def test_more_lead_in_than_one_packet_does_not_push_the_sound_back(tmp_path: Path) -> None:
    """Only the packet just before the start is needed to decode it; an earlier one would be heard."""
    plain = clip(tmp_path / "a.mp4", 25, 440)
    join([with_longer_lead(plain, tmp_path / "b.mp4")], tmp_path / "film.mp4")
    sounds = []
    for path in (plain, tmp_path / "film.mp4"):
        with av.open(str(path)) as box:
            sounds.append([bytes(packet) for packet in box.demux(audio=0) if packet.size])
    assert sounds[0][1:20] == sounds[1][:19]


def test_a_film_says_that_it_was_generated(tmp_path: Path) -> None:
    """The mark of the scenes must not get lost by joining them."""
    one = clip(tmp_path / "a.mp4", 5, 440)
    join([one], tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as box:
        assert "AI-generated" in box.metadata["comment"]
        assert "trainedAlgorithmicMedia" in box.metadata["description"]


def test_the_same_clips_make_the_same_bytes(tmp_path: Path) -> None:
    """A film is a cached step of its own."""
    one, two = clip(tmp_path / "a.mp4", 9, 440), clip(tmp_path / "b.mp4", 8, 0, 90)
    join([one, two], tmp_path / "x.mp4")
    join([one, two], tmp_path / "y.mp4")
    assert (tmp_path / "x.mp4").read_bytes() == (tmp_path / "y.mp4").read_bytes()


def test_a_damaged_clip_leaves_no_film(tmp_path: Path) -> None:
    """A playlist in disguise is not followed, and nothing half-made stays."""
    one, bad = clip(tmp_path / "a.mp4", 5, 440), tmp_path / "b.mp4"
    bad.write_text(f"ffconcat version 1.0\nfile {one.name}\n")
    with pytest.raises(RenderError, match=r"b\.mp4 cannot be read as a video"):
        join([one, bad], tmp_path / "film.mp4")
    assert {"a.mp4", "b.mp4"} == {path.name for path in tmp_path.iterdir()}


def test_equal_clips_are_not_taken_for_different_ones(tmp_path: Path) -> None:
    """Two scenes of one engine and size have equal stream forms, whatever their length."""
    one, two = clip(tmp_path / "a.mp4", 2, 440), clip(tmp_path / "b.mp4", 61, 440)
    assert streams.read_clip(one).picture == streams.read_clip(two).picture
    assert streams.read_clip(one).sound == streams.read_clip(two).sound
    join([one, two, one], tmp_path / "film.mp4")
    assert [k / 25 for k in range(65)] == pytest.approx(times_of(tmp_path / "film.mp4"))
    assert picture_bytes(one) == picture_bytes(tmp_path / "film.mp4")[-2:]
