"""An identity field by field, short enough to be committed, and which fields of two differ.

A value that is short and no text of the author's is told as it is; all others as the head of their digest. So the lock
names the voice that was, and repeats no script and no link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from didgen.digest import canonical_json, sha256_bytes

_WHOLE = ("respelled", "request.face", "request.script.input")
_PLAIN = re.compile(r"(?:bank://)?[\w.:+%/-]{1,48}")
_HEAD = 12  # hex digits of a digest: enough to tell two values of one field apart

_WORDS = {
    "request.script.input": "script",
    "request.script.provider.voice_id": "voice",
    "request.script.audio_url": "audio",
    "request.source_url": "source image",
    "request.driver_url": "driver",
    "request.config.logo.url": "logo",
    "request.config.overlay": "overlay",
    "service.engine": "engine",
    "service.host": "service",
}
_MODELS = "service.models."
_NEW_MODELS_FOLLOW = ("request.script.provider.voice_id", "request.script.type")


def fields_of(identity: Mapping[str, Any]) -> dict[str, str]:
    """Every field of an identity that is set: its path ("request.script.provider.voice_id") → what it is, sorted.

    A value of up to 48 letters, digits and signs as it is, another as "sha256:" and 12 hex digits.
    """
    return dict(sorted(_leaves(identity, "")))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and path not in _WHOLE:
        for key, below in value.items():
            inner = path if key == "sha256" else f"{path}.{key}" if path else str(key)
            yield from [(inner, _digest(below))] if key == "sha256" else _leaves(below, inner)
    elif path.startswith(_MODELS):
        yield path, _digest(value)
    elif value is not None:
        yield path, _told(value, path)


def _told(value: Any, path: str) -> str:
    text = value if isinstance(value, str) else canonical_json(value).decode() if isinstance(value, int | float) else ""
    if path not in _WHOLE and _PLAIN.fullmatch(text) and ("://" not in text or text.startswith("bank://")):
        return text
    return _digest(sha256_bytes(canonical_json(value)))


def _digest(sha256: Any) -> str:
    return f"sha256:{str(sha256)[:_HEAD]}"


def drifted(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """What differs between the fields of two identities, one phrase each: "voice: af_heart → af_nova"; () for equals.

    A model that only comes or goes with another voice is not told beside that voice.
    """
    differing = [path for path in sorted(was.keys() | now.keys()) if was.get(path) != now.get(path)]
    told_by_voice = any(path in differing for path in _NEW_MODELS_FOLLOW)
    return tuple(
        f"{_word(path)}: {_change(was.get(path), now.get(path))}"
        for path in differing
        if not (told_by_voice and path.startswith(_MODELS) and not (path in was and path in now))
    )


def _word(path: str) -> str:
    return _WORDS.get(path) or path.removeprefix("request.").removeprefix("service.")


def _change(was: str | None, now: str | None) -> str:
    if was and now and was.startswith("sha256:") and now.startswith("sha256:"):
        return "changed"
    return f"{_side(was)} → {_side(now)}"


def _side(value: str | None) -> str:
    return "not set" if value is None else "a file or text" if value.startswith("sha256:") else value
