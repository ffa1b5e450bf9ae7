"""`didgen locale`: which translations are behind their source, and saying that one is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.cli import options

if TYPE_CHECKING:
    from didgen.plan.scene import Scene, Translation
    from didgen.plan.translations import Accepted
    from didgen.project.load import Project
    from didgen.walk.shortcut import Wish

NONE = "no project here has `locale` in its matrix, and words to translate"


@click.group("locale")
def command() -> None:
    """Know which translations are behind their source.

    A translation remembers the text it was made from, in locales.lock beside the project file: commit that.
    """


@command.command("status", short_help="List every text in every locale, and which translations are stale.")
@options.addresses
@options.as_json
@options.in_folder
def status(addresses: tuple[str, ...], json_output: bool) -> None:
    """List every text in every locale: source, up to date, stale with the words that changed in its source, missing,
    never accepted, or without a source."""
    wanted = _wish(addresses)
    found = [
        one for project, scenes, accepted in _projects(wanted) for one in _chosen(wanted, project, scenes, accepted)
    ]
    if json_output:
        told = {"version": 1, "translations": [asdict(one) for one in found]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    width = max((len(one.address) for one in found), default=0)
    for one in found:
        click.echo(f"{one.address:{width}}  {one.state}{f': {one.changed}' if one.changed else ''}")
    click.echo(_total(found) if found else NONE)


@command.command("accept", short_help="Say that translations say what their source says today.")
@options.addresses
@options.quiet
@options.in_folder
def accept(addresses: tuple[str, ...], quiet: bool) -> None:
    """Say that translations say what their source says today: all of them, or those that are named. Renders nothing.

    Two at once: what the one that ends first accepted may have to be accepted again.
    """
    from didgen.walk.localelock import write_accepted

    wanted = _wish(addresses)
    done: list[Translation] = []
    for project, scenes, accepted in _projects(wanted):
        chosen = _chosen(wanted, project, scenes, accepted)
        fresh = [one for one in chosen if one.state in ("stale", "never accepted")]
        texts = {one.address: one.source for one in fresh}
        merged = accepted.merged(project.name, [scene.address for scene in scenes], texts)
        write_accepted(project.folder, merged)
        done += fresh
    if quiet:
        return
    for one in done:
        click.echo(f"✓ {one.address}")
    if not done:
        click.echo("nothing to accept: no translation is stale or new")


def _wish(addresses: Sequence[str]) -> Wish:
    from didgen.project.workspace import find_root
    from didgen.walk.shortcut import wish

    return wish(find_root(Path.cwd()), addresses)


def _projects(wanted: Wish) -> list[tuple[Project, list[Scene], Accepted]]:
    """The wanted projects that have translations, with all of their scenes and what was accepted."""
    from didgen.plan.translations import has_translations
    from didgen.project.files import Files
    from didgen.walk.localelock import read_accepted
    from didgen.walk.steps import check

    checked = check(wanted, lambda text: click.echo(text, err=True))
    files = Files(wanted.root)
    return [
        (project, scenes, read_accepted(project.folder, files))
        for project, scenes in checked
        if has_translations(project)
    ]


def _chosen(wanted: Wish, project: Project, scenes: Sequence[Scene], accepted: Accepted) -> list[Translation]:
    """Those that were named. A missing one is no scene: it is named by its project, or its scene as a whole."""
    from didgen.plan.address import choose
    from didgen.plan.translations import translations_of

    parts = next(target.parts for target in wanted.targets if target.path == project.path)
    found = translations_of(project, scenes, accepted)
    addresses = [project.name + part for part in parts]
    named = {scene.address for scene in choose(scenes, addresses)}
    return [one for one in found if not parts or one.address in named or one.address.partition("[")[0] in addresses]


def _total(found: Sequence[Translation]) -> str:
    counts: dict[str, int] = {}
    for one in found:
        if one.state != "source":
            counts[one.state] = counts.get(one.state, 0) + 1
    return ", ".join(f"{count} {state}" for state, count in counts.items()) or "no translations"
