"""Keys of accounts: read once, in every form that people paste them in, and shown to nobody.

The service issues `USER:SECRET`. Samples of its documentation send that as it is, RFC 7617 wants it in base64, and some
programs code it with an empty password behind (`USER:SECRET:`). What is in base64 already goes out as it was given,
since its owner knows that it works; a plain key goes out in base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from didgen.catalog.services import D_ID_HOST, is_loopback
from didgen.errors import UsageError
from didgen.secret import NO_SECRET, Secret

D_ID_KEY = "D_ID_API_KEY"
OWN_KEY = "DIDGEN_API_KEY"
ELEVENLABS_KEY = "D_ID_ELEVENLABS_KEY"
"""Not the ELEVENLABS_API_KEY that other programs read: a key goes to a third party only where somebody said so."""

_TELLING = 6
"""Characters from which on a text is taken for a key wherever it stands."""

Form = Literal["user:secret", "base64", "base64 of user:secret:", "unknown"]


@dataclass(frozen=True, slots=True)
class Keys:
    """What a service is shown. basic: the credentials behind `Basic`, empty for none. elevenlabs: the user's own key of
    that provider, sent with talks that it speaks. name: the variable the first came from.
    """

    basic: Secret = NO_SECRET
    elevenlabs: Secret = NO_SECRET
    form: Form = "unknown"
    name: str = D_ID_KEY

    def headers(self) -> dict[str, str]:
        """The headers of every request."""
        return {"Authorization": f"Basic {self.basic.reveal()}"} if self.basic else {}

    def external(self) -> dict[str, str]:
        """The headers of a talk that the user's own account of a provider speaks."""
        if not self.elevenlabs:
            return {}
        return {"x-api-key-external": json.dumps({"elevenlabs": self.elevenlabs.reveal()})}

    def advice(self, host: str) -> str:
        """What to do when the service at `host` does not take this key."""
        if host == D_ID_HOST:
            return f"set {D_ID_KEY} to the key as the service shows it (user:secret); a failed payment also gives 401"
        if self.basic and self.name == D_ID_KEY:
            return f"it was shown the key in {D_ID_KEY}; set {OWN_KEY} to its own key, if it has one"
        return f"set {OWN_KEY} to the key of {host}"

    def hidden(self, data: bytes) -> bytes:
        """An answer without these keys, should it repeat them: what it says is shown and kept."""
        basic = self.basic.reveal()
        plain = basic if ":" in basic else _decoded(basic).rstrip(":")
        for text in (basic, plain, plain.rpartition(":")[2], self.elevenlabs.reveal()):
            if len(text) >= _TELLING:
                data = data.replace(text.encode(), b"(key)")
        return data


def keys_for(host: str, environ: Mapping[str, str] = os.environ) -> Keys:
    """The keys for a service at `host` (with its port, if any).

    D_ID_API_KEY is for D-ID and for servers on this machine; another host, which a project may name, gets only what
    DIDGEN_API_KEY holds. Raises UsageError for what cannot be a key.
    """
    at_home = is_loopback(host)
    ours = host == D_ID_HOST or at_home
    own = at_home and (environ.get(OWN_KEY) or not environ.get(D_ID_KEY))
    name = D_ID_KEY if ours and not own else OWN_KEY
    basic, form = read_key(environ.get(name, ""), name)
    return Keys(basic, _plain(environ.get(ELEVENLABS_KEY, ""), ELEVENLABS_KEY) if ours else NO_SECRET, form, name)


def given_key(text: str) -> Keys:
    """The keys of a program that holds its own key, in any form that `read_key` reads."""
    basic, form = read_key(text)
    return Keys(basic, form=form)


def read_key(text: str, name: str = D_ID_KEY) -> tuple[Secret, Form]:
    """The credentials in a key as pasted, and the form they were in. Blanks around it and a `Basic ` before it do not
    count.

    Raises UsageError for a Bearer token, a browser's Client-Key, and what no header can carry.
    """
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() in ("bearer", "client-key"):
        raise UsageError(f"{name} is a {scheme} token", hint="set it to the API key of your account, user:secret")
    given = _plain(rest if scheme.lower() == "basic" else text, name)
    plain = given.reveal()
    if not plain:
        return given, "unknown"
    if ":" in plain:
        return Secret(base64.b64encode(plain.encode()).decode()), "user:secret"
    decoded = _decoded(plain)
    if ":" not in decoded:
        return given, "unknown"
    return given, "base64 of user:secret:" if decoded.endswith(":") else "base64"


def _plain(text: str, name: str) -> Secret:
    text = text.strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(
            f"{name} holds blanks or signs that no key has", hint="set it to the key alone, as the service shows it"
        )
    return Secret(text)


def _decoded(text: str) -> str:
    """What base64 says, "" when it is none or says no text."""
    try:
        return base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
