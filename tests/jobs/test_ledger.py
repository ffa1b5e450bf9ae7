"""What was spent: by build, month and service, from rows in every state a job can be in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from didgen.jobs.ledger import by_build, by_month
from didgen.store.artifacts import Artifacts
from didgen.store.state import JobRow, JobState
from didgen.store.walks import state_path
from tests import fakes


def row(
    name: str, state: JobState = "done", credits: int = 2, remote: str = "tlk_1", build: str = "b1", **more
) -> JobRow:
    began = more.pop("began", "2026-11-26T12:00:00")
    return JobRow(
        name, name * 64, f"p/{name}", more.pop("service", "d-id"), state, remote, credits, 20.0, build,
        began=datetime.fromisoformat(began).replace(tzinfo=UTC).timestamp(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "remote", "credits", "uncertain"),
    [
        ("intent", "", 2, 1),
        ("uncertain", "", 2, 1),
        ("submitted", "tlk_1", 2, 0),
        ("done", "tlk_1", 2, 0),
        ("failed", "tlk_1", 2, 0),
        ("uncertain", "tlk_1", 2, 0),
        ("forgotten", "tlk_1", 2, 0),
        ("failed", "", 0, 0),
        ("forgotten", "", 0, 0),
    ],
)
def test_what_counts_as_spent(state: JobState, remote: str, credits: int, uncertain: int) -> None:
    """All that the service took, whatever became of it, and what it may have taken; not what it refused."""
    sums = by_build([row("a", state, remote=remote)])
    assert (credits, uncertain) == (sum(s.credits for s in sums), sum(s.uncertain for s in sums))


def test_what_was_found_cost_nothing_here() -> None:
    """An adopted job is counted as found; one of the local engine is in no sum at all."""
    (spent,) = by_build([row("a"), row("b", credits=0, remote="tlk_2"), row("c", credits=0, remote="")])
    assert (1, 1, 2, 20.0) == (spent.bought, spent.found, spent.credits, spent.seconds)
    assert [] == by_build([row("c", credits=0, remote="", service="local")])


def test_sums_are_by_build_month_and_service() -> None:
    """The months are those of UTC, as a bill's are."""
    rows = [
        row("a", began="2026-11-30T23:59:59"),
        row("b", began="2026-12-01T00:00:00", build="b2"),
        row("c", began="2026-12-02T00:00:00", build="b2", service="https://talks.example", credits=5),
    ]
    assert [("b1", "d-id", 2), ("b2", "d-id", 2), ("b2", "https://talks.example", 5)] == [
        (s.name, s.service, s.credits) for s in by_build(rows)
    ]
    assert [("2026-11", 2), ("2026-12", 2), ("2026-12", 5)] == [(s.name, s.credits) for s in by_month(rows)]


def test_the_ledger_outlives_the_state(tmp_path: Path) -> None:
    """A state made again from sidecars knows of every purchase that brought a video, and of no local render."""
    with Artifacts(tmp_path) as store:
        for name, service, remote in (("a", "d-id", "tlk_1"), ("b", "local", "")):
            fakes.write_video(tmp_path / "v.mp4", 9)
            store.state.begin(row(name, "intent", 1, "", service=service))
            if remote:
                store.state.submitted(name, remote)
                store.state.price(name, 3, 40.5)
            store.keep(tmp_path / "v.mp4", name * 64, f"p/{name}", {}, {"duration_s": 0.24}, name)
        before = store.state.jobs()
        assert ("job" in store.sidecar("a" * 64), "job" in store.sidecar("b" * 64)) == (True, False)
    state_path(tmp_path).unlink()
    with Artifacts(tmp_path) as store:
        (after,) = store.state.jobs()
        assert before[0] == after
        assert (3, 40.5, "b1", "tlk_1", before[0].began) == (
            after.credits,
            after.seconds,
            after.build,
            after.remote,
            after.began,
        )
        assert after.address == "p/a"
