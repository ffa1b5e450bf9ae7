"""The tag that a paid job carries, so that it is known again wherever it turns up: on the account, in another's build.

    didgen1:<the first 32 hex digits of the fingerprint: the scene's key>:<nonce: 32 hex digits, the id of our job>

It rides at the end of `user_data`, behind the user's own, and in talks of `name`. Neither changes what is rendered, so
it is added to what is sent and to nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from didgen.api.wire import Kind, RenderRequest, TalkRequest

NAME_CHARS = 250
_KEY_CHARS = 32
_TAG = re.compile(r"didgen1:([0-9a-f]{32}):([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Tag:
    """key: which scene, the same for equal renders on every machine. nonce: which of its jobs."""

    key: str
    nonce: str

    def __str__(self) -> str:
        return f"didgen1:{self.key}:{self.nonce}"


def key_of(fingerprint: str) -> str:
    """The key of a fingerprint of 64 hex digits."""
    return fingerprint[:_KEY_CHARS]


def tagged(request: RenderRequest, tag: Tag, title: str) -> RenderRequest:
    """The request as it is sent: the tag behind the user's own `user_data` and `name`. title: where it has no name.

    `user_data` must leave `api.wire.TAG_CHARS` of its 1,000 characters free, which planning has seen to.
    """
    own = f"{request.user_data} " if request.user_data else ""
    update = {"user_data": f"{own}{tag}"}
    if isinstance(request, TalkRequest) or request.name:  # animations have no `name`, and might be refused for one
        update["name"] = f"{(request.name or title)[: NAME_CHARS - len(str(tag)) - 1]} {tag}"
    return request.model_copy(update=update)


def read_tag(answer: Mapping[str, Any]) -> Tag | None:
    """The tag in an answer about a job; None for a job that carries none, or whose answer does not show it."""
    for field in ("user_data", "name"):
        found = _TAG.findall(str(answer.get(field) or ""))
        if found:
            return Tag(*found[-1])  # ours is the last: a user's own text may quote another
    return None


def untagged(name: str) -> str:
    """A name without our tag."""
    return _TAG.sub("", name).strip()


def shows_tags(kind: Kind, answer: Mapping[str, Any]) -> bool:
    """Whether an answer shows what a job was sent with, whoever sent it: then one of ours would show its tag.

    The name of an animation does not tell: ours are sent without one.
    """
    return bool(answer.get("user_data") or (kind == "talk" and answer.get("name")))
