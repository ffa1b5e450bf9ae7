"""Services that can be named, and what else may stand for one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from didgen.catalog.rates import CREDIT_S
from didgen.secret import unsigned

LOCAL = "local"
D_ID = "d-id"
D_ID_HOST = "api.d-id.com"

NAMES = (LOCAL, D_ID)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""This machine, as the host of a URL."""

_BASE_URL = re.compile(
    r"(https://([^\s/@:?#\[\]]+|\[[0-9A-Fa-f:.]+\])|http://(127\.0\.0\.1|localhost|\[::1\]))"
    r"(:(?P<port>\d{1,5}))?(/\S*)?"
)


_KNOWN = "local, d-id, or the address of a server that speaks D-ID's API: https://host"


def is_paid(name: str, *, at_home: bool = False) -> bool:
    """Whether renders of a service cost money: the one place where that is decided.

    The local engine is free and D-ID is paid. Any other server is taken to be paid, except on this machine, where
    it is a `didgen serve`; at_home says that those cost money as well (something in front of D-ID).
    """
    return name != LOCAL and (at_home or urlsplit(name).hostname not in LOOPBACK)


def credit_seconds(name: str, stated: float | None = None) -> float | None:
    """How many seconds of video a credit buys at a paid service; each job is billed in whole credits.

    D-ID's is known, and holds for what stands in front of it on this machine unless something else is stated (the
    setting `credit_s`). None for any other server of which nothing is stated: nobody knows what it charges.
    """
    if name == D_ID or (stated is None and urlsplit(name).hostname in LOOPBACK):
        return CREDIT_S
    return stated


def is_service(name: str) -> bool:
    """Whether a name is a service: local, d-id, or a base URL; without TLS only on this machine."""
    found = _BASE_URL.fullmatch(name)
    return name in NAMES or (found is not None and int(found["port"] or 0) < 1 << 16)


def service_name(name: str) -> str:
    """The one name of a service, by which its jobs are known: a host in capitals, a slash at the end and D-ID's own
    address change nothing. name: a service."""
    if name in NAMES:
        return name
    parts = urlsplit(name)
    if parts.netloc.lower() == D_ID_HOST and not parts.path.strip("/"):
        return D_ID
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path.rstrip("/")).geturl()


def unknown_service(name: str) -> str:
    """The complaint about a name that is no service; a password in it is not repeated."""
    return f"unknown service {unsigned(repr(name))}"


def service_hint(name: str) -> str:
    """What to write instead of a name that is no service: what may have been meant, else what there is."""
    from difflib import get_close_matches

    scheme, sign, rest = name.strip().partition("://")
    if not sign and (near := get_close_matches(name.lower(), NAMES, n=1)):
        return f"did you mean {near[0]!r}?"
    host = rest if sign else name.strip()
    if "@" in host:
        return "a password does not stand in the address: a key is read from the environment"
    if sign and scheme.lower() == "http":
        return f"http only on this machine: write https://{unsigned(host)}" if host else _KNOWN
    looks = sign or re.fullmatch(r"[\w.-]+(\.\w+|:\d+)(/\S*)?", host)
    meant = f"{'http' if is_loopback(host.partition('/')[0]) else 'https'}://{host}"
    if looks and is_service(meant) and (not sign or get_close_matches(scheme.lower(), ("https", "http"), n=1)):
        return f"did you mean {unsigned(repr(meant))}?"
    return _KNOWN


def is_loopback(host: str) -> bool:
    """Whether a host, with or without its port, is this machine."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:  # a bracket that is never closed
        return False
