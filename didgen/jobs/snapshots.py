"""Inputs on their way into a render: copied while they are hashed, so that what is sent is what was planned."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from didgen.api.wire import RenderRequest, Request
from didgen.plan.identity import INPUT_FIELDS
from didgen.plan.scene import Scene
from didgen.store.objects import Objects

Model = TypeVar("Model", bound=Request)


class Snapshots:
    """The copies of one build. root: the workspace, from which messages name files."""

    def __init__(self, objects: Objects, root: Path) -> None:
        self._objects, self._root = objects, root
        self._folder = objects.temporary / f"inputs-{os.getpid()}"

    def request(self, scene: Scene) -> RenderRequest:
        """A scene's request with every local input replaced by a copy. Raises InputChangedError, StorageError."""
        request: RenderRequest = scene.request
        for name, given in scene.inputs.items():
            copy = self._objects.snapshot(given.path, given.digest, self._folder)
            request = _replaced(request, INPUT_FIELDS[name], copy.as_uri())
        return request

    def in_authors_words(self, message: str, scene: Scene) -> str:
        """A message about a copy names the file or the URL the author knows."""
        for given in scene.inputs.values():
            copy = self._folder / given.digest[:16] / given.path.name
            message = message.replace(str(copy), given.url or os.path.relpath(given.path, self._root))
        return message

    def clear(self) -> None:
        """Remove them."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _replaced(model: Model, path: Sequence[str], value: str) -> Model:
    """A copy of a frozen model with the member at `path` replaced; what was set and what was not stays so."""
    head, *rest = path
    return model.model_copy(update={head: _replaced(getattr(model, head), rest, value) if rest else value})
