"""`didgen init`: a small project that builds as it stands."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from didgen.cli import options
from didgen.errors import UsageError

IGNORED = (".didgen/", "output/")


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
    (home / "assets").mkdir(parents=True, exist_ok=True)
    text = (template / "project.yaml").read_text("utf-8")
    (home / "project.yaml").write_text(text.replace("PROJECT_NAME", name), "utf-8")
    for asset in (template / "assets").iterdir():
        target = home / "assets" / asset.name
        if not target.exists():
            target.write_bytes(asset.read_bytes())


def _ignore(gitignore: Path) -> None:
    """Rendered files and state stay out of git unless the user wants otherwise."""
    present = gitignore.read_text("utf-8") if gitignore.exists() else ""
    missing = [line for line in IGNORED if line not in present.splitlines()]
    if missing:
        start = present if not present or present.endswith("\n") else present + "\n"
        gitignore.write_text(start + "\n".join(missing) + "\n", "utf-8")
