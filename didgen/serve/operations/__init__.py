"""The operations of our server, a module for each resource.

Each module has `routes(desk)`, which gives Starlette routes. To add an operation: write it in the module of its
resource (or a new one, then name it in RESOURCES), read bodies by `didgen.serve.bodies`, refuse by raising RenderError
with the service's kind (`didgen.serve.answers` makes the answer), and keep what has to survive in `desk`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from didgen.serve.desk import Desk

RESOURCES = ("jobs", "uploads", "faces", "results", "account", "settings", "description")
"""Modules of this room, in the order in which their routes are tried."""


def all_routes(desk: Desk) -> list[Any]:
    """Every route of every resource."""
    modules = (import_module(f"{__name__}.{name}") for name in RESOURCES)
    return [route for module in modules for route in module.routes(desk)]
