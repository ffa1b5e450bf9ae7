"""Whether what a plan makes can be put where it belongs: asked before anything is bought or rendered for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from didgen.walk.planned import Planned


def check_writable(planned: Planned) -> None:
    """Raises StorageError for the first output of a plan, or the manifest beside them, that cannot be put in place."""
    from didgen.plan.address import MANIFEST_NAME, project_folder

    made = [one.scene.output for one in planned.plan.decisions if one.action in ("render", "restore")]
    for output in [*made, project_folder(planned.project.name) / MANIFEST_NAME] if made else ():
        planned.outputs.check_place(output)
