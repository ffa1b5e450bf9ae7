"""What the service takes: its documented and measured limits. MB are millions, where it may mean either.

And what the local engine takes, for whoever has to know it without importing the engine.
"""

from __future__ import annotations

PICTURE_BYTES = 10_000_000
PICTURE_PIXELS = 10 * 1024 * 1024
"""More are answered with "file size exceeded 10 MB", however small the file is."""

PICTURE_SIDE_PX = 160
"""Stated; measured: 128 × 128 is refused, 256 × 256 passes."""
SAFE_SIDE_PX = 256

SOUND_BYTES = 6_000_000
"""Of an upload; by link it would be 15 MB."""
SOUND_S = 600.0
STEREO_S = 350.0
"""Up to here two sides of AAC are good in so many bytes."""
SOUND_SUFFIXES = (".mp3", ".wav", ".m4a", ".mp4", ".flac")

LOCAL_PICTURE_BYTES = 64 << 20
LOCAL_PICTURE_PIXELS = 40_000_000
LOCAL_SIDE_PX = 8_192
"""What the local engine reads of a picture; of a source it needs PICTURE_SIDE_PX, as the service does."""
