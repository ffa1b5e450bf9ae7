"""`python -m tests.bucket`: serve until standard input ends."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path

from tests.bucket.server import Server

parser = argparse.ArgumentParser()
parser.add_argument("--folder", type=Path, required=True)
parser.add_argument("--page", type=int, default=1000)
parser.add_argument("--port", type=int, default=0)
given = parser.parse_args()
server = Server(given.folder, given.page, given.port)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port}), flush=True)
sys.stdin.read()
