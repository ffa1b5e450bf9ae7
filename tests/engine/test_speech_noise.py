"""Recordings with more in them than a voice: the mouth follows the voice alone, and noise can be taken out."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.speech import voiced
from didgen.engine.speech.denoise import without_noise
from didgen.engine.speech.listen import listen
from didgen.engine.speech.speech import VISEMES
from didgen.engine.speech.voiced import speech_probability, speech_share

CHECK = Path(__file__).parent.parent / "data" / "viseme-check.wav"
RATE_HZ = 16_000

Samples = NDArray[np.float32]


def voice() -> Samples:
    """One second of silence, a spoken sentence, one second of silence."""
    with wave.open(str(CHECK)) as w:
        spoken = np.frombuffer(w.readframes(w.getnframes()), "<i2").astype(np.float32) / 32768
    rest = np.zeros(RATE_HZ, np.float32)
    return np.concatenate([rest, spoken, rest])


def noise(count: int) -> Samples:
    return np.random.default_rng(1).normal(0, 1, count).astype(np.float32)


def hum(count: int) -> Samples:
    t = np.arange(count) / RATE_HZ
    return np.sum([np.sin(2 * np.pi * 50 * h * t) / h for h in range(1, 9)], axis=0).astype(np.float32)


def music(count: int) -> Samples:
    """Chords of six harmonics, two a second, each with a soft beat: nothing in it speaks."""
    rng, out = np.random.default_rng(0), np.zeros(count + RATE_HZ)
    t = np.arange(round(0.6 * RATE_HZ)) / RATE_HZ
    for start in range(0, count, RATE_HZ // 2):
        root = 220 * 2 ** (rng.choice([0, 3, 5, 7, 10]) / 12)
        for ratio in (1, 1.25, 1.5, 2):
            for h in range(1, 7):
                out[start : start + len(t)] += np.sin(2 * np.pi * root * ratio * h * t) / h**1.3 * np.exp(-3 * t)
        out[start : start + 800] += rng.normal(0, 2, 800) * np.exp(-np.arange(800) / 200)
    return out[:count].astype(np.float32)


def mixed(sound: Samples, other: Samples, ratio_db: float) -> Samples:
    """`other` added so that the sound is louder than it by ratio_db."""
    scale = np.std(sound) / np.std(other) * 10 ** (-ratio_db / 20)
    return np.asarray(sound + scale * other, np.float32)


def saved(path: Path, samples: Samples) -> Path:
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(RATE_HZ)
        w.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    path.write_bytes(out.getvalue())
    return path


def open_share(path: Path) -> float:
    """How much of a recording the mouth is not at rest."""
    visemes = listen(path).visemes
    assert visemes is not None
    return float(np.mean(visemes.argmax(1) != VISEMES.index("sil")))


@pytest.mark.parametrize("sound", [music, noise, hum])
def test_what_is_no_voice_leaves_the_mouth_closed(sound: object, tmp_path: Path) -> None:
    """Music, noise and hum alone, beginning all at once: hardly a frame is open. The lip net by itself opens 94 %."""
    other = sound(4 * RATE_HZ)  # type: ignore[operator]
    assert open_share(saved(tmp_path / "a.wav", 0.1 * other / np.std(other))) < 0.04


@pytest.mark.parametrize("sound", [music, noise])
def test_a_voice_over_music_still_speaks(sound: object, tmp_path: Path) -> None:
    """With music or noise 10 dB below it, the mouth moves while the voice speaks and rests before and after."""
    clean = voice()
    path = saved(tmp_path / "a.wav", mixed(clean, sound(len(clean)), 10))  # type: ignore[operator]
    visemes = listen(path).visemes
    assert visemes is not None
    opened = visemes.argmax(1) != VISEMES.index("sil")
    assert np.mean(opened[130:-130]) > 0.6
    assert not np.any(opened[:80])
    assert not np.any(opened[-80:])


def test_a_clean_voice_is_left_as_it_was() -> None:
    """Where somebody clearly speaks the share is one: the net's own answer stays."""
    clean = voice()
    share = speech_share(clean)
    level = np.sqrt(np.mean(clean.reshape(-1, 160) ** 2, axis=1))
    assert np.mean(share[level > 0.02] == 1) > 0.95
    assert 0 == share[:80].max()


def test_probabilities_come_a_step() -> None:
    """One for each 512 samples begun; nothing of nothing."""
    assert (3,) == speech_probability(np.zeros(1025, np.float32)).shape
    assert (0,) == speech_probability(np.zeros(0, np.float32)).shape
    assert (6,) == speech_share(np.zeros(1025, np.float32)).shape


@pytest.mark.parametrize("sound", [noise, hum])
@pytest.mark.parametrize("ratio_db", [20, 10])
def test_steady_noise_is_taken_out(sound: object, ratio_db: float) -> None:
    """15 dB less of it between the words, less of it in them, and the voice as loud as it was."""
    clean = voice()
    noisy = mixed(clean, sound(len(clean)), ratio_db)  # type: ignore[operator]
    found = without_noise(noisy, RATE_HZ, speech_share(noisy))
    assert len(noisy) == len(found)
    spoken, rest = slice(RATE_HZ, -RATE_HZ), slice(2000, RATE_HZ - 2000)
    assert np.std(found[rest]) < np.std(noisy[rest]) * 10 ** (-15 / 20)
    assert np.std((found - clean)[spoken]) < 0.8 * np.std((noisy - clean)[spoken])
    assert np.std(found[spoken]) == pytest.approx(np.std(clean[spoken]), rel=0.08)


def test_a_clean_recording_passes() -> None:
    """Without noise next to nothing changes; a clip shorter than a window not at all."""
    clean = voice() + 1e-5 * noise(len(voice()))
    found = without_noise(clean, RATE_HZ, speech_share(clean))
    assert np.std(found - clean) < 0.02 * np.std(clean)
    short = clean[:100]
    assert without_noise(short, RATE_HZ, np.ones(1, np.float32)) is short


def test_reduce_noise_is_heard(tmp_path: Path) -> None:
    """Asked for, the sound itself is cleaner; not asked for, it is the recording sample for sample."""
    noisy = mixed(voice(), noise(len(voice())), 15)
    path = saved(tmp_path / "a.wav", noisy)
    plain, cleaned = listen(path), listen(path, reduce_noise=True)
    assert np.abs(plain.samples - np.round(noisy * 32767) / 32768).max() < 1e-3
    assert np.std(cleaned.samples[2000:14_000]) < 0.2 * np.std(plain.samples[2000:14_000])


def test_a_voice_is_found_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long recording is given to the net in pieces, which remembers from one to the next: the answers are those for
    the whole, and what it needs does not grow with the length."""
    whole, net, given = speech_probability(voice()), voiced._session(), []

    class Watched:
        def run(self, names: None, feed: dict[str, Samples]) -> list[Samples]:
            given.append(len(feed["input"]))
            return net.run(names, feed)

    monkeypatch.setattr(voiced, "_session", Watched)
    monkeypatch.setattr(voiced, "AT_ONCE", 7)
    assert np.allclose(whole, speech_probability(voice()), atol=1e-5)
    assert 7 == max(given)
    assert len(whole) == sum(given)


@pytest.mark.parametrize("noise", [0.0, 0.003, 0.03])
def test_long_pauses_do_not_change_what_the_lips_do(tmp_path: Path, noise: float) -> None:
    """A sentence between ten seconds of silence, or of a room, is mouthed as it is alone: the net hears it against the
    level of the voice, not of the pauses."""
    rest = np.zeros(9 * RATE_HZ, np.float32)
    rng = np.random.default_rng(0)
    long = np.concatenate([rest, voice(), rest])
    long += noise * rng.standard_normal(len(long)).astype(np.float32)
    inside = slice(len(rest) + RATE_HZ - RATE_HZ // 4, len(long) - len(rest) - RATE_HZ + RATE_HZ // 4)
    spoken = []
    for k, sound in enumerate((long, long[inside])):
        path = tmp_path / f"{k}.wav"
        with wave.open(str(path), "wb") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(RATE_HZ)
            w.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
        heard = listen(path).visemes
        assert heard is not None
        spoken.append(heard)
    first = inside.start // 160
    alone = spoken[1]
    among = spoken[0][first : first + len(alone)]
    assert np.mean(among.argmax(1) == alone.argmax(1)) > 0.9
