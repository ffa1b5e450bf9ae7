"""`python -m tests.bank --ledger FILE`: serve until standard input ends; the first line tells both ports as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path

from tests.bank.account import Account, Options
from tests.bank.faults import Faults
from tests.bank.server import Api, Bank, Bucket, Server


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.bank")
    parser.add_argument("--ledger", type=Path, required=True, help="every accepted POST; requests go to FILE.seen")
    parser.add_argument("--faults", type=Path, help="rules, read again at every request (tests/bank/faults.py)")
    parser.add_argument("--clips", type=Path, help="folder of results, SECONDS.mp4")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bucket-port", type=int, default=0)
    parser.add_argument("--key", default=Options.key)
    parser.add_argument("--no-echo", action="store_true", help="no answer has user_data or name")
    parser.add_argument("--echo-only-by-id", action="store_true", help="the listing has neither")
    parser.add_argument("--sign-once", action="store_true", help="a result's link is not renewed by asking again")
    parser.add_argument("--pages", type=int, default=Options.page, metavar="N", help="at most N entries of a page")
    for name in ("lag-s", "queue-s", "render-s", "link-life-s", "skew-s"):
        parser.add_argument(f"--{name}", type=float, default=getattr(Options, name.replace("-", "_")))
    parser.add_argument("--credits", type=int, default=Options.credits)
    parser.add_argument("--foreign", type=int, default=0, metavar="N", help="N older jobs of somebody else")
    parser.add_argument("--latency-s", type=float, default=0.0, help="before every answer")
    given = parser.parse_args()

    echo = "none" if given.no_echo else "by-id" if given.echo_only_by_id else "all"
    same = ("ledger", "clips", "key", "lag_s", "queue_s", "render_s", "link_life_s", "sign_once", "credits", "foreign")
    chosen = {name: getattr(given, name) for name in (*same, "skew_s")}
    account = Account(Options(echo=echo, page=given.pages, **chosen))
    bank = Bank(account, Faults(given.faults), given.ledger.with_name(given.ledger.name + ".seen"), given.latency_s)
    servers = [Server(given.port, bank, Api), Server(given.bucket_port, bank, Bucket)]
    ports = [server.server_address[1] for server in servers]
    account.bucket = f"http://127.0.0.1:{ports[1]}"
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    print(json.dumps({"api": ports[0], "bucket": ports[1]}), flush=True)
    sys.stdin.buffer.read()  # whoever started the bank holds the other end: the bank does not outlive it


if __name__ == "__main__":
    main()
