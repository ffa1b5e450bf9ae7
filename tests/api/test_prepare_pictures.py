"""Pictures on their way to a service: upright and within its limits, their own pixels where they can be."""

from __future__ import annotations

import asyncio
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.api.prepare import ask
from didgen.api.prepare.ask import Preparer
from didgen.catalog import limits
from didgen.errors import RenderError
from didgen.media.fit import UnfitError, Use, fit_picture
from didgen.media.metadata import colour_profile, with_profile, without_metadata
from didgen.media.photo_header import read_header
from didgen.store.derived import Derived
from tests.pictures import (
    BLUE,
    GREEN,
    RED,
    UPRIGHT,
    WHITE,
    chunk,
    cmyk_jpeg,
    corner_colours,
    corners,
    encoded,
    exif,
    png,
    with_exif,
)  # fmt: skip

GPS = b"GPS 48.137, 11.575"
PROFILE = struct.pack(">I12x4s", 140, b"RGB ") + bytes(range(120))


def prepared(tmp_path: Path, data: bytes, use: Use = "picture", name: str = "photo.bin") -> bytes:
    """What is sent for a picture, by way of the child where it has to be made."""
    path = tmp_path / name
    path.write_bytes(data)
    return asyncio.run(Preparer().prepared(path, use))


def pixels(data: bytes) -> np.ndarray:
    """(H, W, 3) RGB as stored: whoever decodes it need know nothing of EXIF."""
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    return np.repeat(bgr[:, :, None], 3, 2) if bgr.ndim == 2 else bgr[:, :, ::-1]


def scene(height: int, width: int) -> np.ndarray:
    """Something with light and detail, unlike its mirror images; RGB."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(x / 31 + y / 77), np.cos(y / 23 - x / 140), np.sin((x + 2 * y) / 59)]
    return (127 + np.stack(waves, axis=2) * 100 + (x / width * 27)[:, :, None]).astype(np.uint8)


def behind_start(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG with segments more at its beginning."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def segment(code: int, payload: bytes) -> bytes:
    return bytes([0xFF, code]) + struct.pack(">H", len(payload) + 2) + payload


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_fitting_picture_goes_byte_for_byte(tmp_path: Path, progressive: int) -> None:
    """Also a progressive or grey one, and a PNG; nothing is decoded for it."""
    for data in (
        encoded(scene(400, 300), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, progressive),
        encoded(scene(400, 300)[:, :, 0], ".jpg"),
        encoded(scene(300, 500)),
    ):
        assert data == prepared(tmp_path, data)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(tmp_path: Path, orientation: int) -> None:
    """All eight, against the original turned by hand; what is sent says nothing of a turn any more."""
    original = scene(300, 420)
    stored = encoded(original, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 100)
    sent = prepared(tmp_path, with_exif(stored, exif(orientation)))
    turned = {
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: np.swapaxes(a, 0, 1), 6: lambda a: np.rot90(a, -1),
        7: lambda a: np.swapaxes(a[::-1, ::-1], 0, 1), 8: np.rot90,
    }[orientation](original)  # fmt: skip
    seen = pixels(sent)
    assert turned.shape == seen.shape
    assert 1.5 > np.abs(turned.astype(int) - seen).mean()
    assert 1 == read_header(sent).orientation
    assert b"Exif" not in sent
    if orientation == 1:
        assert np.array_equal(pixels(stored), seen)


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_png_is_turned_without_loss(tmp_path: Path, orientation: int) -> None:
    """It was lossless and stays so."""
    plain = encoded(corners(300, 400))
    sent = prepared(tmp_path, plain[:33] + chunk(b"eXIf", exif(orientation)) + plain[33:])
    assert "PNG" == read_header(sent).format
    assert UPRIGHT[orientation] == corner_colours(pixels(sent))
    assert 4 == len(np.unique(pixels(sent).reshape(-1, 3), axis=0))


def test_a_phone_photo_is_turned_and_shrunk(tmp_path: Path) -> None:
    """12 megapixels held upright become 2400 × 3200, close to the original at that size."""
    original = cv2.resize(scene(756, 1008), (4032, 3024), interpolation=cv2.INTER_LINEAR)
    jpeg = with_exif(encoded(original, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 95), exif(6))
    fit = fit_picture(jpeg)
    assert (True, 2400, 3200) == (fit.remade, fit.width, fit.height)
    assert ("will be turned and shrunk to 2,400 × 3,200 before it is sent",) == fit.notes
    sent = prepared(tmp_path, jpeg)
    assert (3200, 2400, 3) == pixels(sent).shape
    reference = cv2.resize(np.rot90(original, -1), (2400, 3200), interpolation=cv2.INTER_AREA)
    assert 1.5 > np.abs(reference.astype(int) - pixels(sent)).mean()
    assert len(sent) < limits.PICTURE_BYTES
    assert sent == prepared(tmp_path, sent), "what was made fits"


@pytest.mark.parametrize(
    ("width", "height", "made"),
    [(3840, 2730, False), (3841, 2730, True), (3641, 2880, True), (3640, 2880, False), (65_000, 161, False)],
)
def test_only_too_many_pixels_are_shrunk(width: int, height: int, made: bool) -> None:
    """The limit is 10 × 1024 × 1024 of them, whatever the shape; told from the header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    fit = fit_picture(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IEND", b""))
    assert made == fit.remade
    assert fit.width * fit.height <= limits.PICTURE_PIXELS


def test_what_is_too_large_in_bytes_is_compressed(tmp_path: Path) -> None:
    """A noisy PNG of 12 MB becomes a JPEG of at most 10 MB with the same pixels, nearly."""
    noise = np.random.default_rng(3).integers(90, 166, (2000, 2400, 3), np.uint8)
    data = encoded(noise, ".png", cv2.IMWRITE_PNG_COMPRESSION, 1)
    assert len(data) > limits.PICTURE_BYTES
    sent = prepared(tmp_path, data)
    assert "JPEG" == read_header(sent).format
    assert len(sent) <= limits.PICTURE_BYTES
    assert noise.shape == pixels(sent).shape
    assert 4 > np.abs(noise.astype(int) - pixels(sent)).mean()
    assert ("will be compressed to 10 MB before it is sent",) == fit_picture(data).notes


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    """As the local engine has it, so that draft and release agree; a palette's transparent entry too."""
    bgra = np.zeros((300, 300, 4), np.uint8)
    bgra[:, :, 0] = 255
    bgra[:, :100, 3] = 128
    seen = pixels(prepared(tmp_path, cv2.imencode(".png", bgra)[1].tobytes()))
    assert ([127, 127, 255], [255, 255, 255]) == (seen[50, 50].tolist(), seen[50, 250].tolist())
    row = b"\0" + bytes([0] * 150 + [1] * 150)
    palette = png(300, 300, 8, 3, row * 300, chunk(b"PLTE", bytes([10, 20, 30, 9, 9, 9])), chunk(b"tRNS", b"\xff\0"))
    seen = pixels(prepared(tmp_path, palette))
    assert ([10, 20, 30], [255, 255, 255]) == (seen[0, 0].tolist(), seen[0, 250].tolist())


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    """With the same brightness."""
    deep = np.full((300, 300, 3), 25700, np.uint16)
    deep[150:] = 65535
    seen = pixels(prepared(tmp_path, cv2.imencode(".png", deep)[1].tobytes()))
    assert np.uint8 == seen.dtype
    assert ([100] * 3, [255] * 3) == (seen[0, 0].tolist(), seen[299, 0].tolist())


@pytest.mark.parametrize(
    ("ink", "seen"),
    [((0, 0, 0, 0), WHITE), ((0, 255, 255, 0), RED), ((255, 0, 255, 0), GREEN), ((255, 255, 0, 0), BLUE)],
)
def test_print_colours_become_rgb(tmp_path: Path, ink: tuple[int, int, int, int], seen: tuple[int, int, int]) -> None:
    """A CMYK JPEG is sent as what it looks like."""
    sent = prepared(tmp_path, cmyk_jpeg(256, ink))
    assert seen == pytest.approx(tuple(pixels(sent)[80, 80].tolist()), abs=4)
    assert read_header(sent).plain


@pytest.mark.parametrize("suffix", [".webp", ".bmp", ".tiff"])
def test_other_formats_are_saved_anew(tmp_path: Path, suffix: str) -> None:
    """Uploads are JPEG or PNG; what was lossless stays so."""
    original = scene(300, 400)
    data = encoded(original, suffix, *([cv2.IMWRITE_WEBP_QUALITY, 101] if suffix == ".webp" else []))
    sent = prepared(tmp_path, data)
    assert "PNG" == read_header(sent).format
    assert np.array_equal(original, pixels(sent))
    assert ("will be saved as PNG or JPEG before it is sent",) == fit_picture(data).notes


@pytest.mark.parametrize("side", [400, 4000])
@pytest.mark.parametrize("orientation", [3, 6])
def test_a_turned_tiff_keeps_its_shape(tmp_path: Path, orientation: int, side: int) -> None:
    """Its own tag turns it, shrunk or not: its sides are never taken for each other."""
    tiff = encoded(corners(side * 3 // 4, side), ".tiff")
    (at,) = struct.unpack_from("<I", tiff, 4)
    tag = at + 2 + 12 * 9  # the tenth entry, PlanarConfiguration (1, the default), becomes Orientation
    assert 284 == struct.unpack_from("<H", tiff, tag)[0]
    seen = pixels(prepared(tmp_path, tiff[:tag] + struct.pack("<HHIHH", 274, 3, 1, orientation, 0) + tiff[tag + 12 :]))
    long = min(side, 3200)
    assert ((long, long * 3 // 4) if orientation == 6 else (long * 3 // 4, long)) == seen.shape[:2]
    assert UPRIGHT[orientation] == corner_colours(seen)


def test_a_logo_keeps_its_size_and_what_is_transparent(tmp_path: Path) -> None:
    """It is laid over the video: smaller than any photo may be, and see-through."""
    bgra = np.random.default_rng(5).integers(0, 256, (40, 60, 4), np.uint8)
    png_logo = cv2.imencode(".png", bgra)[1].tobytes()
    assert png_logo == prepared(tmp_path, png_logo, "logo")
    webp = cv2.imencode(".webp", bgra, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    sent = cv2.imdecode(np.frombuffer(prepared(tmp_path, webp, "logo"), np.uint8), cv2.IMREAD_UNCHANGED)
    assert (40, 60, 4) == sent.shape
    assert np.array_equal(bgra[:, :, 3], sent[:, :, 3])
    opaque = bgra[:, :, 3] == 255
    assert np.array_equal(bgra[opaque], sent[opaque])


# -- metadata -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("progressive", [0, 1])
def test_what_a_photo_tells_of_its_maker_stays_here(tmp_path: Path, progressive: int) -> None:
    """Place, time, thumbnails, comments and a film behind the picture are left out; not a pixel changes."""
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive, cv2.IMWRITE_JPEG_RST_INTERVAL, 8]
    plain = encoded(scene(400, 300), ".jpg", *options)
    talkative = behind_start(
        with_exif(plain, exif(1) + GPS),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + GPS),
        segment(0xE2, b"MPF\0" + GPS),
        segment(0xED, b"Photoshop 3.0\0" + GPS),
        segment(0xFE, GPS),
    )
    sent = prepared(tmp_path, talkative + b"\0\0\0\x18ftypmp42" + GPS)
    assert plain == sent
    assert np.array_equal(pixels(plain), pixels(sent))


def test_what_a_png_tells_stays_here_too(tmp_path: Path) -> None:
    """Texts, times and EXIF are left out; what decides a colour stays."""
    plain = encoded(scene(300, 300))
    gamma = chunk(b"gAMA", struct.pack(">I", 45455))
    told = [chunk(b"tEXt", b"Comment\0" + GPS), chunk(b"eXIf", exif(1) + GPS), chunk(b"prVt", GPS), gamma]
    assert plain[:33] + gamma + plain[33:] == prepared(tmp_path, plain[:33] + b"".join(told) + plain[33:] + GPS)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_the_colour_profile_stays(tmp_path: Path, suffix: str) -> None:
    """Phones save wide colours: without the profile they would be dull, whether the picture was made anew or not."""
    data = with_profile(encoded(scene(300, 400), suffix), PROFILE)
    assert PROFILE == colour_profile(data)
    assert data == without_metadata(data)
    turned = with_exif(data, exif(3)) if suffix == ".jpg" else data[:33] + chunk(b"eXIf", exif(3)) + data[33:]
    sent = prepared(tmp_path, turned)
    assert PROFILE == colour_profile(sent)
    assert 2 > np.abs(scene(300, 400)[::-1, ::-1].astype(int) - pixels(sent)).mean()


def test_long_profiles_are_put_together_and_foreign_ones_left_out() -> None:
    """One of several segments, in whatever order; one for inks is of no use for what has become RGB."""
    long = PROFILE + bytes(np.random.default_rng(1).integers(0, 256, 150_000, np.uint8))
    jpeg = with_profile(encoded(scene(256, 256), ".jpg"), long)
    assert 3 == jpeg.count(b"ICC_PROFILE\0")
    assert long == colour_profile(jpeg)
    inks = struct.pack(">I12x4s", 140, b"CMYK") + bytes(120)
    assert b"" == colour_profile(with_profile(encoded(scene(256, 256), ".jpg"), inks))
    assert b"" == colour_profile(encoded(scene(256, 256)))
    bomb = chunk(b"iCCP", b"icc\0\0" + zlib.compress(PROFILE + bytes(50 << 20)))
    plain = encoded(scene(256, 256))
    assert b"" == colour_profile(plain[:33] + bomb + plain[33:])


# -- what cannot be sent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind", "said", "limit"),
    [
        (encoded(corners(159, 400)), "InvalidImageResolutionError", "is 400 × 159 px", "at least 160 × 160 px"),
        (encoded(corners(128, 128), ".jpg"), "InvalidImageResolutionError", "is 128 × 128 px", "at least 160 × 160"),
        (b"", "UnsupportedMimeTypeError", "is no picture", "JPEG or PNG"),
        (b"words, no picture at all", "UnsupportedMimeTypeError", "is no picture", "JPEG or PNG"),
        (b"GIF89a" + bytes(40), "UnsupportedMimeTypeError", "is GIF, which", "JPEG or PNG"),
        (
            b"\0\0\0\x18ftypheic" + bytes(40),
            "UnsupportedMimeTypeError",
            "is HEIC, damaged or of a rare kind",
            "JPEG or PNG",
        ),
        (encoded(corners(), ".jpg")[:-2], "BadRequestError", "damaged or cut short", "again"),
        (encoded(corners())[:-20], "BadRequestError", "damaged or cut short", "again"),
    ],
)
def test_what_cannot_fit_is_refused_with_the_limit(
    tmp_path: Path, data: bytes, kind: str, said: str, limit: str
) -> None:
    """At plan time already, and if it gets as far as that, when it is to be sent."""
    with pytest.raises(UnfitError, match=said) as caught:
        fit_picture(data)
    assert limit in caught.value.hint
    assert kind == caught.value.kind
    with pytest.raises(RenderError, match=said) as refused:
        prepared(tmp_path, data)
    assert kind == refused.value.kind
    assert str(tmp_path / "photo.bin") in refused.value.message


def test_a_long_thin_picture_cannot_fit_both_limits() -> None:
    """Shrunk to what may be, it is too thin; a panorama that stays wide enough is not."""

    def header(width: int, height: int) -> bytes:
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IEND", b"")

    with pytest.raises(UnfitError, match="80,000 × 170 px"):
        fit_picture(header(80_000, 170))
    panorama = fit_picture(header(16_000, 1000))
    assert (11_085, 692) == (panorama.width, panorama.height)
    with pytest.raises(UnfitError, match="20,000 × 20,000 px") as caught:
        fit_picture(header(20_000, 20_000))
    assert "100 megapixels" in caught.value.hint


def test_a_picture_between_what_is_stated_and_what_is_known_to_pass_is_noted() -> None:
    """160 px are stated, 256 were seen to pass: it goes, and the writer hears of it."""
    fit = fit_picture(encoded(scene(200, 300)))
    assert not fit.remade
    assert ("has a side of 200 px: the service may find it too small",) == fit.notes


def test_damage_that_only_decoding_shows_is_an_error_of_one_picture(tmp_path: Path) -> None:
    """The child says no in words; so does its end, whatever brought it about."""
    deep = cv2.imencode(".png", np.full((300, 300, 3), 9000, np.uint16))[1].tobytes()
    with pytest.raises(RenderError, match=r"photo\.bin is damaged or cut short"):
        prepared(tmp_path, deep[:200] + b"damaged!" + deep[208:])


def test_a_decoder_that_is_killed_or_hangs_costs_one_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of its own decodes: its death and its silence are one clear error each, and no process is left."""
    import sys

    data = with_exif(encoded(scene(300, 300), ".jpg"), exif(3))
    monkeypatch.setattr(ask, "COMMAND", (sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"))
    with pytest.raises(RenderError, match="stopped the program that decodes it"):
        prepared(tmp_path, data)
    mark = tmp_path / "pid"
    hang = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    monkeypatch.setattr(ask, "COMMAND", (sys.executable, "-c", hang))
    monkeypatch.setattr(ask, "PATIENCE_S", 1.0)
    with pytest.raises(RenderError, match="was not decoded in 1 s"):
        prepared(tmp_path, data)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_the_child_gets_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What decodes a stranger's file has nothing to tell a stranger."""
    import sys

    seen = tmp_path / "environment"
    code = f"import os; open({str(seen)!r}, 'w').write(repr(dict(os.environ))); os._exit(3)"
    monkeypatch.setattr(ask, "COMMAND", (sys.executable, "-c", code))
    for name in ("D_ID_API_KEY", "D_ID_ELEVENLABS_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "c4n4ry")
    with pytest.raises(RenderError):
        prepared(tmp_path, with_exif(encoded(scene(300, 300), ".jpg"), exif(3)))
    assert "PATH" in seen.read_text()
    assert "c4n4ry" not in seen.read_text()


def test_what_was_made_once_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next process finds it by the digest of the original; the cache may vanish, then it is made the same again."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(with_exif(encoded(scene(300, 300), ".jpg"), exif(3)))
    first = Derived(tmp_path / "one")
    made = asyncio.run(Preparer(first).prepared(path, "picture"))
    first.close()
    assert made == asyncio.run(Preparer(Derived(tmp_path / "two")).prepared(path, "picture"))
    monkeypatch.setattr(ask, "COMMAND", ("/nowhere",))
    assert made == asyncio.run(Preparer(Derived(tmp_path / "one")).prepared(path, "picture"))
