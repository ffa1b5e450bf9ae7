"""Who is at what: claims on scenes in the shared store, so that two machines neither render nor buy one at once.

    claims/FINGERPRINT/00000007   {"owner", "who", "sent", "sent_s", "free"}: the one with the highest number holds
    builds/OWNER                  a number that grows while that build lives

A claim is never changed. Taking one, taking over that of a dead build, saying that something is about to be bought
and giving it back each create the next number where nothing is, so of two that try only one can: the store's one
promise that is needed (S3: `If-None-Match: *`). A build that slept finds its next number taken, and buys nothing.
Dead is whose number in builds/ is gone, or did not change for LEASE_S by the clock of who looks on: no two clocks are
compared. All claims of a scene go when its video is in the index; who claims looks there after claiming, not before.

Rejected: one object that is replaced if its tag still matches (a folder cannot do that); a time of expiry (clocks of
machines differ, and a laptop sleeps); a lease for each claim (a build has hundreds of them).
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from dataclasses import asdict, dataclass, replace
from functools import partial

from didgen.errors import TakenError
from didgen.store.shared import Shared

LEASE_S = 60.0
BEAT_S = 15.0


@dataclass(frozen=True, slots=True)
class Claim:
    """One entry. who: in words. sent: our id of a job that is about to be sent, or was, and whose outcome is not known;
    sent_s: since when, Unix time. free: it was given back, with what is still in doubt."""

    number: int
    owner: str
    who: str
    sent: str = ""
    sent_s: float = 0.0
    free: bool = False


_FORM = {"number": int, "owner": str, "who": str, "sent": str, "sent_s": float, "free": bool}


class Claims:
    """The claims of one build, from any thread. Raises TakenError where it says so, and nothing else."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._owner = secrets.token_hex(16)
        self._who = f"{socket.gethostname()}, process {os.getpid()}"
        self._mine: dict[str, Claim] = {}
        self._beats: dict[str, tuple[bytes, float]] = {}  # of other builds: their number, and when it was first seen
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._beating: threading.Thread | None = None
        self._works = True

    def holder(self, fingerprint: str) -> Claim | None:
        """The claim of another build that lives and is at this scene."""
        claim = self._standing(fingerprint)
        if claim is None or claim.free or claim.owner == self._owner or not self._lives(claim.owner):
            return None
        return claim

    def take(self, fingerprint: str) -> Claim | None:
        """Claim a scene; the claim that stood before, of a build that is dead or gave it back.

        Where the store takes no claims, nothing is claimed. Raises TakenError.
        """
        before = self._standing(fingerprint)
        if before is not None and not before.free and before.owner != self._owner and self._lives(before.owner):
            raise TakenError(f"{before.who} is at it")
        if self._begin():
            number = before.number + 1 if before is not None else 0
            doubt = (before.sent, before.sent_s) if before is not None else ("", 0.0)
            self._add(fingerprint, Claim(number, self._owner, self._who, *doubt))
        return before

    def announce(self, fingerprint: str, job: str) -> None:
        """Say that a job of this id is about to be sent, and so make sure of the claim. Raises TakenError.

        Where we may not write, it is asked whether somebody else has claimed it by now.
        """
        mine = self._mine.get(fingerprint)
        if mine is not None:
            self._add(fingerprint, replace(mine, number=mine.number + 1, sent=job, sent_s=time.time()))
        elif (other := self.holder(fingerprint)) is not None:
            raise TakenError(f"{other.who} is at it")

    def settle(self, fingerprint: str) -> None:
        """The job that was announced is known, or known not to be: others are told when the claim is given back."""
        if (mine := self._mine.get(fingerprint)) is not None:
            self._mine[fingerprint] = replace(mine, sent="", sent_s=0.0)

    def leave(self, fingerprint: str) -> None:
        """Give a claim back; what is in doubt stays in it."""
        mine = self._mine.pop(fingerprint, None)
        if mine is not None:
            free = replace(mine, number=mine.number + 1, free=True)
            self._shared.tell(lambda: self._shared.bucket.create(_name(fingerprint, free), _data(free)), False)

    def finish(self, fingerprint: str) -> None:
        """The video is in the index: nobody needs to claim it any more. The highest number goes last."""
        self._mine.pop(fingerprint, None)
        bucket = self._shared.bucket
        self._shared.tell(lambda: bucket.delete(sorted(bucket.names(f"claims/{fingerprint}"))), None)

    def close(self) -> None:
        """End: whatever is still claimed is nobody's."""
        self._ended.set()
        if self._beating is not None:
            self._beating.join()
            self._shared.tell(lambda: self._shared.bucket.delete([f"builds/{self._owner}"]), None)

    # -- the entries ----------------------------------------------------------------------------------------------

    def _standing(self, fingerprint: str) -> Claim | None:
        bucket = self._shared.bucket
        names = self._shared.ask(lambda: sorted(bucket.names(f"claims/{fingerprint}")), list[str]())
        data = self._shared.ask(lambda: bucket.get(names[-1]), None) if names else None
        return _claim(names[-1], data) if data is not None else None

    def _add(self, fingerprint: str, claim: Claim) -> None:
        bucket = self._shared.bucket
        added = self._shared.tell(lambda: bucket.create(_name(fingerprint, claim), _data(claim)), None)
        if added is False:
            self._mine.pop(fingerprint, None)
            raise TakenError("another build was faster")
        if added:
            self._mine[fingerprint] = claim

    # -- life -----------------------------------------------------------------------------------------------------

    def _lives(self, owner: str) -> bool:
        """Whether a build may be alive, as far as was seen up to now."""
        beat = self._shared.ask(lambda: self._shared.bucket.get(f"builds/{owner}"), None)
        if beat is None:
            return False
        now = time.monotonic()
        seen, since = self._beats.get(owner, (b"", now))
        if beat != seen:
            since = now
        self._beats[owner] = beat, since
        return now - since < LEASE_S

    def _begin(self) -> bool:
        """Show that this build lives; whether claims can be made at all."""
        with self._lock:
            if self._beating is None and self._works:
                self._works = self._shared.tell(self._first_beat, False)
                if self._works:
                    self._beating = threading.Thread(target=self._beat, name="claims", daemon=True)
                    self._beating.start()
            return self._works

    def _first_beat(self) -> bool:
        name, bucket = f"builds/{self._owner}", self._shared.bucket
        bucket.put(name, b"0")
        if bucket.create(name, b"0"):
            self._shared.warn("does not keep what is there when something new is to be created")
            return False
        return True

    def _beat(self) -> None:
        count = 0
        while not self._ended.wait(BEAT_S) and not self._shared.away:
            count += 1
            put = partial(self._shared.bucket.put, f"builds/{self._owner}", str(count).encode())
            self._shared.tell(put, None)


def _name(fingerprint: str, claim: Claim) -> str:
    return f"claims/{fingerprint}/{claim.number:08d}"


def _data(claim: Claim) -> bytes:
    return json.dumps(asdict(claim)).encode()


def _claim(name: str, data: bytes) -> Claim:
    """An entry as it was read; one that is damaged is a free one, so that nobody waits for it for ever."""
    number = int(name.rpartition("/")[2]) if name.rpartition("/")[2].isdigit() else 0
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or {key: type(value) for key, value in told.items()} != _FORM:
        return Claim(number, "", "", free=True)
    return replace(Claim(**told), number=number)
