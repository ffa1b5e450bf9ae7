"""The page's server: this machine only, in a thread of its own, so that who writes the board need not know of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from didgen.errors import UsageError
from didgen.page.board import Board

HOST = "127.0.0.1"
PORT = 8020


@contextmanager
def served(board: Board, port: int = PORT) -> Iterator[str]:
    """Serve the page of a board while the block runs; its address. port: 0 takes any free one.

    Raises UsageError when the port is taken.
    """
    import uvicorn

    from didgen.page.app import page_app

    taken = _listen(port)
    config = uvicorn.Config(
        page_app(board),
        log_config=None,
        log_level="critical",
        lifespan="off",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=32768,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([taken],), name="page", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{taken.getsockname()[1]}/"
    finally:
        board.close()
        server.should_exit = True
        thread.join(5.0)
        taken.close()


def _listen(port: int) -> socket.socket:
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((HOST, port))
        taken.listen(128)  # from here on nobody is refused, whenever the server begins to answer
    except OSError as error:
        taken.close()
        raise UsageError(
            f"port {port} of this machine is taken", hint="say --port N, or --port 0 for a free one"
        ) from error
    return taken
