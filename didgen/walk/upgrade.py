"""Another didgen than the one that made what is stored: what it would render again for that alone, and keeping that.

Light to import, as most builds meet none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from didgen.errors import UpgradeError
from didgen.walk.planned import OnNotice, Planned, plans_of
from didgen.walk.shortcut import Wish

if TYPE_CHECKING:
    from didgen.plan.scene import Decision, Scene
    from didgen.store.artifacts import Artifacts


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Scenes that would be rendered again for no other reason than an upgrade. seconds: of video; paid: some of them
    at a service that costs money."""

    addresses: tuple[str, ...]
    reasons: tuple[str, ...]
    seconds: float
    paid: bool

    @property
    def words(self) -> str:
        """ "didgen was upgraded: 12 scenes (a/b and 11 more) would be rendered again for that alone, about 96 s of
        video: rendered by engine 2, now 3"."""
        count = len(self.addresses)
        which = self.addresses[0] + (f" and {count - 1} more" if count > 1 else "")
        cost = ", paid for again" if self.paid else ""
        return (
            f"didgen was upgraded: {count} scene{'s' * (count != 1)} ({which}) would be rendered again{cost} for that "
            f"alone, about {self.seconds:.0f} s of video: {'; '.join(self.reasons)}"
        )


OnUpgrade = Callable[[Upgrade], bool]


def upgrade_of(plans: Sequence[Planned]) -> Upgrade | None:
    """What an upgrade alone would render again; None when nothing is."""
    found = [(planned, decision) for planned in plans for decision in planned.plan.decisions if decision.upgrade]
    if not found:
        return None
    reasons = dict.fromkeys(reason for _, decision in found for reason in decision.reasons)
    seconds = sum(decision.scene.seconds for _, decision in found)
    paid = any(planned.service.paid for planned, _ in found)
    return Upgrade(tuple(decision.scene.address for _, decision in found), tuple(reasons), seconds, paid)


def check_upgrade(wanted: Wish, plans: Sequence[Planned], on_upgrade: OnUpgrade) -> None:
    """Ask before an upgrade alone renders anything again. Raises UpgradeError when nobody agrees to that."""
    found = upgrade_of(plans)
    if found is None or wanted.accept_upgrade or on_upgrade(found):
        return
    how = "--accept-upgrade renders them again, didgen adopt keeps them as they are"
    raise UpgradeError(f"{found.words}; nothing was rendered", hint=how)


def adopt(wanted: Wish, on_notice: OnNotice) -> list[str]:
    """Keep the stored videos of scenes that only an upgrade would render again as what this didgen would make; their
    addresses. The sidecar says which engine made them, and so does the manifest of the next build.

    Raises what `plans_of` raises, LockedError, StorageError.
    """
    from didgen.store.artifacts import Artifacts
    from didgen.store.home import prepare
    from didgen.store.lock import build_lock

    with build_lock(prepare(wanted.root), wait=wanted.wait, on_wait=on_notice), Artifacts(wanted.root) as store:
        plans = plans_of(wanted, store, on_notice)
        decided = [(planned, decision) for planned in plans for decision in planned.plan.decisions if decision.upgrade]
        return [decision.scene.address for planned, decision in decided if _adopted(planned, decision, store)]


def _adopted(planned: Planned, decision: Decision, store: Artifacts) -> bool:
    from didgen.plan.fingerprint import fingerprint_of

    scene: Scene = decision.scene
    key = planned.outputs.key(scene.address)
    before = store.state.last_identity(key)
    old = store.find(fingerprint_of(before)) if before is not None else None
    if before is None or old is None:
        return False
    sidecar = store.sidecar(old.fingerprint)
    facts = {"rendered_by": before["service"], **sidecar.get("facts", {}), "adopted_from": old.fingerprint}
    facts.setdefault("duration_s", old.duration_s)
    job = str(sidecar.get("job", {}).get("id", ""))
    kept = store.keep(store.objects.path(old.object_digest), scene.fingerprint, key, scene.identity, facts, job)
    if kept.object_digest == old.object_digest:
        return True
    store.drop(scene.fingerprint)  # the stored video is damaged: it is rendered again
    return False
