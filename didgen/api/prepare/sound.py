"""Recordings made to fit: FLAC where they were lossless and that is small enough, else AAC that sounds the same."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from didgen.catalog import limits
from didgen.media.fit import UnfitError, check_length

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream

FORMATS = "wav,mp3,mov,aac,flac,ogg,matroska"
LOSSLESS = ("flac", "alac", "pcm_")
RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""What AAC and every player know."""

AAC_BITS_PER_S = {1: 128_000, 2: 192_000}
STEREO_FROM_BITS_PER_S = 128_000
"""With less room than this for both sides the recording becomes mono: one clean voice beats two muffled ones."""

MP4_BITS_PER_S = 1_600
"""What the boxes cost beside the sound: four bytes for each packet of 1,024 samples, and a little."""

_HINT = "save it as wav, mp3, m4a or flac"


@dataclass(frozen=True, slots=True)
class _Sound:
    """What decoding all of it told: seconds, channels (1 or 2), rate in Hz, whether it was lossless."""

    seconds: float
    channels: int
    rate_hz: int
    lossless: bool


def made_sound(path: Path) -> bytes:
    """The file that is sent for a recording that does not fit: FLAC or AAC of at most 6 MB, without tags.

    Raises UnfitError, OSError.
    """
    sound = _heard(path)
    check_length(sound.seconds)
    if sound.lossless:
        flac = _written(path, "flac", "flac", sound.channels, min(sound.rate_hz, 48_000))
        if flac is not None:
            return flac
    channels, bits_per_s = aac_of(sound.seconds, sound.channels)
    rate_hz = sound.rate_hz if sound.rate_hz in RATES_HZ else 48_000
    aac = _written(path, "aac", "ipod", channels, rate_hz, bits_per_s)
    if aac is None:
        raise UnfitError("InvalidFileSizeError", "does not fit into 6 MB", hint="split it into several scenes")
    return aac


def aac_of(seconds: float, channels: int) -> tuple[int, int]:
    """Channels and bits a second for a recording: as good as AAC is of use, less only where 6 MB force it to."""
    room = int(limits.SOUND_BYTES * 8 * 0.97 / max(seconds, 1.0)) - MP4_BITS_PER_S
    if channels == 2 and room < STEREO_FROM_BITS_PER_S:
        channels = 1
    return channels, min(AAC_BITS_PER_S[channels], room)


def _heard(path: Path) -> _Sound:
    samples, channels, rate_hz, codec = 0, 0, 0, ""
    for frame, name in _frames(path):
        rate_hz, codec = rate_hz or frame.sample_rate, name
        channels = max(channels, min(frame.layout.nb_channels, 2))
        samples += frame.samples * rate_hz // frame.sample_rate
        if samples > limits.SOUND_S * rate_hz * 1.5:  # nobody has to decode ten hours to say no
            break
    if not samples:
        raise UnfitError("ValidationError", "has no sound in it", hint=_HINT)
    return _Sound(samples / rate_hz, channels, rate_hz, codec.startswith(LOSSLESS))


def _frames(path: Path) -> Iterator[tuple[AudioFrame, str]]:
    """Decoded frames of the first audio stream and its codec; damaged packets are skipped, as players do."""
    import av

    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", options={"format_whitelist": FORMATS}, metadata_errors="ignore") as box,
        ):
            stream = next((s for s in box.streams.audio if s.codec_context is not None), None)
            if stream is None:
                raise UnfitError("ValidationError", "has no sound in it", hint=_HINT)
            for packet in box.demux(stream):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError:
                    continue
                for frame in frames:
                    yield frame, stream.codec_context.name
    except (av.FFmpegError, ValueError) as error:
        hint = f"{_HINT} ({type(error).__name__})"
        raise UnfitError("ValidationError", "is damaged, or of a kind that is not read", hint=hint) from None


def _written(path: Path, codec: str, form: str, channels: int, rate_hz: int, bits_per_s: int = 0) -> bytes | None:
    """The recording in another form, without tags; None when it comes out larger than the service takes."""
    import av

    out = io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    sampled = "s16" if codec == "flac" else "fltp"
    resampler = av.AudioResampler(format=sampled, layout=layout, rate=rate_hz)
    with av.open(out, "w", format=form, options={"fflags": "+bitexact"}) as box:
        stream = cast("AudioStream", box.add_stream(codec, rate=rate_hz, layout=layout, format=sampled))
        if bits_per_s:
            stream.bit_rate = bits_per_s
        for frame in _resampled(path, resampler):
            box.mux(stream.encode(frame))
            if out.tell() > limits.SOUND_BYTES:
                return None
        box.mux(stream.encode(None))
    return out.getvalue() if len(out.getvalue()) <= limits.SOUND_BYTES else None


def _resampled(path: Path, resampler: Any) -> Iterator[AudioFrame]:
    """Frames in step from the first sample on: the clocks of damaged files are not followed. They are counted anew,
    since without a count no encoder's lead-in is told to players, and all would be late by it."""
    shape, count = None, 0
    for frame, _ in _frames(path):
        seen = frame.format.name, frame.layout.name, frame.sample_rate
        if shape not in (None, seen):
            raise UnfitError("ValidationError", "changes its form half-way", hint=_HINT)
        shape = seen
        frame.pts = None
        for out in resampler.resample(frame):
            out.pts, out.time_base, count = count, Fraction(1, out.sample_rate), count + out.samples
            yield out
    for out in resampler.resample(None):
        out.pts, out.time_base, count = count, Fraction(1, out.sample_rate), count + out.samples
        yield out
