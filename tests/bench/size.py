"""What the default install takes on disk: didgen and every distribution it needs, extras left out."""

from __future__ import annotations

from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

import didgen
from tests.bench.measure import row

MIB = 1 << 20  # the unit of `du -m`


def size() -> None:
    """The sum and the five largest, in MiB of blocks."""
    sizes = {name: _bytes(_files(found)) for name, found in needed().items()}
    sizes["didgen"] = _bytes({path for path in Path(didgen.__file__).parent.rglob("*") if path.is_file()})
    row(f"installed size, {len(sizes)} distributions", f"{sum(sizes.values()) / MIB:.0f} MiB")
    for name in sorted(sizes, key=lambda name: -sizes[name])[:5]:
        row(f"  {name}", f"{sizes[name] / MIB:.0f} MiB")


def needed() -> dict[str, Distribution]:
    """Distributions by name that a plain `pip install didgen` brings, didgen among them."""
    found: dict[str, Distribution] = {}
    ahead = [Requirement("didgen")]
    asked = set()
    while ahead:
        wanted = ahead.pop()
        key = (wanted.name.lower().replace("_", "-"), frozenset(wanted.extras))
        if key not in asked:
            asked.add(key)
            found[key[0]] = one = distribution(wanted.name)
            ahead += [needs for line in one.requires or () if _applies(needs := Requirement(line), wanted.extras)]
    return found


def _applies(needs: Requirement, extras: set[str]) -> bool:
    return needs.marker is None or any(needs.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _files(found: Distribution) -> set[Path]:
    return {path for file in found.files or () if (path := Path(str(found.locate_file(file)))).is_file()}


def _bytes(files: set[Path]) -> int:
    return sum(path.stat().st_blocks * 512 for path in files)
