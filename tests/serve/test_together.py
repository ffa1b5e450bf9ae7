"""Writers that share a commit: what each is told is on the disk, and none is harmed by another."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen.errors import StorageError
from didgen.serve.ledger.database import Database
from didgen.serve.ledger.together import Together


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path / "server.db")
    yield found
    found.close()


def kept(path: Path) -> set[str]:
    """What another process would find."""
    with sqlite3.connect(path) as other:
        return {row[0] for row in other.execute("SELECT name FROM kept")}


def put(db: Database, name: str) -> str:
    db.put(name, 1)
    return name


def test_a_crowd_shares_commits_and_each_is_told_when_its_own_is_durable(db: Database, tmp_path: Path) -> None:
    """A hundred at once in one transaction; whoever is told finds what it wrote by another connection."""
    path, commits = tmp_path / "server.db", []
    db._db.set_trace_callback(lambda said: commits.append(said) if said == "COMMIT" else None)

    async def one(together: Together, name: str) -> None:
        assert name == await together.write(lambda: put(db, name))
        assert name in kept(path)

    async def work() -> None:
        together = Together(db)
        await asyncio.gather(*(one(together, f"n{k}") for k in range(100)))
        await one(together, "alone")

    asyncio.run(work())
    assert {f"n{k}" for k in range(100)} | {"alone"} == kept(path)
    assert 2 == len(commits)


def test_a_step_that_raises_leaves_nothing_and_harms_nobody(db: Database, tmp_path: Path) -> None:
    """Also one that wrote before it raised; and the next one may write the same."""

    def refused() -> None:
        put(db, "half")
        raise KeyError("refused")

    async def work() -> None:
        together = Together(db)
        told = await asyncio.gather(
            together.write(lambda: put(db, "a")),
            together.write(refused),
            together.write(lambda: put(db, "b")),
            return_exceptions=True,
        )
        assert ["a", "b"] == [told[0], told[2]]
        assert isinstance(told[1], KeyError)
        assert {"a", "b"} == kept(tmp_path / "server.db")
        assert "half" == await together.write(lambda: put(db, "half"))

    asyncio.run(work())


def test_who_has_gone_meanwhile_writes_nothing(db: Database, tmp_path: Path) -> None:
    """Cancelled while it waited for the others."""

    async def work() -> None:
        together = Together(db)
        gone = asyncio.ensure_future(together.write(lambda: put(db, "gone")))
        stays = asyncio.ensure_future(together.write(lambda: put(db, "stays")))
        asyncio.get_running_loop().call_soon(gone.cancel)
        assert "stays" == await stays

    asyncio.run(work())
    assert "stays" in kept(tmp_path / "server.db")


def test_a_commit_that_fails_is_told_to_all_of_its_writers(db: Database, tmp_path: Path) -> None:
    """A file that is gone under it: nobody hears that its own was kept."""

    async def work() -> None:
        together = Together(db)
        one, two = together.write(lambda: put(db, "a")), together.write(lambda: put(db, "b"))
        db._db.execute("PRAGMA query_only = 1")
        told = await asyncio.gather(one, two, return_exceptions=True)
        db._db.execute("PRAGMA query_only = 0")
        assert [StorageError, StorageError] == [type(error) for error in told]
        assert "c" == await together.write(lambda: put(db, "c"))

    asyncio.run(work())
    assert {"c"} == kept(tmp_path / "server.db")


def test_a_full_disk_in_their_midst_is_told_to_all_and_keeps_nothing(db: Database, tmp_path: Path) -> None:
    """SQLite rolls back all by itself then: who comes after must not be written down alone and told that it failed."""

    async def work() -> None:
        together = Together(db)
        db._db.execute(f"PRAGMA max_page_count = {db.read('PRAGMA page_count').fetchone()[0] + 3}")
        big = together.write(lambda: db.put("big", "x" * 200_000))
        writers = together.write(lambda: put(db, "a")), big, together.write(lambda: put(db, "c"))
        told = await asyncio.gather(*writers, return_exceptions=True)
        assert ["disk full"] * 3 == [str(error)[:9] for error in told]
        assert set() == kept(tmp_path / "server.db")
        assert "d" == await together.write(lambda: put(db, "d"))

    asyncio.run(work())
    assert {"d"} == kept(tmp_path / "server.db")


def test_a_step_is_told_only_of_what_was_committed(db: Database, tmp_path: Path) -> None:
    """The step went well, the commit did not."""

    async def work() -> None:
        together = Together(db)
        db._db.execute("PRAGMA foreign_keys = 1")
        db._db.execute("CREATE TABLE late (of TEXT REFERENCES kept (name) DEFERRABLE INITIALLY DEFERRED)")
        wrong = together.write(lambda: db.write("INSERT INTO late VALUES ('nobody')"))
        told = await asyncio.gather(together.write(lambda: put(db, "a")), wrong, return_exceptions=True)
        assert [StorageError, StorageError] == [type(error) for error in told]

    asyncio.run(work())
    assert set() == kept(tmp_path / "server.db")
