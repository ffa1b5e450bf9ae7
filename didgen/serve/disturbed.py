"""The server on a bad day: faults of requests, drawn and played (`faults.py` says which there are)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from didgen.serve.answers import error_answer
from didgen.serve.faults import Faults
from didgen.serve.guard import App, Scope

SLOW_S = 3.0

_REFUSALS = {
    "402": (402, "InsufficientCreditsError", "not enough credits"),
    "451": (451, "ImageModerationError", "the image did not pass moderation"),
}


class Disturbed:
    """ASGI middleware below the guard: only who has the key meets a fault."""

    def __init__(self, app: App, faults: Faults) -> None:
        self._app, self._faults = app, faults

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        making = scope["method"] == "POST" and scope["path"] in ("/talks", "/animations")
        if self._faults.happens("slow"):
            await asyncio.sleep(SLOW_S)
        answer = self._instead(making)
        if answer is not None:
            await answer(scope, receive, send)
        elif making and self._faults.happens("504-after-accept"):
            await self._accepted_in_silence(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _instead(self, making: bool) -> Any | None:
        """What is answered instead of doing anything."""
        from starlette.responses import HTMLResponse

        happens = self._faults.happens
        if happens("500"):
            return error_answer(500, "InternalServerError", "internal server error")
        if happens("502"):
            return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)
        if not making:
            return None
        if happens("429"):
            later = {"Retry_After": str(self._faults.seconds(1, 5))}
            return error_answer(429, "TooManyRequestsError", "too many requests", **later)
        if happens("504"):
            return _gateway()
        refused = next((refusal for name, refusal in _REFUSALS.items() if happens(name)), None)
        return error_answer(*refused) if refused is not None else None

    async def _accepted_in_silence(self, scope: Scope, receive: Any, send: Any) -> None:
        """Do it, and answer as the gateway does; what is refused is said."""
        held: list[Mapping[str, Any]] = []

        async def hold(message: Mapping[str, Any]) -> None:
            held.append(message)

        await self._app(scope, receive, hold)
        if held and held[0].get("status") == 201:
            await _gateway()(scope, receive, send)
            return
        for message in held:
            await send(message)


def _gateway() -> Any:
    from starlette.responses import JSONResponse

    return JSONResponse({"message": "Endpoint request timed out"}, 504)


def disturbed_answer(answer: dict[str, Any], faults: tuple[str, ...]) -> dict[str, Any]:
    """What a job says of itself, with what goes wrong with it."""
    if "unknown-status" in faults and answer["status"] == "started":
        answer = answer | {"status": "processing"}
    if "no-echo" in faults:
        answer = {name: value for name, value in answer.items() if name not in ("user_data", "name")}
    return answer
