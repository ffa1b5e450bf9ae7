"""Builds at a bank where everything goes wrong now and then, as a seed wants it, and what must hold all the same."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from didgen.errors import DidgenError
from tests.bank.started import opened
from tests.jobs.paid import Shop, hurry

BUILDS = 6
"""How many builds a person starts at most until all is there."""


def rules(seed: int) -> list[dict[str, Any]]:
    """Faults of every kind with a chance each, worse for some seeds. What is lost of a POST was bought."""
    chance = random.Random(seed)
    mood = chance.choice([0.3, 1.0, 2.0])
    seeds = iter(range(1000 * seed, 1000 * seed + 100))
    retry: list[dict[str, Any]] = [{}, {"retry_after": 1}, {"retry_after": {"in_s": 1}}, {"retry_after": "soon"}]

    def rule(p: float, method: str, path: str, fault: str, **more: Any) -> dict[str, Any]:
        return {
            "method": method, "path": path, "fault": fault, "p": round(p * mood, 3), "seed": next(seeds), **more,
        }  # fmt: skip

    poll, bucket = "/(talks|animations)/", "/(?!talks|animations|images|audios|credits)"
    return [
        rule(0.15, "POST", "/talks", "status", status=429, **chance.choice(retry)),
        rule(0.03, "POST", "/talks", "reset", accept=True),
        rule(0.03, "POST", "/talks", "status", status=504, shape="gateway", accept=True),
        rule(0.03, "POST", "/talks", "cut", keep=0.5),
        rule(0.2, "POST", "/images", "status", status=503, **chance.choice(retry)),
        rule(0.2, "POST", "/images", "close", after=40),
        rule(0.05, "GET", poll, "status", status=chance.choice([500, 502, 429]), **chance.choice(retry)),
        rule(0.03, "GET", poll, "status", status=404),
        rule(0.05, "GET", poll, "reset", after=chance.randrange(0, 400)),
        rule(0.03, "GET", poll, "body", text=chance.choice(["<html>", "[]", "{", '{"status": NaN}', ""])),
        rule(0.05, "GET", poll, "edit", drop=["result_url"]),
        rule(0.05, "GET", bucket, "status", status=chance.choice([403, 404, 503]), shape="xml"),
        rule(0.05, "GET", bucket, "cut", keep=chance.random()),
        rule(0.05, "GET", bucket, "reset", after=chance.randrange(0, 4000)),
        rule(0.05, "GET", bucket, "length", by=chance.choice([-9, 9])),
        rule(0.05, "GET", bucket, "clip", duration_s=30),
        rule(0.03, "GET", bucket, "gzip"),
    ]


def bought_through(folder: Path, seed: int, scenes: int) -> list[str]:
    """Build so many scenes, again until all are there; what is wrong then."""
    names = [f"s{k}" for k in range(scenes)]
    with opened(folder / "bank") as bank, pytest.MonkeyPatch.context() as patch:
        hurry(patch, bank)
        shop = Shop(folder / "root", bank)
        shop.write({name: f"script: This is scene {name} of the seed {seed}." for name in names})
        bank.rules(*rules(seed))
        ends: list[object] = ["no build"]
        while ends[-1] is not None and len(ends) <= BUILDS:
            try:
                ends.append(shop.build().error)
            except DidgenError as error:  # what stops a whole build
                ends.append(error)
        problems = [f"seed {seed}: {ends[1:]}"] * (ends[-1] is not None)
        problems += [f"seed {seed}: {bank.duplicates()} bought twice"] * bool(bank.duplicates())
        problems += [f"seed {seed}: {len(bank.bought())} bought"] * (len(bank.bought()) != scenes)
        problems += [f"seed {seed}: the key was seen: {bank.leaks()}"] * bool(bank.leaks())
        if not problems and sorted(job["id"] for job in bank.bought()) != sorted(map(shop.video_of, names)):
            problems.append(f"seed {seed}: a video is not the one that was bought")
        return problems
