"""Whether everything didgen needs is there and works: each thing looked at is a finding that says what to do.

Nothing here costs money or leaves anything behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from didgen import __version__
from didgen.errors import DidgenError, UnreachableError

if TYPE_CHECKING:
    from didgen.api.key import Keys
    from didgen.plan.identity import ServiceId
    from didgen.store.bucket import Bucket
    from didgen.store.folder import Folder

State = Literal["ok", "note", "broken"]

LITTLE_BYTES, NEARLY_NOTHING_BYTES = 2 << 30, 200 << 20
SKEW_S = 60.0
ASK_S = 30.0
ENGINE_S = 180.0
ENGINE_TRIAL = "from didgen.doctor import try_engine; try_engine()"

PACKAGES = (
    "pydantic yaml jinja2 httpx diskcache watchfiles click rich starlette uvicorn python_multipart numpy cv2 av "
    "ai_edge_litert onnxruntime hibari"
).split()
SHARED = frozenset("nfs nfs4 cifs smb3 smbfs 9p ceph glusterfs afs lustre fuse.sshfs fuse.s3fs fuse.gcsfuse".split())
"""File systems on which SQLite's locks and its write-ahead log cannot be relied on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is in order, what was seen, and what to do where it is not."""

    what: str
    state: State
    said: str
    do: str = ""


def packages() -> list[Finding]:
    """The program, what it stands on, and which extras are there."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    system = f"didgen {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    found = [Finding("program", "ok", system)]
    if missing:
        found.append(Finding("packages", "broken", f"not installed: {', '.join(missing)}", "install didgen again"))
    else:
        found.append(Finding("packages", "ok", "all installed; ffmpeg is not needed"))
    return [*found, _extras()]


def _extras() -> Finding:
    from didgen.catalog.extras import MODULES, missing_extras
    from didgen.catalog.local_voices import VOICES
    from didgen.catalog.voices import installed

    absent = missing_extras()
    there = [extra for extra in MODULES if extra not in absent]
    missing = [extra for extra in MODULES if extra in absent]
    said = f"{len(installed())} of {len(VOICES)} voices can speak; extras: {', '.join(there) or 'none'}"
    more = f"pip install 'didgen[{','.join(missing)}]' brings the others" if missing else ""
    return Finding("voices", "ok", f"{said}; {more}" if more else said)


# -- the workspace ------------------------------------------------------------------------------------------------


def disk(root: Path) -> list[Finding]:
    """Room and rights where the workspace lies, and whether its state is sound."""
    home = root / ".didgen"
    folder = home if home.is_dir() else root
    return [_room(folder), _writing(folder), _file_system(folder), *_state(home / "state.sqlite")]


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    said = f"{free / (1 << 30):.1f} GiB free"
    if free < NEARLY_NOTHING_BYTES:
        return Finding("disk", "broken", said, "free some: a finished video that cannot be stored is lost or waits")
    if free < LITTLE_BYTES:
        return Finding("disk", "note", said, "that is little for videos")
    return Finding("disk", "ok", said)


def _writing(folder: Path) -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".didgen-") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        said = f"{folder} cannot be written: {error.strerror or error}"
        return Finding("workspace", "broken", said, "change its rights, or work elsewhere: -C DIR")
    return Finding("workspace", "ok", f"{folder} can be written")


def _file_system(folder: Path) -> Finding:
    kind = file_system_of(folder, _mounts())
    if kind in SHARED:
        said = f"{folder} lies on {kind}, where locks and the state's log cannot be relied on"
        return Finding("file system", "broken", said, "put the workspace on a disk of this machine")
    return Finding("file system", "ok", f"{kind or 'unknown'}, of this machine")


def file_system_of(folder: Path, mounts: str) -> str:
    """The type of the file system a folder lies on, by the lines of /proc/self/mountinfo; "" when they tell none."""
    best, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if len(before.split()) < 5 or not after:
            continue
        point = before.split()[4].replace("\\040", " ")
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text("utf-8", "replace")
    except OSError:
        return ""


def _state(path: Path) -> Iterator[Finding]:
    """The state, looked at without changing it; nothing where there is none yet."""
    from didgen.store.tables import STEPS

    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            sound = db.execute("PRAGMA quick_check").fetchone()[0]
            version = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        sound, version = str(error), 0
    if sound != "ok":
        do = "the next build moves it aside and rebuilds it; what was bought is looked for on the account"
        yield Finding("state", "broken", f"{path} is damaged: {sound}", do)
    elif version > len(STEPS):
        yield Finding("state", "broken", f"{path} was written by a newer didgen", "use that one")
    else:
        yield Finding("state", "ok", f"{path.name} is sound")


def shared_store(address: str, root: Path, *, writes: bool) -> Finding:
    """Whether the store shared with other machines answers and can be listed; where builds put their videos there, also
    written, with the condition that claims need. What is written for that is removed again."""
    from didgen.store.bucket import AwayError
    from didgen.store.folder import open_bucket

    try:
        bucket = open_bucket(address, root, os.environ, make=False)
        if writes and bucket.missing() and not open_bucket(address, root, os.environ, make=True).missing():
            return Finding(
                "store", "note", f"{address} is not there yet", "the first build makes it, if that is its name"
            )
        bucket.names("claims")
        return _written(bucket, address) if writes else Finding("store", "ok", f"{address} can be read; {_READ_ONLY}")
    except AwayError as error:
        do = "its rights, also to put videos there" if error.denied else "`store` in didgen.yaml, its network"
        return Finding("store", "broken", f"{address}: {error}", f"look at {do}; builds go on without it")
    except DidgenError as error:
        return Finding("store", "broken", error.message, error.hint)


_READ_ONLY = "builds put nothing there (store_push)"


def _written(bucket: Bucket | Folder, address: str) -> Finding:
    name, mark = f"doctor/{os.urandom(8).hex()}", b"didgen doctor"
    first, second = bucket.create(name, mark), bucket.create(name, mark)
    whole = bucket.get(name) == mark
    bucket.delete([name])
    if not whole:
        return Finding("store", "broken", f"{address} does not give back what was put there", "take another store")
    if not first or second:
        return Finding("store", "note", f"{address} takes no claims", "two machines may render one scene at once")
    return Finding("store", "ok", f"{address} can be read and written, and takes claims")


# -- the engine ---------------------------------------------------------------------------------------------------


def engine() -> Finding:
    """Whether the nets load, a face is found and a voice speaks: in a child, since native code may end a process."""
    command = [sys.executable, "-P", "-c", ENGINE_TRIAL]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ENGINE_S, check=False)
    except subprocess.TimeoutExpired:
        return Finding("engine", "broken", f"it did not end within {ENGINE_S:.0f} s", "is the machine very busy?")
    if done.returncode < 0:
        said = f"it was killed by signal {-done.returncode}"
        return Finding("engine", "broken", said, "signal 4: this processor is too old; 9: there is too little memory")
    try:
        told = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return Finding("engine", "broken", last[:300], "install didgen again")
    return Finding("engine", **told)


def try_engine() -> None:
    """Print what `engine` finds, as JSON."""
    from didgen.catalog import versions
    from didgen.catalog.local_voices import DEFAULT
    from didgen.digest import sha256_file
    from didgen.engine.face.find import find_faces
    from didgen.engine.photo import load_photo
    from didgen.engine.shot import TextScript
    from didgen.engine.speech.speak import speak

    here = Path(__file__).parent
    changed = [n for n, digest in versions.MODELS.items() if sha256_file(here / "engine/face/models" / n) != digest]
    if changed:
        told = {"state": "broken", "said": f"changed: {', '.join(changed)}", "do": "install didgen again"}
    else:
        faces = find_faces(load_photo(here / "cli/template/assets/portrait.jpg"))
        speech = speak(TextScript("Good morning.", DEFAULT))
        sees = f"engine {versions.ENGINE}: {len(faces)} face found, {DEFAULT} speaks {speech.duration_s:.1f} s"
        works = len(faces) == 1 and speech.duration_s > 0.3
        told = {"state": "ok" if works else "broken", "said": sees, "do": "" if works else "install didgen again"}
    print(json.dumps(told))


# -- the service --------------------------------------------------------------------------------------------------


def key(service: ServiceId, environ: Mapping[str, str], *, wanted: bool) -> tuple[Finding, Keys | None]:
    """Whether there is a key for a service, and in which form. wanted: it is needed, and not just welcome."""
    from didgen.api.key import ELEVENLABS_KEY, keys_for

    try:
        keys = keys_for(service.host.partition("/")[0], environ)
    except DidgenError as error:
        return Finding("key", "broken", error.message, error.hint), None
    if not keys.basic:
        state: State = "broken" if wanted else "note"
        do = f"set {keys.name} to your account's API key to render at {service.host}"
        return Finding("key", state, f"{keys.name} is not set", do), None
    own = f"; {ELEVENLABS_KEY} is set, too" if keys.elevenlabs else ""
    if service.is_d_id and keys.form == "unknown":
        do = "copy it again: user:secret, or the base64 of that"
        return Finding("key", "note", f"{keys.name} does not look like a key of D-ID{own}", do), keys
    return Finding("key", "ok", f"{keys.name} is set, as {keys.form}{own}"), keys


def account(service: ServiceId, keys: Keys) -> list[Finding]:
    """Whether a service answers and takes the key, what it says of the time, and what is left to spend."""
    return asyncio.run(_account(service, keys))


async def _account(service: ServiceId, keys: Keys) -> list[Finding]:
    from didgen.api.account import Account
    from didgen.api.outcomes import RefusedError
    from didgen.api.transport import Transport

    transport = Transport(service.base_url, keys, pace_s=0.1)
    try:
        async with asyncio.timeout(ASK_S):
            balance = await Account(transport).credits()
    except RefusedError as error:
        said = f"{service.host} answered {error.status}: {error.message}"
        return [Finding("service", "broken", said, error.hint), clock(transport.skew_s)]
    except (UnreachableError, TimeoutError) as error:
        said, do = await asyncio.to_thread(why_not, service.base_url)
        return [Finding("service", "broken", said or f"{error or f'no answer within {ASK_S:.0f} s'}", do)]
    finally:
        await transport.aclose()
    lapse = f", the first of them lapse on {balance.expires:%Y-%m-%d}" if balance.expires else ""
    left = f"{balance.remaining:.10g} of {balance.total:.10g} credits left{lapse}"
    money = Finding("credits", "ok", left)
    if not balance.remaining:
        money = Finding("credits", "note", left, "buy some before you build there")
    return [Finding("service", "ok", f"{service.host} answers and takes the key"), clock(transport.skew_s), money]


def clock(skew_s: float) -> Finding:
    """How far this machine's clock is from the service's. skew_s: theirs minus ours."""
    if abs(skew_s) <= SKEW_S:
        return Finding("clock", "ok", "agrees with the service's")
    way = "behind" if skew_s > 0 else "ahead of"
    return Finding("clock", "note", f"this machine is {abs(skew_s):.0f} s {way} the service", "set it, best by NTP")


def why_not(base_url: str) -> tuple[str, str]:
    """Where the way to a service ends, and what to do: its name, the connection, TLS, or what comes back."""
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    proxies = [name for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy") if os.environ.get(name)]
    proxy = f"; {proxies[0]} is set and used" if proxies else ""
    try:
        with socket.create_connection((host, port), timeout=10) as plain:
            if parts.scheme == "https":
                with ssl.create_default_context().wrap_socket(plain, server_hostname=host):
                    pass
    except socket.gaierror:
        return f"the name {host} is not found", f"is there a network, and a DNS server?{proxy}"
    except ssl.SSLCertVerificationError as error:
        said = f"{host} shows a certificate that is not trusted: {error.verify_message}"
        return said, f"something between reads along, or the clock is wrong; SSL_CERT_FILE names your own CA{proxy}"
    except ssl.SSLError as error:
        return f"{host} does not speak TLS: {error.reason}", f"something between answers in its place{proxy}"
    except OSError as error:
        return f"{host}:{port} cannot be reached: {error.strerror or error}", f"a firewall, or no network?{proxy}"
    return "", "it is there and unwell: try again later"
