"""Links that somebody else wrote, and where a connection for them may go: to public hosts, and nowhere else.

A host is looked up once, every address it has must be allowed, the connection goes to one of those very addresses
under the host's own name (Host, SNI, certificate), and each redirect is a new link. No proxy, no credentials.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from didgen.api.addresses import is_public
from didgen.errors import DidgenError, UnreachableError
from didgen.secret import bare_url, hush_http_logs

if TYPE_CHECKING:
    import ssl

    import httpx

URL_CHARS = 2048
ADDRESSES = 4  # of one host that are tried
REDIRECT = (301, 302, 303, 307, 308)

_HINT = "does it open in a browser? when the network is back, build again"

Lookup = Callable[[str], list[str]]


class LinkError(DidgenError):
    """A URL that can never be used as it is written, or that holds something else."""


class AwayError(UnreachableError):
    """What a URL names cannot be had now; it may be another time."""


def look_up(host: str) -> list[str]:
    """The addresses of a host, as text. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def parsed(url: str) -> httpx.URL:
    """A link as a URL. Raises LinkError, httpx.InvalidURL."""
    import httpx

    if len(url) > URL_CHARS or not url.isprintable():
        raise LinkError(f"{bare_url(url)} is no URL that can be fetched")
    return httpx.URL(url)


def tls_context() -> ssl.SSLContext:
    """What certificates are checked against. Some 20 ms: made once."""
    import httpx

    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Reach:
    """Where links may lead. loopback: also to this machine, at any port; plain: there by http too. lookup: another way
    to find a host's addresses, for tests."""

    loopback: bool = False
    plain: bool = False
    lookup: Lookup = look_up

    def check(self, url: httpx.URL) -> None:
        """What can be told of a link without a network. Raises LinkError."""
        name = f"{url.scheme}://{url.netloc.decode()}"
        if len(str(url)) > URL_CHARS:
            raise LinkError(f"the URL at {url.host} is longer than {URL_CHARS} characters")
        if url.userinfo:
            raise LinkError(f"a URL with a password in it is not fetched ({url.host})", hint="use a link without one")
        if not url.host or url.scheme not in (("https", "http") if self.plain else ("https",)):
            raise LinkError(f"{name} is no https link")
        if url.port is not None and not self.loopback:
            raise LinkError(f"{name} names a port", hint="only the usual one is asked")

    async def addresses(self, url: httpx.URL) -> list[str]:
        """The addresses of a link's host, all of them allowed. Raises LinkError, AwayError."""
        self.check(url)
        found = await _looked_up(self.lookup, url.host)
        if not found:
            raise AwayError(f"{url.host} cannot be found now", hint=_HINT)
        home = all(map(_is_loopback, found))
        if not all(is_public(one) or (self.loopback and _is_loopback(one)) for one in found):
            raise LinkError(f"{url.host} is not on the public internet", hint="save the file beside the project")
        if not home and (url.scheme == "http" or url.port is not None):
            raise LinkError(f"{url.scheme}://{url.netloc.decode()} is no plain https link")
        return found[:ADDRESSES]

    @asynccontextmanager
    async def answered(
        self,
        method: str,
        url: httpx.URL,
        *,
        tls: ssl.SSLContext,
        patience_s: float,
        headers: Mapping[str, str] | None = None,
        content: Any = None,
    ) -> AsyncIterator[httpx.Response]:
        """The answer of the first address that can be connected to, its body not read yet; redirects are answers.

        Raises LinkError, AwayError, httpx.HTTPError.
        """
        import httpx

        hush_http_logs()
        addresses = await self.addresses(url)
        patience = httpx.Timeout(patience_s, connect=patience_s / len(addresses))
        async with httpx.AsyncClient(verify=tls, trust_env=False, timeout=patience) as web:
            answer = await _first(web, method, url, addresses, headers or {}, content)
            try:
                yield answer
            finally:
                await answer.aclose()


async def _first(
    web: httpx.AsyncClient,
    method: str,
    url: httpx.URL,
    addresses: list[str],
    headers: Mapping[str, str],
    content: Any,
) -> httpx.Response:
    """Host and TLS name stay those of the link."""
    import httpx

    named = {"Host": url.netloc.decode(), "Accept-Encoding": "identity", "User-Agent": "didgen", **headers}
    for address in addresses:
        request = web.build_request(
            method,
            url.copy_with(host=address, fragment=None),
            headers=named,
            content=content,
            extensions={"sni_hostname": url.raw_host.decode()},
        )
        try:
            return await web.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if address == addresses[-1]:
                raise
    raise AssertionError("no address was given")


async def _looked_up(lookup: Lookup, host: str) -> list[str]:
    """`lookup` in a thread that nobody has to wait for, so that the deadline holds whatever the resolver does."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(found: list[str]) -> None:
        if not answer.done():
            answer.set_result(found)

    def look() -> None:
        found: list[str] = []
        with suppress(OSError, UnicodeError):
            found = lookup(host)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, found)

    threading.Thread(target=look, daemon=True).start()
    return await answer


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"
