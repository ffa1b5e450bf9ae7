"""Logos and the visible mark: where they lie, how they mix, and what is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.shot import Logo
from didgen.engine.video.overlay import ai_badge, overlay_of, placed_logo
from didgen.errors import RenderError

WIDTH, HEIGHT = 200, 120


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    """30 × 20 px: red, its left half clear, its right half opaque but for a last column of half."""
    rgba = np.zeros((20, 30, 4), np.uint8)
    rgba[..., 2], rgba[:, 15:, 3], rgba[:, -1, 3] = 255, 255, 128  # BGRA
    cv2.imwrite(str(tmp_path / "logo.png"), rgba)
    return tmp_path / "logo.png"


def grey(value: int = 100) -> NDArray[np.uint8]:
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


def laid(logo: Path, left: int, top: int) -> NDArray[np.uint8]:
    frame = grey()
    placed_logo(Logo(logo, left, top), WIDTH, HEIGHT).lay(frame)
    return frame


def test_a_logo_lies_where_it_is_told(logo: Path) -> None:
    """Opaque px are the logo's, clear ones the frame's, half clear ones between; nothing else changes."""
    frame = laid(logo, 40, 10)
    assert [255, 0, 0] == frame[10, 55].tolist() == frame[29, 68].tolist()
    assert [100, 100, 100] == frame[10, 54].tolist()
    assert np.allclose([178, 50, 50], frame[15, 69], atol=1)
    changed = np.argwhere((frame != 100).any(2))
    assert ([10, 55], [29, 69]) == (changed.min(0).tolist(), changed.max(0).tolist())


def test_negative_positions_count_from_the_far_edge(logo: Path) -> None:
    """As the service has it: what is negative is added to the side, on each axis by itself."""
    assert np.array_equal(laid(logo, WIDTH - 30, HEIGHT - 20), laid(logo, -30, -20))
    assert np.array_equal(laid(logo, 7, HEIGHT - 50), laid(logo, 7, -50))


@pytest.mark.parametrize(("left", "top"), [(WIDTH - 18, 5), (-18, 5), (60, -4), (-WIDTH - 12, 3), (3, -HEIGHT - 12)])
def test_what_lies_beyond_the_frame_is_cut_off(logo: Path, left: int, top: int) -> None:
    """On any side: the part inside is what it would be in a larger frame."""
    large = np.full((3 * HEIGHT, 3 * WIDTH, 3), 100, np.uint8)
    x, y = left + (WIDTH if left < 0 else 0), top + (HEIGHT if top < 0 else 0)
    placed_logo(Logo(logo, x + WIDTH, y + HEIGHT), 3 * WIDTH, 3 * HEIGHT).lay(large)
    assert np.array_equal(large[HEIGHT : 2 * HEIGHT, WIDTH : 2 * WIDTH], laid(logo, left, top))


def test_a_logo_without_transparency_and_turned(tmp_path: Path) -> None:
    """A JPEG is opaque; grey pictures have no colours and still can be laid."""
    cv2.imwrite(str(tmp_path / "a.jpg"), np.full((10, 40), 200, np.uint8))
    frame = laid(tmp_path / "a.jpg", 0, 0)
    assert np.allclose(200, frame[:10, :40], atol=2)
    assert (frame[10:] == 100).all()


def test_what_is_no_logo_is_one_clear_error(logo: Path, tmp_path: Path) -> None:
    """In the service's kind: a missing file, a text, a picture cut short, a place outside of the video."""
    (tmp_path / "note.png").write_text("hello")
    (tmp_path / "cut.png").write_bytes(logo.read_bytes()[:60])
    for name in ("none.png", "note.png", "cut.png"):
        with pytest.raises(RenderError, match=f"the logo cannot be used: .*{name}") as caught:
            placed_logo(Logo(tmp_path / name, 0, 0), WIDTH, HEIGHT)
        assert "LogoError" == caught.value.kind
    for left, top in ((WIDTH, 0), (0, HEIGHT), (-WIDTH - 30, 0)):
        with pytest.raises(RenderError, match="outside of the 200×120 px video") as caught:
            placed_logo(Logo(logo, left, top), WIDTH, HEIGHT)
        assert "LogoError" == caught.value.kind


@pytest.mark.parametrize(("width", "height"), [(512, 512), (1080, 1920), (1920, 1080), (160, 160), (160, 1200)])
@pytest.mark.parametrize("shade", [0, 100, 255])
def test_the_mark_is_small_and_legible_everywhere(width: int, height: int, shade: int) -> None:
    """In the lower right corner, under 1 % of a large frame, and its letters at least 4.5 times as bright as its plate
    (WCAG 2.1's contrast for text) on black, grey and white."""
    frame = np.full((height, width, 3), shade, np.uint8)
    mark = ai_badge(width, height)
    mark.lay(frame)
    tall, wide = mark.clear.shape[:2]
    assert 18 <= tall <= max(18, 0.07 * min(width, height))
    if min(width, height) >= 512:
        assert tall * wide < 0.01 * width * height
    assert 0 < width - mark.left - wide < tall
    assert 0 < height - mark.top - tall < tall
    whole = frame[mark.top : mark.top + tall, mark.left : mark.left + wide, 0]
    plate = whole[tall // 5 : -tall // 5, wide // 8 : -wide // 8]
    letters, ground = luminance(plate.max()), luminance(np.median(plate))
    assert (letters + 0.05) / (ground + 0.05) > 4.5
    assert 0.15 < (plate > 200).mean() < 0.5


def luminance(value: float) -> float:
    """WCAG's relative luminance of a grey."""
    return ((value / 255 + 0.055) / 1.055) ** 2.4


def test_nothing_is_laid_when_nothing_is_wanted() -> None:
    """`logo: false`."""
    assert overlay_of(None, WIDTH, HEIGHT) is None
    assert overlay_of("ai", WIDTH, HEIGHT) is not None


def test_an_overlay_cut_to_a_part_is_seen_there_alike() -> None:
    """Laid over the part or over the whole frame: the part's px are the same; out of reach there is nothing to lay."""
    frame = np.random.default_rng(3).integers(0, 255, (200, 320, 3), np.uint8)
    mark = ai_badge(320, 200)
    left, top, width, height = 250, 150, 60, 46
    part = frame[top : top + height, left : left + width].copy()
    cut = mark.within(left, top, width, height)
    assert cut is not None
    cut.lay(part)
    mark.lay(frame)
    assert np.array_equal(frame[top : top + height, left : left + width], part)
    assert mark.within(0, 0, 100, 100) is None
