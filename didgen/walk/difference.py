"""The workspace as it is against another git revision of it: what scenes came, went and changed, and what that costs.

The revision's files are taken out of git into a temporary folder; working tree and index are not touched, and no
network is asked: an input by URL is what was brought here before.
"""

from __future__ import annotations

import math
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

from didgen.errors import Problem, ProjectError, UsageError
from didgen.project.files import Files
from didgen.project.workspace import find_projects, named_projects, read_settings
from didgen.walk.remote_inputs import RemoteInputs
from didgen.walk.shortcut import Target, wish

if TYPE_CHECKING:
    from didgen.plan.identity import ServiceId
    from didgen.plan.scene import Scene

_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_LFS_SKIP_SMUDGE": "1"}
"""git asks nobody, writes nothing and fetches nothing."""


@dataclass(frozen=True, slots=True)
class Side:
    """A scene on one side. credits: its likely price there, 0 where it is free, None where nobody knows."""

    address: str
    kind: str
    service: str
    fingerprint: str
    seconds: float
    credits: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One scene that is not the same on both sides. moved: the same video under another address."""

    what: Literal["added", "removed", "changed", "moved"]
    before: Side | None
    after: Side | None
    reasons: tuple[str, ...] = ()

    @property
    def bought(self) -> bool:
        """Whether another video is needed than there was."""
        return self.what in ("added", "changed")


@dataclass(frozen=True, slots=True)
class Difference:
    """revision: the commit's full name. changes: in the order of the projects as they are, removed ones at the end;
    same: how many scenes are the same."""

    revision: str
    changes: tuple[Change, ...]
    same: int


class _Priced(NamedTuple):
    scene: Scene
    side: Side


def diff(root: Path, revision: str, addresses: Sequence[str], service: str | None) -> Difference:
    """What changed since a revision, in the projects and scenes that addresses name, or in all.

    Raises UsageError for a missing git or revision and for a revision that cannot be planned, ProjectError for what is
    wrong in the workspace.
    """
    commit = _commit(root, revision)
    with tempfile.TemporaryDirectory(prefix="didgen-diff-") as folder:
        before = Path(os.path.realpath(folder)) / "tree"
        before.mkdir()
        _take_out(root, commit, before)
        now = _scenes(root, root, wish(root, addresses).targets if _has_projects(root, addresses) else (), service)
        try:
            then = _scenes(before, root, _targets_then(before, root, addresses), service)
        except ProjectError as error:
            lines = "\n".join(f"{revision}: {problem}" for problem in error.problems)
            raise UsageError(f"that revision cannot be planned by this didgen:\n{lines}") from None
    if addresses and not now and not then:
        raise UsageError(f"neither here nor in {revision} is there a scene {' or '.join(addresses)}")
    return _difference(commit, then, now)


# -- git ----------------------------------------------------------------------------------------------------------


def _commit(root: Path, revision: str) -> str:
    if revision.startswith("-") or not revision.isprintable() or not revision.strip():
        raise UsageError(f"{revision!r} is not a revision", hint="a branch, a tag or a commit, such as main or HEAD~1")
    if _git(root, "rev-parse", "--is-inside-work-tree").returncode:
        raise UsageError(f"{root} is not in a git repository", hint="diff compares with a revision of one")
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        raise UsageError(f"git knows no revision {revision!r}", hint="a branch, a tag or a commit that is here")
    return found.stdout.decode().strip()


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *words], cwd=root, env=os.environ | _QUIET, capture_output=True, check=False)
    except OSError:
        raise UsageError("git is not here", hint="diff needs the program git") from None


def _take_out(root: Path, commit: str, into: Path) -> None:
    """The files of a commit as a checkout would have them, below the workspace only. Links that lead out stay out."""
    if not hasattr(tarfile, "data_filter"):
        raise UsageError("this Python unpacks archives unsafely", hint="diff needs Python 3.11.4 or newer")
    words = ["git", "archive", "--format=tar", commit]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(words, cwd=root, env=os.environ | _QUIET, stdout=subprocess.PIPE, stderr=said) as git,
    ):
        assert git.stdout is not None
        failure = _unpack(git.stdout, into)
        if git.wait() or failure:
            said.seek(0)
            told = said.read(2000).decode("utf-8", "replace").strip().replace("\n", "; ")
            raise UsageError(f"git cannot take out {commit[:12]}: {told or failure}")


def _unpack(stream: IO[bytes], into: Path) -> str:
    """Unpack a tar; why that failed, "" when it did not."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                try:
                    archive.extract(member, into, filter="data")
                except tarfile.FilterError:
                    continue  # didgen reads nothing outside of a workspace
    except (tarfile.TarError, OSError) as error:
        return str(error)
    return ""


# -- both sides ---------------------------------------------------------------------------------------------------


def _has_projects(root: Path, addresses: Sequence[str]) -> bool:
    """Whether the workspace has what is named, or anything; else all of it was removed since the revision."""
    try:
        wish(root, addresses)
    except UsageError:
        return False
    return True


def _targets_then(before: Path, root: Path, addresses: Sequence[str]) -> tuple[Target, ...]:
    """The same targets in the revision's files, as far as they were there."""
    if not addresses:
        return tuple(Target(path) for path in (find_projects(before) if named_projects(before) else ()))
    found: list[Target] = []
    for address in addresses:
        is_file = address.endswith((".yaml", ".yml"))
        named = os.fspath(before / os.path.relpath(os.path.realpath(address), root)) if is_file else address
        if _has_projects(before, [named]):
            found += wish(before, [named]).targets
    return tuple(found)


def _scenes(root: Path, home: Path, targets: Sequence[Target], service: str | None) -> dict[str, _Priced]:
    """The scenes of one side by address. home: the workspace whose copies of inputs by URL are used."""
    from didgen.plan.address import choose
    from didgen.plan.identity import service_id
    from didgen.plan.resolve import resolve
    from didgen.project.load import load_project

    settings = read_settings(root, os.environ)
    found: dict[str, _Priced] = {}
    problems: list[Problem] = []
    with RemoteInputs(home, _unheard, math.inf, lookup=_nobody) as remote:
        for target in targets:
            files = Files(root)
            try:
                project = load_project(target.path, files)
                name = service or os.environ.get("DIDGEN_SERVICE") or settings.service or project.spec.service
                at = service_id(name, paid_at_home=settings.paid, credit_s=settings.credit_s)
                scenes = resolve(project, files, at, remote=remote, output=settings.output)
            except ProjectError as error:
                problems += error.problems
                continue
            try:
                chosen = choose(scenes, [project.name + part for part in target.parts])
            except UsageError:  # not on this side
                continue
            found |= {scene.address: _Priced(scene, _side(scene, at)) for scene in chosen}
    if problems:
        raise ProjectError(problems)
    return found


def _side(scene: Scene, service: ServiceId) -> Side:
    from didgen.plan.bill import bill_of

    credits = bill_of([scene], service).credits
    return Side(scene.address, scene.kind, service.name, scene.fingerprint, round(scene.seconds, 1), credits)


def _unheard(text: str) -> None:
    """A copy of an input that cannot be asked about is as good as any here."""


def _nobody(host: str) -> list[str]:
    from didgen.api.reach import AwayError

    raise AwayError(f"nothing of {host} was brought here yet", hint="didgen plan brings it; diff asks no network")


def _difference(commit: str, then: dict[str, _Priced], now: dict[str, _Priced]) -> Difference:
    changes = list(_changes(then, now))
    same = sum(address in then and then[address].side.fingerprint == now[address].side.fingerprint for address in now)
    return Difference(commit, tuple(changes), same)


def _changes(then: dict[str, _Priced], now: dict[str, _Priced]) -> Iterator[Change]:
    from didgen.plan.reasons import changes

    gone = {one.side.fingerprint: one.side for address, one in then.items() if address not in now}
    for address, one in now.items():
        before = then.get(address)
        if before is None:
            former = gone.pop(one.side.fingerprint, None)
            yield Change("moved" if former else "added", former, one.side)
        elif before.side.fingerprint != one.side.fingerprint:
            yield Change(
                "changed", before.side, one.side, changes(before.scene.identity, one.scene.identity, one.scene.spelling)
            )
    for address, one in then.items():
        if address not in now and one.side.fingerprint in gone:
            yield Change("removed", one.side, None)
