"""How the `.xz` files here were made: `python pack.py FOLDER NAME…`, FOLDER being `package/voices` of kokoro-js 1.2.1.

A voice's rows change slowly from one to the next, so the second differences of their bits, one byte plane after the
other, pack to a quarter; what comes out again is the published file, byte for byte.
"""

from __future__ import annotations

import lzma
import sys
from pathlib import Path

import numpy as np


def packed(published: bytes) -> bytes:
    """The published vectors (510 × 256 little-endian float32) as `engine.speech.kokoro.unpacked` reads them."""
    bits = np.frombuffer(published, "<u4").reshape(510, 256)
    change = np.diff(np.concatenate([np.zeros((2, 256), "<u4"), bits]), n=2, axis=0)  # wraps around, as it should
    planes = np.frombuffer(np.ascontiguousarray(change.T).astype("<u4").tobytes(), np.uint8).reshape(-1, 4).T
    return lzma.compress(planes.tobytes(), preset=9)


if __name__ == "__main__":
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    for name in names:
        Path(__file__).with_name(f"{name}.xz").write_bytes(packed((folder / f"{name}.bin").read_bytes()))
