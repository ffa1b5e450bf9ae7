"""`python -m tests.serve [crowd|kills|media|soak|schema|clients]`: the long runs of the server; exit code 1 when one is
not right. schema and clients run clients that others wrote, and only when named: `make foreign` sets them up.

crowd: clients at once, each with jobs of its own. kills: the same while the server is killed. media: damaged files and,
with --corpus, every file of a folder through the door. soak: the true engine behind `didgen serve`, its memory watched.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.serve.crowd import Server, crowd


def main() -> None:
    """Run what is named; without a name, all."""
    parser = argparse.ArgumentParser(prog="python -m tests.serve")
    parser.add_argument("runs", nargs="*", metavar="crowd|kills|media|soak|schema|clients")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--each", type=int, default=1, help="jobs of each client")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=5000, help="damaged files")
    parser.add_argument("--corpus", type=Path, help="a folder of files for the door")
    parser.add_argument("--minutes", type=float, default=30.0, help="of soak and of schema")
    parser.add_argument("--foreign", type=Path, default=Path(sys.prefix) / "foreign" / "bin", help="their programs")
    parser.add_argument("--description", type=Path, help="for clients: another OpenAPI file than the server's own")
    given = parser.parse_args()
    runs = {"crowd": _crowd, "kills": _crowd, "media": _media, "soak": _soak}
    every = tuple(runs)
    runs |= {"schema": _foreign, "clients": _foreign}
    unknown = set(given.runs) - set(runs)
    if unknown:
        parser.error(f"no such run: {', '.join(sorted(unknown))}")
    good = [runs[name](name, given) for name in given.runs or every]
    sys.exit(not all(good))


def _crowd(name: str, given: argparse.Namespace) -> bool:
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
    return report.good


def _media(name: str, given: argparse.Namespace) -> bool:
    from tests.serve.doors import through_the_door

    return through_the_door(given.count, given.seed, given.corpus)


def _soak(name: str, given: argparse.Namespace) -> bool:
    from tests.serve.soak import soak

    return soak(given.minutes)


def _foreign(name: str, given: argparse.Namespace) -> bool:
    from tests.serve.foreign.run import clients, schema

    if not (given.foreign / "schemathesis").exists():
        print(f"{name}: {given.foreign} has no programs: make foreign sets them up")
        return False
    if name == "schema":
        return schema(given.foreign, given.minutes, given.seed)
    return clients(given.foreign, given.description)


if __name__ == "__main__":
    main()
