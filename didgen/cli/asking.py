"""An account at a service, opened for one question of a command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from didgen.api.account import Account
    from didgen.plan.identity import ServiceId

T = TypeVar("T")

at_service = click.option("--service", metavar="NAME", default="local", help="local (default), d-id or a base URL.")


def asked(service: ServiceId, question: Callable[[Account], Awaitable[T]]) -> T:
    """What a service's account answers, its key taken from the environment. Raises DidgenError."""
    import asyncio

    from didgen.api.account import Account
    from didgen.api.key import keys_for
    from didgen.api.transport import Transport

    async def ask() -> T:
        transport = Transport(service.base_url, keys_for(service.host.partition("/")[0]))
        try:
            return await question(Account(transport))
        finally:
            await transport.aclose()

    return asyncio.run(ask())
