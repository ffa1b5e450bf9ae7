"""didgen.engine.warp.lip_lines, lips and corners: where lips part, the two cut out along that, and where they meet."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.mesh import MOUTH_CORNERS
from didgen.engine.photo import load_photo
from didgen.engine.warp.geometry import Geometry
from didgen.engine.warp.lip_lines import blur_px, find_lip_lines
from didgen.engine.warp.seam import widest_gap
from tests.engine.mouths import ASSETS, FACES, Head, Picture


def test_portraits_are_read_as_they_are(smiling: Head, closed: Head) -> None:
    """The smile that shows teeth has two lines, the closed mouth one."""
    assert smiling.mouth.lines.parted
    lines = find_lip_lines(closed.canvas, closed.geometry.landmarks, closed.geometry.px_per_cm)
    assert not lines.parted
    assert widest_gap(lines.upper, lines.lower) < 0.1  # px


def test_the_lower_lip_comes_off_in_a_bow(closed: Head) -> None:
    """Its edge lies on the seam or above it, and has none of the seam's dips: it hangs nowhere below an even bow."""
    for head in (closed, Head(load_photo(ASSETS / "woman-2.jpg"))):
        lines, cm = head.mouth.lines, head.geometry.px_per_cm
        u = np.linspace(-0.7, 0.7, 29) * lines.frame.half
        raised = lines.upper.at(u) - lines.lower.at(u)
        assert raised.min() > -0.1
        assert raised.max() < 0.32 * cm
        even = np.polynomial.Polynomial.fit(u, lines.lower.at(u), 2)(u)
        assert (lines.lower.at(u) - even).max() < 0.06 * cm


def test_a_seam_is_as_smooth_as_a_lip() -> None:
    """In grain and brush strokes, too: what followed their px would open as a ragged edge."""
    for name in ("painting", "glasses", "dark-beard"):
        lines = Head(load_photo(FACES / f"{name}.jpg")).mouth.lines
        assert not lines.parted
        v = lines.upper.at(np.linspace(-1, 1, 33) * lines.frame.half)
        bends = np.diff(v, 2)
        bends = bends[np.abs(bends) > 0.005]
        assert np.count_nonzero(np.diff(np.sign(bends))) <= 4


def test_lips_turn_inwards(closed: Head) -> None:
    """Each lip darkens without a step towards its edge; none ends as if cut with a knife."""
    mouth, cm = closed.mouth, closed.geometry.px_per_cm
    u = np.linspace(-0.5, 0.5, 41) * mouth.lines.frame.half
    for lip, line, away, start in (
        (mouth.upper_lip, mouth.lines.upper, -1, 0.0),
        (mouth.lower_lip, mouth.lines.lower, 1, -0.07),
    ):
        inwards = (np.linspace(0, 0.3, 13) + away * start)[:, None] * away * cm
        rgb = lip.sampled(mouth.lines.frame.xy(u[None] + 0 * inwards, line.at(u) + inwards))
        light = rgb[..., :3].astype(float).mean((1, 2))
        assert light[0] < 0.8 * light.max()
        assert np.diff(light).max() < 0.15 * light.max()


def test_the_shadow_of_closed_corners_stays_with_the_upper_lip() -> None:
    """A lower lip that leaves has no black spot at its corners: drawn out by the opening it would hang there."""
    head = Head(load_photo(ASSETS / "man.jpg"))
    mouth, cm = head.mouth, head.geometry.px_per_cm
    assert not mouth.lines.parted
    grid = mouth.lower_lip.region.grid(head.canvas.per_px)
    uv = mouth.lines.frame.uv(grid)
    u, v = np.abs(uv[..., 0]) / mouth.lines.frame.half, uv[..., 1] - mouth.lines.lower.at(uv[..., 0])
    corners = (u > 0.85) & (u < 1.15) & (v > 0) & (v < 0.3 * cm)
    lip, photo = (
        rgb.astype(float).mean(-1)[corners] for rgb in (mouth.lower_lip.rgba[..., :3], head.canvas.sampled(grid))
    )
    assert np.percentile(photo, 3) < 0.5 * np.median(photo)
    assert np.percentile(lip, 3) > 0.6 * np.median(photo)


def test_the_shadow_of_a_corner_ends_without_a_smudge() -> None:
    """Painted over from some px on, the dark beside them stayed as a spot on the lower lip that opening drew out."""
    head = Head(load_photo(FACES / "painting.jpg"))
    lines, cm = head.mouth.lines, head.geometry.px_per_cm
    u, v = np.linspace(0.1, 0.7, 31) * lines.frame.half, np.linspace(0, 0.25, 9)[:, None] * cm
    rgb = head.mouth.lower_lip.sampled(lines.frame.xy(u[None] + 0 * v, lines.lower.at(u) + v))[..., :3]
    light = cv2.GaussianBlur(rgb.astype(float).mean((0, 2))[None], (0, 0), 1.5)[0]
    assert light.min() > 0.73 * min(light[0], light[-1])


def test_a_smile_that_shuts_has_skin_at_its_corners_and_a_line_between(smiling: Head) -> None:
    """The dark beside the teeth is gone, and so are its edges, which were grey patches: under the line in which the
    lips meet it is as light as the skin above, and that line goes on to the corners, else nobody sees her smile."""
    frame, cm = smiling.drawn(seal=1.0).astype(float).mean(-1), smiling.geometry.px_per_cm
    ends = smiling.geometry.landmarks[list(MOUTH_CORNERS), :2]
    for corner in ends:
        inwards = (ends.mean(0) - corner) / np.linalg.norm(ends.mean(0) - corner)
        x, y = (corner + 0.35 * cm * inwards).astype(int)
        down = frame[y - int(0.3 * cm) : y + int(0.5 * cm), x - 3 : x + 4].mean(1)
        line, skin = int(down.argmin()), frame[y - int(0.6 * cm) :, x - 3 : x + 4][:4].mean()
        assert down[line + 4 : line + 8].mean() > 0.92 * skin
        assert down[line] < 0.88 * skin


def test_spittle_does_not_stay_at_the_corner(closed: Head) -> None:
    """A white dot at a corner is gone from both lips once they are drawn."""
    corner = closed.geometry.landmarks[308, :2]
    dotted = Head(_dotted(load_photo(ASSETS / "woman.jpg"), closed.geometry, corner, 0.06, 0.06))
    spot = np.float32(corner + np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1))
    seen = dotted.canvas.sampled(spot).astype(int).mean() - closed.canvas.sampled(spot).mean()
    assert seen > 50
    for name in ("upper_lip", "lower_lip"):
        plain, drawn = (getattr(head.mouth, name).sampled(spot)[..., :3].mean() for head in (closed, dotted))
        assert drawn - plain < 0.4 * seen


def test_a_gloss_is_no_scar_on_an_upper_lip_that_smiled(smiling: Head) -> None:
    """A light stripe down to the edge is taken off the lip that grows higher; the lower lip shines on."""
    cm, marks = smiling.geometry.px_per_cm, smiling.geometry.landmarks[:, :2]
    for name, at, kept in (
        ("upper_lip", marks[13] - (0, 0.12 * cm), False),
        ("lower_lip", (marks[14] + marks[17]) / 2, True),
    ):
        dotted = Head(_dotted(load_photo(ASSETS / "eileen.jpg"), smiling.geometry, np.asarray(at), 0.12, 0.08))
        spot = np.float32(at)[None, None]
        light = [getattr(head.mouth, name).sampled(spot)[..., :3].astype(float).mean() for head in (smiling, dotted)]
        assert (light[1] - light[0] > 30) == kept


def _dotted(rgb: Picture, geometry: Geometry, at: NDArray[np.float32], across_cm: float, down_cm: float) -> Picture:
    """The photo with a white ellipse about a place in work px."""
    matrix = geometry.work_from_photo[:, :2].astype(np.float64)
    centre = np.linalg.solve(matrix, at - geometry.work_from_photo[:, 2])
    scale = geometry.px_per_cm / float(np.sqrt(np.linalg.det(matrix)))
    axes = max(1, round(across_cm * scale)), max(1, round(down_cm * scale))
    out: Picture = rgb.copy()
    cv2.ellipse(out, np.rint(centre).astype(int).tolist(), axes, 0, 0, 360, (255, 255, 255), -1, cv2.LINE_AA)
    return out


def test_lips_cover_the_ground_together_beyond_the_corners(smiling: Head, closed: Head) -> None:
    """Alphas lie within 0..1; no interior shows outside the corners of the mouth, none at all between closed lips."""
    for head in (smiling, closed):
        upper, lower = (layer.rgba[..., 3] / 255 for layer in (head.mouth.upper_lip, head.mouth.lower_lip))
        coverage = 1 - (1 - upper) * (1 - lower)
        grid = head.mouth.upper_lip.region.grid(head.canvas.per_px)
        u = np.abs(head.mouth.lines.frame.uv(grid)[..., 0])
        outside = u > 1.02 * head.mouth.lines.frame.half
        assert coverage[outside if head is smiling else u >= 0].min() > 0.97
        assert head.mouth.cover.max() == 255
        rim = np.concatenate([head.mouth.cover[[0, -1]].ravel(), head.mouth.cover[:, [0, -1]].ravel()])
        assert rim.max() <= 5


def test_blur_is_measured_on_the_photo_and_given_to_the_mouth() -> None:
    """A sharp photo has none; one blurred by hand has about as much as was done to it, and its lips' edges are soft."""
    sharp = load_photo(ASSETS / "woman.jpg")
    for sigma in (0.0, 3.0):
        head = Head(cv2.GaussianBlur(sharp, (0, 0), sigma) if sigma else sharp)
        scale = float(np.sqrt(np.linalg.det(head.geometry.work_from_photo[:, :2])))
        found = blur_px(head.canvas, head.geometry.landmarks)
        assert found == pytest.approx(sigma * scale, rel=0.35)
        alpha = head.mouth.upper_lip.rgba[..., 3].astype(int)
        steepest = np.abs(np.diff(alpha[:, alpha.shape[1] // 2])).max()
        assert (steepest > 100) == (sigma == 0)
