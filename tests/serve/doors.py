"""Thousands of damaged and hostile files through the door of the server, and what became of them."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from didgen.errors import RenderError
from didgen.serve.inputs import Use
from didgen.serve.inspector import Inspector
from tests.serve import media

SLOW_S = 25.0


def through_the_door(count: int, seed: int, corpus: Path | None) -> bool:
    """Whether each was let in or refused in time, by keepers that all lived to the end; tells how many of each."""
    inspector = Inspector()
    try:
        files = sorted(path for path in corpus.rglob("*") if path.is_file()) if corpus is not None else []
        return asyncio.run(_all(inspector, count, seed, files))
    finally:
        inspector.close()


async def _all(inspector: Inspector, count: int, seed: int, files: list[Path]) -> bool:
    dice, good = random.Random(seed), True
    with tempfile.TemporaryDirectory(prefix="didgen-door-") as name:
        folder = Path(name)
        whole = sorted(media.samples(folder).items())
        seen, slowest = Counter[str](), 0.0
        for _ in range(count):
            kind, data = dice.choice(whole)
            path = folder / "damaged"
            path.write_bytes(media.mutated(data, dice))
            use: Use = kind.partition(".")[0]  # type: ignore[assignment]
            said, took_s = await _one(inspector, path, use)
            seen[said], slowest = seen[said] + 1, max(slowest, took_s)
        print(f"damaged: {count} files: {dict(seen)}; slowest {slowest:.1f} s", flush=True)
        good = good and slowest < SLOW_S
    if files:
        seen, slowest = Counter[str](), 0.0
        for path in files:
            said, took_s = await _one(inspector, path, "picture")
            seen[said], slowest = seen[said] + 1, max(slowest, took_s)
        print(f"corpus: {sum(seen.values())} files: {dict(seen)}; slowest {slowest:.1f} s", flush=True)
        good = good and slowest < SLOW_S
    print(f"keepers started: {len(inspector._keepers)}, alive: {sum(k.poll() is None for k in inspector._keepers)}")
    return good and all(keeper.poll() is None for keeper in inspector._keepers)


async def _one(inspector: Inspector, path: Path, use: Use) -> tuple[str, float]:
    began = time.monotonic()
    try:
        said = f"in as {(await inspector.look(path, use, 'file')).suffix}"
    except RenderError as error:
        said = "child died" if "stopped the program" in error.message else f"refused: {error.kind}"
    return said, time.monotonic() - began
