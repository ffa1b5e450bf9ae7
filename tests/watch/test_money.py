"""Watching at a service that costs money, judged by the bank's ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bank.started import Started, opened
from tests.watch.running import project, save, started, talk, watching


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Started]:
    with opened(tmp_path / "bank", "--queue-s", "0", "--render-s", "3600") as bank:
        yield bank


def test_what_was_bought_is_kept_though_its_scene_was_edited(tmp_path: Path, bank: Started) -> None:
    """The job that runs is fetched; the new text is bought after it; the former text then costs nothing."""
    root = tmp_path / "work"
    folder = project(root, "paid", f"service: {bank.url}\ndefaults: {{source: photo.jpg}}\nscenes:\n" + ONE)
    text = (folder / "project.yaml").read_text()
    environ = {"DIDGEN_PAID": "1", "DIDGEN_API_KEY": bank.key}
    with watching(root, "--service", bank.url, "--live", "--budget", "3", **environ) as watch:
        watch.until(lambda: len(bank.bought()) == 1)
        save(folder / "project.yaml", text.replace("morning", "evening"))
        watch.until_said("changed: projects/paid/project.yaml")
        bank.down()
        bank.up("--render-s", "0")  # not before that the job may come to its end
        watch.until(lambda: len(bank.bought()) == 2)
        assert ["morning", "evening"] == [said(job) for job in bank.bought()]
        evening, video = bank.bought()[1]["id"].encode(), root / "output" / "paid" / "one.mp4"
        watch.until(lambda: video.exists() and evening in video.read_bytes())
        since = len(watch.text())
        save(folder / "project.yaml", text)
        watch.until_said("1 restored", since)
        since = len(watch.text())
        save(folder / "project.yaml", text.replace("everybody", "all of you"))
        watch.until_said("1 rendered", since)
        since = len(watch.text())
        save(folder / "project.yaml", text.replace("everybody", "nobody"))
        watch.until_said("1 credit, and the budget is 0; nothing was sent", since)
        assert watch.text().index("3 of 3 are left") < watch.text().index("2 of 3 are left")
    assert 3 == len(bank.bought())


ONE = talk("one", "Good morning to everybody.")


def said(job: dict[str, object]) -> str:
    return next(word for word in ("morning", "evening") if word in str(job))


def test_drafts_say_what_they_would_cost_and_cost_nothing(tmp_path: Path, bank: Started) -> None:
    """The project is released by a paid service, and a watch of it asks that nothing."""
    root = tmp_path / "work"
    project(root, "drafted", f"service: {bank.url}\ndefaults: {{source: photo.jpg}}\nscenes:\n" + ONE)
    with watching(root, DIDGEN_PAID="1") as watch:
        watch.until_said("1 rendered")
        assert "released, that is 1 scene from 127.0.0.1" in watch.text()
        assert ": 1 credit\n" in watch.text()
        assert (root / ".didgen" / "drafts" / "drafted" / "one.mp4").exists()
        assert not (root / "output").exists()
    assert [] == bank.bought()


@pytest.mark.parametrize("words", [(), ("--live", "--budget", "3"), ("--open", "--port", "0")])
def test_without_its_key_a_service_is_not_watched_for(tmp_path: Path, words: tuple[str, ...]) -> None:
    """It ends as a build does, and says what is missing, once; no page is shown before that."""
    root = tmp_path / "work"
    project(root, "keyless", ONE)
    with started(root, "--service", "d-id", *words, D_ID_API_KEY="", BROWSER="true") as watch:
        assert 2 == watch.process.wait(60)
    assert "didgen: api.d-id.com demands a key (set D_ID_API_KEY)\n" == watch.text()
