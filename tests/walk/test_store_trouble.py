"""A shared store that is damaged, away, read only or not what it should be: told once, rendered here, made up for."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.errors import UnreachableError
from didgen.store import bucket as door
from didgen.walk import sharing, steps
from tests.bucket.server import READER
from tests.bucket.started import Started
from tests.walk.team import SCRIPTS, Team, bucket_team, outputs


def test_what_is_damaged_there_is_told_rendered_here_and_mended(folder: Team) -> None:
    """The next machine finds it whole."""
    a, b = folder.clone("a"), folder.clone("b")
    folder.build(a)
    video = next(path for path in Path(folder.store, "objects").rglob("*") if path.is_file())
    data = video.read_bytes()
    video.unlink()
    video.write_bytes(data[:99] + bytes([data[99] ^ 1]) + data[100:])
    assert 1 == folder.build(b).count("rendered")
    assert 1 == len([line for line in folder.said if "not used" in line]), folder.said
    assert outputs(a) == outputs(b)
    assert ["restored"] * 3 == folder.build(folder.clone("c"))
    assert 4 == len(folder.rendered)


def test_who_may_only_read_writes_nothing_and_says_so_once(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fork's CI: by its settings it does not try; where the server says no it goes on reading."""
    team = bucket_team(own, tmp_path, monkeypatch)
    team.build(team.clone("a", {"one": SCRIPTS["one"]}))
    lay = len(own.files())
    for name, value in own.environment(READER).items():
        monkeypatch.setenv(name, value)
    tried = len(own.seen("PUT"))
    assert ["restored", "rendered", "rendered"] == team.build(team.clone("fork", push=False))
    assert (tried, lay) == (len(own.seen("PUT")), len(own.files()))
    team.said.clear()
    assert ["restored", "rendered", "rendered"] == team.build(team.clone("stranger"))
    assert 1 == len([line for line in team.said if "lets nothing be written" in line]), team.said
    assert lay == len(own.files())
    with pytest.raises(UnreachableError, match="lets nothing be written"):
        sharing.push(tmp_path / "stranger", team.said.append)


@pytest.mark.parametrize("how", ["down", "hang"])
def test_a_store_that_is_away_is_one_warning(
    how: str, own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build goes on without it, soon; push and pull say that it is away."""
    monkeypatch.setattr(door, "QUICK_S", 0.3)
    monkeypatch.setattr(door, "RETRY_S", 0.4)
    team = bucket_team(own, tmp_path, monkeypatch)
    own.down() if how == "down" else own.rules({"do": how, "s": 2})
    a = team.clone("a")
    assert ["rendered"] * 3 == team.build(a)
    assert 1 == len(team.said)
    assert "goes on without it" in team.said[0]
    with pytest.raises(UnreachableError):
        sharing.push(a, team.said.append)
    with pytest.raises(UnreachableError):
        sharing.pull(steps.wish(team.clone("b")), team.said.append)


def test_a_store_that_goes_away_in_the_midst_of_a_build_is_one_warning(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was uploaded by half is nowhere; push makes up for it."""
    monkeypatch.setattr(door, "RETRY_S", 0.3)
    monkeypatch.setattr(door, "PART_S", 1.0)
    team = bucket_team(own, tmp_path, monkeypatch)
    own.rules({"method": "PUT", "key": "objects/", "do": "drop"})
    a = team.clone("a")
    assert ["rendered"] * 3 == team.build(a)
    assert 1 == len(team.said)
    assert {} == own.files("objects") | own.files("index")
    own.rules()
    assert sharing.Moved(3, 0) == sharing.push(a, team.said.append)
    assert ["restored"] * 3 == team.build(team.clone("b"))


def test_what_could_not_be_put_there_is_by_the_next_build_that_finds_the_store(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it has nothing else to do; until then each build warns once, and after that it asks no store."""
    monkeypatch.setattr(door, "QUICK_S", 0.3)
    monkeypatch.setattr(door, "RETRY_S", 0.3)
    monkeypatch.setattr(door, "PART_S", 1.0)
    team = bucket_team(own, tmp_path, monkeypatch)
    own.rules({"method": "PUT", "key": "objects/", "do": "drop"})
    a = team.clone("a")
    assert ["rendered"] * 3 == team.build(a)
    own.down()
    team.said.clear()
    assert ["reused"] * 3 == team.build(a)
    assert [True] == ["goes on without it" in line for line in team.said]
    own.up()
    own.rules()
    with monkeypatch.context() as hasty:
        hasty.setattr(sharing, "PAY_BACK_S", 0.0)
        team.said.clear()
        assert ["reused"] * 3 == team.build(a)
    assert [f"3 scenes made here not in {team.store} yet: the next build goes on with that"] == team.said
    team.said.clear()
    assert ["reused"] * 3 == team.build(a)
    assert [f"3 scenes made earlier put into {team.store}"] == team.said
    asked = len(own.seen())
    assert ["reused"] * 3 == team.build(a)
    assert asked == len(own.seen())
    assert ["restored"] * 3 == team.build(team.clone("b"))
    assert 3 == len(team.rendered)


def test_what_is_owed_is_forgotten_where_there_is_nothing_to_pay_with(folder: Team) -> None:
    """Pushed by hand, or its video is gone; who may only read owes nothing."""
    a = folder.clone("a")
    owed = a / ".didgen" / "unshared"
    Path(folder.store).write_bytes(b"no folder")
    folder.build(a)
    assert 3 == len(list(owed.iterdir()))
    Path(folder.store).unlink()
    assert sharing.Moved(3, 0) == sharing.push(a, folder.said.append)
    assert [] == list(owed.iterdir())
    (owed / ("0" * 64)).touch()
    folder.build(a, force=True)
    assert [] == list(owed.iterdir())
    reader = folder.clone("reader", {"four": "The fourth scene."}, push=False)
    folder.build(reader)
    assert not (reader / ".didgen" / "unshared").exists()


def test_a_store_without_conditions_takes_no_claims(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told once, videos are shared all the same."""
    team = bucket_team(own, tmp_path, monkeypatch)
    own.rules({"method": "PUT", "do": "blind"})
    assert ["rendered"] * 3 == team.build(team.clone("a"))
    assert 1 == len([line for line in team.said if "at one scene at once" in line]), team.said
    assert {} == own.files("claims")
    assert ["restored"] * 3 == team.build(team.clone("b"))
