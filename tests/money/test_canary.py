"""Secrets that go through every command, well and badly: afterwards they are nowhere on disk, nor in what was said."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.bank.started import Started, opened
from tests.money import scenes
from tests.money.warm import Warm

USER, SECRET = "Y2FuYXJ5QGV4YW1wbGUub3Jn", "c4n4ry-K3y-9f81"
HOOK = "c4n4ry-h00k-77aa"
OF_THE_BANK = ("AKIAPAIDBANK", "Signature=", "owner@account.example")
"""In every signed link, and the account's own address in answers about animations."""


def forms(secret: str) -> Iterator[bytes]:
    """A text as it may be hidden in another: plain, URL-encoded, in hex, in base64 at any offset."""
    data = secret.encode()
    yield from {data, quote(secret, safe="").encode(), data.hex().encode()}
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + data)
        yield coded[-(-before * 8 // 6) : -4]  # without the digits that depend on the neighbours


def found(where: Path, keep: tuple[str, ...] = ()) -> list[tuple[str, bytes]]:
    """Files below a folder, and their names, that hold a secret in any form."""
    wanted = [form for secret in (SECRET, HOOK, *OF_THE_BANK) for form in forms(secret)]
    hits = []
    for path in sorted(where.rglob("*")):
        data = str(path).encode() + (path.read_bytes() if path.is_file() and path.name not in keep else b"")
        hits += [(str(path.relative_to(where)), form) for form in wanted if form in data]
    return hits


def test_the_search_finds_what_is_hidden(tmp_path: Path) -> None:
    """Each form, in a file and in a name; nothing where nothing is."""
    (tmp_path / "clean").write_bytes(b"x" * 1000)
    assert [] == found(tmp_path)
    for k, data in enumerate(
        [
            f"GET /?k={SECRET}".encode(),
            base64.b64encode(f"{USER}:{SECRET}".encode()),
            base64.b64encode(f"{USER}:{SECRET}:".encode()),
            quote(f"https://x/y?token={HOOK}&a=b", safe="").encode(),
            b"\0\1" + HOOK.encode() + b"\0",
            base64.b64encode(f"a{HOOK}b".encode()),
        ]
    ):
        (tmp_path / "clean").write_bytes(data)
        assert found(tmp_path), k
    (tmp_path / "clean").rename(tmp_path / SECRET)
    (tmp_path / SECRET).write_bytes(b"")
    assert found(tmp_path)


def commands(url: str) -> list[list[str]]:
    """Every command that has to do with a service, as typed; `URL` stands for the service."""
    lines = """
        plan
        build --budget 100
        jobs
        jobs --orphans
        spend
        credits --service URL
        voices --service URL
        doctor --service URL
        doctor --service URL --probe --budget 1
        check
    """
    return [line.replace("URL", url).split() for line in lines.strip().splitlines()]


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Started]:
    """A bank whose key is a canary."""
    with opened(tmp_path / "bank", key=f"{USER}:{SECRET}") as bank:
        yield bank


def test_secrets_are_found_nowhere(secured: Started, tmp_path: Path) -> None:
    """Key, signed links and a webhook's secret: through every command, and through answers that fail in every way."""
    bank, work = secured, tmp_path / "work"
    hook = f'defaults: {{source: anna.jpg, webhook: "https://hooks.example/x?token={HOOK}"}}'
    names = ["fine", "broken", "lost", "refused", "damaged", "ended", "nod"]
    root = scenes.make(work, bank, "canary", names)
    project = root / "projects" / "money" / "project.yaml"
    project.write_text(project.read_text().replace("defaults: {source: anna.jpg}", hook))
    echo = {"kind": "X", "description": f"bad key {USER}:{SECRET} for https://b/x?Signature=abc"}
    bank.rules(
        {"method": "POST", "having": "/broken ", "fault": "status", "status": 500, "accept": True},
        {"method": "POST", "having": "/lost ", "fault": "reset", "after": 30},
        {"method": "POST", "having": "/refused ", "fault": "status", "status": 400, **echo},
        {"method": "POST", "having": "/ended ", "fault": "ends", "ends": "error", **echo},
        {"method": "GET", "path": "/google", "nth": [1, 2, 3], "fault": "cut"},
        {"method": "GET", "path": "/google", "nth": [5], "fault": "status", "status": 403, "shape": "xml"},
    )
    with Warm() as warm:
        lines = commands(bank.url)
        for k, argv in enumerate([*lines, ["resolve", "money/lost", "--resubmit"], lines[1], *lines]):
            said = tmp_path / "said" / f"{k}-{argv[0]}"
            said.parent.mkdir(exist_ok=True)
            result = warm.build(scenes.order(root, bank, argv=argv, said=str(said)))
            assert 70 != result["exit"], (argv, result, said.read_text())
            words = said.read_text()
            assert "Traceback" not in words, (argv, words)
            assert "There is no command" not in words, (argv, words)
    hooks = [job["body"].get("webhook", "") for job in bank.bought()]
    assert [hook for hook in hooks if HOOK in hook], "the webhook did not reach the service"
    assert (root / "output" / "money" / "fine.mp4").exists()
    assert [] == found(work, keep=("project.yaml",))
    assert [] == found(tmp_path / "said")
    assert [] == bank.leaks()
