"""Who may talk to our server: host names, origins and the key are checked before anything is read."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from didgen.serve.answers import error_answer

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
SIGNED = ("/results/", "/previews/", "/account/", "/page/files/", "/page/growing/")
"""Paths whose links carry their own leave: a signature, or a name that nobody can guess."""

PAGE = "/page/"
PAGE_DATA = "/page/events"
"""What the page shows. The page itself has nothing in it, and asks for the key."""

OPEN = ("/openapi.json", "/docs")
"""Paths that tell nothing but what every copy of this program does."""

_CLIENT = "didgen.client"


def client_of(scope: Scope) -> str:
    """Who sent a request, for fairness: the address it came from and the number of its key."""
    return str(scope[_CLIENT])


class Guard:
    """ASGI middleware. A page in a browser reaches 127.0.0.1 under a name of its own choice (DNS rebinding), so the
    Host must be one of `host_names` (None: any), an Origin must be the host itself, and the key, when there is one,
    is demanded everywhere but on signed links and for the page without its data. key: one, or several with blanks
    between them, a key for each client. Trailing slashes are forgiven.
    """

    def __init__(self, app: App, key: str | None, host_names: Sequence[str] | None) -> None:
        self._app = app
        self._keys = [credentials(one) for one in key.split()] if key else []
        self._hosts = None if host_names is None else frozenset(name.lower().strip("[]") for name in host_names)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["path"] = scope["path"].rstrip("/") or "/"
            scope[_CLIENT] = (scope.get("client") or ("",))[0]
            refusal = self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Any | None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            return error_answer(421, "BadRequestError", "this server does not go by that name")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return error_answer(403, "PermissionError", "pages of other sites may not use this server")
        if self._keys and not _is_open(scope["path"]):
            number = self._known(headers)
            if number is None:
                return error_answer(401, "AuthorizationError", "user unauthenticated")
            scope[_CLIENT] += f" {number}"
        return None

    def _known(self, headers: MutableMapping[str, str]) -> int | None:
        """Which of our keys was sent; None: none of them."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        given = given.strip().partition("~")[0]  # the service's own SDK appends ~<random>
        found = [sum(hmac.compare_digest(form.encode(), given.encode()) for form in key) > 0 for key in self._keys]
        return found.index(True) if scheme.lower() == "basic" and any(found) else None


def _is_open(path: str) -> bool:
    """Whether a path needs no key."""
    return path.startswith(SIGNED) or path in ("/", *OPEN) or (path.startswith(PAGE) and path != PAGE_DATA)


def credentials(key: str) -> tuple[str, ...]:
    """The forms in which clients of the service send one key: as issued, in base64, in base64 with a colon after."""
    return (key, _base64(key), _base64(f"{key}:"))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
