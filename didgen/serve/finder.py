"""A one-shot child that finds the faces of a picture: `python -m didgen.serve.finder PATH`, JSON on stdout."""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path
from typing import Any

from didgen.errors import RenderError

CPU_S = 30
MEMORY_BYTES = 3 << 30


def main() -> None:
    """Print what was found, or `{"kind", "message"}`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--size-only", action="store_true")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        print(json.dumps(seen(given.path, size_only=given.size_only)))
    except RenderError as error:
        print(json.dumps({"kind": error.kind, "message": error.message}))


def seen(path: Path, *, size_only: bool = False) -> dict[str, Any]:
    """Size of a picture in px of its file, and its faces in the shape of the service's answers. Raises RenderError."""
    import cv2

    from didgen.engine.face.find import as_response, find_faces
    from didgen.engine.photo import load_photo, photo_scale

    cv2.setNumThreads(1)
    photo = load_photo(path)
    scale = photo_scale(path)
    height, width = (round(side / scale) for side in photo.shape[:2])
    faces = [] if size_only else find_faces(photo)
    return {"width": width, "height": height, "faces": [as_response(face, scale, k) for k, face in enumerate(faces)]}


if __name__ == "__main__":
    main()
