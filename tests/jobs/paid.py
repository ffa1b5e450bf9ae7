"""A workspace whose project is released by a bank, and builds of it in this process that hurry."""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.jobs import search
from didgen.walk import steps
from tests.bank.started import Started

SCENES = {
    "one": "script: The first of our scenes.",
    "two": "script: And here comes the second one.",
    "nod": "driver: bank://nostalgia",
}
LOCK = "projects/shop/didgen.lock"


@lru_cache(maxsize=1)
def photo() -> bytes:
    """A JPEG of 256×256 px, as the service takes it."""
    shades = np.linspace(40, 220, 256, dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", np.dstack([np.tile(shades, (256, 1))] * 3))[1])


class Shop:
    """A workspace at `root` with a project `shop` of SCENES, released by `bank`."""

    def __init__(self, root: Path, bank: Started) -> None:
        self.root, self.bank = root, bank
        self.home = root / "projects" / "shop"
        self.home.mkdir(parents=True)
        (self.home / "anna.jpg").write_bytes(photo())
        (root / "didgen.yaml").write_text("credit_s: 15\n")
        self.write(SCENES)
        self.said: list[str] = []

    def write(self, scenes: dict[str, str]) -> None:
        """Write the project anew with these scenes: id → what it says."""
        head = f"didgen: 1\nname: shop\nservice: {self.bank.url}\ndefaults: {{source: anna.jpg}}\nfilm: []\nscenes:\n"
        lines = [f"  - id: {name}\n    {what}\n" for name, what in scenes.items()]
        (self.home / "project.yaml").write_text(head + "".join(lines))

    def build(self, *addresses: str, **options: object) -> steps.Summary:
        """Build; what it says to a person is added to `said`."""
        wanted = steps.wish(self.root, addresses, **{"budget": 1000, **options})  # type: ignore[arg-type]
        return steps.build(wanted, on_notice=self.said.append)

    def lose(self, *names: str) -> None:
        """Delete parts of the workspace: .didgen, output, LOCK."""
        for name in names:
            path = self.root / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def bought(self) -> list[str]:
        """Titles of what the bank took money for, in order: the addresses."""
        return [str(job["name"] or "shop/nod").split(" ")[0] for job in self.bank.bought()]

    def posts(self) -> int:
        """How many paid requests were sent, whatever became of them."""
        return len(self.bank.seen("POST", "/talks")) + len(self.bank.seen("POST", "/animations"))

    def video_of(self, name: str) -> str:
        """The id of the job that an output came from: the bank writes it at the end of each video."""
        return (self.root / "output" / "shop" / f"{name}.mp4").read_bytes()[-25:].decode()


def hurry(monkeypatch: pytest.MonkeyPatch, bank: Started) -> None:
    """Let builds of this process pay this bank, and look again for lost jobs within a second."""
    monkeypatch.setenv("DIDGEN_PAID", "1")
    monkeypatch.setenv("D_ID_API_KEY", bank.key)
    monkeypatch.setattr(search, "LOOK_AGAIN_S", (0.5, 1.5, 3.0))


def environment(bank: Started) -> dict[str, str]:
    """The environment of a build in a process of its own."""
    return {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "DIDGEN_PAID": "1",
        "D_ID_API_KEY": bank.key,
    }
