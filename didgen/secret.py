"""What nobody may see: keys, and what signs a link. Everything that is shown, logged or kept goes through here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

from didgen.digest import sha256_bytes

if TYPE_CHECKING:
    from logging import LogRecord


class Secret:
    """A text that no `repr`, f-string, log or pickle shows; `reveal` is called where it is sent and nowhere else."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(…)" if self._text else "Secret()"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


NO_SECRET = Secret("")

_LINK = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.-]{0,20}://)(?:[^\s/?#\"'<>]*@)?(?P<plain>[^\s?#\"'<>]*)(?:[?#][^\s\"'<>]*)?"
)
_SIGNING = re.compile(
    r"x-(amz|goog)-|awsaccesskeyid$|googleaccessid$|expires$|signature$|policy$|key-pair-id$|token$", re.I
)
_AZURE = frozenset(
    ("sv", "ss", "srt", "sr", "sp", "st", "se", "spr", "sip", "sig", "skoid", "sktid", "skt", "ske", "sks")
)


def unsigned(text: str) -> str:
    """A text whose links have lost their queries, fragments and user parts: what signs them."""
    return _LINK.sub(r"\g<scheme>\g<plain>", text) if "://" in text else text


def bare_url(url: str) -> str:
    """A URL for messages: as `unsigned`, whatever signs are in it, and not too long."""
    plain = url.partition("?")[0].partition("#")[0]
    scheme, _, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"[:200]


def without_links(value: Any) -> Any:
    """An answer of the service fit to be kept: links without what opens them, no account data."""
    if isinstance(value, dict):
        return {key: without_links(v) for key, v in value.items() if key != "user"}
    if isinstance(value, list):
        return [without_links(v) for v in value]
    return unsigned(value) if isinstance(value, str) else value


def sealed_url(url: str) -> str:
    """A URL as it may be kept, the same for the same thing: what signs it is gone, so that a link signed anew is no
    other; the rest of its query stands there as a digest.

    A URL that has no query stays as it is.
    """
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return bare_url(url)
    if not parts.query and not parts.fragment and "@" not in parts.netloc:
        return url
    names = {name.lower() for name, _ in query}
    azure = _AZURE if {"sv", "sig"} <= names else frozenset()
    told = [(name, value) for name, value in query if not _SIGNING.match(name) and name.lower() not in azure]
    plain = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return f"{plain}?sha256={sha256_bytes(urlencode(told).encode())[:32]}" if told else plain


_SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "CREDENTIAL")


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for a child process that opens other people's files: without what its names say are secrets."""
    return {name: value for name, value in environ.items() if not any(word in name.upper() for word in _SECRET_WORDS)}


def hush_http_logs() -> None:
    """Have the HTTP library tell its log no signed link: at INFO it writes down every URL, at DEBUG every Location.

    Nobody hears it unless a program that uses didgen as a library listens. May be called again.
    """
    import logging

    for name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
        logging.getLogger(name).addFilter(_without_links)


def _without_links(record: LogRecord) -> bool:
    """A filter of a logger that lets every line through, its links without what opens them."""
    record.msg, record.args = unsigned(record.getMessage()), ()
    return True
