"""Sidecars: everything known of one render, as JSON under its fingerprint, so that the state can be made again.

{"seal", "didgen": 1, "fingerprint", "address", "object", "size", "duration_s", "identity", "facts", "job"}

The seal is the digest of all that follows it, so that one changed letter is seen where the state, which knows a digest
of the whole, is gone. Those of an older didgen have none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from didgen.catalog.services import LOCAL
from didgen.digest import canonical_json, sha256_bytes
from didgen.store.rows import Artifact, JobRow
from didgen.store.whole import write_whole

FORMAT = 1

JOB_FACTS = ("id", "service", "remote", "credits", "seconds", "build", "began")
"""What a sidecar keeps of the job that its video was bought as, so that the ledger outlives the state."""

_FORM: Mapping[str, type | tuple[type, ...]] = {
    "fingerprint": str,
    "address": str,
    "object": str,
    "size": int,
    "duration_s": (int, float),
    "identity": dict,
    "facts": dict,
}


def record_of(
    artifact: Artifact, address: str, identity: Mapping[str, Any], facts: Mapping[str, Any], job: JobRow | None
) -> dict[str, Any]:
    """A sidecar's content. job: what the video came from; our own engine's are not kept."""
    record: dict[str, Any] = {
        "didgen": FORMAT,
        "fingerprint": artifact.fingerprint,
        "address": address,
        "object": artifact.object_digest,
        "size": artifact.size,
        "duration_s": artifact.duration_s,
        "identity": dict(identity),
        "facts": dict(facts),
    }
    if job is not None and job.service != LOCAL:
        record["job"] = {name: getattr(job, name) for name in JOB_FACTS}
    return record


def write_sidecar(path: Path, record: Mapping[str, Any]) -> str:
    """Put a sidecar in place, read-only; the digest of its bytes. Raises StorageError."""
    data = _sealed(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())
    write_whole(path, data, mode=0o444)
    return sha256_bytes(data)


def read_sidecar(path: Path) -> tuple[dict[str, Any], str] | None:
    """A sidecar's content and the digest of its bytes; None when it is missing, damaged or not of our form."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    record = parse_sidecar(data)
    return None if record is None else (record, sha256_bytes(data))


def parse_sidecar(data: bytes) -> dict[str, Any] | None:
    """The content of a sidecar's bytes; None when they are damaged or not of our form."""
    try:
        record = json.loads(_opened(data))
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("didgen") != FORMAT:
        return None
    return record if all(isinstance(record.get(name), form) for name, form in _FORM.items()) else None


_SEAL = (b'{"seal":"', b'",')
_DIGEST_BYTES = 64


def _sealed(data: bytes) -> bytes:
    """An object of JSON with the digest of its bytes before all else in it."""
    begin, end = _SEAL
    return begin + sha256_bytes(data).encode() + end + data[1:]


def _opened(data: bytes) -> bytes:
    """The same object without its seal, as it stands where it has none. Raises ValueError when the seal is broken."""
    begin, end = _SEAL
    if not data.startswith(begin):
        return data
    at = len(begin) + _DIGEST_BYTES
    inner = b"{" + data[at + len(end) :]
    if data[at : at + len(end)] != end or data[len(begin) : at] != sha256_bytes(inner).encode():
        raise ValueError("the seal is broken")
    return inner


def in_its_place(path: Path, record: Mapping[str, Any]) -> bool:
    """Whether a sidecar lies under its own fingerprint, and that is the fingerprint of the identity in it."""
    return is_of(path.parent.name + path.name.removesuffix(".json"), record)


def is_of(fingerprint: str, record: Mapping[str, Any]) -> bool:
    """Whether a sidecar is of a fingerprint, and that is the fingerprint of the identity in it."""
    named: str = record["fingerprint"]
    return fingerprint == named == sha256_bytes(canonical_json(record["identity"]))


def artifact_of(record: Mapping[str, Any], digest: str) -> Artifact:
    """The artifact that a sidecar is of. digest: of the sidecar's bytes."""
    return Artifact(record["fingerprint"], record["object"], record["size"], digest, float(record["duration_s"]))


def job_of(record: Mapping[str, Any], kept: float) -> JobRow | None:
    """The job that a sidecar's video was bought as, for the ledger. kept: when the sidecar was written, Unix time."""
    job = record.get("job")
    if not isinstance(job, dict) or set(job) != set(JOB_FACTS):
        return None
    return JobRow(fingerprint=record["fingerprint"], address=record["address"], state="done", changed=kept, **job)
