"""`python -m tests.bench [PART…]`: what didgen costs on this machine, as a table; all parts when none is named."""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import sys
from collections.abc import Callable
from importlib import import_module

from tests.bench.measure import machine

PARTS = {
    "version": "commands",
    "nothing_to_do": "commands",
    "scale": "scale",
    "first_video": "commands",
    "first_frame": "first_frame",
    "watch": "watching",
    "speech": "speech",
    "voices": "voices",
    "talks": "talks",
    "frames": "frames",
    "stitched": "frames",
    "group": "group",
    "driver": "driver",
    "minute": "commands",
    "memory": "commands",
    "serve": "serving",
    "size": "size",
    "action": "action",
}
"""Parts in the order they run, and the module each lies in, imported when its turn comes."""


def main() -> None:
    chosen = sys.argv[1:] or list(PARTS)
    unknown = set(chosen) - set(PARTS)
    if unknown:
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name in chosen:
        part: Callable[[], None] = getattr(import_module(f"tests.bench.{PARTS[name]}"), name)
        print(f"\n{name}: {machine()}", flush=True)
        part()


if __name__ == "__main__":
    main()
