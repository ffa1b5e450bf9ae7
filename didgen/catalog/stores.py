"""Where a shared store may lie: in a bucket, or in a folder that several machines reach."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from didgen.secret import unsigned

SCHEMES = ("s3", "gs", "az", "file")
"""Amazon S3 and what speaks its API, Google Cloud Storage, Azure Blob Storage, a folder."""


def store_problem(address: str) -> str:
    """Why an address is none of a shared store; "" when it is one. A password in it is not repeated."""
    if "://" not in address:
        return "" if address.strip() and address.isprintable() else f"{address!r} is no folder"
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"{unsigned(repr(address))} is no address of a shared store"
    if parts.scheme not in SCHEMES:
        return f"unknown kind of shared store {unsigned(repr(address))}"
    if "@" in parts.netloc or parts.query or parts.fragment:
        return "an address of a shared store holds no key: credentials come from the environment"
    if parts.scheme == "file":
        return "" if not parts.netloc and parts.path != "/" else f"{address!r} is no folder: file:///path"
    return "" if parts.netloc else f"{address!r} names no bucket: {parts.scheme}://bucket/prefix"


def folder_of(address: str, root: Path) -> Path | None:
    """The folder that an address names, a relative one below `root`; None for a bucket."""
    if address.startswith("file://"):
        from urllib.request import url2pathname

        return Path(url2pathname(urlsplit(address).path))
    return None if "://" in address else root / Path(address).expanduser()
