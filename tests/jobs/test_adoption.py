"""Which of an account's jobs are ours: what is adopted, what stays a doubt, what is bought."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.api.wire import Job
from didgen.jobs.adoption import Adopt, Buy, Doubt, Listed, View, Wanted, decide, evidence
from didgen.jobs.search import as_listed
from didgen.jobs.tag import Tag, key_of
from didgen.store.rows import JobRow

FINGERPRINT, OTHER = "a" * 64, "b" * 64
MINE, THEIRS = "1" * 32, "2" * 32
NOW = 1_800_000_000.0
WANTED = Wanted(FINGERPRINT, "p/a", "talk", 10.0)
ROW = JobRow(MINE, FINGERPRINT, "p/a", "d-id", "intent", began=NOW)
SENT = replace(WANTED, row=ROW)


def job(name: str = "tlk_1", status: str = "done", nonce: str = MINE, key: str = FINGERPRINT, **more: object) -> Listed:
    tag = Tag(key_of(key), nonce)
    return Listed(name, "talk", status, NOW + 1, 10.0, tag, shows=True, **more)  # type: ignore[arg-type]


def untagged(name: str = "tlk_x", **more: object) -> Listed:
    return replace(Listed(name, "talk", "done", NOW + 1, 10.0), **more)


def view(*jobs: Listed, **more: object) -> View:
    """The account as its list shows it, with what jobs were sent with where one of them shows it."""
    shown = {one.kind for one in jobs if one.shows and not one.asked}
    return View(jobs, shown, **more)  # type: ignore[arg-type]


def test_a_scene_the_account_has_is_adopted_whoever_bought_it() -> None:
    """By its key, with and without a row of ours; another scene's job is none."""
    assert Adopt(job(nonce=THEIRS)) == decide(WANTED, view(job(nonce=THEIRS), job("tlk_2", key=OTHER)))
    assert Adopt(job(nonce=THEIRS)) == decide(SENT, view(job(nonce=THEIRS)))
    assert Buy() == decide(WANTED, view(job(key=OTHER)))
    assert Buy() == decide(WANTED, view())


def test_an_animation_is_no_talk() -> None:
    """Kinds are told apart, though a key cannot be equal."""
    assert Buy() == decide(WANTED, view(replace(job(), kind="animation")))


def test_the_best_of_several_wins_and_the_others_are_told() -> None:
    """Done before started before created; of equals our own, then the first that was bought."""
    done, started, created = job("tlk_3"), job("tlk_2", "started"), job("tlk_1", "created")
    assert Adopt(done, (started, created)) == decide(WANTED, view(created, started, done))
    earlier = replace(job("tlk_0", nonce=THEIRS), created_s=NOW - 99)
    assert Adopt(earlier, (done,)) == decide(WANTED, view(done, earlier))
    assert Adopt(done, (earlier,)) == decide(SENT, view(done, earlier))
    assert "tlk_9" == decide(WANTED, view(job("tlk_9", "brand-new-status"))).job.id  # type: ignore[union-attr]


@pytest.mark.parametrize("status", ["error", "rejected"])
def test_a_dead_job_is_no_video(status: str) -> None:
    """It is bought again, and what became of it is told; so is one whose video has expired."""
    assert Buy(f"tlk_1 ended as {status}") == decide(WANTED, view(job(status=status)))
    assert Buy(f"tlk_1 ended as {status}") == decide(SENT, view(job(status=status)))
    assert Buy("tlk_1 has expired") == decide(WANTED, view(job(expired=True)))
    assert Adopt(job("tlk_2")) == decide(SENT, view(job(status=status, nonce=THEIRS), job("tlk_2")))


def test_a_lost_job_that_does_not_show_up_is_a_doubt() -> None:
    """Never bought again by itself, also where the account shows what jobs were sent with."""
    found = decide(SENT, view(job(key=OTHER), untagged()))
    assert Doubt("a build stopped while it was being sent, and the account shows no such job") == found
    lost = replace(SENT, row=replace(ROW, why="the service answered 504"))
    assert Doubt("the service answered 504, and the account shows no such job") == decide(lost, view())


def test_an_account_that_does_not_show_tags_makes_doubts() -> None:
    """Untagged jobs of its kind and about its length may be it; anybody's shown name or data settles that."""
    found = decide(WANTED, view(untagged()))
    assert isinstance(found, Doubt)
    assert (untagged(),) == found.candidates
    assert "tlk_x may be it" in found.why
    assert Buy() == decide(WANTED, view(untagged(), untagged("tlk_y", shows=True)))
    assert Buy() == decide(WANTED, view(untagged(asked=True), untagged("tlk_y", asked=True, shows=True)))
    assert isinstance(decide(WANTED, view(untagged(), untagged("tlk_y", asked=True, shows=True))), Doubt)


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"duration_s": None}, True),
        ({"duration_s": 13.9}, True),
        ({"duration_s": 6.1}, True),
        ({"duration_s": 17.0}, False),
        ({"duration_s": 2.0}, False),
        ({"kind": "animation"}, False),
        ({"status": "error"}, False),
        ({"status": "started"}, True),
        ({"expired": True}, False),
        ({"created_s": None}, True),
        ({"created_s": NOW - 250}, True),
        ({"created_s": NOW - 350}, False),
    ],
)
def test_what_may_be_a_lost_job(change: dict[str, object], counts: bool) -> None:
    """Kind, length and time; five minutes' doubt on the clock, and unknown counts."""
    assert counts is bool(evidence(SENT, view(untagged(**change))))


def test_clocks_that_differ() -> None:
    """The window is by the service's clock."""
    early = untagged(created_s=NOW - 3600)
    assert () == evidence(SENT, view(early))
    assert (early,) == evidence(SENT, view(early, skew_s=-3600.0))
    assert () == evidence(SENT, view(untagged(), skew_s=3600.0))


def test_jobs_of_other_scenes_are_no_evidence() -> None:
    """What the state knows by id is somebody's already."""
    assert Buy() == decide(WANTED, view(untagged(), known={"tlk_x"}))


def test_a_person_who_said_so_ends_a_doubt() -> None:
    """What is older than that word counts no more, what is newer does."""
    cleared = replace(WANTED, cleared_s=NOW + 2)
    assert Buy() == decide(cleared, view(untagged()))
    assert isinstance(decide(cleared, view(untagged(created_s=NOW + 3))), Doubt)
    assert Adopt(job()) == decide(cleared, view(job()))  # a tag is no guess


def test_what_is_rendered_anew_takes_only_its_own_job() -> None:
    """--force: the former video is there and not wanted; a job of this very try is."""
    assert Buy() == decide(replace(WANTED, anew=True), view(job(nonce=THEIRS), untagged()))
    assert Buy() == decide(replace(WANTED, anew=True), view(untagged()))
    assert Adopt(job()) == decide(replace(SENT, anew=True), view(job("tlk_0", nonce=THEIRS), job()))
    assert isinstance(decide(replace(SENT, anew=True), view(job("tlk_0", nonce=THEIRS))), Doubt)


JOBS = st.builds(
    lambda n, status, nonce, key, shows, asked, expired: Listed(
        f"tlk_{n}", "talk", status, NOW + n, 10.0, Tag(key_of(key), nonce) if shows else None, shows, asked, expired
    ),
    st.integers(0, 9),
    st.sampled_from(["created", "started", "done", "error", "rejected", "new"]),
    st.sampled_from([MINE, THEIRS]),
    st.sampled_from([FINGERPRINT, OTHER]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(JOBS, max_size=6), st.booleans(), st.booleans())
def test_whatever_an_account_shows(jobs: list[Listed], sent: bool, anew: bool) -> None:
    """What was sent is never bought unless its job is seen to be dead, and only what can be fetched is adopted."""
    found = decide(replace(SENT if sent else WANTED, anew=anew), view(*jobs))
    mine = [one for one in jobs if one.tag == Tag(key_of(FINGERPRINT), MINE)]
    if isinstance(found, Adopt):
        assert not found.job.dead
        assert found.job.tag is not None
        assert key_of(FINGERPRINT) == found.job.tag.key
    if isinstance(found, Buy):
        assert not sent or any(one.dead for one in mine)
        assert anew or not any(not one.dead and one.tag and one.tag.key == key_of(FINGERPRINT) for one in jobs)


def test_names_of_animations_do_not_prove_that_tags_would_show() -> None:
    """Ours are sent without one: only `user_data` that is shown tells that an animation of ours would show its tag."""
    told = {"id": "anm_1", "status": "done", "duration": 10.0}
    named, ours = Job.model_validate({**told, "name": "Holiday"}), Job.model_validate({**told, "id": "anm_2"})
    listed = [as_listed("animation", one, NOW) for one in (named, ours)]
    assert [False, False] == [one.shows for one in listed]
    found = decide(replace(WANTED, kind="animation"), view(*listed))
    assert isinstance(found, Doubt)
    assert {"anm_1", "anm_2"} == {one.id for one in found.candidates}
    assert as_listed("talk", named, NOW).shows
