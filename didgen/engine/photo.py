"""The door for pictures: any photo file becomes upright RGB of a size the engine can work with, or one clear error."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.catalog import limits
from didgen.engine.quiet import quiet_stderr
from didgen.engine.still import decode_still
from didgen.errors import RenderError
from didgen.media.heif import read_still
from didgen.media.photo_header import Header, foreign_format, read_header

MAX_FILE_BYTES = limits.LOCAL_PICTURE_BYTES
MAX_PIXELS = limits.LOCAL_PICTURE_PIXELS
MAX_SIDE_PX = limits.LOCAL_SIDE_PX
MIN_SIDE_PX = limits.PICTURE_SIDE_PX
WORK_SIDE_PX = 1_920  # larger photos are shrunk to this long side

_READ = "give a JPEG, PNG, WebP, HEIC, AVIF, BMP or TIFF file"


def load_photo(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) RGB, turned as its EXIF says, transparency over white, long side at most 1,920 px.

    Grey, 16-bit, palette and CMYK files are converted. Raises RenderError: BadRequestError (missing, empty, damaged,
    not an image), InvalidFileSizeError, InvalidImageResolutionError (told from the header, before decoding).
    """
    data, header = read_picture(path)
    _check_side(header, path)
    upright = turn(to_rgb(decode_picture(data, header, path)), header.orientation)
    return shrink(upright, shrink_scale(upright.shape[1], upright.shape[0]))


def photo_scale(path: Path) -> float:
    """How much `load_photo` shrinks the photo: px of the loaded picture per px of the file's; 1.0 for most."""
    _, header = read_picture(path)
    _check_side(header, path)
    return shrink_scale(header.width, header.height)


def shrink_scale(width: int, height: int) -> float:
    """The factor that brings the long side to at most 1,920 px; never above 1."""
    return min(1.0, WORK_SIDE_PX / max(width, height))


def shrink(rgb: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """The picture at `scale` ≤ 1, averaged over areas (no aliasing)."""
    if scale >= 1:
        return rgb
    size = round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def to_rgb(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Decoded pixels as OpenCV gives them, (H, W) or (H, W, 3 or 4) BGR(A) of 8 or 16 bits → (H, W, 3) RGB uint8."""
    if pixels.dtype == np.uint16:
        pixels = (pixels.astype(np.float32) / 257 + 0.5).astype(np.uint8)
    if pixels.ndim == 2:
        return np.repeat(pixels.astype(np.uint8)[:, :, None], 3, axis=2)
    rgb = np.ascontiguousarray(pixels[:, :, 2::-1])
    if pixels.shape[2] == 4:
        alpha = pixels[:, :, 3:].astype(np.float32) / 255
        rgb = rgb * alpha + 255 * (1 - alpha) + 0.5
    return rgb.astype(np.uint8)


def to_rgba(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """The same to (H, W, 4), with the file's own transparency; opaque where it has none."""
    opaque = pixels if pixels.ndim == 2 else pixels[:, :, :3]
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        alpha = to_rgb(pixels[:, :, 3])[:, :, 0]
    return np.dstack([to_rgb(opaque), alpha])


def turn(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The picture made upright from EXIF orientation 1..8 (2, 4, 5, 7 are mirrored)."""
    if orientation >= 5:
        rgb = rgb.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    return np.ascontiguousarray(rgb)


def read_picture(path: Path) -> tuple[bytes, Header]:
    """The bytes of a picture file and its header, not decoded yet. Raises RenderError as `load_photo` does; a picture
    may be small here."""
    data = _read(path)
    return data, _checked_header(data, path)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            size = f"{path.stat().st_size / (1 << 20):.0f} MiB"
            raise RenderError("InvalidFileSizeError", f"{path} is {size}", hint="at most 64 MiB: save it smaller")
        data = path.read_bytes()
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise RenderError("BadRequestError", f"{path} {reason}", hint="check the path of the photo") from error
    if not data:
        raise RenderError("BadRequestError", f"invalid image: {path} is empty", hint=_READ)
    return data


def _checked_header(data: bytes, path: Path) -> Header:
    header = read_header(data)
    if header is None:
        what = foreign_format(data)
        is_what = f"{what}, which is not read here" if what else "not an image, or its beginning is damaged"
        raise RenderError("BadRequestError", f"invalid image: {path} is {is_what}", hint=_READ)
    size = f"{path} is {header.width}×{header.height} px"
    if max(header.width, header.height) > MAX_SIDE_PX or header.width * header.height > MAX_PIXELS:
        limit = f"at most {MAX_SIDE_PX} px a side and {MAX_PIXELS // 10**6} megapixels: save it smaller"
        raise RenderError("InvalidImageResolutionError", size, hint=limit)
    return header


def _check_side(header: Header, path: Path) -> None:
    if min(header.width, header.height) < MIN_SIDE_PX:
        limit = f"at least {MIN_SIDE_PX}×{MIN_SIDE_PX} px: use a larger photo"
        size = f"{path} is {header.width}×{header.height} px"
        raise RenderError("InvalidImageResolutionError", size, hint=limit)


def decode_picture(data: bytes, header: Header, path: Path) -> NDArray[np.generic]:
    """The pixels as OpenCV gives them: (H, W) or (H, W, 3 or 4) BGR(A), 8 or 16 bits. Raises RenderError."""
    pixels = None
    if header.format in ("HEIC", "AVIF"):
        still = read_still(data)
        pixels = decode_still(still, data) if still is not None else None
    elif header.whole:
        try:
            with quiet_stderr():
                pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error:  # the same as None: OpenCV throws for some damage and shrugs for other
            pixels = None
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        why = "damaged or cut short" if pixels is None else f"a {header.format} of {pixels.dtype} pixels"
        raise RenderError("BadRequestError", f"invalid image: {path} is {why}", hint="save it again as JPEG or PNG")
    return np.asarray(pixels)
