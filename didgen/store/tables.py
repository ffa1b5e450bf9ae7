"""The tables of the state, version by version."""

from __future__ import annotations

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE artifacts (
        fingerprint TEXT PRIMARY KEY, object TEXT NOT NULL, size INTEGER NOT NULL, sidecar TEXT NOT NULL,
        duration_s REAL NOT NULL, created REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE addresses (address TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, identity TEXT NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, address TEXT NOT NULL, service TEXT NOT NULL,
        state TEXT NOT NULL, remote TEXT NOT NULL DEFAULT '', began REAL NOT NULL, changed REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX jobs_by_fingerprint ON jobs (fingerprint);
    CREATE TABLE walks (key TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE jobs ADD COLUMN credits INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE jobs ADD COLUMN seconds REAL NOT NULL DEFAULT 0;
    ALTER TABLE jobs ADD COLUMN build TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN why TEXT NOT NULL DEFAULT '';
    """,
    "CREATE TABLE owners (folder TEXT PRIMARY KEY, file TEXT NOT NULL) WITHOUT ROWID",
)
"""STEPS[n] brings a state of version n to version n + 1; 0 is an empty file."""
