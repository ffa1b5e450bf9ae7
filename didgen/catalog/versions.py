"""What the local engine is, as part of every fingerprint: bump ENGINE when its pixels or samples change."""

from __future__ import annotations

ENGINE = 1
"""Version of the local engine's output. Explained to users as "rendered by engine 1, now 2"."""

IDENTITY_FORMAT = 1
"""Version of the identity's own form."""

MODELS: dict[str, str] = {}
"""Model file name → sha256 of every net that decides a pixel or a sample. Tested against the files."""
