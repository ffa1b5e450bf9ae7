"""Builds that upload, at the bank: killed while a file goes up, and with nothing of its link left elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from didgen.store.artifacts import Artifacts
from tests.bank.started import opened
from tests.jobs.paid import Shop, environment, hurry
from tests.pictures import exif, with_exif


def uploads(shop: Shop) -> list[str]:
    return [line["url"] for line in shop.bank.ledger() if line["what"] == "upload"]


def test_a_build_killed_while_a_picture_goes_up_leaves_no_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even at a bank that echoes no tag, where an open intent would wait for a person: nothing was bought, so the next
    build buys each scene once."""
    with opened(tmp_path / "bank", "--no-echo") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "work", bank)
        bank.rules({"method": "POST", "path": "/images", "fault": "hang", "s": 60})
        command = [sys.executable, "-m", "didgen", "build", "--budget", "100", "-C", str(shop.root)]
        with subprocess.Popen(command, env=environment(bank), stdout=subprocess.DEVNULL) as build:
            deadline = time.monotonic() + 30
            while not bank.seen("POST", "/images"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            os.kill(build.pid, signal.SIGKILL)
        with Artifacts(shop.root) as store:
            assert [] == list(store.state.jobs())
        bank.rules()
        assert None is shop.build().error
        assert (3, 3, 1) == (len(bank.bought()), shop.posts(), len(uploads(shop)))


def test_a_turned_photo_and_its_link_in_a_whole_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes up is the picture made upright; no link to it lies outside the derived cache, nor on the screen."""
    with opened(tmp_path / "bank") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "work", bank)
        photo = shop.home / "anna.jpg"
        photo.write_bytes(with_exif(photo.read_bytes(), exif(6) + b"48.137 N"))
        assert None is shop.build().error
        (link,) = uploads(shop)
        (stored,) = [line["bytes"] for line in bank.ledger() if line["what"] == "upload"]
        assert stored != photo.stat().st_size
        assert {link} == {job["body"]["source_url"] for job in bank.bought()}
        holders = [path for path in shop.root.rglob("*") if path.is_file() and link.encode() in path.read_bytes()]
        assert holders
        assert all(shop.root / ".didgen/cache" in path.parents for path in holders)
        assert not [text for text in shop.said if link in text]
        shop.write({"new": "script: One more scene of the same photo."})
        assert None is shop.build().error
        assert [link] == uploads(shop)
