"""`didgen check`: is everything written right?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from didgen.cli import options
from didgen.errors import Problem


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
    from didgen.cli.ci import announce
    from didgen.errors import ProjectError
    from didgen.plan import rights, translations
    from didgen.project.workspace import find_root
    from didgen.walk.planned import overruns
    from didgen.walk.shortcut import wish
    from didgen.walk.steps import check

    wanted = wish(find_root(Path.cwd()), addresses, service=service)
    try:
        checked = check(wanted, lambda text: click.echo(text, err=True))
    except ProjectError as error:
        if json_output:
            click.echo(json.dumps(as_json(0, [], error.problems, []), ensure_ascii=False))
        raise
    notes = [(scene.address, note) for _, scenes in checked for scene in scenes for note in scene.notes]
    over = [one for project, scenes in checked for one in overruns(wanted.root, project, scenes)]
    notes += [(address, found.words) for address, found in over]
    ended = [(scene.address, rights.expired(scene, wanted.today)) for _, scenes in checked for scene in scenes]
    notes += [(address, str(problem)) for address, problem in ended if problem is not None]
    behind = ((scene.address, translations.words_of_stale(scene)) for _, scenes in checked for scene in scenes)
    notes += [(address, words) for address, words in behind if words]
    doubts = [found.problem(address) for address, found in over]
    doubts += [problem for _, problem in ended if problem is not None]
    doubts += [problem for project, scenes in checked for problem in translations.problems(project, scenes)]
    problems: list[Problem] = []
    if strict:
        problems = doubts + [p for one, scenes in checked for p in rights.strict_problems(one, scenes, wanted.today)]
        problems, doubts = list(dict.fromkeys(problems)), []
    count = sum(len(scenes) for _, scenes in checked)
    if json_output:
        click.echo(json.dumps(as_json(count, notes, problems, doubts), ensure_ascii=False))
    announce("warning", doubts)
    if problems:
        raise ProjectError(problems)
    if not quiet and not json_output:
        for address, note in notes:
            click.echo(f"{address}: {note}")
        click.echo(f"{count} scenes in {len(checked)} project{'s' * (len(checked) != 1)}, nothing wrong")


def as_json(
    scenes: int, notes: Sequence[tuple[str, str]], problems: Sequence[Problem], doubts: Sequence[Problem]
) -> dict[str, Any]:
    """For programs. version: of this form. problems: what fails the check, as text; findings: the same and what
    `--strict` would fail for, by part. scenes: 0 where something is too wrong for them to be counted."""
    levels = [("error", one) for one in problems] + [("warning", one) for one in doubts]
    return {
        "version": 1,
        "scenes": scenes,
        "notes": notes,
        "problems": [str(problem) for problem in problems],
        "findings": [{"level": level, **asdict(problem)} for level, problem in levels],
    }
