"""Why something is rendered, in a writer's words: the differences between two identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from didgen.plan.spelling import Spelling

NEW = "new scene"
FORCED = "rendering was forced"
OUTPUT_MISSING = "output file missing"
OUTPUT_MOVED = "goes to another place than"
OUTPUT_CHANGED = "output file is not what was delivered"
OBJECT_MISSING = "its video is no longer in the store"
MAX_SHOWN = 60

_NAMES = {
    "request.source_url": "source image",
    "request.script.audio_url": "audio",
    "request.driver_url": "driver video",
    "request.config.logo.url": "logo",
    "request.config.overlay": "overlay",
}
_WHOLE = ("request.face",)
_MISSING = object()


def changes(old: Mapping[str, Any], new: Mapping[str, Any], spelling: Spelling | None = None) -> tuple[str, ...]:
    """What differs between two identities, one sentence each; () when nothing does.

    spelling: how the text of the new one is written, to quote that and not what a voice is told to say."""
    if old == new:
        return ()
    if old.get("kind") != new.get("kind"):
        return (f"was {_article(old.get('kind'))}, is {_article(new.get('kind'))} now",)
    same = old.get("request") == new.get("request")
    found = [*_renderer(old.get("service", {}), new.get("service", {}), same=same), *_format(old, new)]
    was, now = _request(old), _request(new)
    if not (isinstance(was["script"], dict) and isinstance(now["script"], dict)):
        return (*found, "the request changed")  # written by a didgen that had other words
    found += _voice(was, now)
    found += _driver(was, now)
    found += _script(was, now, spelling)
    if old.get("respelled") != new.get("respelled"):
        found.append("subtitles changed: other words as written")
    found += [_plain(path, a, b) for path, a, b in _differing(was, now, "request")]
    return tuple(found) or ("the request changed",)


def only_upgraded(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two identities differ in nothing but what didgen is: its engine and models, the form of identities, and
    how inputs are made to fit a service."""
    a, b = old.get("service", {}), new.get("service", {})
    same_renderer = a == b or ("engine" in a and "engine" in b)
    return old != new and same_renderer and _as_written(old) == _as_written(new)


def _as_written(value: Any) -> Any:
    """An identity without what is didgen's own in it."""
    if not isinstance(value, Mapping):
        return value
    ours = ("service", "format") if "kind" in value else ("prepared",) if "sha256" in value else ()
    return {key: _as_written(below) for key, below in value.items() if key not in ours}


def _request(identity: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the request from which the parts that have words of their own are taken out."""
    request = dict(identity.get("request", {}))
    script = request.get("script", {})
    request["script"] = dict(script) if isinstance(script, dict) else script
    return request


def _format(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    if old.get("format") == new.get("format"):
        return []
    return [f"fingerprints of format {old.get('format')}, now {new.get('format')}"]


def _renderer(old: Mapping[str, Any], new: Mapping[str, Any], *, same: bool) -> list[str]:
    """Another engine, service or model. same: whether the requests are; other requests may use other models."""
    if old == new:
        return []
    if "engine" not in old or "engine" not in new:
        return [f"rendered by {_who(old)}, now by {_who(new)}"]
    if old["engine"] != new["engine"]:
        return [f"rendered by engine {old['engine']}, now {new['engine']}"]
    was, now = old.get("models", {}), new.get("models", {})
    names = was.keys() | now.keys() if same else was.keys() & now.keys()
    changed = sorted(name for name in names if was.get(name) != now.get(name))
    return [f"the engine's models changed: {', '.join(changed)}"] if changed else []


def _who(service: Mapping[str, Any]) -> str:
    return str(service.get("host", f"engine {service.get('engine', '?')}"))


def _voice(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The voice, when both are spoken texts."""
    both_text = was["script"].get("type") == now["script"].get("type") == "text"
    old, new = was["script"].get("provider", {}), now["script"].get("provider", {})
    if not both_text or old == new or not (isinstance(old, dict) and isinstance(new, dict)):
        return []
    was["script"].pop("provider", None)
    now["script"].pop("provider", None)
    a, b = _voice_name(old), _voice_name(new)
    if a != b:
        return [f"voice changed: {a} → {b}"]
    differ = [_plain(path, x, y) for path, x, y in _differing(old, new, "voice")]
    return [text.replace("voice_config.", "") for text in differ]


def _voice_name(provider: Mapping[str, Any]) -> str:
    return str(provider.get("voice_id") or provider.get("type") or "the service's choice")


def _driver(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    old, new = was.get("driver_url"), now.get("driver_url")
    if old == new or (isinstance(old, dict) and isinstance(new, dict)):
        return []
    was.pop("driver_url", None)
    now.pop("driver_url", None)
    return [f"driver changed: {_driver_name(old)} → {_driver_name(new)}"]


def _driver_name(driver: Any) -> str:
    if driver is None:
        return "chosen to fit"
    return "a video" if isinstance(driver, dict) else str(driver).removeprefix("bank://").rstrip("/")


def _script(was: dict[str, Any], now: dict[str, Any], spelling: Spelling | None) -> list[str]:
    old, new = was["script"], now["script"]
    if old.get("type") != new.get("type"):
        was["script"] = now["script"] = {}
        return [f"script changed: {_script_sort(old)} → {_script_sort(new)}"]
    a, b = old.get("input", ""), new.get("input", "")
    if not (isinstance(a, str) and isinstance(b, str)):
        return []
    old.pop("input", None)
    new.pop("input", None)
    if a == b:
        return []
    from didgen.plan.wording import word_diff  # its patterns take longer to make than a small plan

    if spelling is None or not spelling.pronounce:
        return [f"script changed: {word_diff(a, b)}"]
    if spelling.differs_in_sound_only(a):
        return [f"pronunciation changed, as spoken: {word_diff(a, b)}"]
    return [f"script changed: {word_diff(spelling.as_written(a), spelling.written)}"]


def _script_sort(script: Mapping[str, Any]) -> str:
    return {"audio": "a recording", "text": "text to speak"}.get(str(script.get("type")), "none")


def _differing(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Leaves that differ. A file (its digest) is one leaf; a mapping that was not set had no members."""
    if old == new:
        return
    if path not in _WHOLE:
        old = {} if old is _MISSING and isinstance(new, dict) and new and "sha256" not in new else old
        new = {} if new is _MISSING and isinstance(old, dict) and old and "sha256" not in old else new
    if path not in _WHOLE and isinstance(old, dict) and isinstance(new, dict) and "sha256" not in old | new:
        for key in sorted(old.keys() | new.keys()):
            yield from _differing(old.get(key, _MISSING), new.get(key, _MISSING), f"{path}.{key}")
    else:
        yield path, old, new


def _plain(path: str, old: Any, new: Any) -> str:
    name = _NAMES.get(path, path.removeprefix("request."))
    if path in _WHOLE or (isinstance(old, dict) and isinstance(new, dict)):
        same = path in _NAMES and isinstance(old, dict) and old.get("sha256") == new.get("sha256")
        return f"{name} is made to fit the service in another way" if same else f"{name} changed"
    return f"{name} changed: {_value(old)} → {_value(new)}"


def _value(value: Any) -> str:
    if value is _MISSING or value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a file" if "sha256" in value else "set"
    if isinstance(value, list):
        return f"{len(value)} entries" if len(str(value)) > MAX_SHOWN else str(value)
    return _cut(str(value), len(str(value)))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-limit // 2 :]}"


def _article(kind: Any) -> str:
    return f"{'an' if str(kind).startswith('a') else 'a'} {kind}"
