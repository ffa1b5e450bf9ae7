"""`didgen schema`: the project file's JSON Schema, so that editors complete and check."""

from __future__ import annotations

from pathlib import Path

import click

from didgen.cli import options

PLACE = Path("schemas") / "project.schema.json"


@click.command("schema")
@click.option("--stdout", is_flag=True, help="Print it instead of writing schemas/project.schema.json.")
@options.in_folder
def command(stdout: bool) -> None:
    """Write schemas/project.schema.json into this repository."""
    from didgen.project.schema import schema_text

    if stdout:
        click.echo(schema_text(), nl=False)
        return
    from didgen.project.workspace import find_root

    click.echo(f"wrote {write(find_root(Path.cwd()), schema_text())}")


def write(root: Path, text: str) -> Path:
    """Put the schema below the workspace root; the path written, relative to it. Raises StorageError."""
    from didgen.store.whole import write_whole

    target = root / PLACE
    if not target.exists() or target.read_bytes() != text.encode():
        write_whole(target, text.encode())
    return PLACE
