"""The banks of animations: 88 takes and 15 songs, each its own."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.catalog.drivers import ANIMATION_BANKS, SINGING
from didgen.catalog.takes import TAKES_S
from didgen.engine.motion.bank import bank_frames, bank_track
from didgen.engine.motion.choice import Driver, find_driver
from didgen.engine.motion.compose import talk_frames
from didgen.engine.motion.takes import LONGEST_S, SHORTEST_S, take_of
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.shot import BANK_FPS
from didgen.engine.song.song import song_of
from didgen.errors import RenderError

QUIET_BANKS = [category for category in ANIMATION_BANKS if category != SINGING]
EVERY = [(category, name) for category in QUIET_BANKS for name in ANIMATION_BANKS[category]]
LIDS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]


def track_of(category: str, name: str, seed: int = 1, frames: int | None = None) -> MotionTrack:
    driver = Driver("animation", category, name)
    return bank_track(driver, frames or bank_frames(driver), seed)


def seen(category: str, name: str, seed: int) -> NDArray[np.float64]:
    """What a viewer sees of a driver, in steps that are noticed: a degree, 3 mm, a sixth of a shape; no blinks."""
    track = track_of(category, name, seed, 150)
    weights = 6 * np.delete(track.weights, LIDS, axis=1)
    return np.concatenate([track.pose_deg, 3 * track.translation_cm, weights], 1)


def apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.sqrt(((a - b) ** 2).sum(1).mean()))


@pytest.mark.parametrize(("category", "name"), EVERY)
def test_a_take_is_five_to_ten_seconds_of_a_person(category: str, name: str) -> None:
    """It moves, never jumps, stays within what the warp can turn, and begins and ends in the photo's pose."""
    assert SHORTEST_S <= take_of(category, name).length_s <= LONGEST_S
    track = track_of(category, name)
    assert (0.6 if category == "subtle" else 1.2) < np.abs(track.pose_deg).max() < 15
    assert np.abs(track.pose_deg[[0, -1]]).max() < 0.05
    assert np.abs(track.weights[[0, -1]]).max() < 0.02
    assert np.abs(np.diff(track.pose_deg, axis=0)).max() * track.fps < 75, "degrees a second"
    assert np.abs(track.gaze_deg).max() <= 9
    assert -1 <= track.weights.min()
    assert track.weights.max() <= 1


@pytest.mark.parametrize("category", QUIET_BANKS)
def test_every_driver_of_a_bank_can_be_told_from_the_others(category: str) -> None:
    """Any two differ more than one differs from itself with another seed."""
    names = ANIMATION_BANKS[category]
    once, again = ([seen(category, name, seed) for name in names] for seed in (1, 2))
    itself = max(apart(a, b) for a, b in zip(once, again, strict=True))
    others = min(apart(a, b) for a, b in combinations(once, 2))
    assert others > itself


def test_a_driver_moves_alike_on_every_photo() -> None:
    """The seed changes how the head strays, not what is done: the correlation of the turns is high."""
    one, two = (track_of("nostalgia", "driver-04", seed).pose_deg[:, 0] for seed in (1, 2))
    assert np.corrcoef(one, two)[0, 1] > 0.75
    assert not np.array_equal(one, two)


def test_banks_have_their_own_character() -> None:
    """Dance and fun move more than nostalgia, nostalgia more slowly than both; nostalgia smiles, stitch hardly."""

    def over(category: str, measure) -> float:
        return float(np.mean([measure(track_of(category, name)) for name in ANIMATION_BANKS[category]]))

    def size(t: MotionTrack) -> float:
        return float(t.pose_deg.std())

    def pace(t: MotionTrack) -> float:
        return float(np.abs(np.diff(t.pose_deg, axis=0)).mean() / size(t))

    def smile(t: MotionTrack) -> float:
        return float(t.weights[:, INDEX["mouthSmileLeft"]].max())

    assert over("subtle", size) < over("stitch", size) < over("nostalgia", size) < over("dance", size)
    assert over("nostalgia", pace) < over("fun", pace) < over("dance", pace)
    assert over("nostalgia", smile) > 2 * over("stitch", smile)


@pytest.mark.parametrize("name", ANIMATION_BANKS["dance"])
def test_a_dancer_keeps_time(name: str) -> None:
    """The strongest rhythm of head and shoulders is the beat, its half or its double."""
    beat = take_of("dance", name).beat
    assert beat is not None
    track = track_of("dance", name, frames=500)
    moving = np.concatenate([track.pose_deg, 8 * track.translation_cm], 1)[25:-25]
    power = (np.abs(np.fft.rfft(moving - moving.mean(0), 4096, axis=0)) ** 2).sum(1)
    hz = np.fft.rfftfreq(4096, 1 / BANK_FPS)
    strongest = float(hz[power * (hz > 0.4) == (power * (hz > 0.4)).max()][0])
    assert min(abs(strongest / (beat.bpm / 60) - n) for n in (0.5, 1, 2)) < 0.06


def test_a_take_that_is_too_short_begins_again() -> None:
    """Twice its length and a half: no jump where it begins again."""
    track = track_of("dance", "driver-03", frames=500)
    assert np.abs(np.diff(track.pose_deg, axis=0)).max() < 3


def test_a_bare_category_chooses_and_a_wrong_one_is_answered_with_the_nearest() -> None:
    """`bank://dancing/driver-03` stands in the service's own example."""
    chosen = {find_driver("bank://fun", "animation", seed).name for seed in range(40)}
    assert len(chosen) > 6
    assert find_driver("bank://fun", "animation", 3) == find_driver("bank://fun", "animation", 3)
    with pytest.raises(RenderError, match="no bank dancing") as caught:
        find_driver("bank://dancing/driver-03", "animation", 1)
    assert "dance" in str(caught.value.hint)


def test_plans_know_how_long_every_driver_is() -> None:
    """The light table of the catalogue, to a picture: takes, and songs with their own sound."""
    told = {
        (bank, name): s for bank, all_s in TAKES_S.items() for name, s in zip(ANIMATION_BANKS[bank], all_s, strict=True)
    }
    assert {(*one, round(bank_frames(Driver("animation", *one)) / BANK_FPS, 2)) for one in EVERY} == {
        (*one, told[one]) for one in EVERY
    }
    for name in ANIMATION_BANKS[SINGING]:
        assert told[SINGING, name] == talk_frames(song_of(name).speech, 0.0, BANK_FPS) / BANK_FPS
