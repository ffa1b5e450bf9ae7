"""`python probe.py WORKSPACE`, a process of its own: the fingerprints of a workspace, for our engine and for D-ID.

What each release changes on purpose is pinned: engine, models, and which voices are at hand.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from didgen.catalog import versions
from didgen.catalog.local_voices import VOICES
from didgen.plan import resolve
from didgen.walk import steps


def fingerprints(root: Path) -> dict[str, dict[str, str]]:
    """Service → address → fingerprint."""
    found = {}
    for service in ("local", "d-id"):
        checked = steps.check(steps.wish(root, service=service))
        found[service] = {scene.address: scene.fingerprint for _, scenes in checked for scene in scenes}
    return found


if __name__ == "__main__":
    versions.MODELS = dict.fromkeys(versions.MODELS, "net")
    versions.SPEECH_MODELS = dict.fromkeys(versions.SPEECH_MODELS, "net")
    versions.ENGINE = versions.IDENTITY_FORMAT = versions.PREPARED = 1
    resolve.installed = lambda: frozenset(VOICES)  # type: ignore[assignment]
    print(json.dumps(fingerprints(Path(sys.argv[1]).resolve()), indent=1, sort_keys=True))
