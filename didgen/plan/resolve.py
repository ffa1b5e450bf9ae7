"""From a project as written to scenes that can be rendered: no template left, every input a digest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from didgen.catalog.voices import installed
from didgen.errors import Problem, ProjectError
from didgen.plan.address import address_of, collisions
from didgen.plan.cast import Cast
from didgen.plan.context import Context
from didgen.plan.frames import Frames
from didgen.plan.identity import Identities, ServiceId
from didgen.plan.inputs import Inputs, Remote
from didgen.plan.instances import Instances
from didgen.plan.rights import Rights
from didgen.plan.scene import Scene
from didgen.plan.texts import Texts
from didgen.project.files import Files
from didgen.project.load import Project
from didgen.project.output import OutputTemplate
from didgen.project.template import Templates


def resolve(
    project: Project,
    files: Files,
    service: ServiceId,
    *,
    remote: Remote | None = None,
    output: OutputTemplate | None = None,
    available: Collection[str] | None = None,
) -> list[Scene]:
    """All scenes of a project in order.

    remote fetches inputs named by https URL; without it the local engine refuses them. output: the workspace's
    template of where outputs go. available: local voices that can speak, looked for when left out. Raises ProjectError
    with every problem of the project, those of `load_project` included, in file order.
    """
    scenes: list[Scene | None] = []
    cast = Cast(service, installed() if available is None else available)
    frames = Frames(Rights(project, files), Identities(service))
    wrong: dict[Problem, list[str]] = {}
    with Templates(files) as templates:
        found = Instances(project, files, templates, output)
        texts = Texts(project, files, templates)
        for instance in found.all():
            context = Context(project, cast, texts, instance, Inputs(files, service, remote))
            scenes.append(frames.scene(context))
            for problem in context.problems:
                wrong.setdefault(problem, []).append(instance.address)
    problems = [*project.problems, *collisions(project), *found.problems, *_not_joined(project, scenes)]
    problems += [_with_addresses(problem, addresses) for problem, addresses in wrong.items()]
    if problems:
        raise ProjectError(sorted(dict.fromkeys(problems), key=_file_order))
    return [scene for scene in scenes if scene is not None]


def _with_addresses(problem: Problem, addresses: Sequence[str]) -> Problem:
    """A problem of some instances of a scene, told once and saying of which."""
    first, *more = dict.fromkeys(addresses)
    if "[" not in first:
        return problem
    others = f" and {len(more)} more" if more else ""
    return replace(problem, message=f"{problem.message}, in {first}{others}")


def _not_joined(project: Project, scenes: Sequence[Scene | None]) -> list[Problem]:
    """Scenes that `film` names and no film can hold."""
    if project.spec.film is None:
        return []
    gifs = {s.address.partition("[")[0] for s in scenes if s is not None and s.output.suffix == ".gif"}
    return [
        project.problem(
            f"{name} is a GIF: without sound it cannot be part of a film", "film", number, hint="leave it out"
        )
        for number, name in enumerate(project.spec.film)
        if address_of(project.name, name) in gifs
    ]


def _file_order(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)
