"""Derived values: bytes only, private, and nothing that a planted file could run."""

from __future__ import annotations

import pickle
import shutil
import sqlite3
from pathlib import Path

import pytest

from didgen.store.derived import Derived, RawDisk


class Bomb:
    """What a planted pickle would do."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('the pickle was run')",))


def test_values_come_back(tmp_path: Path) -> None:
    """Small and large ones, also in another process's eyes (a second opening)."""
    derived = Derived(tmp_path)
    values = {"a": b"", "speech:1": b"sound" * 100_000}
    for key, value in values.items():
        derived.put(key, value)
    derived.close()
    again = Derived(tmp_path)
    assert values == {key: again.get(key) for key in values}
    assert None is again.get("other")
    assert 0o700 == again.folder.stat().st_mode & 0o777


def test_a_planted_pickle_is_a_miss(tmp_path: Path) -> None:
    """Neither a pickled value nor a pickled key in somebody else's row is ever run."""
    derived = Derived(tmp_path)
    derived.put("key", b"value")
    derived.close()
    with sqlite3.connect(derived.folder / "cache.db") as db:
        db.execute("UPDATE Cache SET mode = 4, filename = NULL, value = ?", (pickle.dumps(Bomb()),))
    db.close()
    assert None is Derived(tmp_path).get("key")


@pytest.mark.parametrize("value", [{"a": 1}, "text", 7])
def test_only_bytes_go_in(tmp_path: Path, value: object) -> None:
    """A programming mistake, so a TypeError: never a pickle."""
    disk = RawDisk(str(tmp_path))
    with pytest.raises(TypeError, match="values are bytes"):
        disk.store(value, False)
    with pytest.raises(TypeError, match="keys are text"):
        disk.put(value if not isinstance(value, str) else b"key")


def test_a_damaged_value_is_a_miss(tmp_path: Path) -> None:
    """A flipped byte in a value's file is found by its digest."""
    derived = Derived(tmp_path)
    derived.put("key", b"sound" * 100_000)
    (path,) = derived.folder.rglob("*.val")
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    assert None is derived.get("key")
    path.unlink()
    assert None is derived.get("key")


@pytest.mark.parametrize("loss", ["removed", "garbage"])
def test_the_cache_may_vanish(tmp_path: Path, loss: str) -> None:
    """Removed or overwritten between two builds: empty, and it works again."""
    derived = Derived(tmp_path)
    derived.put("key", b"value")
    derived.close()
    if loss == "removed":
        shutil.rmtree(derived.folder)
    else:
        for path in derived.folder.glob("cache.db*"):
            path.write_bytes(b"garbage" * 1000)
    again = Derived(tmp_path)
    assert None is again.get("key")
    again.put("key", b"new")
    assert b"new" == again.get("key")
