"""A plan as a file: what was seen by the one who agreed to it, and nothing else, is what is built.

    {"didgen_plan": 1, "didgen": version, "service", "force",
     "targets": [{"file", "parts"}],
     "inputs": {file: sha256, null for one that was looked for and not there},
     "credits", "most_credits": null when a price is unknown,
     "scenes": [{"address", "project", "service", "action", "fingerprint", "seconds", "credits", "most_credits"}]}

Scenes are all that were planned, also those that are up to date; the jobs are those with credits that are not 0. Files
are named relative to the workspace. No key, and no link with what signs it, is in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from didgen import __version__
from didgen.errors import UsageError
from didgen.secret import sealed_url
from didgen.store.whole import write_whole
from didgen.walk.planned import Planned, bill
from didgen.walk.shortcut import Target, Wish

FORMAT = 1
SHOWN = 8  # things that moved, in a refusal
BOUND = ("project", "service", "action", "fingerprint", "credits", "most_credits")
"""What must be the same of every scene."""


def plan_file(wanted: Wish, plans: Sequence[Planned]) -> dict[str, Any]:
    """The file's content for these plans."""
    whole = bill(plans)
    items = {item.fingerprint: item for item in whole.items}
    priced: set[str] = set()
    scenes = []
    for planned in plans:
        for decision in planned.plan.decisions:
            scene = decision.scene
            item = items.get(scene.fingerprint) if scene.fingerprint not in priced else None
            priced.add(scene.fingerprint)
            scenes.append(
                {
                    "address": scene.address,
                    "project": planned.project.name,
                    "service": sealed_url(planned.service.name),
                    "action": decision.action,
                    "fingerprint": scene.fingerprint,
                    "seconds": round(scene.seconds, 1),
                    "credits": item.credits if item else 0,
                    "most_credits": item.most if item else 0,
                }
            )
    targets = [{"file": _inside(wanted.root, one.path), "parts": list(one.parts)} for one in wanted.targets]
    return {
        "didgen_plan": FORMAT,
        "didgen": __version__,
        "service": sealed_url(wanted.service),
        "force": wanted.force,
        "targets": targets,
        "inputs": _inputs(plans),
        "credits": whole.credits,
        "most_credits": whole.most,
        "scenes": scenes,
    }


def _inside(root: Path, path: Path) -> str:
    return os.path.relpath(os.path.realpath(path), os.path.realpath(root)).replace(os.sep, "/")


def write_plan(path: Path, wanted: Wish, plans: Sequence[Planned]) -> None:
    """Raises StorageError."""
    data = json.dumps(plan_file(wanted, plans), ensure_ascii=False, indent=1)
    write_whole(path.absolute(), f"{data}\n".encode())


def _inputs(plans: Sequence[Planned]) -> dict[str, str | None]:
    """Everything that was read, with its digest."""
    seen: dict[str, str | None] = {}
    for planned in plans:
        seen |= {name: stamp.digest or None for name, stamp in planned.files.seen().items()}
        given = [one for scene in planned.scenes for one in scene.inputs.values() if one.url]
        seen |= {sealed_url(one.url): one.digest for one in given}
    return dict(sorted(seen.items()))


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan that was read. name: of the file, for messages."""

    name: str
    content: Mapping[str, Any]

    def wish(self, root: Path, *, jobs: int, prune: bool, wait: bool) -> Wish:
        """What is to be built: what was planned, for what it was said to cost. Raises UsageError for a project that
        is gone."""
        targets = tuple(Target(root / one["file"], tuple(one["parts"])) for one in self.content["targets"])
        for target in targets:
            if not target.path.is_file():
                raise self._moved([f"{_inside(root, target.path)}: is gone"])
        service, force = self.content["service"], self.content["force"]
        most = self.content["most_credits"]
        return Wish(root, targets, service, jobs, force, most or 0, prune, wait, accept_upgrade=True)

    def check(self, wanted: Wish, plans: Sequence[Planned]) -> None:
        """Raises UsageError, naming what moved, when these plans are not what the file says."""
        moved = list(_moved(self.content, plan_file(wanted, plans)))
        if moved:
            raise self._moved(moved)

    def _moved(self, what: Sequence[str]) -> UsageError:
        shown = "".join(f"\n  {line}" for line in what[:SHOWN])
        more = f"\n  and {len(what) - SHOWN} more" if len(what) > SHOWN else ""
        hint = "plan again"
        return UsageError(f"{self.name} is out of date, nothing was rendered or bought:{shown}{more}", hint=hint)


def _moved(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What differs in what a plan is bound to, the inputs that explain it first; nothing when only they differ."""
    scenes = list(_moved_scenes(then, now))
    if not scenes:
        return
    inputs = {**then["inputs"], **now["inputs"]}
    for name in sorted(inputs):
        if then["inputs"].get(name) != now["inputs"].get(name):
            yield f"{name}: {_change(then['inputs'].get(name), now['inputs'].get(name))}"
    yield from scenes


def _change(then: str | None, now: str | None) -> str:
    return "is new" if then is None else "is gone" if now is None else "changed"


def _moved_scenes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    was, found = ({one["address"]: one for one in content["scenes"]} for content in (then, now))
    for address in {**was, **found}:
        if address not in found:
            yield f"{address}: is no scene any more"
        elif address not in was:
            yield f"{address}: is a new scene"
        else:
            a, b = was[address], found[address]
            differing = [f"{key} was {a[key]}, is {b[key]}" for key in BOUND if a[key] != b[key]]
            if differing:
                yield f"{address}: {'; '.join(differing)}"


def read_plan(path: Path) -> PlanFile:
    """Raises UsageError for a file that is none, or of another version."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="didgen plan --out FILE writes one") from None
    except ValueError:
        content = None
    version = content.get("didgen_plan") if isinstance(content, dict) else None
    if type(version) is int and version != FORMAT:
        raise UsageError(f"{path} is a plan of version {version}, and this didgen knows {FORMAT}", hint="plan again")
    if not _sound(content):
        raise UsageError(f"{path} is not a plan", hint="didgen plan --out FILE writes one")
    return PlanFile(str(path), content)


def _sound(content: Any) -> bool:
    """Whether it is one of ours; an edited one may be anything."""
    try:
        scenes = all(isinstance(one["address"], str) and all(key in one for key in BOUND) for one in content["scenes"])
        targets = all(
            not Path(one["file"]).is_absolute()
            and ".." not in Path(one["file"]).parts
            and all(isinstance(part, str) for part in one["parts"])
            for one in content["targets"]
        )
        head = isinstance(content["service"], str) and type(content["force"]) is bool
        most = content["most_credits"]
        priced = most is None or (type(most) is int and most >= 0)
        whole = content["didgen_plan"] == FORMAT and isinstance(content["inputs"], dict)
        return whole and scenes and targets and head and priced
    except (KeyError, TypeError, AttributeError):
        return False
