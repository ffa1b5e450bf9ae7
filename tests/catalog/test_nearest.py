"""didgen.catalog.nearest: the nearest right name; and that naming things costs little."""

from __future__ import annotations

import subprocess
import sys

from didgen.catalog.nearest import nearest


def test_the_nearest_name() -> None:
    """Case does not matter; nothing near lists what there is."""
    assert "did you mean 'Heart'?" == nearest("HEART", ["Heart", "x"])
    assert "known: a, b" == nearest("zzz", ["b", "a"])
    assert "" == nearest("zzz", [])


def test_a_hint_is_one_line() -> None:
    """A name with a line break in it is no name to suggest."""
    assert "known: one" == nearest("zzz", ["one", "t\rwo"])


def test_the_catalog_is_light() -> None:
    """Naming things imports neither the engine nor anything heavy."""
    code = "import didgen.catalog.voices, didgen.catalog.drivers, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pydantic", "yaml", "asyncio", "difflib", "onnxruntime", "didgen.engine"}
    assert set() == heavy & set(done.stdout.split())
