"""`python -m tests.quality [FACE… | CLIP…]`: render the gallery and the driver clips, measure them, compare both with
their baseline.

Exit code 1 when a figure fell beyond its tolerance; targets that are not reached are listed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2

from didgen.catalog.nearest import nearest
from didgen.errors import DidgenError
from didgen.quality.figures import Fall, Figures, Row, falls, missed
from didgen.quality.page import page
from didgen.quality.text import summary, table
from tests.quality import baseline, identity
from tests.quality.acted import CLIPS, path_of
from tests.quality.driven import measure_clip, measure_driver
from tests.quality.gallery import gallery
from tests.quality.run import Measured, Shelf, measure_face, mouthless
from tests.quality.sentences import SENTENCES

DRIVEN = "driver clips"  # their name in the baseline
MOVED = "woman"  # the face that a driver video of the user's moves
COLUMNS = 7  # of a table: as many faces as fit on a screen


def main() -> int:
    asked = _arguments()
    cv2.setNumThreads(1)
    numbers = tuple(asked.sentence or range(1, len(SENTENCES) + 1))
    if not identity.installed() and not asked.quick:
        print("identity is not measured: pip install dlib-bin face-recognition-models", file=sys.stderr)
    asked.out.mkdir(parents=True, exist_ok=True)
    known = baseline.read(baseline.key(numbers)) | baseline.read(DRIVEN)
    shelf = Shelf()
    faces, refused = _faces(asked, numbers, known, shelf)
    clips = _moved(asked, shelf)
    fallen = _fallen([*faces, *clips], known)
    _write([*faces, *clips], fallen, asked.out)
    _print([one.row for one in faces], [one.row for one in clips], fallen)
    print(f"{asked.out / 'quality.html'}, {asked.out / 'quality.json'}")
    if asked.write_baseline:
        for name, measured in ((baseline.key(numbers), faces), (DRIVEN, clips)):
            baseline.write(name, [one.row for one in measured])
        print(f"the baseline of {len(faces) + len(clips)} is written; commit {baseline.PATH.name} with the reason")
        return 0
    return 1 if fallen or refused else 0


def _faces(
    asked: argparse.Namespace, numbers: Sequence[int], known: Mapping[str, Figures], shelf: Shelf
) -> tuple[list[Measured], int]:
    """The faces that are asked for, and how many were refused."""
    masked = {entry.path for entry in gallery("masked")}
    done, refused = [], 0
    for path in _paths(asked.faces):
        began = time.monotonic()
        try:
            one = measure_face(path, numbers, shelf, whole=not asked.quick, keep=asked.out)
            done.append(mouthless(one) if path in masked else one)
        except DidgenError as error:
            refused += 1
            print(f"{path.stem}: {error}", file=sys.stderr)
            continue
        _write(done, _fallen(done, known), asked.out)  # after every face: a run that is stopped has said something
        print(f"{path.stem}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return done, refused


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.quality", description=__doc__.splitlines()[0])
    parser.add_argument(
        "faces", nargs="*", help="names of gallery faces or driver clips, or paths of photos (default: both galleries)"
    )
    parser.add_argument("--driver", type=Path, action="append", default=[], help="measure a driver video of yours, too")
    parser.add_argument("--sentence", type=int, action="append", choices=range(1, len(SENTENCES) + 1))
    parser.add_argument("--quick", action="store_true", help="one render a face: no identity, serious or raw frames")
    parser.add_argument("--out", type=Path, default=Path("output/quality"), help="videos, quality.json, quality.html")
    parser.add_argument("--write-baseline", action="store_true")
    return parser.parse_args()


def _paths(names: Sequence[str]) -> list[Path]:
    entries, clips = {entry.id: entry.path for entry in gallery()}, [part.name for part in CLIPS]
    unknown = [name for name in names if name not in entries and name not in clips and not Path(name).is_file()]
    if unknown:
        sys.exit(f"no face or clip {unknown[0]!r} in the gallery ({nearest(unknown[0], [*entries, *clips])})")
    faces = [entries.get(name, Path(name)) for name in names if name not in clips]
    return faces if names else list(entries.values())


def _moved(asked: argparse.Namespace, shelf: Shelf) -> list[Measured]:
    """The driver clips that are asked for, all of them when nothing is, and the user's own driver videos."""
    names = [part.name for part in CLIPS if part.name in asked.faces or not (asked.faces or asked.quick)]
    measured = []
    for name in names:
        measured.append(measure_clip(name, shelf, asked.out))
        print(f"{name}: measured", file=sys.stderr, flush=True)
    return measured + [measure_driver(clip, path_of(MOVED), shelf, keep=asked.out) for clip in asked.driver]


def _fallen(done: Sequence[Measured], known: Mapping[str, Figures]) -> list[Fall]:
    return [fall for one in done if one.row.name in known for fall in falls(one.row, known[one.row.name])]


def _print(faces: Sequence[Row], clips: Sequence[Row], fallen: Sequence[Fall]) -> None:
    for rows in (faces, clips):
        for start in range(0, len(rows), COLUMNS):
            print(table(rows[start : start + COLUMNS]), end="\n\n")
        if len(rows) > 1:
            print(summary(rows), end="\n\n")
    for fall in fallen:
        print(f"worse than the baseline: {fall}")


def _write(done: Sequence[Measured], fallen: Sequence[Fall], out: Path) -> None:
    rows = [measured.row for measured in done]
    record = {
        "version": 1,
        "faces": {row.name: row.figures.to_json() for row in rows},
        "missed": {row.name: [measure.name for measure in missed(row)] for row in rows},
        "fallen": [str(fall) for fall in fallen],
    }
    (out / "quality.json").write_text(json.dumps(record, indent=2) + "\n")
    sheets = {measured.row.name: measured.sheet for measured in done}
    (out / "quality.html").write_text(page("Quality of the gallery", rows, sheets, fallen), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
