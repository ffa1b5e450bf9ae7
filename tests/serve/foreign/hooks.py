"""Hooks of schemathesis: half of the bodies name a photo that the server has (PHOTO_URL), so that jobs are made of what
else is in them; without that nearly every request ends at a source that leads nowhere. JPEG is the file of uploads.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import schemathesis

LINKS = ("driver_url", "webhook", "result_url")


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """The body as it was made, or with what the server can find."""
    draw = random.Random(repr(body))
    if not isinstance(body, dict) or draw.random() < 0.5:
        return body
    body = dict(body)
    for name in ("image", "logo"):
        if name in body and not isinstance(body[name], dict):
            body[name] = Path(os.environ["JPEG"]).read_bytes()
    if isinstance(body.get("logo"), dict):
        body["logo"] = {**body["logo"], "url": os.environ["PHOTO_URL"]}
    if "source_url" in body:
        body = {key: value for key, value in body.items() if key not in LINKS} | {"source_url": os.environ["PHOTO_URL"]}
        if isinstance(body.get("config"), dict):
            body["config"] = {key: value for key, value in body["config"].items() if key not in ("logo", "overlay")}
    return body
