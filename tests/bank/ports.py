"""Ports of a server that is down and will come again."""

from __future__ import annotations

import socket


def held(port: int) -> socket.socket:
    """Keeps a port until it is closed: nobody else is given it, and who connects is refused. A server that may reuse
    addresses takes it all the same."""
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", port))
    return keeper
