"""Services that can be named, and what else may stand for one."""

from __future__ import annotations

import re

LOCAL = "local"
D_ID = "d-id"
D_ID_HOST = "api.d-id.com"

NAMES = (LOCAL, D_ID)

_BASE_URL = re.compile(r"https://[^\s/@]+(/\S*)?|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/\S*)?")


def is_service(name: str) -> bool:
    """Whether a name is a service: local, d-id, or a base URL; without TLS only on this machine."""
    return name in NAMES or _BASE_URL.fullmatch(name) is not None
