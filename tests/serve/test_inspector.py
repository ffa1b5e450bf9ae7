"""The door for media: what gets in, what does not, and that nothing that is looked at opens anything else."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.errors import RenderError
from didgen.secret import without_secrets
from didgen.serve import inspector
from didgen.serve.inputs import Use
from didgen.serve.inspector import Inspector, Seen
from tests import fakes
from tests.serve import media
from tests.serve.test_outside import canary

MUTATIONS = int(os.environ.get("DIDGEN_MUTATIONS", "120"))
USES: tuple[Use, ...] = ("picture", "sound", "video", "overlay")


@contextmanager
def door() -> Iterator[Inspector]:
    opened = Inspector()
    try:
        yield opened
    finally:
        opened.close()


def look(opened: Inspector, path: Path, use: Use) -> Seen | RenderError:
    try:
        return asyncio.run(opened.look(path, use, "file"))
    except RenderError as error:
        refused = error
    assert refused.message.startswith("invalid file: ")
    assert str(path) not in str(refused)
    return refused


def test_whole_files_get_in_as_what_they_are(tmp_path: Path) -> None:
    """By their bytes, whatever they are called; each only for what it can be used as."""
    with door() as opened:
        for name, data in media.samples(tmp_path).items():
            path = tmp_path / "nameless"
            path.write_bytes(data)
            kind, suffix = name.split(".")
            for use in USES:
                seen = look(opened, path, use)
                good = use == kind or (use in ("sound", "overlay") and kind == "video")  # a film has sound
                assert good == isinstance(seen, Seen), (name, use, seen)
                if isinstance(seen, Seen):
                    assert f".{suffix}" == seen.suffix
                    assert (320, 320) == (seen.width, seen.height) or use != "picture"
                    assert use == "picture" or 0.2 < seen.seconds < 0.7


def test_too_large_too_small_too_long_and_not_a_file(tmp_path: Path) -> None:
    """From the header, before anything is decoded; in the service's kinds."""
    wide = cv2.imencode(".png", np.zeros((160, 8193), np.uint8))[1].tobytes()
    small = cv2.imencode(".png", np.zeros((128, 128), np.uint8))[1].tobytes()
    bomb = wide[:16] + (20_000).to_bytes(4, "big") * 2 + wide[24:]
    with door() as opened:
        for data in (wide, small, bomb):
            (tmp_path / "a").write_bytes(data)
            seen = look(opened, tmp_path / "a", "picture")
            assert isinstance(seen, RenderError)
            assert "InvalidImageResolutionError" == seen.kind
        (tmp_path / "a").write_bytes(small)
        assert isinstance(look(opened, tmp_path / "a", "logo"), Seen)
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "link").symlink_to(tmp_path / "a")
        (tmp_path / "empty").touch()
        for name in ("pipe", "link", "empty", "nobody", "."):
            assert isinstance(look(opened, tmp_path / name, "picture"), RenderError), name


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_nothing_that_is_looked_at_opens_a_second_file_or_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Playlists, scripts and documents under every signature, for every use, and whole files: by the log of system
    calls each child opens the one file it was given, and nobody comes to the canary."""
    log, other = tmp_path / "calls", tmp_path / "other.mp4"
    log.mkdir()
    traced = ("strace", "-ff", "-qq", "-e", "trace=open,openat,openat2,socket,connect,execve", "-o", str(log / "of"))
    monkeypatch.setattr(inspector, "COMMAND", (*traced, *inspector.COMMAND))
    monkeypatch.setattr(inspector, "KEEPERS", 1)
    files = tmp_path / "files"
    files.mkdir()
    with canary() as bird, door() as opened:
        hostile = dict(media.texts(other, bird.port))
        whole = media.samples(tmp_path)
        shutil.copy(tmp_path / "sample.mp4", other)
        for name, data in {**hostile, **whole}.items():
            (files / name).write_bytes(data)
            for use in USES:
                seen = look(opened, files / name, use)
                assert name in whole or isinstance(seen, RenderError), (name, use, seen)
        assert 0 == bird.came
    children = [path.read_text("utf-8", "replace") for path in log.iterdir()]
    looked_at = [text for text in children if str(files) in text]
    assert len(USES) * (len(hostile) + len(whole)) == len(looked_at)
    for text in looked_at:
        calls = [line for line in text.splitlines() if re.match(r"\w+\(", line)]
        assert 1 == len(calls), calls


def test_damaged_files_harm_nobody(tmp_path: Path) -> None:
    """Whatever happened to a file: it gets in or is refused, within the limits, and the next whole one gets in."""
    dice = random.Random(5)
    with door() as opened:
        whole = media.samples(tmp_path)
        outcomes = {"in": 0, "refused": 0}
        for _ in range(MUTATIONS):
            name, data = dice.choice(sorted(whole.items()))
            (tmp_path / "a").write_bytes(media.mutated(data, dice))
            use: Use = {"picture": "picture", "sound": "sound", "video": "video"}[name.partition(".")[0]]  # type: ignore[assignment]
            seen = look(opened, tmp_path / "a", use)
            outcomes["in" if isinstance(seen, Seen) else "refused"] += 1
        assert min(outcomes.values()) > MUTATIONS // 10
        (tmp_path / "a").write_bytes(whole["picture.png"])
        assert isinstance(look(opened, tmp_path / "a", "picture"), Seen)


def test_a_child_that_dies_takes_nobody_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed by its limits or by what it looks at, it is one refused file; a keeper that is gone is started anew."""
    code = (
        "import os, signal, didgen.serve.keeper as k; k.looked = lambda f, u: os.kill(os.getpid(), signal.{}); k.main()"
    )
    whole = media.samples(tmp_path)
    (tmp_path / "a").write_bytes(whole["picture.png"])
    monkeypatch.setattr(inspector, "KEEPERS", 1)
    with monkeypatch.context() as patched:
        patched.setattr(
            inspector,
            "COMMAND",
            (sys.executable, "-c", code.format("SIGSEGV").replace("k.main()", "k._rehearse = list; k.main()")),
        )
        with door() as opened:
            for _ in range(3):
                seen = look(opened, tmp_path / "a", "picture")
                assert isinstance(seen, RenderError)
                assert "stopped the program" in seen.message
            assert 1 == len(opened._keepers)
    with door() as opened:
        assert isinstance(look(opened, tmp_path / "a", "picture"), Seen)
        (killed,) = opened._keepers
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert isinstance(look(opened, tmp_path / "a", "picture"), Seen)
        assert 1 == len(opened._keepers)
        assert all(pipe is not None and pipe.closed for pipe in (killed.stdin, killed.stdout))


def test_a_child_can_open_nothing_and_has_no_more_than_its_share(tmp_path: Path) -> None:
    """Tried from within: no file, no socket, no gigabyte, no endless loop."""
    code = """
import sys, didgen.serve.keeper as k
def tries(file, use):
    import os, socket
    try: os.open("/etc/hostname", os.O_RDONLY); return {"suffix": "opened"}
    except OSError: pass
    try: socket.socket(); return {"suffix": "connected"}
    except OSError: pass
    try: bytearray(2 << 30); return {"suffix": "large"}
    except MemoryError: pass
    return {"suffix": "nothing"}
k.looked, k._rehearse = tries, lambda: __import__("socket")
k.main()
"""
    (tmp_path / "a").write_bytes(b"x")
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=f'{{"path": "{tmp_path / "a"}", "use": "picture"}}\n',
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert '{"suffix": "nothing"}' == done.stdout.strip()


def test_several_are_looked_at_at_once(tmp_path: Path) -> None:
    """Twenty at the same time, from one loop: each gets its own answer."""
    whole = media.samples(tmp_path)
    for name, data in whole.items():
        (tmp_path / name).write_bytes(data)

    async def work(opened: Inspector) -> None:
        names = sorted(whole) * 3
        uses: list[Use] = [name.partition(".")[0] for name in names]  # type: ignore[misc]
        pairs = zip(names, uses, strict=True)
        seen = await asyncio.gather(*(opened.look(tmp_path / name, use, "file") for name, use in pairs))
        assert [name.partition(".")[2] for name in names] == [one.suffix[1:] for one in seen]
        assert threading.active_count() - before < 10

    before = threading.active_count()
    with door() as opened:
        asyncio.run(work(opened))


def test_a_keeper_that_is_just_starting_ends_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends at the moment of its first upload: the door closes, and no process stays."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly(environ: Mapping[str, str]) -> dict[str, str]:
        begun.set()
        assert go_on.wait(60)
        return without_secrets(environ)

    monkeypatch.setattr(inspector, "without_secrets", slowly)
    (tmp_path / "a.jpg").write_bytes(fakes.photo())
    opened = Inspector()

    def until_closing() -> None:
        while not opened._threads._shutdown:
            time.sleep(0.01)

    async def look_and_close() -> None:
        looking = asyncio.create_task(opened.look(tmp_path / "a.jpg", "picture", "file"))
        await asyncio.to_thread(begun.wait)
        closing = asyncio.create_task(asyncio.to_thread(opened.close))
        await asyncio.to_thread(until_closing)
        go_on.set()
        await asyncio.wait_for(closing, 60)
        await asyncio.gather(looking, return_exceptions=True)

    asyncio.run(look_and_close())
