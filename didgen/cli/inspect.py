"""`didgen inspect`: what a finished video really shows, measured from its own pictures and sound."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didgen.cli import options
from didgen.errors import RenderError, StorageError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from didgen.engine.face.face import Face
    from didgen.plan.scene import Scene
    from didgen.quality.clip import Clip
    from didgen.quality.figures import Figures, Row

LOCAL = "local"


@click.command("inspect")
@click.argument("addresses", nargs=-1, required=True, metavar="PROJECT[/SCENE]...")
@options.service
@options.as_json
@click.option("--html", "html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with pictures too.")
@options.in_folder
def command(addresses: tuple[str, ...], service: str | None, json_output: bool, html: Path | None) -> None:
    """Measure finished scenes: lips, lids, head and background, seen again in the video, against what was intended.

    Drafts of a project that is released elsewhere are found too. A ! marks a figure that misses its target.
    """
    from didgen.project.workspace import find_root

    built, missing = _find(find_root(Path.cwd()), addresses, service)
    for address in missing:
        click.echo(f"didgen: {address} is not built as it is written now (didgen build {address})", err=True)
    measured = [_measure(one) for one in built]
    if html is not None:
        _write_page(html, built, measured)
    if json_output:
        click.echo(json.dumps(_as_json(built, [row for row, _ in measured]), ensure_ascii=False, indent=2))
        return
    from didgen.quality.text import table

    click.echo(table([row for row, _ in measured]))


@dataclass(frozen=True, slots=True)
class _Built:
    """A scene that is finished: its video's bytes, and the facts of its render."""

    scene: Scene
    video: Path
    duration_s: float
    facts: Mapping[str, Any]


def _find(root: Path, addresses: Sequence[str], service: str | None) -> tuple[list[_Built], list[str]]:
    """The finished scenes that addresses name, and the addresses of those that are not finished.

    As the project's own service made them, else as drafts. Raises UsageError when none is finished.
    """
    built = _finished(root, addresses, service)
    if service is None and None in built.values():
        drafts = _finished(root, addresses, LOCAL)
        built = {address: one or drafts.get(address) for address, one in built.items()}
    found = [one for one in built.values() if one is not None]
    missing = [address for address, one in built.items() if one is None]
    if not found:
        what = f"{missing[0]} is" if len(missing) == 1 else f"{', '.join(addresses)}: no scene is"
        raise UsageError(f"{what} not built as it is written now", hint=f"didgen build {' '.join(addresses)}")
    return found, missing


def _finished(root: Path, addresses: Sequence[str], service: str | None) -> dict[str, _Built | None]:
    from didgen.store.reading import opened_to_read
    from didgen.walk.shortcut import wish
    from didgen.walk.steps import plan

    plans = plan(wish(root, addresses, service=service))
    with opened_to_read(root) as store:
        return {d.scene.address: _stored(store, d.scene) for planned in plans for d in planned.plan.decisions}


def _stored(store: Any, scene: Scene) -> _Built | None:
    artifact = store.find(scene.fingerprint)
    if artifact is None:
        return None
    facts = store.sidecar(scene.fingerprint).get("facts", {})
    return _Built(scene, store.objects.path(artifact.object_digest), artifact.duration_s, facts)


def _measure(built: _Built) -> tuple[Row, Clip]:
    from didgen.quality.clip import read_clip
    from didgen.quality.figures import Row
    from didgen.quality.measure import is_frontal, measure

    photo, picture = _photo(built)
    near = _in_video(built, photo, 0 if picture is None else picture.shape[1])
    try:
        clip = read_clip(built.video, built.facts, photo, picture=picture, near=near)
    except RenderError as error:
        raise RenderError(error.kind, f"{built.scene.address}: {error.message}", hint=error.hint) from error
    return Row(built.scene.address, _judged(measure(clip), built.scene), is_frontal(photo)), clip


def _judged(figures: Figures, scene: Scene) -> Figures:
    """Without the smile that is left where one is meant: a driver's of an animation, and of a talk that is to be happy.

    The figure says how neutral a face is that talks."""
    config = scene.request.config
    given = config.driver_expressions if config is not None else None
    happy = given is not None and any(one.expression == "happy" for one in given.expressions)
    return replace(figures, smile_neutral=None) if scene.kind == "animation" or happy else figures


def _photo(built: _Built) -> tuple[Face | None, NDArray[np.uint8] | None]:
    """The face that was animated, found again in the source, and the picture; None when its file tells nothing any
    more."""
    import cv2

    from didgen.engine.face.find import choose_face, find_faces
    from didgen.engine.photo import load_photo, photo_scale
    from didgen.engine.shot import FaceSquare

    cv2.setNumThreads(1)
    path = built.scene.inputs["source_url"].path
    answer = built.facts.get("face") or {}
    left, top = answer.get("top_left", (0, 0))
    square = FaceSquare(left, top, answer["size"]) if "size" in answer else None
    try:
        photo = load_photo(path)
        face = choose_face(find_faces(photo), square, built.scene.kind, photo.shape, photo_scale(path))[0]
    except RenderError:
        return None, None  # the service may animate what our engine refuses
    return face, photo


def _in_video(built: _Built, photo: Face | None, width: int) -> NDArray[np.float32] | None:
    """Where the animated face stands in a stitched video, which may show others too; None for a crop of one face."""
    config = built.scene.request.config
    if photo is None or config is None or not config.stitch or "resolution" not in built.facts:
        return None
    landmarks: NDArray[np.float32] = photo.landmarks * (built.facts["resolution"][0] / width)
    return landmarks


def _write_page(path: Path, built: Sequence[_Built], measured: Sequence[tuple[Row, Clip]]) -> None:
    from didgen.quality.page import page, sheet_of
    from didgen.quality.strips import strip

    sheets = {
        row.name: sheet_of(clip, strip(one.video, clip)) for one, (row, clip) in zip(built, measured, strict=True)
    }
    try:
        path.write_text(page("What the videos show", [row for row, _ in measured], sheets), "utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def _as_json(built: Sequence[_Built], rows: Sequence[Row]) -> dict[str, Any]:
    """The figures for programs. version: of this form."""
    from didgen.quality.figures import missed

    return {
        "version": 1,
        "scenes": [
            {
                "address": row.name,
                "duration_s": one.duration_s,
                "figures": row.figures.to_json(),
                "missed": [measure.name for measure in missed(row)],
            }
            for one, row in zip(built, rows, strict=True)
        ],
    }
