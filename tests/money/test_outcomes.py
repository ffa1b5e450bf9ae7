"""Every way a paid POST can end, accepted or not: what the builds after it do is what the table says, and nothing is
bought twice. The bank's ledger knows which were accepted; the client cannot."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.bank.started import Started, opened
from tests.money import scenes
from tests.money.warm import Warm

AMBIGUOUS: dict[str, dict[str, Any]] = {
    "ok-garbage": {"fault": "body", "status": 201, "text": '{"id": "tlk_'},
    "ok-html": {"fault": "body", "status": 200, "text": "<html>", "type": "text/html"},
    "ok-without-id": {"fault": "body", "status": 201, "text": '{"object": "talk", "status": "created"}'},
    "ok-odd-id": {"fault": "body", "status": 201, "text": '{"id": 7}'},
    "moved": {"fault": "status", "status": 302, "shape": "empty", "headers": {"Location": "/talks2"}},
    "moved-again": {"fault": "status", "status": 307, "shape": "empty", "headers": {"Location": "/talks"}},
    "timeout-408": {"fault": "status", "status": 408},
    "conflict": {"fault": "status", "status": 409, "kind": "NotReadyError"},
    "broken-500": {"fault": "status", "status": 500},
    "gateway-502": {"fault": "status", "status": 502, "shape": "html"},
    "away-503": {"fault": "status", "status": 503, "retry_after": "1"},
    "gateway-504": {"fault": "status", "status": 504, "shape": "gateway"},
    "odd-599": {"fault": "status", "status": 599, "shape": "garbage"},
    "reset": {"fault": "reset"},
    "reset-midway": {"fault": "reset", "after": 40},
    "closed": {"fault": "close"},
    "cut-off": {"fault": "close", "after": 250},
    "no-answer": {"fault": "hang", "s": 4},
}
REFUSED = {400: "BadRequestError", 404: "NotFoundError", 405: "X", 413: "X", 415: "UnsupportedMimeTypeError", 422: "X"}
REFUSED |= {451: "TextModerationError"}
STOPPING = {401: "AuthorizationError", 402: "InsufficientCreditsError", 403: "PermissionError"}


def of(scene: str, rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A rule for the POST of one scene."""
    return {"method": "POST", "path": "/talks", "having": f"/{scene} ", **rule, **more}


def ends(root: Path) -> dict[str, str]:
    """The last state of each scene's job."""
    return {address.removeprefix("money/"): state for address, state, _ in scenes.states(root)}


def test_a_post_whose_fate_is_unknown(bank: Started, tmp_path: Path) -> None:
    """Accepted: found on the account and brought. Not accepted: uncertain, with exit code 3, and never sent again."""
    names = [f"{name}-{accepted}" for name in AMBIGUOUS for accepted in ("yes", "no")]
    root = scenes.make(tmp_path / "work", bank, "fate", names)
    rules = [(name, rule, accepted) for name, rule in AMBIGUOUS.items() for accepted in ("yes", "no")]
    bank.rules(*(of(f"{name}-{accepted}", rule, accept=accepted == "yes", nth=1) for name, rule, accepted in rules))
    yes = sorted(name for name in names if name.endswith("-yes"))
    with Warm() as warm:
        first = warm.build(scenes.order(root, bank, answer_s=1.0))
        assert 3 == first["exit"], scenes.told(first)
        assert yes == sorted(scenes.bought(bank, "fate"))
        posts = len(bank.seen("POST", "/talks"))
        second = warm.build(scenes.order(root, bank))
    assert 3 == second["exit"], scenes.told(second)
    assert (posts, yes) == (len(bank.seen("POST", "/talks")), sorted(scenes.bought(bank, "fate")))
    assert {name: "done" if name in yes else "uncertain" for name in names} == ends(root)
    assert {f"money/{name}" for name in names if name not in yes} == second["errors"].keys()
    assert all(f"didgen resolve {address} --adopt" in said for address, said in second["errors"].items())
    assert not [said for address, said in second["errors"].items() if said.startswith(address)]
    made = {path.stem for path in (root / "output" / "money").glob("*.mp4")}
    assert set(yes) == made


def test_a_post_that_was_refused(bank: Started, tmp_path: Path) -> None:
    """Nothing was bought, the others go on, and the next build may send it."""
    names = [f"refused-{status}" for status in REFUSED]
    root = scenes.make(tmp_path / "work", bank, "no", [*names, "fine"])
    refusals = REFUSED.items()
    bank.rules(*(of(f"refused-{n}", {"fault": "status", "status": n, "kind": kind}, nth=1) for n, kind in refusals))
    with Warm() as warm:
        first = warm.build(scenes.order(root, bank))
        assert 1 == first["exit"], scenes.told(first)
        assert dict.fromkeys(names, "failed") | {"fine": "done"} == ends(root)
        assert ["fine"] == scenes.bought(bank, "no")
        second = warm.build(scenes.order(root, bank))
    assert 0 == second["exit"], scenes.told(second)
    assert dict.fromkeys([*names, "fine"], 1) == Counter(scenes.bought(bank, "no"))


@pytest.mark.parametrize("status", STOPPING)
def test_a_refusal_that_concerns_all_stops_the_rest(bank: Started, tmp_path: Path, status: int) -> None:
    """Key, credits, plan: the same would be said to every other scene, so nothing more is sent after it."""
    names = [f"scene-{k}" for k in range(40)]
    root = scenes.make(tmp_path / "work", bank, "stop", names)
    rule = {"fault": "status", "status": status, "kind": STOPPING[status]}
    bank.rules({"method": "POST", "path": "/talks", **rule})
    with Warm() as warm:
        first = warm.build(scenes.order(root, bank))
        assert first["exit"] not in (0, 70), scenes.told(first)
        assert len(bank.seen("POST", "/talks")) <= 8
        assert [] == scenes.bought(bank, "stop")
        bank.rules()
        second = warm.build(scenes.order(root, bank))
    assert 0 == second["exit"], scenes.told(second)
    assert dict.fromkeys(names, 1) == Counter(scenes.bought(bank, "stop"))


def test_a_service_that_is_busy_or_away_is_asked_again(tmp_path: Path) -> None:
    """429 and a connection that never came about mean that nothing was sent: it is tried again, and bought once."""
    with opened(tmp_path / "bank") as bank, Warm() as warm:
        root = scenes.make(tmp_path / "work", bank, "busy")
        waits = ["0", "1", {"in_s": 1}, "soon", "-5"]
        rules = [{"fault": "status", "status": 429, "retry_after": wait, "nth": k + 1} for k, wait in enumerate(waits)]
        bank.rules(*({"method": "POST", "path": "/(talks|animations)", **rule} for rule in rules))
        assert 0 == warm.build(scenes.order(root, bank))["exit"]
        assert dict.fromkeys(scenes.SCENES, 1) == Counter(scenes.bought(bank, "busy"))
        away = scenes.make(tmp_path / "away", bank, "away")
        bank.down()
        assert 7 == warm.build(scenes.order(away, bank))["exit"]
        bank.up()
        assert [] == scenes.bought(bank, "away")
        assert 0 == warm.build(scenes.order(away, bank))["exit"]
        assert dict.fromkeys(scenes.SCENES, 1) == Counter(scenes.bought(bank, "away"))
