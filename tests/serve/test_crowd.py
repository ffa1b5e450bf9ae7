"""Many clients at a server that is killed in their midst. The large run: `python -m tests.serve`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.serve.crowd import Server, crowd


def test_nothing_accepted_is_lost_and_nothing_done_twice_by_kills(tmp_path: Path) -> None:
    """25 clients with a talk each, kills -9 in their midst: every talk done, its own, once; then Ctrl-C ends it."""
    server = Server(tmp_path / "served")
    try:
        report = asyncio.run(crowd(server, 25, kills=2, seed=1, limit_s=120))
    finally:
        code = server.stop()
    assert report.good, str(report)
    assert 1 <= report.kills, "nobody was disturbed"
    assert 0 == code
