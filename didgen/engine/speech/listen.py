"""Recorded speech: any usual audio file in, its sound and mouth shapes heard from it out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.cues import mouth_cues
from didgen.engine.speech.denoise import without_noise
from didgen.engine.speech.lipnet import SAMPLE_RATE_HZ as NET_RATE_HZ
from didgen.engine.speech.lipnet import viseme_probabilities
from didgen.engine.speech.speech import VISEMES, Speech
from didgen.engine.speech.voiced import speech_share
from didgen.errors import RenderError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

FORMATS: Final = "wav,mp3,mov,aac,flac,ogg,matroska"
"""Demuxers that may touch a user's file; "mov" is mp4 and m4a, "matroska" is webm."""

LOWEST_RATE_HZ, TOP_RATE_HZ = 8_000, 48_000
SHORTEST_S: Final = 0.1
SILENT_DB: Final = -50.0
_SAVE_AS: Final = "save it as wav, mp3, m4a, flac, ogg or webm"

Samples = NDArray[np.float32]


def listen(path: Path, *, limit_s: float = 600.0, reduce_noise: bool = False) -> Speech:
    """Read recorded speech: mono float32 at its own rate, at most 48 kHz, as loud as it was recorded.

    `visemes` holds the net's probabilities where somebody speaks and a closed mouth where nobody does: the lip-shape
    net by itself opens the mouth to music and noise. `phonemes` are the shapes made of them, `words` nothing.
    reduce_noise: take steady noise out of the sound first.
    Raises RenderError: missing, empty, not audio, no audio stream, silent (under -50 dBFS where it is loudest), longer
    than `limit_s`.
    """
    samples, rate_hz = decoded(path, limit_s)
    _refuse_silence(samples, rate_hz, path)
    heard = resampled(samples, rate_hz, NET_RATE_HZ)
    share = speech_share(heard)
    if reduce_noise:
        samples = without_noise(samples, rate_hz, share)
        heard = resampled(samples, rate_hz, NET_RATE_HZ)
    visemes = only_where_spoken(viseme_probabilities(heard, share), share)
    return Speech(samples, rate_hz, (), mouth_cues(visemes, len(samples) / rate_hz), visemes)


def only_where_spoken(visemes: Samples, share: Samples) -> Samples:
    """(F, 15) probabilities of which the share where nobody speaks is silence."""
    closed = np.zeros(visemes.shape[1], np.float32)
    closed[VISEMES.index("sil")] = 1
    return np.asarray(visemes * share[:, None] + closed * (1 - share[:, None]), np.float32)


def decoded(path: Path, limit_s: float) -> tuple[Samples, int]:
    """(N,) mono samples and rate of a file's first audio stream. Raises RenderError as `listen`, but for silence."""
    import av

    _refuse_no_file(path)
    try:
        # An open file, not a name: nothing in a name or in the file can make the reader open another one.
        with (
            path.open("rb") as f,
            av.open(f, "r", options={"format_whitelist": FORMATS}, metadata_errors="ignore") as container,
        ):
            return _first_stream(container, path, limit_s)
    except (av.FFmpegError, OSError, ValueError) as e:
        why = "it is damaged, or of another kind" if isinstance(e, (av.FFmpegError, ValueError)) else e.strerror
        raise _error(path, f"cannot be read as audio: {why}", _SAVE_AS) from None


def _refuse_no_file(path: Path) -> None:
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise _error(path, what, "check the path of the script's audio")
    if path.stat().st_size == 0:
        raise _error(path, "is empty (0 bytes)", "record or export it again")


def _first_stream(container: InputContainer, path: Path, limit_s: float) -> tuple[Samples, int]:
    # A damaged header can leave a stream without a decoder.
    stream = next((s for s in container.streams.audio if s.codec_context is not None), None)
    if stream is None:
        raise _error(path, "has no sound in it", _SAVE_AS)
    rate_hz = min(max(stream.rate or TOP_RATE_HZ, LOWEST_RATE_HZ), TOP_RATE_HZ)
    parts, count = [], 0
    for part in _mono(container, stream, rate_hz):
        parts.append(part)
        count += len(part)
        if count > limit_s * rate_hz:
            raise RenderError(
                "InvalidAudioDurationError",
                f"the audio {path.name} is longer than {limit_s / 60:g} minutes",
                hint="split it into several scenes",
            )
    if count < SHORTEST_S * rate_hz:
        raise _error(path, f"holds only {count / rate_hz:.2f} s of sound", "record or export it again")
    return np.concatenate(parts), rate_hz


def _mono(container: InputContainer, stream: AudioStream, rate_hz: int) -> Iterator[Samples]:
    """Parts of the stream as float32. Damaged packets are skipped, as players do; a change of rate is followed."""
    resampler = _resampler(rate_hz)
    shape = None
    for frame in _frames(container, stream):
        if shape not in {None, (frame.sample_rate, frame.layout.name, frame.format.name)}:
            yield from _parts(resampler.resample(None))
            resampler = _resampler(rate_hz)
        shape = (frame.sample_rate, frame.layout.name, frame.format.name)
        frame.pts = None  # gaps and jumps of damaged clocks are not sound
        yield from _parts(resampler.resample(frame))
    if shape:
        yield from _parts(resampler.resample(None))


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    import av

    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _resampler(rate_hz: int) -> AudioResampler:
    import av

    return av.AudioResampler(format="flt", layout="mono", rate=rate_hz)


def _parts(frames: list[AudioFrame]) -> list[Samples]:
    sound = (np.nan_to_num(f.to_ndarray().ravel()) for f in frames)
    return [np.clip(s, -1.0, 1.0).astype(np.float32) for s in sound]


def resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """(N,) mono samples at another rate, band-limited; N * to_hz / from_hz of them, in step with the first."""
    if from_hz == to_hz:
        return samples
    out = np.zeros(round(len(samples) * to_hz / from_hz), np.float32)
    done = 0
    for part in _by_seconds(samples, from_hz, to_hz):
        room = out[done : done + len(part)]
        room[:] = part[: len(room)]
        done += len(room)
    return out


def _by_seconds(samples: Samples, from_hz: int, to_hz: int) -> Iterator[Samples]:
    """The samples at the other rate, a second of theirs at a time; a few more may come at the end."""
    import av

    resampler = _resampler(to_hz)
    for start in range(0, len(samples), from_hz):
        piece = np.ascontiguousarray(samples[start : start + from_hz])
        frame = av.AudioFrame.from_ndarray(piece[None], format="flt", layout="mono")
        frame.sample_rate = from_hz
        yield from _parts(resampler.resample(frame))
    yield from _parts(resampler.resample(None))


def _refuse_silence(samples: Samples, rate_hz: int, path: Path) -> None:
    """Silent is a recording of which not even 0.3 s are over -50 dBFS."""
    size = round(0.1 * rate_hz)
    windows = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.sort(np.mean(np.square(windows, dtype=np.float64), axis=1))[-3:][0]
    if power <= 10 ** (SILENT_DB / 10):
        raise _error(path, f"is silent (below {SILENT_DB:g} dBFS)", "check that the right microphone was recorded")


def _error(path: Path, what: str, hint: str) -> RenderError:
    return RenderError("ValidationError", f"the audio {path.name} {what}", hint=hint)
