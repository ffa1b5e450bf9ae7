"""`python -m tests.serve [crowd|kills|soak] [--clients N] [--minutes M]`: the long runs of the server."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.serve.crowd import Server, crowd


def main() -> None:
    """Run what is named, all by itself; exit code 1 when anything was lost, wrong or doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.serve")
    parser.add_argument("runs", nargs="*", metavar="crowd|kills")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--each", type=int, default=1, help="jobs of each client")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    good = True
    for name in given.runs or ["crowd", "kills"]:
        kills = given.kills if name == "kills" else 0
        with tempfile.TemporaryDirectory(prefix="didgen-serve-") as folder:
            server = Server(Path(folder) / "served")
            try:
                report = asyncio.run(crowd(server, given.clients, given.each, kills, given.seed))
            finally:
                code = server.stop()
        print(f"{name}: {given.clients} clients: {report}; exit {code}", flush=True)
        for line in (report.lost + report.wrong)[:10]:
            print(f"  {line}")
        good = good and report.good
    sys.exit(not good)


if __name__ == "__main__":
    main()
