"""didgen.engine.face.drawn: the line of a drawn mouth is found in every style of drawing, and in nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from didgen.engine.face.drawn import drawn_mouth
from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces, seen_faces
from didgen.engine.face.mesh import LIP_GAP, LIP_ROWS_LOWER, LIP_ROWS_UPPER, MOUTH_CORNERS
from didgen.engine.face.pose import place_head
from didgen.engine.face.remembered import packed, unpacked
from didgen.engine.face.visible import look_at
from didgen.engine.photo import load_photo
from tests.quality.drawings import STYLES, Points, Style, drawing
from tests.quality.gallery import gallery


@pytest.fixture(scope="module", params=STYLES)
def style(request: pytest.FixtureRequest) -> Style:
    return STYLES[request.param]


def face_of(style: Style) -> Face:
    return find_faces(drawing(style))[0]


def off_px(points: np.ndarray, line: Points) -> np.ndarray:
    """(n,) how far each point lies from the nearest of a line."""
    return np.linalg.norm(points[:, None] - line[None], axis=2).min(1)


def test_the_line_is_found_from_end_to_end(style: Style) -> None:
    """Within a pixel and a half of where it was drawn, as thick as that, its ends in their round caps."""
    stroke, line = face_of(style).stroke, style.turned(style.line())
    assert stroke is not None
    assert off_px(stroke.middle, line).max() < 1.5
    ends = np.linalg.norm(stroke.middle[[0, -1]] - line[[0, -1]], axis=1)
    assert ends.max() < 2 + style.mouth[2]
    assert stroke.thick_px == pytest.approx(style.mouth[2], abs=1.2)


def test_both_lips_meet_on_the_line(style: Style) -> None:
    """The landmark net sets the inner lips beside it, up to a centimetre apart; they lie on it, corners at its ends."""
    face, line = face_of(style), style.turned(style.line())
    inner = face.landmarks[[*LIP_ROWS_UPPER[3], *LIP_ROWS_LOWER[3]], :2]
    assert off_px(inner, line).max() < 2
    assert np.linalg.norm(face.landmarks[LIP_GAP[0], :2] - face.landmarks[LIP_GAP[1], :2]) < 0.1
    corners = face.landmarks[list(MOUTH_CORNERS), :2]
    assert np.linalg.norm(corners - line[[0, -1]], axis=1).max() < 10
    upper, lower = (face.landmarks[row[5], 1] for row in (LIP_ROWS_UPPER[0], LIP_ROWS_LOWER[0]))
    assert upper < face.landmarks[LIP_GAP[0], 1] < lower


def test_the_head_stands_where_the_net_saw_it(style: Style) -> None:
    """Only the mouth and the skin about it are moved: pose, eyes and outline are the net's."""
    picture = drawing(style)
    seen, found = seen_faces(picture)[0], find_faces(picture)[0]
    assert found.pose_deg == pytest.approx(seen.pose_deg)
    assert place_head(found.landmarks).s == pytest.approx(place_head(seen.landmarks).s, rel=1e-5)
    assert found.landmarks[468:] == pytest.approx(seen.landmarks[468:])


def test_a_drawn_mouth_is_seen(style: Style) -> None:
    """What the net guesses about is no mask: the mouth of line art speaks."""
    sight = look_at(drawing(style), face_of(style))
    assert not sight.masked
    assert not sight.mouth_hidden


def test_a_jpeg_is_still_a_drawing() -> None:
    """Ringing beside lines is no other colour."""
    _, coded = cv2.imencode(".jpg", drawing(STYLES["thin line"])[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    rgb = np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])
    assert find_faces(rgb)[0].stroke is not None


def test_no_photo_print_or_painting_is_a_drawing() -> None:
    """Of the whole gallery the cartoon alone."""
    found = [entry.id for entry in gallery() if find_faces(load_photo(entry.path))[0].stroke is not None]
    assert found == ["cartoon"]


def test_an_open_mouth_and_none_are_no_line() -> None:
    """A mouth drawn open by more than a line, and a face without a mouth, are left to the net."""
    style = STYLES["bold"]
    face = face_of(style)
    assert drawn_mouth(drawing(style), face.landmarks)[0] is not None
    for other in (drawing(style, gap_px=30), _wiped(style)):
        stroke, landmarks = drawn_mouth(other, face.landmarks)
        assert stroke is None
        assert landmarks is face.landmarks


def test_a_kept_face_has_its_line(style: Style) -> None:
    """What is remembered of a photo's faces comes back whole."""
    face = face_of(style)
    (again,) = unpacked(packed([face]))
    assert face.stroke is not None
    assert again.stroke is not None
    assert again.stroke.middle == pytest.approx(face.stroke.middle)
    assert again.stroke.thick_px == face.stroke.thick_px
    (plain,) = unpacked(packed(seen_faces(drawing(style))))
    assert plain.stroke is None


def _wiped(style: Style) -> np.ndarray:
    picture = drawing(style)
    x, y = style.line().mean(0).astype(int)
    picture[y - 40 : y + 40, x - 80 : x + 80] = style.skin
    return picture
