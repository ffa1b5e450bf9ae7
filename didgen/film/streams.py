"""What streams a clip has, and making clips alike where they are not, so that their packets can be joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from didgen.errors import RenderError

AAC_FRAME = 1024
JOINED = "mov,mp4,m4a,3gp,3g2,mj2"
"""Names of the containers that a film is joined from."""

_SOUND_BPS = 96_000
_CRF = "18"
_BT709 = 1  # the number of BT.709 in H.273


@dataclass(frozen=True, slots=True)
class Picture:
    """What must agree for H.264 packets to follow each other in one track.

    setup: the parameter sets (SPS, PPS); delay: how far decoding runs ahead of showing, in `time_base` ticks; it is
    shorter in a very short clip and need not agree.
    """

    codec: str
    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    setup: bytes
    delay: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Sound:
    """What must agree for AAC packets to follow each other in one track."""

    codec: str
    rate_hz: int
    channels: int
    setup: bytes


@dataclass(frozen=True, slots=True)
class Clip:
    """One video of a film, its picture and its sound perhaps in files of their own after conversion.

    length_s: of the picture, exact. sound None: the clip is silent.
    """

    name: str
    picture_file: Path
    picture: Picture
    length_s: Fraction
    sound_file: Path | None = None
    sound: Sound | None = None


def open_video(path: Path, need: str = "video", formats: str = JOINED) -> Any:
    """The file as a PyAV container. Raises RenderError when it is none of `formats`, or has no stream of that type."""
    try:
        box = av.open(str(path), options={"format_whitelist": formats, "protocol_whitelist": "file"})
    except (OSError, ValueError) as error:
        raise RenderError("VideoEnhanceError", f"{path.name} cannot be read as a video: {error}") from error
    if not getattr(box.streams, need):
        box.close()
        raise RenderError("VideoEnhanceError", f"{path.name} has no {need} in it")
    return box


def packets(box: Any, *streams: Any) -> Iterator[Any]:
    """The packets of some streams in file order, without the empty ones at the end."""
    return (packet for packet in box.demux(*streams) if packet.size)


def read_clip(path: Path) -> Clip:
    """What a video holds. Raises RenderError for a file that is no video."""
    with open_video(path) as box:
        video = box.streams.video[0]
        times = [(p.pts, p.dts, p.duration) for p in packets(box, video)]
        if not times:
            raise RenderError("VideoEnhanceError", f"{path.name} has no pictures in it")
        length = max(pts + duration for pts, _, duration in times) - min(pts for pts, _, _ in times)
        picture = _picture(video, min(pts for pts, _, _ in times) - times[0][1])
        sound = _sound(box.streams.audio[0]) if box.streams.audio else None
    return Clip(path.name, path, picture, length * picture.time_base, path if sound else None, sound)


def _picture(stream: Any, delay: int) -> Picture:
    context = stream.codec_context
    rate = stream.average_rate or Fraction(25)
    setup = context.extradata or b""
    return Picture(context.name, context.width, context.height, Fraction(rate), stream.time_base, setup, delay)


def _sound(stream: Any) -> Sound:
    context = stream.codec_context
    # The first two bytes name profile, rate and channels; encoders differ in what they add about (unused) SBR.
    return Sound(context.name, context.sample_rate, context.layout.nb_channels, bytes(context.extradata or b"")[:2])


def make_alike(clips: list[Clip], folder: Path) -> list[Clip]:
    """The same clips with streams that can be joined: those that differ from the first are encoded anew, in `folder`.

    Where even that leaves a difference (the first comes from another encoder), all pictures are. Sound: the first
    clip that has any is the model.
    """
    model = clips[0].picture
    alike = [_with_picture(clip, model, folder / f"p{k}.mp4") for k, clip in enumerate(clips)]
    if any(clip.picture != model for clip in alike):
        alike = [_encoded_picture(clip, model, folder / f"q{k}.mp4") for k, clip in enumerate(clips)]
    tone = next((clip.sound for clip in clips if clip.sound), None)
    if tone is not None and tone.codec != "aac":
        tone = Sound("aac", tone.rate_hz, tone.channels, b"")
    return [_with_sound(clip, tone, folder / f"s{k}.mp4") for k, clip in enumerate(alike)]


def _with_picture(clip: Clip, model: Picture, out: Path) -> Clip:
    return clip if clip.picture == model and model.codec == "h264" else _encoded_picture(clip, model, out)


def _with_sound(clip: Clip, model: Sound | None, out: Path) -> Clip:
    if model is None or clip.sound is None or clip.sound == model:
        return clip
    _encode_sound(clip, model, out)
    with open_video(out, "audio") as box:
        return replace(clip, sound_file=out, sound=_sound(box.streams.audio[0]))


def _encoded_picture(clip: Clip, model: Picture, out: Path) -> Clip:
    """The clip's picture at the model's size and rate, letterboxed, in H.264 as our own scenes have it."""
    with open_video(clip.picture_file) as source, av.open(str(out), "w", options={"fflags": "+bitexact"}) as target:
        stream = _picture_stream(target, model)
        for count, frame in enumerate(_at_rate(source.decode(video=0), model.rate, clip.length_s)):
            fitted = _letterboxed(frame, model.width, model.height)
            fitted.pts, fitted.time_base = count, 1 / model.rate
            target.mux(stream.encode(fitted))
        target.mux(stream.encode(None))
    made = read_clip(out)
    return replace(clip, picture_file=out, picture=made.picture, length_s=made.length_s)


def _picture_stream(target: Any, model: Picture) -> Any:
    """With the settings of our scenes, so that the parameter sets come out equal to theirs."""
    options = {"crf": _CRF, "preset": "veryfast", "profile": "high", "flags": "+bitexact", "x264-params": "threads=1"}
    stream = target.add_stream("libx264", rate=model.rate, options=options)
    stream.width, stream.height, stream.pix_fmt = model.width, model.height, "yuv420p"
    context = stream.codec_context
    context.gop_size, context.thread_count = 2 * round(model.rate), 1
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = av.video.reformatter.ColorRange.MPEG
    return stream


def _at_rate(frames: Iterator[Any], rate: Fraction, length_s: Fraction) -> Iterator[Any]:
    """Each picture for as long as it stood, as whole pictures of the new rate; never none."""
    want, shown, last, start = max(1, round(length_s * rate)), 0, None, None
    for frame in frames:
        at = frame.pts * frame.time_base
        start = at if start is None else start
        until = min(want, round((at - start) * rate))
        if last is not None:
            yield from [last] * (until - shown)
            shown = max(shown, until)
        last = frame
    if last is not None:
        yield from [last] * (want - shown)


def _letterboxed(frame: Any, width: int, height: int) -> Any:
    """The frame scaled to fit (height, width) and centred on black; sides stay even for 4:2:0."""
    scale = min(width / frame.width, height / frame.height)
    w, h = max(2, round(frame.width * scale / 2) * 2), max(2, round(frame.height * scale / 2) * 2)
    rgb = frame.to_ndarray(format="rgb24", width=min(w, width), height=min(h, height))
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - rgb.shape[0]) // 2, (width - rgb.shape[1]) // 2
    canvas[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
    colours = av.video.reformatter.Colorspace.ITU709
    return av.VideoFrame.from_ndarray(canvas, format="rgb24").reformat(format="yuv420p", dst_colorspace=colours)


def _encode_sound(clip: Clip, model: Sound, out: Path) -> None:
    """The clip's sound as AAC at the model's rate and channels."""
    layout = "mono" if model.channels == 1 else "stereo"
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=model.rate_hz)
    with open_video(clip.sound_file or clip.picture_file, "audio") as source, av.open(str(out), "w") as target:
        stream = target.add_stream("aac", rate=model.rate_hz, layout=layout, bit_rate=_SOUND_BPS)
        for frame in source.decode(audio=0):
            for piece in resampler.resample(frame):
                target.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            target.mux(stream.encode(piece))
        target.mux(stream.encode(None))


def silent_packet(model: Sound) -> bytes:
    """One AAC packet of silence that fits between the packets of `model`."""
    layout = "mono" if model.channels == 1 else "stereo"
    context: Any = av.CodecContext.create("aac", "w")
    context.sample_rate, context.layout, context.format = model.rate_hz, layout, "fltp"
    context.bit_rate, context.time_base = _SOUND_BPS, Fraction(1, model.rate_hz)
    made = []
    for k in range(4):
        frame = av.AudioFrame.from_ndarray(np.zeros((model.channels, AAC_FRAME), np.float32), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = model.rate_hz, k * AAC_FRAME, Fraction(1, model.rate_hz)
        made += [bytes(packet) for packet in context.encode(frame)]
    return made[-1]
