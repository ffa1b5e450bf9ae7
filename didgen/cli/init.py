"""`didgen init`: a small project that builds as it stands."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from didgen.cli import options
from didgen.errors import UsageError
from didgen.store.whole import write_whole

IGNORED = (b".didgen/", b"output/")


@click.command("init")
@click.argument("name", default="hello")
@options.in_folder
def command(name: str) -> None:
    """Start project NAME in this folder: a photo, two scenes, the schema. Nothing that exists is overwritten."""
    if not name.replace("-", "").replace("_", "").isalnum() or name != name.lower():
        raise UsageError(f"'{name}' cannot name a project", hint="use lower-case letters, digits, - and _")
    root = Path.cwd()
    home = root / "projects" / name
    if (home / "project.yaml").exists():
        raise UsageError(f"projects/{name}/project.yaml exists already", hint="build it, or give another name")
    _copy_template(home, name)
    _ignore(root / ".gitignore")
    from didgen.cli.schema import write
    from didgen.project.schema import schema_text

    write(root, schema_text())
    click.echo(f"wrote projects/{name}/ and schemas/. Next:\n  didgen plan\n  didgen build")


def _copy_template(home: Path, name: str) -> None:
    template = files("didgen.cli") / "template"
    for asset in (template / "assets").iterdir():
        target = home / "assets" / asset.name
        if not target.exists():
            write_whole(target, asset.read_bytes())
    text = (template / "project.yaml").read_bytes()
    write_whole(home / "project.yaml", text.replace(b"PROJECT_NAME", name.encode()))  # last: it makes the project


def _ignore(gitignore: Path) -> None:
    """Rendered files and state stay out of git unless the user wants otherwise."""
    present = gitignore.read_bytes() if gitignore.exists() else b""
    missing = [line for line in IGNORED if line not in present.splitlines()]
    if missing:
        start = present if not present or present.endswith(b"\n") else present + b"\n"
        write_whole(gitignore, start + b"\n".join(missing) + b"\n")
