"""Options of a talk, each seen in the pixels or heard in the samples of a finished file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces
from didgen.engine.face.pose import place_head
from didgen.engine.face.retrack import Tracked, retrack
from didgen.engine.motion.compose import compose_animation
from didgen.engine.motion.track import MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.render import render
from didgen.engine.shot import Config, Expression, FaceSquare, Logo, Rendered, Shot, TextScript
from didgen.engine.video.encode import Encoder
from didgen.engine.warp.work import crop_side
from didgen.errors import RenderError

pytestmark = pytest.mark.render

PHOTO = Path(__file__).parents[2] / "projects/hello/assets/eileen.jpg"
SAYING = TextScript("Map.", "heart")

Frames = NDArray[np.int16]


class Shelf(dict[str, bytes]):
    """A memo that remembers speech and faces for all tests of this file."""

    def put(self, key: str, value: bytes) -> None:
        self[key] = value


Take = Callable[..., Rendered]


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Render a short talk with some options, each set of options once."""
    shelf, done, folder = Shelf(), {}, tmp_path_factory.mktemp("takes")

    def rendered(photo: Path = PHOTO, face: FaceSquare | None = None, **options: Any) -> Rendered:
        key = repr((photo, face, sorted(options.items())))
        if key not in done:
            config = Config(**options)
            shot = Shot(photo, SAYING, "bank://natural/driver-1", config, face, seed=11)
            done[key] = render(shot, folder / f"{len(done)}.{config.result_format}", lambda *_: None, shelf)
        return done[key]

    return rendered


def pictures(take: Rendered) -> Frames:
    """(T, H, W, 3) as a player shows them."""
    with av.open(str(take.video)) as file:
        decoded = [f.to_ndarray(format="rgb24", src_colorspace="ITU709") for f in file.decode(video=0)]
    return np.stack(decoded).astype(np.int16)


def test_the_mark_is_seen_unless_it_is_taken_away(take: Take) -> None:
    """Unset: every frame has it in the lower right corner, bright letters on a dark plate; false: the same video
    without it. Elsewhere the two do not differ by more than the coding of it."""
    marked, plain = pictures(take()), pictures(take(logo=None))
    corner = (slice(None), slice(465, 498), slice(448, 500))
    assert (marked[corner].max((1, 2, 3)) > 235).all()
    assert (np.abs(marked[corner] - plain[corner]).mean((1, 2, 3)) > 20).all()
    assert np.abs(marked[:, :448] - plain[:, :448]).mean() < 1.5


def test_ones_own_logo_takes_the_marks_place(take: Take, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where it was asked for, counted from the far edge, half clear; and the corner of the mark is the photo's."""
    path = tmp_path_factory.mktemp("logo") / "logo.png"
    cv2.imwrite(str(path), np.dstack([np.full((40, 60), v, np.uint8) for v in (255, 0, 0, 128)]))  # BGRA: blue
    branded, plain = pictures(take(logo=Logo(path, -100, 20))), pictures(take(logo=None))
    inside = (slice(None), slice(22, 58), slice(414, 470))
    expected = plain[inside] / 2 + np.array([0, 0, 127.5])
    assert np.abs(branded[inside] - expected).mean() < 4
    outside = np.ones(plain.shape[1:3], bool)
    outside[10:70, 402:482] = False
    assert np.abs(branded - plain)[:, outside].mean() < 1.5


def test_a_logo_that_is_none_costs_no_speech(tmp_path: Path) -> None:
    """It is told before anything else is done, and nothing is written."""
    (tmp_path / "logo.png").write_text("hello")
    stages: list[str] = []
    shot = Shot(PHOTO, SAYING, config=Config(logo=Logo(tmp_path / "logo.png", 0, 0)))
    with pytest.raises(RenderError, match="the logo cannot be used") as caught:
        render(shot, tmp_path / "a.mp4", lambda stage, *_: stages.append(stage), Shelf())
    assert ("LogoError", []) == (caught.value.kind, stages)
    assert ["logo.png"] == [path.name for path in tmp_path.iterdir()]


def test_a_logo_may_lie_half_on_what_moves(take: Take, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In a whole photo only the part with the head is drawn anew: a logo across its edge is whole in every frame."""
    path = tmp_path_factory.mktemp("edge") / "logo.png"
    cv2.imwrite(str(path), np.full((100, 60, 3), (255, 0, 0), np.uint8))  # BGR: blue
    seen = pictures(take(logo=Logo(path, 60, 200), stitch=True))
    assert np.abs(seen[:, 203:297, 63:117] - (0, 0, 255)).mean((1, 2, 3)).max() < 8
    beside = pictures(take(logo=None, stitch=True))
    assert np.abs(seen - beside)[:, :190, 130:].mean() < 1.5


def test_the_longest_side_is_limited(take: Take) -> None:
    """`output_resolution`: a smaller crop shows the same, a stitched photo keeps its shape, sides stay even."""
    small, large = pictures(take(output_resolution=201, logo=None)), pictures(take(logo=None))
    assert (200, 200) == small.shape[1:3]
    shrunk = np.stack([cv2.resize(p.astype(np.uint8), (200, 200), interpolation=cv2.INTER_AREA) for p in large])
    assert np.abs(shrunk.astype(int) - small).mean() < 5
    facts = take(stitch=True, output_resolution=300).facts
    assert [300, 300] == facts["resolution"] == facts["metadata"]["resolution"]
    assert (300, 300) == pictures(take(stitch=True, output_resolution=300)).shape[1:3]


def test_a_crop_of_a_large_photo_may_be_larger(take: Take, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As large as the photo is there, not enlarged: the limit alone makes no pixels."""
    path = tmp_path_factory.mktemp("large") / "large.png"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(PHOTO)), (1800, 1800), interpolation=cv2.INTER_CUBIC))
    (width, height), (usual, _) = (
        take(path, **given).facts["resolution"] for given in ({"output_resolution": 1080}, {})
    )
    assert 512 == usual
    assert 600 < width == height < 700
    assert [512, 512] == take(output_resolution=1080).facts["resolution"]


def test_what_the_answer_says_is_what_the_file_shows(take: Take) -> None:
    """Frames, size, length, bytes, the driver it came from and the face's place in the photo are measured values."""
    made = take()
    facts, metadata = made.facts, made.facts["metadata"]
    frames = pictures(made)
    assert metadata["num_frames"] == len(frames)
    assert metadata["resolution"] == [frames.shape[2], frames.shape[1]]
    assert facts["duration_s"] == len(frames) / 25
    assert metadata["size_kib"] == pytest.approx(made.video.stat().st_size / 1024, abs=0.1)
    assert metadata["driver_url"] == "bank://natural/driver-1/original"
    assert (True, 1) == (metadata["mouth_open"], metadata["num_faces"])
    assert metadata["processing_fps"] > 0
    left, top, right, bottom = facts["face"]["detection"]
    assert (230, 110) == pytest.approx(
        ((left + right) / 2, (top + bottom) / 2), abs=15
    )  # the face in eileen.jpg, by eye
    assert facts["face"]["size"] > right - left


def test_a_gif_shows_the_same_at_half_the_rate(take: Take) -> None:
    """Every second frame of the video, in 256 colours; its facts count what is in the file; there is no sound."""
    made, video = take(result_format="gif"), pictures(take())
    frames = pictures(made)
    assert (made.facts["frames"], made.facts["duration_s"]) == (len(frames), len(frames) * 0.08)
    assert len(frames) == (len(video) + 1) // 2
    assert np.abs(frames - video[::2]).mean() < 6
    with av.open(str(made.video)) as file:
        assert not file.streams.audio


def followed(take: Rendered) -> Tracked:
    """The face of a finished video, as a viewer's eye follows it."""
    return retrack(pictures(take).astype(np.uint8))


SURPRISE = (Expression("surprise", 8, 1.0),)


def brows_cm(take: Rendered) -> NDArray[np.float64]:
    """(T,) how high the brows' arches stand in the head."""
    return np.asarray(followed(take).meshes_cm[:, [105, 334], 1].mean(1))


def test_an_expression_comes_when_it_should_and_stays(take: Take) -> None:
    """Nothing before its first frame; there after its transition, as far as its intensity says; and to the end."""
    plain, half, whole = (
        brows_cm(take(expressions=given, transition_frames=6))
        for given in ((), (Expression("surprise", 8, 0.5),), SURPRISE)
    )
    assert np.abs(whole - plain)[:8].max() < 0.05
    lifted = whole - plain
    assert lifted[14:].min() > 0.15
    assert 0.3 < (half - plain)[14:].mean() / lifted[14:].mean() < 0.8
    slow = brows_cm(take(expressions=SURPRISE, transition_frames=12))
    assert (slow - plain)[11] < 0.5 * lifted[11]
    assert (slow - plain)[-1] > 0.8 * lifted[-1]


def test_a_fluent_video_ends_where_it_began(take: Take) -> None:
    """With a surprised face at its end it would jump when it is repeated; fluent, it comes back, and not at once."""
    jumping, fluent = pictures(take(expressions=SURPRISE)), pictures(take(expressions=SURPRISE, fluent=True))
    assert np.abs(jumping[-1] - jumping[0]).mean() > 2 * np.abs(fluent[-1] - fluent[0]).mean()
    steps = np.abs(np.diff(fluent, axis=0)).mean((1, 2, 3))
    assert steps.max() < 2 * np.abs(np.diff(jumping, axis=0)).mean((1, 2, 3)).max()
    padded = pictures(take(expressions=SURPRISE, fluent=True, pad_audio_s=0.6))
    assert len(padded) == len(fluent) + 15
    assert np.abs(padded[-1] - padded[0]).mean() < 1.5


def test_a_pad_is_silence_and_more_pictures(take: Take) -> None:
    """0.6 s: fifteen pictures in which nothing is heard and the face goes on living."""
    plain, padded = take(), take(pad_audio_s=0.6)
    assert padded.facts["frames"] == plain.facts["frames"] + 15
    with av.open(str(padded.video)) as file:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    pad = sound[plain.facts["frames"] * 1920 + 1024 : padded.facts["frames"] * 1920]
    assert np.abs(pad).max() < 0.001 < np.abs(sound).max() / 100
    assert np.abs(np.diff(pictures(padded)[-15:], axis=0)).mean() > 0.02


def test_motion_is_scaled(take: Take) -> None:
    """The eyes' corners rest with 0, and nod about twice as far with 2 as with 1; the mouth speaks all the same."""
    ways, gaps = [], []
    for factor in (0.0, 1.0, 2.0):
        seen = followed(take(motion_factor=factor))
        ways.append(float(np.ptp(seen.landmarks[:, [33, 263], 1].mean(1))))
        gaps.append(float(np.ptp(seen.lip_gap_cm)))
    assert ways[0] < 1.2
    assert ways[1] > 3 * ways[0]
    assert 1.5 < ways[2] / ways[1] < 2.5
    assert min(gaps) > 0.7 * max(gaps)


def test_a_photos_smile_is_talked_away_as_far_as_asked(take: Take) -> None:
    """`normalization_factor`: at 0 the astronaut smiles on while she speaks, less only where her lips are round; at 1
    hardly; at a half in between."""
    spoken = slice(6, 12)
    smiles = [followed(take(normalization_factor=k)).scores[spoken, 44:46].mean() for k in (0.0, 0.5, 1.0)]
    assert smiles[0] > 0.7
    assert smiles[2] < 0.3
    assert smiles[2] + 0.1 < smiles[1] < smiles[0] - 0.1


def test_sharpening_sharpens(take: Take) -> None:
    """Finer detail by a measure of focus, the variance of the Laplacian."""

    def focus(made: Rendered) -> float:
        greys = [cv2.cvtColor(p.astype(np.uint8), cv2.COLOR_RGB2GRAY) for p in pictures(made)[::4]]
        return float(np.mean([cv2.Laplacian(grey, cv2.CV_64F).var() for grey in greys]))

    assert focus(take(logo=None)) > 1.15 * focus(take(logo=None, sharpen=False))


def test_more_is_seen_around_the_face(take: Take) -> None:
    """`align_expand_factor`: the face's share of the frame is 1 / (1 + 2.4 · factor), as documented."""
    widths = [np.ptp(followed(take(align_expand_factor=k)).landmarks[0, :, 0]) for k in (0.0, 0.3, 1.0)]
    assert widths[1] / widths[0] == pytest.approx(1 / 1.72, rel=0.05)
    assert widths[2] / widths[0] == pytest.approx(1 / 3.4, rel=0.05)


def test_the_face_that_was_chosen_speaks(take: Take, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two people side by side, whole: the one whose centre lies in the square moves, the other is the photo's."""
    path = tmp_path_factory.mktemp("two") / "two.png"
    people = [cv2.resize(cv2.imread(str(PHOTO.with_name(name))), (500, 500)) for name in ("woman.jpg", "woman-2.jpg")]
    cv2.imwrite(str(path), np.hstack(people))
    for left, (spoke, still) in ((150, (slice(0, 500), slice(560, None))), (650, (slice(500, None), slice(0, 440)))):
        made = take(path, face=FaceSquare(left, 100, 200), stitch=True, logo=None)
        seen = pictures(made)
        moved = np.abs(seen - seen[:1])
        assert moved[:, :, spoke].max((1, 2, 3)).max() > 60
        assert moved[:, :, still].mean() < 0.3
        assert 2 == made.facts["metadata"]["num_faces"]
        middle = np.array(made.facts["face"]["detection"]).reshape(2, 2).mean(0)
        assert np.abs(middle - (left + 100, 200)).max() < 100


def test_a_stitched_photo_is_the_photo_away_from_the_head(take: Take, tmp_path_factory: pytest.TempPathFactory) -> None:
    """At 1,920 px the face moves in its place, and what is far from it stays as the photo has it."""
    path = tmp_path_factory.mktemp("wide") / "wide.png"
    photo = cv2.imread(str(PHOTO))
    cv2.imwrite(str(path), cv2.resize(photo, (2400, 2400), interpolation=cv2.INTER_CUBIC)[:1350])
    made = take(path, stitch=True, logo=None)
    assert [1920, 1080] == made.facts["resolution"]
    seen = pictures(made)[::6]
    whole = cv2.cvtColor(
        cv2.resize(cv2.imread(str(path)), (1920, 1080), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB
    )
    assert np.abs(seen[:, :, 1400:].astype(int) - whole[:, 1400:]).mean() < 3
    assert np.abs(seen[1:] - seen[:1])[:, 250:700, 650:1050].max((1, 2, 3)).max() > 60


# -- driver videos ------------------------------------------------------------------------------------------------

SWAY_PX, TILT_DEG = 24, 7.0


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A still face that sways ±24 px in a frame of 800 px, its head tilted in the first picture only."""
    path = tmp_path_factory.mktemp("driver") / "driver.mp4"
    photo = load_photo(PHOTO.with_name("woman-2.jpg"))
    with Encoder(path, 800, 800, None, metadata={}) as encoder:
        for k in range(24):
            matrix = cv2.getRotationMatrix2D((308, 250), -TILT_DEG * (k == 0), 1.0)
            matrix[:, 2] += 90 + SWAY_PX * np.sin(k / 3), 90
            encoder.write(cv2.warpAffine(photo, matrix, (800, 800), borderMode=cv2.BORDER_REPLICATE))
    return path


@pytest.fixture(scope="module")
def face() -> Face:
    return find_faces(load_photo(PHOTO))[0]


def driven(driver: Path, face: Face, **options: Any) -> MotionTrack:
    return compose_animation(face, driver, Config(**options), seed=1)[0]


def test_a_driver_is_followed_or_taken_as_it_is_framed(driver: Path, face: Face) -> None:
    """`align_driver` false: a face that crosses 6 % of its frame crosses 6 % of ours; true: it sways as far as its own
    head is from the camera, whatever the frame."""
    frame_px = crop_side(face, 0.3)
    cm_per_frame = frame_px / place_head(face.landmarks.astype(np.float64)).s
    framed, followed = (
        driven(driver, face, motion_factor=1.0, align_driver=align).translation_cm[4:, 0] for align in (False, True)
    )
    assert np.ptp(framed) / cm_per_frame == pytest.approx(2 * SWAY_PX / 800, rel=0.15)
    wider = driven(driver, face, motion_factor=1.0, align_driver=False, align_expand_factor=1.0).translation_cm[4:, 0]
    assert np.ptp(wider) / np.ptp(framed) == pytest.approx(crop_side(face, 1.0) / frame_px, rel=0.1)
    again = driven(driver, face, motion_factor=1.0, align_expand_factor=1.0).translation_cm[4:, 0]
    assert np.ptp(followed) == pytest.approx(np.ptp(again))
    assert np.corrcoef(framed, followed)[0, 1] > 0.99


def test_a_driver_begins_at_its_calmest_picture_or_its_first(driver: Path, face: Face) -> None:
    """`auto_match`: the tilt of the first picture is a tilt; without it, the first picture is the photo's pose and all
    the others are tilted the other way."""
    matched, first = (
        driven(driver, face, motion_factor=1.0, auto_match=match).pose_deg[:, 2] for match in (True, False)
    )
    assert np.abs(matched[4:]).max() < 1.5
    assert matched[0] > 2
    assert abs(first[0]) < abs(first[8]) / 2
    assert first[8:].mean() == pytest.approx(-TILT_DEG, abs=1.5)
