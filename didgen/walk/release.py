"""A release: what `didgen.lock` knows before a build, and is told after it.

Wires `jobs.lockfile` to outputs and store. Through a paid service every release is locked. What costs nothing is locked
once `didgen update` was asked for that, and its videos are not known by the lock: another machine's have other bytes.
Drafts know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from didgen.jobs.lockfile import NAME, Lock, Released, read_lock, write_lock
from didgen.jobs.outputs import Outputs
from didgen.plan.fields import fields_of
from didgen.plan.identity import ServiceId
from didgen.plan.scene import Known, Plan, Scene
from didgen.project.files import FileProblem, Files
from didgen.project.load import Project
from didgen.store.artifacts import Artifacts
from didgen.store.objects import InputChangedError

if TYPE_CHECKING:
    from didgen.jobs.executor import Outcome


def is_release(project: Project, service: ServiceId) -> bool:
    """Whether what a service renders is the project's release, and no draft."""
    return service.name == project.spec.service


def lock_of(project: Project, service: ServiceId, files: Files) -> Lock:
    """The project's lock, empty for what is no release. Raises ProjectError for one that cannot be read."""
    if not is_release(project, service):
        return Lock()
    path = project.folder / NAME
    with suppress(FileProblem):
        files.digest(path)  # the walk depends on it, also on there being none
    return read_lock(project.folder, files.relative(path))


def standing(
    lock: Lock, service: ServiceId, scenes: Sequence[Scene], outputs: Outputs
) -> Callable[[str], Known | None]:
    """Looks up a fingerprint of these scenes that the lock knows and whose output stands as it was released."""
    if not service.paid:
        return lambda fingerprint: None  # noqa: ARG005
    by_fingerprint: dict[str, list[Scene]] = {}
    for scene in scenes:
        by_fingerprint.setdefault(scene.fingerprint, []).append(scene)

    def look_up(fingerprint: str) -> Known | None:
        one = lock.of(fingerprint, service.name)
        if one is None or not any(
            outputs.standing(scene.address, scene.output, one.sha256) for scene in by_fingerprint.get(fingerprint, ())
        ):
            return None
        return Known(fingerprint, one.sha256, "", one.duration_s)

    return look_up


def take_in(plan: Plan, lock: Lock, service: ServiceId, store: Artifacts, outputs: Outputs) -> None:
    """Store the outputs that only the lock knows of, so that the build goes on as if it had rendered them itself.

    Raises InputChangedError when one has been edited since the plan was made.
    """
    if not service.paid:
        return
    for scene in [decision.scene for decision in plan.decisions if decision.action in ("reuse", "restore")]:
        one = lock.of(scene.fingerprint, service.name)
        if one is None or store.find(scene.fingerprint) is not None:
            continue
        path = outputs.standing(scene.address, scene.output, one.sha256)
        if path is None:
            continue
        answer = {"id": one.job} if one.job else {}
        facts = {"duration_s": one.duration_s, "service": service.name, "driver_url": one.driver, "answer": answer}
        kept = store.keep(path, scene.fingerprint, outputs.key(scene.address), scene.identity, facts)
        if kept.object_digest != one.sha256:
            store.drop(scene.fingerprint)
            raise InputChangedError(f"{path} changed while building", hint="build again")


def lock_up(
    project: Project,
    service: ServiceId,
    scenes: Sequence[Scene],
    outcomes: Sequence[Outcome],
    lock: Lock,
    store: Artifacts,
    outputs: Outputs,
) -> None:
    """Write down what was released, after the outputs and before the manifest. Raises StorageError.

    Into the lock as it is by now: another project of the same folder may have been released meanwhile. Of what costs
    nothing the first output of a fingerprint stays written down, so that two machines do not undo each other.
    """
    if not is_release(project, service) or not (service.paid or lock.addresses(project.name)):
        return
    from didgen.jobs.reconcile import bought_as

    done = {outcome.scene.address: outcome for outcome in outcomes if outcome.artifact is not None}
    bought = [outcome.scene.fingerprint for outcome in done.values()] if service.paid else []
    jobs = bought_as(store, service.name, bought, [lock])
    fresh = {address: _released(outcome, service.name, jobs, store) for address, outcome in done.items()}
    now = read_lock(project.folder, f"{project.path.parent.name}/{NAME}")
    if not service.paid:
        fresh = {address: _first(now.scenes.get(address), one) for address, one in fresh.items()}
    data = write_lock(project.folder, now.merged(project.name, [scene.address for scene in scenes], fresh))
    outputs.note_file(project.folder / NAME, data)


def _released(outcome: Outcome, service: str, jobs: Mapping[str, Sequence[str]], store: Artifacts) -> Released:
    artifact = outcome.artifact
    assert artifact is not None
    (job, *_) = (*jobs.get(artifact.fingerprint, ()), "")
    facts = store.sidecar(artifact.fingerprint).get("facts", {})
    return Released(
        artifact.fingerprint,
        service,
        artifact.object_digest,
        artifact.size,
        round(artifact.duration_s, 3),
        job,
        _driver(facts),
        fields_of(outcome.scene.identity),
    )


def _driver(facts: Mapping[str, Any]) -> str:
    """The driver of the bank that a renderer says it took; a video of the author's is a field of the identity."""
    told = facts.get("driver_url") or ((facts.get("answer") or {}).get("metadata") or {}).get("driver_url")
    return told if isinstance(told, str) and told.startswith("bank://") else ""


def _first(was: Released | None, now: Released) -> Released:
    same = was is not None and (was.fingerprint, was.service) == (now.fingerprint, now.service)
    return was if was is not None and same and was.sha256 else now
