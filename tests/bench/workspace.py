"""What the bench works on: one talk, a workspace of one scene, and a generated one of five hundred."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.photo import load_photo

PHOTO = Path(__file__).parents[2] / "projects/hello/assets/eileen.jpg"
SAYING = "Good morning. Nothing is rendered twice, and everything you change is on the screen a moment later."
TEN_WORDS = "Hello, I am a photograph that learned how to speak."

PROJECTS, SCENES = 10, 50


def wide_photo() -> NDArray[np.uint8]:
    """(1080, 1920, 3): the portrait enlarged, its sides carried on."""
    photo = cv2.resize(load_photo(PHOTO), (1080, 1080), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.copyMakeBorder(photo, 0, 0, 420, 420, cv2.BORDER_REFLECT_101), np.uint8)


def long_text(seconds: float) -> str:
    """Sentences, no two alike, that take about so long to say."""
    return " ".join(f"This is sentence number {k + 1}. {SAYING}" for k in range(max(1, round(seconds / 8.1))))


def one_scene(root: Path) -> Path:
    """A workspace with one talk of ten words."""
    return write(root, "one", [TEN_WORDS])


def many_scenes(root: Path) -> Path:
    """Ten projects of fifty talks each, all different."""
    for p in range(PROJECTS):
        write(root, f"part-{p}", [f"Scene {k + 1} of part {p + 1}. {SAYING}" for k in range(SCENES)])
    return root


def fill(root: Path) -> None:
    """Bring a workspace up to date without rendering: the whole build, on a worker with a tiny engine."""
    from didgen.walk import steps
    from tests import fakes

    summary = steps.build(steps.wish(root), command=fakes.COMMAND)
    if summary.error is not None:
        raise summary.error


def write(root: Path, name: str, scripts: list[str]) -> Path:
    home = root / "projects" / name
    home.mkdir(parents=True)
    shutil.copyfile(PHOTO, home / "photo.jpg")
    scenes = "".join(f'  - id: scene-{k + 1}\n    script: "{script}"\n' for k, script in enumerate(scripts))
    (home / "project.yaml").write_text(f"didgen: 1\nname: {name}\ndefaults: {{source: photo.jpg}}\nscenes:\n{scenes}")
    # Files younger than two seconds are digested at each build, for they may change within their timestamp.
    earlier = time.time() - 3600
    for path in home.iterdir():
        os.utime(path, (earlier, earlier))
    return root
