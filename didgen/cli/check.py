"""`didgen check`: is everything written right?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from didgen.cli import options


@click.command("check")
@options.addresses
@options.service
@click.option(
    "--strict", is_flag=True, help="Also refuse likely overruns, missing or ended rights, stale translations."
)
@options.as_json
@options.quiet
@options.in_folder
def command(addresses: tuple[str, ...], service: str | None, strict: bool, json_output: bool, quiet: bool) -> None:
    """Read the projects and all they name; report every mistake at once, at file:line:column. Renders nothing."""
    from didgen.errors import ProjectError
    from didgen.plan import rights, translations
    from didgen.project.workspace import find_root
    from didgen.walk.planned import overruns
    from didgen.walk.shortcut import wish
    from didgen.walk.steps import check

    wanted = wish(find_root(Path.cwd()), addresses, service=service)
    checked = check(wanted, lambda text: click.echo(text, err=True))
    notes = [(scene.address, note) for _, scenes in checked for scene in scenes for note in scene.notes]
    over = [one for project, scenes in checked for one in overruns(wanted.root, project, scenes)]
    notes += [(address, found.words) for address, found in over]
    ended = [(scene.address, rights.expired(scene, wanted.today)) for _, scenes in checked for scene in scenes]
    notes += [(address, str(problem)) for address, problem in ended if problem is not None]
    behind = ((scene.address, translations.words_of_stale(scene)) for _, scenes in checked for scene in scenes)
    notes += [(address, words) for address, words in behind if words]
    problems = [found.problem(address) for address, found in over] if strict else []
    for project, scenes in checked if strict else ():
        problems += rights.strict_problems(project, scenes, wanted.today)
        problems += translations.problems(project, scenes)
    count = sum(len(scenes) for _, scenes in checked)
    if json_output:
        told = {"version": 1, "scenes": count, "notes": notes, "problems": [str(problem) for problem in problems]}
        click.echo(json.dumps(told, ensure_ascii=False))
    if problems:
        raise ProjectError(problems)
    if not quiet and not json_output:
        for address, note in notes:
            click.echo(f"{address}: {note}")
        click.echo(f"{count} scenes in {len(checked)} project{'s' * (len(checked) != 1)}, nothing wrong")
