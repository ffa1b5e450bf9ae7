"""What whoever runs a server decides about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from didgen.errors import UsageError

DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked once, when made. Raises UsageError.

    slots: renders at once. waiting: jobs that may wait for one; more are answered 429. link_s: how long a link to a
    result opens it (the service: 24 h). keep_s: how long results and uploads are kept. disk_bytes: what uploads and
    results may take together; beyond it 507. loopback: links may lead to this machine, by http too. files: `file:` URLs
    are read. credits: play money, a credit for every 15 s of video begun; without any left 402. webhook_secret: what
    calls are signed with; "": one that the server makes.
    """

    slots: int = 1
    waiting: int = 1000
    link_s: float = DAY_S
    keep_s: float = 7 * DAY_S
    disk_bytes: int = 20 << 30
    loopback: bool = False
    files: bool = False
    credits: int = 1_000_000
    webhook_secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        least = {"slots": 1, "waiting": 1, "link_s": 1, "keep_s": 60, "disk_bytes": 1 << 20}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise UsageError(f"{name} is {getattr(self, name)}; the least is {low}")
