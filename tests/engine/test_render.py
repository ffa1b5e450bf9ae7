"""Whole shots through the real engine: the finished files are decoded and measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.retrack import Tracked, retrack
from didgen.engine.motion.takes import take_of
from didgen.engine.render import render
from didgen.engine.shot import AudioScript, Config, Rendered, Shot, TextScript
from didgen.engine.video.probe import probe
from didgen.errors import RenderError
from didgen.quality.turning import flow_deg, scaled

pytestmark = pytest.mark.render

PHOTO = Path(__file__).parents[2] / "projects/hello/assets/eileen.jpg"
SAYING = TextScript("My father bought a map of Peru.", "heart")
FRAME_S = 0.04
RECORDING = Path(__file__).parents[1] / "data" / "viseme-check.wav"


class Shelf:
    """A memo that remembers everything and counts what was found."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.hits = 0

    def get(self, key: str) -> bytes | None:
        self.hits += key in self.kept
        return self.kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.kept[key] = value


class Stages:
    """What `report` was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int]] = []

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.calls.append((stage, done, total))


def rendered(shot: Shot, out: Path, memo: Shelf | None = None) -> Rendered:
    return render(shot, out, Stages(), memo or Shelf())


def pictures(path: Path) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            yield frame.to_ndarray(format="rgb24", src_colorspace="ITU709")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return rendered(Shot(PHOTO, SAYING, "bank://natural/driver-1", seed=11), tmp_path_factory.mktemp("talk") / "a.mp4")


@pytest.fixture(scope="module")
def tracked(talk: Rendered) -> Tracked:
    return retrack(pictures(talk.video))


def middle_frames(video: Rendered, visemes: str, lasting: bool = False) -> list[int]:
    """The frame on screen in the middle of each phoneme of these visemes."""
    spans = [(a, b) for _, viseme, a, b in video.facts["phonemes"] if viseme in visemes.split()]
    if lasting:
        spans = [(a, b) for a, b in spans if b - a >= 0.07]
    return [int((a + b) / 2 / FRAME_S) for a, b in spans]


def test_talk_has_picture_and_sound_of_the_speech(talk: Rendered) -> None:
    """512 × 512 at 25 frames a second with 48 kHz sound; both as long as the facts say, within a frame."""
    facts = probe(talk.video)
    assert (512, 512, 25.0, 48_000) == (facts.width, facts.height, facts.fps, facts.audio_rate)
    assert talk.facts["lips_parted"] is True  # the photo shows teeth
    assert talk.facts["frames"] == facts.frames == sum(1 for _ in pictures(talk.video))
    assert facts.duration_s == pytest.approx(talk.facts["duration_s"], abs=0.001)
    assert facts.audio_s == pytest.approx(facts.duration_s, abs=FRAME_S)


def test_sound_is_heard_where_words_are(talk: Rendered) -> None:
    """Each word is at least 20 dB above the end's silence."""
    with av.open(str(talk.video)) as file:
        sound = np.concatenate([f.to_ndarray()[0] for f in file.decode(audio=0)])

    def rms(start_s: float, end_s: float) -> float:
        return float(np.sqrt(np.mean(sound[int(start_s * 48_000) : int(end_s * 48_000)] ** 2)))

    silence = rms(talk.facts["duration_s"] - 0.15, talk.facts["duration_s"])
    assert ["My", "father", "bought", "a", "map", "of", "Peru."] == [w for w, _, _ in talk.facts["words"]]
    for word, start_s, end_s in talk.facts["words"]:
        assert rms(start_s, end_s) > 10 * silence, word


def test_lips_close_on_bilabials_and_open_on_vowels(talk: Rendered, tracked: Tracked) -> None:
    """Re-tracked from the file: on every p, b and m the lips come within 0.15 cm of each other, and within 22 % of the
    closed end of their range; wide vowels that last open them by 0.5 cm and past 40 % of it."""
    gap = tracked.lip_gap_cm
    low, high = np.percentile(gap, [2, 95])
    closed = [gap[max(0, k - 1) : k + 2].min() for k in middle_frames(talk, "PP")]
    opened = [gap[max(0, k - 1) : k + 2].max() for k in middle_frames(talk, "aa E O", lasting=True)]
    assert len(closed) >= 4
    assert max(closed) < min(0.15, low + 0.22 * (high - low))
    assert len(opened) >= 2
    assert min(opened) > max(0.5, low + 0.4 * (high - low))


def test_lips_follow_the_intended_gap_without_lag(talk: Rendered, tracked: Tracked) -> None:
    """The tracked gap and the track's jaw rise and fall together, best at zero frames of lag."""
    jaw = np.array(talk.facts["track"]["weights"]["jawOpen"])
    inside = slice(4, len(jaw) - 4)
    by_lag = {n: np.corrcoef(jaw[inside], np.roll(tracked.lip_gap_cm, n)[inside])[0, 1] for n in (-2, -1, 0, 1, 2)}
    assert max(by_lag, key=lambda n: by_lag[n]) == 0, by_lag
    assert by_lag[0] > 0.8


def test_head_follows_the_track(talk: Rendered, tracked: Tracked) -> None:
    """The head's turns, told from the skin of the finished picture, are those asked for."""
    asked, flow = np.array(talk.facts["track"]["pose_deg"]), flow_deg(pictures(talk.video), tracked)
    assert flow is not None
    turned = scaled(flow, tracked.pose_deg)
    for axis, within_deg, least_r in ((0, 0.5, 0.98), (1, 0.8, 0.97), (2, 0.1, 0.98)):
        seen = turned[:, axis] - np.median(turned[:, axis] - asked[:, axis])
        assert np.abs(seen - asked[:, axis]).mean() < within_deg
        assert np.corrcoef(seen, asked[:, axis])[0, 1] > least_r


def test_video_says_that_it_is_generated(talk: Rendered) -> None:
    """The AI mark is in the container's metadata and names the synthetic voice."""
    metadata = probe(talk.video).metadata
    assert metadata["comment"].startswith("AI-generated video")
    assert "voice is synthetic" in metadata["description"]


def test_two_renders_are_byte_equal(talk: Rendered, tmp_path: Path) -> None:
    """The same shot gives the same file, also when face and speech come from the memo; stages are told in order."""
    shot, shelf, stages = Shot(PHOTO, SAYING, "bank://natural/driver-1", seed=11), Shelf(), Stages()
    rendered(shot, tmp_path / "first.mp4", shelf)
    again = render(shot, tmp_path / "again.mp4", stages, shelf)
    assert shelf.hits >= 2
    assert talk.video.read_bytes() == again.video.read_bytes() == (tmp_path / "first.mp4").read_bytes()
    assert list(dict.fromkeys(stage for stage, _, _ in stages.calls)) == ["speech", "face", "rig", "frames", "video"]
    assert ("frames", again.facts["frames"], again.facts["frames"]) in stages.calls


def test_animation_is_silent_and_as_long_as_its_take(tmp_path: Path) -> None:
    """A shot without a script: its driver's frames, no sound, the driver it was given, and it ends as it began."""
    got = rendered(Shot(PHOTO, None, "bank://nostalgia/driver-03", seed=3), tmp_path / "a.mp4")
    facts = probe(got.video)
    assert (round(take_of("nostalgia", "driver-03").length_s * 20), 20, 0) == (
        facts.frames,
        facts.fps,
        facts.audio_rate,
    )
    assert got.facts["driver_url"] == "bank://nostalgia/driver-03/original"
    assert 3 == len(got.facts["metadata"]["source_pose"])
    frames = list(pictures(got.video))
    still, moved = (np.abs(frames[0].astype(int) - frames[k]).mean() for k in (-1, 115))
    assert still < 2
    assert moved > 2 * still


def test_talk_driven_by_a_video(talk: Rendered, tmp_path: Path) -> None:
    """Another sentence with the finished talk as its driver: its head is the driver's, its length and lips its own."""
    script = TextScript("Mama made pie.", "heart")
    got = rendered(Shot(PHOTO, script, talk.video, seed=2), tmp_path / "a.mp4")
    asked, driver = (np.array(r.facts["track"]["pose_deg"]) for r in (got, talk))
    shared = min(len(asked), len(driver))
    assert got.facts["driver_url"] == "a.mp4"
    assert got.facts["frames"] != talk.facts["frames"]
    assert np.corrcoef(asked[:shared, 0], driver[:shared, 0])[0, 1] > 0.9
    gap = retrack(pictures(got.video)).lip_gap_cm
    assert max(gap[max(0, k - 1) : k + 2].min() for k in middle_frames(got, "PP")) < 0.15


def test_photo_without_a_face_is_one_clear_error(tmp_path: Path) -> None:
    """Nothing is written when there is nobody to animate."""
    import cv2

    cv2.imwrite(str(tmp_path / "grey.png"), np.full((300, 300, 3), 128, np.uint8))
    with pytest.raises(RenderError, match="no face"):
        rendered(Shot(tmp_path / "grey.png", SAYING), tmp_path / "a.mp4")
    assert ["grey.png"] == [p.name for p in tmp_path.iterdir()]


def test_talk_from_recorded_sound(talk: Rendered, tmp_path: Path) -> None:
    """The talk's own sound track spoken again as an audio script: as long, and the lips close on the same sounds."""
    got = rendered(
        Shot(PHOTO, AudioScript(talk.video), "bank://natural/driver-1", Config(), seed=11), tmp_path / "b.mp4"
    )
    assert abs(got.facts["frames"] - talk.facts["frames"]) <= 1
    gap = retrack(pictures(got.video)).lip_gap_cm
    low, high = np.percentile(gap, [2, 95])
    closed = [gap[max(0, k - 1) : k + 2].min() < low + 0.3 * (high - low) for k in middle_frames(talk, "PP")]
    assert np.mean(closed) >= 0.7


@pytest.mark.parametrize(
    ("name", "still", "moving", "warned"),
    [
        ("sunglasses", ("eye", "lid", "brow"), "jawOpen", "the eyes can hardly be made out"),
        ("masked", ("jaw", "seal", "mouth"), "eyeBlinkLeft", "nose and mouth are covered"),
    ],
)
def test_what_is_hidden_stays_still_and_is_told(tmp_path, name, still, moving, warned):
    """Behind dark glasses no lid moves, behind a mask no lip; the rest does, and the facts say why."""
    photo = Path(__file__).parents[1] / "quality" / "faces" / f"{name}.jpg"
    shot = Shot(photo, AudioScript(RECORDING), "bank://lively/driver-02", Config(pad_audio_s=1.5), seed=5)
    facts = rendered(shot, tmp_path / "a.mp4").facts
    assert [warned] == [warning[: len(warned)] for warning in facts["warnings"]]
    assert [] == [shape for shape in facts["track"]["weights"] if shape.startswith(still)]
    assert moving in facts["track"]["weights"]


@pytest.mark.parametrize(
    ("source", "driver", "kind"),
    [("text", None, "SourceError"), ("portrait", "text", "DriverError"), ("portrait", "bank://disco", "DriverError")],
)
def test_an_animation_fails_in_the_services_words(source: str, driver: str | None, kind: str, tmp_path: Path) -> None:
    """One kind for each of its parts; a talk's photo has kinds of its own."""
    text = tmp_path / "text.mp4"
    text.write_text("neither a photo nor a video")
    portrait = Path(__file__).parents[2] / "didgen" / "cli" / "template" / "assets" / "portrait.jpg"
    photo = text if source == "text" else portrait
    moves = text if driver == "text" else driver
    with pytest.raises(RenderError) as caught:
        render(Shot(photo, None, moves), tmp_path / "out.mp4", lambda *_: None, Shelf())
    assert kind == caught.value.kind
    assert not (tmp_path / "out.mp4").exists()
