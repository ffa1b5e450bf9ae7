"""Pictures made to fit: upright, 8 bits, within the service's limits, as close to the original as they allow."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.catalog import limits
from didgen.engine.photo import decode_picture, to_rgb, to_rgba, turn
from didgen.media.fit import Fit, UnfitError, fit_picture
from didgen.media.metadata import colour_profile, with_profile
from didgen.media.photo_header import Header, read_header

QUALITIES = (95, 90, 85, 80, 70)
"""JPEG qualities in the order they are tried, always with full colour resolution; the first fits nearly always."""

LOSSY = ("JPEG", "HEIC", "AVIF")
PROFILE_ROOM_BYTES = 100_000


def made_picture(data: bytes, path: Path, *, logo: bool = False) -> bytes:
    """The JPEG or PNG that is sent for a picture that does not fit. path: for messages.

    It is turned, shrunk by area averages, put on white where it can be seen through, and saved losslessly when it was
    and fits so. Its colour profile stays, nothing else of what the file tells. Raises UnfitError, and RenderError for
    pixels that cannot be decoded.
    """
    fit = fit_picture(data, logo=logo)
    header = read_header(data)
    assert header is not None
    pixels = _fitting(data, header, fit, path, logo=logo)
    profile = colour_profile(data)
    coded = _encoded(pixels, lossless=logo or header.format not in LOSSY, jpeg=not logo)
    return with_profile(coded, profile if len(profile) < PROFILE_ROOM_BYTES else b"")


def _fitting(data: bytes, header: Header, fit: Fit, path: Path, *, logo: bool) -> NDArray[np.uint8]:
    """(H, W, 3) RGB, for a logo (H, W, 4), turned and of the size that is sent."""
    decoded = decode_picture(data, header, path)
    pixels = turn(to_rgba(decoded) if logo else to_rgb(decoded), header.orientation)
    if fit.scale < 1:  # of what was decoded: OpenCV turns a TIFF by itself, and its header's sides are not those then
        size = int(pixels.shape[1] * fit.scale), int(pixels.shape[0] * fit.scale)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return pixels


def _encoded(pixels: NDArray[np.uint8], *, lossless: bool, jpeg: bool) -> bytes:
    """PNG where it is to be lossless and fits, else the best JPEG that does. Raises UnfitError."""
    most = limits.PICTURE_BYTES - PROFILE_ROOM_BYTES
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR)
    tried = [(".png", [cv2.IMWRITE_PNG_COMPRESSION, 6])] if lossless else []
    full = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    tried += [(".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality, *full]) for quality in QUALITIES if jpeg]
    for suffix, options in tried:
        done, coded = cv2.imencode(suffix, bgr, options)
        if done and coded.size <= most:
            return bytes(coded.tobytes())
    hint = f"the service takes at most {limits.PICTURE_BYTES // 10**6} MB: save it smaller"
    raise UnfitError("InvalidFileSizeError", "stays too large as PNG" if not jpeg else "stays too large", hint=hint)
