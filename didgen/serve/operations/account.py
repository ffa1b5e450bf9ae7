"""What our server tells of itself: what is left to spend, and who can speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from didgen.catalog.local_voices import VOICES, Voice
from didgen.catalog.providers import TO_MICROSOFT
from didgen.catalog.voices import installed
from didgen.errors import RenderError
from didgen.serve.desk import Desk
from didgen.serve.record import OWNER, now

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

NEVER = "9999-12-31T23:59:59.999Z"


def routes(desk: Desk) -> list[Any]:
    """/credits and /tts/voices, which old clients call /voices."""
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def account_credits(request: Request) -> Response:  # noqa: ARG001
        total = desk.settings.credits
        left = max(0, total - desk.jobs.spent())
        since = desk.db.get("credits_since")
        if since is None:
            since = now()
            desk.db.put("credits_since", since)
        times = {"created_at": since, "modified_at": since, "expire_at": NEVER}  # clients insist on them
        item = {"owner_id": OWNER, **times, "remaining": left, "total": total}
        return JSONResponse({"credits": [item], "remaining": left, "total": total})

    return [
        Route("/credits", account_credits, methods=["GET"]),
        Route("/tts/voices", voices, methods=["GET"]),
        Route("/tts/voices", clone, methods=["POST"]),
        Route("/voices", voices, methods=["GET"]),
    ]


async def voices(request: Request) -> Response:
    """GET /tts/voices: those installed here, or with `provider=microsoft` those of Microsoft that they stand in for."""
    from starlette.responses import JSONResponse

    provider, wanted = request.query_params.get("provider", "didgen"), request.query_params.get("id")
    available = installed()
    names = {"didgen": {voice: voice for voice in VOICES}, "microsoft": TO_MICROSOFT}.get(provider, {})
    shown = [_told(VOICES[voice], name, provider) for voice, name in names.items() if voice in available]
    return JSONResponse([one for one in shown if wanted in (None, "", one["id"])])


def _told(voice: Voice, name: str, provider: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "gender": voice.gender,
        "access": "public",
        "provider": provider,
        "languages": [{"language": voice.locale.split("-")[0], "locale": voice.locale}],
        "styles": [],
    }


async def clone(request: Request) -> Response:  # noqa: ARG001
    """POST /tts/voices: as a plan without cloning is answered. Nothing is read of a recording of somebody's voice."""
    raise RenderError("PermissionError", "this server does not clone voices: GET /tts/voices has those that it speaks")
