"""`didgen serve`: an adapter from the service's HTTP API onto any renderer behind the seam (see README.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from didgen.api.job import Service
from didgen.errors import DidgenError
from didgen.serve.answers import broken, not_routed, other_methods, refused
from didgen.serve.desk import Desk
from didgen.serve.disturbed import Disturbed
from didgen.serve.faults import Faults
from didgen.serve.guard import LOOPBACK_NAMES, Guard
from didgen.serve.inspector import Inspector
from didgen.serve.operations import all_routes
from didgen.serve.settings import Settings


def make_app(
    service: Service,
    folder: Path,
    key: str | None = None,
    host_names: Sequence[str] | None = None,
    *,
    settings: Settings | None = None,
    faults: Faults | None = None,
    inspector: Inspector | None = None,
    page: Callable[[Desk], Any] | None = None,
) -> Any:
    """The ASGI application. It owns `service` and closes it at the end.

    folder: where jobs, uploads and results lie; what an earlier server left there goes on. key: what clients must send
    (several: with blanks between them); None lets anyone on this machine in. host_names: accepted names in the Host
    header; default: the loopback names, and any name once a key is demanded. inspector: one that others share and
    close. page: makes the ASGI application that
    answers what no operation does. Raises StorageError.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Mount

    faults = faults or Faults()
    door = inspector or Inspector()
    desk = Desk(service, folder, settings or Settings(), faults, door)

    @asynccontextmanager
    async def life(app: Any) -> AsyncIterator[None]:  # noqa: ARG001
        desk.start()
        yield
        await desk.aclose()
        if door is not inspector:
            door.close()

    operations = all_routes(desk)
    routes = [*operations, *other_methods(operations), *([Mount("/", page(desk))] if page is not None else [])]
    handlers: Any = {DidgenError: refused, HTTPException: not_routed, Exception: broken}
    app = Starlette(routes=routes, lifespan=life, exception_handlers=handlers)
    names = host_names if host_names is not None or key else LOOPBACK_NAMES
    return Guard(Disturbed(app, faults) if faults.rates else app, key, names)
