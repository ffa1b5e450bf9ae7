"""`didgen cache`: what is stored in `.didgen`, what of it may go, and whether it is whole."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didgen.cli import options

if TYPE_CHECKING:
    from didgen.store.artifacts import Artifacts
    from didgen.store.inventory import Item
    from didgen.store.verify import Checked
    from didgen.walk.upkeep import Sorted, Uses

DAY_S = 86_400.0
GRACE_DAYS = 14
NOTHING = "nothing is stored here"

no_wait = click.option("--no-wait", is_flag=True, help="Fail at once while a build is running, instead of waiting.")


@click.group("cache")
def command() -> None:
    """Look after what is stored in .didgen: finished videos, what is known of them, drafts.

    No build removes any of it. What a project, a manifest, a didgen.lock or an open job refers to is in use.
    """


@command.command("ls", short_help="List what is stored, what it cost and who uses it.")
@click.argument("addresses", nargs=-1, metavar="[PROJECT[/SCENE]]...")
@click.option("--unused", is_flag=True, help="Only what nobody refers to.")
@click.option(
    "--sort",
    type=click.Choice(["address", "size", "age", "cost"]),
    default="address",
    help="Order; the others begin with the largest, oldest, dearest.",
)
@options.as_json
@options.in_folder
def ls(addresses: tuple[str, ...], unused: bool, sort: str, json_output: bool) -> None:
    """List what is stored: address, size, age, service, what it cost, and who uses it."""
    from didgen.walk.upkeep import listed

    root = _root()
    found: list[tuple[Item, str]] = []
    if _exists(root):
        with _store(root) as store:
            used = _uses(root, store)
            found = [(item, used.of(item)) for item in listed(root, store)]
    chosen = [(item, by) for item, by in found if _named(item.name, addresses) and not (unused and by)]
    chosen.sort(key=lambda pair: _order(pair[0], sort))
    if json_output:
        _print_json({"items": [{**_facts(item), "used_by": by} for item, by in chosen]})
    else:
        click.echo("\n".join(_table(chosen)) if chosen else NOTHING)


@command.command("du")
@options.as_json
@options.in_folder
def du(json_output: bool) -> None:
    """Say how much .didgen holds, by kind."""
    from didgen.store.inventory import classes

    root = _root()
    sums = classes(root / ".didgen")
    if json_output:
        told = {name: {"files": count, "bytes": size} for name, (count, size) in sums.items()}
        _print_json({"classes": told, "bytes": sum(size for _, size in sums.values())})
        return
    lines = [f"{_size(size):>9}  {count:>6} files  {name}" for name, (count, size) in sums.items() if count]
    total = f"{_size(sum(size for _, size in sums.values())):>9}  {sum(count for count, _ in sums.values()):>6} files"
    click.echo("\n".join([*lines, total]) if lines else NOTHING)


@command.command("gc")
@click.option("--delete", is_flag=True, help="Remove it. Without this it is only listed.")
@click.option(
    "--older",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    default=GRACE_DAYS,
    show_default=True,
    help="Leave what was stored in the last DAYS.",
)
@click.option("--include-paid", is_flag=True, help="Let go of what was bought, too. It may have to be bought again.")
@no_wait
@options.as_json
@options.in_folder
def gc(delete: bool, older: float, include_paid: bool, no_wait: bool, json_output: bool) -> None:
    """List what nobody uses any more, and with --delete remove it.

    What is in use stays, what was bought stays, what is young stays. What killed builds left half done goes.
    """
    from didgen.walk.upkeep import freeing, remove

    root = _root()
    if not _exists(root):
        _print_json(_gone_json(None, False, 0)) if json_output else click.echo(NOTHING)
        return
    with _locked(root, wait=delete and not no_wait, needed=delete) as alone, _store(root) as store:
        settled = _sorted(root, store, older * DAY_S, include_paid, alone)
        freed = remove(store, settled.going) if delete else sum(freeing(store, settled.going).values())
    if json_output:
        _print_json(_gone_json(settled, delete, freed))
    else:
        click.echo("\n".join(_gone_text(settled, delete, freed)))


def _sorted(root: Path, store: Artifacts, older_s: float, include_paid: bool, alone: bool) -> Sorted:
    from didgen.errors import ProjectError
    from didgen.walk.upkeep import listed, sort_out, uses

    used = uses(root, store, _notice)
    if used.problems:
        problems = [problem for error in used.problems for problem in error.problems]
        click.echo("nothing is removed while a project cannot be read: nobody knows what it uses", err=True)
        raise ProjectError(problems)
    items = [item for item in listed(root, store) if alone or item.kind != "unfinished"]
    return sort_out(items, used, now=time.time(), older_s=older_s, include_paid=include_paid)


@command.command("verify", short_help="Read every byte, and mend what can be mended.")
@no_wait
@options.as_json
@options.in_folder
def verify(no_wait: bool, json_output: bool) -> int:
    """Read everything: objects, sidecars, state, outputs, and mend what can be mended.

    Damaged files go to .didgen/quarantine and are never delivered; the next build renders again what is missing, or
    fetches it by the id of its job. Exit code 6 when anything was not as it was written.
    """
    from didgen.errors import StorageError
    from didgen.store.verify import Checked
    from didgen.walk.upkeep import verify as verified

    root, told = _root(), Checked()
    if _exists(root):
        with _locked(root, wait=not no_wait), _store(root) as store:
            told = verified(root, store)
    if json_output:
        _print_json(_checked_json(told))
    else:
        click.echo("\n".join(_checked_text(told)))
    return StorageError.exit_code if told.faults else 0


# -- the store -------------------------------------------------------------------------------------------------------


def _root() -> Path:
    from didgen.project.workspace import find_root

    return find_root(Path.cwd())


def _exists(root: Path) -> bool:
    return (root / ".didgen").is_dir()


@contextmanager
def _store(root: Path) -> Iterator[Artifacts]:
    from didgen.store.artifacts import Artifacts

    with Artifacts(root) as store:
        if store.notice:
            _notice(store.notice)
        yield store


@contextmanager
def _locked(root: Path, *, wait: bool, needed: bool = True) -> Iterator[bool]:
    """Hold the build's lock; whether it is held. Where it is not needed a running build is let be."""
    from didgen.errors import LockedError
    from didgen.store.lock import build_lock

    with ExitStack() as stack:
        try:
            stack.enter_context(build_lock(root / ".didgen", wait=wait, on_wait=_notice))
            alone = True
        except LockedError:
            if needed:
                raise
            _notice("a build is running; what it is at is left out")
            alone = False
        yield alone


def _uses(root: Path, store: Artifacts) -> Uses:
    from didgen.walk.upkeep import uses

    used = uses(root, store, _notice)
    for error in used.problems:
        _notice(f"{error}\nwhat this project uses is not known")
    return used


def _notice(text: str) -> None:
    click.echo(text, err=True)


# -- text ------------------------------------------------------------------------------------------------------------


def _named(name: str, addresses: Sequence[str]) -> bool:
    plain = name.removeprefix("draft:")
    return not addresses or any(plain == one or plain.startswith(tuple(one + c for c in "/[#")) for one in addresses)


def _order(item: Item, sort: str) -> tuple[Any, ...]:
    first: dict[str, Callable[[], Any]] = {
        "address": lambda: (item.kind != "artifact", item.kind),
        "size": lambda: -item.size,
        "age": lambda: item.stored,
        "cost": lambda: (-item.credits, not item.paid),
    }
    return first[sort](), item.name, item.stored


def _table(pairs: Sequence[tuple[Item, str]]) -> list[str]:
    width = max(7, *(len(item.name) for item, _ in pairs))
    head = f"{'address':<{width}}  {'size':>9}  {'age':>6}  {'credits':>7}  used by, service"
    return [head, *(_line(item, by, width) for item, by in pairs)]


def _line(item: Item, by: str, width: int) -> str:
    credits = str(item.credits) if item.paid else "-"
    words = by or ("nobody" if item.kind in ("artifact", "object", "draft") else item.kind)
    where = f", {item.service}" if item.service else ""
    return f"{item.name:<{width}}  {_size(item.size):>9}  {_age(item):>6}  {credits:>7}  {words}{where}"


def _size(size: int) -> str:
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= step:
            return f"{size / step:.1f} {unit}"
    return f"{size} B"


def _age(item: Item) -> str:
    seconds = max(0.0, time.time() - item.stored)
    for unit, step in (("d", DAY_S), ("h", 3600.0), ("min", 60.0)):
        if seconds >= step:
            return f"{seconds // step:.0f} {unit}"
    return f"{seconds:.0f} s"


def _gone_text(settled: Sorted, delete: bool, freed: int) -> list[str]:
    stays = [f"{count} {reason} ({_size(size)})" for reason, (count, size) in sorted(settled.kept.items())]
    rest = f"; kept: {', '.join(stays)}" if stays else ""
    if not settled.going:
        return [f"nothing to remove{rest}"]
    lines = _table([(item, "") for item in settled.going])
    done = "removed" if delete else "would be removed, with --delete"
    return [*lines, f"{len(settled.going)} {done}: {_size(freed)}{rest}"]


def _checked_text(told: Checked) -> list[str]:
    counts = f"{told.objects} objects, {told.sidecars} sidecars, {told.outputs} outputs read ({_size(told.read_bytes)})"
    lines = [f"{one.name}{f' ({one.address})' if one.address else ''} {one.what}: {one.done}" for one in told.faults]
    return [*lines, f"{counts}: {f'{len(lines)} not as written' if lines else 'all whole'}"]


# -- for programs ----------------------------------------------------------------------------------------------------


def _print_json(told: dict[str, Any]) -> None:
    """version: of these forms."""
    click.echo(json.dumps({"version": 1, **told}, ensure_ascii=False, indent=2))


def _facts(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "name": item.name,
        "fingerprint": item.fingerprint,
        "object": item.digest,
        "bytes": item.size,
        "stored": datetime.fromtimestamp(item.stored, UTC).isoformat(timespec="seconds"),
        "service": item.service,
        "credits": item.credits,
        "paid": item.paid,
    }


def _gone_json(settled: Sorted | None, deleted: bool, freed: int) -> dict[str, Any]:
    kept = settled.kept.items() if settled else ()
    return {
        "deleted": deleted,
        "bytes": freed,
        "items": [_facts(item) for item in (settled.going if settled else ())],
        "kept": {reason: {"items": count, "bytes": size} for reason, (count, size) in kept},
    }


def _checked_json(told: Checked) -> dict[str, Any]:
    from dataclasses import asdict

    counts = {"objects": told.objects, "sidecars": told.sidecars, "outputs": told.outputs, "bytes": told.read_bytes}
    return {**counts, "faults": [asdict(fault) for fault in told.faults]}
