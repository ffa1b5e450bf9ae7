"""What our server tells of itself: what is left to spend, and who can speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from didgen.catalog.local_voices import VOICES
from didgen.catalog.voices import installed
from didgen.serve.desk import Desk
from didgen.serve.record import OWNER

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def routes(desk: Desk) -> list[Any]:
    """/credits and /tts/voices, which old clients call /voices."""
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def account_credits(request: Request) -> Response:  # noqa: ARG001
        total = desk.settings.credits
        left = max(0, total - desk.jobs.spent())
        return JSONResponse(
            {"credits": [{"owner_id": OWNER, "remaining": left, "total": total}], "remaining": left, "total": total}
        )

    return [
        Route("/credits", account_credits, methods=["GET"]),
        Route("/tts/voices", voices, methods=["GET"]),
        Route("/voices", voices, methods=["GET"]),
    ]


async def voices(request: Request) -> Response:  # noqa: ARG001
    """GET /tts/voices: those installed here."""
    from starlette.responses import JSONResponse

    available = installed()
    shown = [
        {
            "id": voice.id,
            "name": voice.id,
            "gender": voice.gender,
            "access": "public",
            "provider": "didgen",
            "languages": [{"language": voice.locale.split("-")[0], "locale": voice.locale}],
            "styles": [],
        }
        for voice in VOICES.values()
        if voice.id in available
    ]
    return JSONResponse(shown)
