"""What must never be in a file of this repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MACHINE_PATHS = re.compile(rb"(?<![\w.])/(root|home/\w+|work/main|Users/\w+)/")
PACKAGE_HOSTS = re.compile(rb"https?://[\w.-]*(registry|mirror|simple|index|packages)[\w.-]*\.\w+/")


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the tracked files cannot be listed")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listing.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt", "quality.txt", "bench.txt", "uv.txt"])
def test_a_lock_has_hashes_and_no_addresses(lock: str) -> None:
    """Every locked package carries its sha256; no header, index, link or address is recorded."""
    text = (ROOT / "requirements" / lock).read_text()
    packages = re.findall(r"^[a-z0-9][\w.-]*==", text, re.M)
    blocks = re.split(r"^(?=[a-z0-9][\w.-]*==)", text, flags=re.M)[1:]
    assert len(packages) > {"quality.txt": 1, "bench.txt": 1, "uv.txt": 0}.get(lock, 20)
    assert [] == [b.split("\n")[0] for b in blocks if "--hash=sha256:" not in b]
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_no_file_names_a_path_of_a_developers_machine_or_a_package_host() -> None:
    """Texts are the project's own: they work anywhere and send nobody to a mirror."""
    found = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" in data[:4096]:
            continue
        if MACHINE_PATHS.search(data) or (PACKAGE_HOSTS.search(data) and path.name != "test_tree.py"):
            found.append(str(path.relative_to(ROOT)))
    assert [] == found


def test_nothing_in_the_tree_is_larger_than_four_mebibytes() -> None:
    """Large files live in packages; the models that no dependency brings are small."""
    assert [] == [str(p.relative_to(ROOT)) for p in tracked() if p.stat().st_size > 4 << 20]
