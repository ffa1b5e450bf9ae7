"""Small pictures of the moments that tell most, cut from a finished video around the face."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.track import INDEX
from didgen.quality.clip import Clip, pictures_at
from didgen.quality.groups import GROUPS, group_of

SIDE_PX = 144
_AROUND = 1.5  # of the face's longer side


def moments(clip: Clip) -> dict[str, int]:
    """Which picture shows what, by its name, in the order of the strip: the start, a sound of each group (the longest
    one), a blink, the head turned furthest either way, and the end."""
    chosen = {"start": 0}
    for group in GROUPS:
        spoken = [p for p in clip.phonemes if group_of(p) == group]
        if spoken:
            longest = max(spoken, key=lambda p: p.end_s - p.start_s)
            inside = clip.during(longest)
            chosen[f"{group} {longest.symbol}".strip()] = int(inside[len(inside) // 2])
    if clip.track is not None:
        blink = clip.track.weights[:, INDEX["eyeBlinkLeft"]]
        if blink.max() >= 0.9:
            chosen["blink"] = int(blink.argmax())
        yaw = clip.track.pose_deg[:, 0]
        chosen |= {"left": int(yaw.argmin()), "right": int(yaw.argmax())}
    chosen["end"] = len(clip.tracked) - 1
    return chosen


def strip(video: Path, clip: Clip) -> dict[str, bytes]:
    """Name → JPEG of the face at each of the clip's moments. Decodes the video once more."""
    wanted = moments(clip)
    pictures = pictures_at(video, set(wanted.values()))
    return {name: jpeg(face_cut(pictures[k], clip.tracked.landmarks[k])) for name, k in wanted.items() if k in pictures}


def face_cut(rgb: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The square about a face, SIDE_PX a side; grey beyond the picture."""
    low, high = landmarks[:468, :2].min(0), landmarks[:468, :2].max(0)
    side = float((high - low).max()) * _AROUND
    scale, (x, y) = SIDE_PX / side, (low + high) / 2 - side / 2
    matrix = np.array([[scale, 0, -scale * x], [0, scale, -scale * y]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size, grey = (SIDE_PX, SIDE_PX), (128, 128, 128)
    cut = cv2.warpAffine(rgb, matrix, size, flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=grey)
    return np.asarray(cut, np.uint8)


def jpeg(rgb: NDArray[np.uint8]) -> bytes:
    """(H, W, 3) RGB as a JPEG file."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done
    return bytes(data.tobytes())
