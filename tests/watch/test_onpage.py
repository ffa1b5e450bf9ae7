"""The page of a watch: what is saved is seen there while it is made, and when it is done."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import httpx

from tests.watch.running import project, save, talk, watching


class Follower:
    """Reads the page's stream, as a browser does; cards: each scene as it was told last; seen: all of them in turn."""

    def __init__(self, url: str) -> None:
        self.cards: dict[str, dict[str, Any]] = {}
        self.seen: list[dict[str, Any]] = []
        self.problems: list[Any] = []
        threading.Thread(target=self._follow, args=(f"{url}page/events",), daemon=True).start()

    def _follow(self, url: str) -> None:
        try:
            with httpx.stream("GET", url, timeout=60) as answer:
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        self._take(json.loads(line.removeprefix("data: ")))
        except httpx.HTTPError:  # the watch has ended
            pass

    def _take(self, data: Any) -> None:
        if isinstance(data, dict):
            self.problems = data["problems"]
            return
        for card in data:
            self.cards[card["address"]] = card
            self.seen.append(card)


def test_a_saved_line_is_seen_while_it_is_made(tmp_path: Path) -> None:
    """New words, then progress, then another clip with the former one beside it; a mistake comes and goes."""
    root = tmp_path / "work"
    folder = project(root, "shown", talk("one", "Good morning.") + talk("two", "Good night."))
    text = (folder / "project.yaml").read_text()
    with watching(root, "--open", "--port", "0", BROWSER="true") as watch:
        watch.until_said("2 rendered")
        (url,) = re.findall(r"showing it at (http://127\.0\.0\.1:\d+/)", watch.text())
        page = Follower(url)
        watch.until(lambda: {"up-to-date"} == {card["state"] for card in page.cards.values()})
        first = page.cards["shown/one"]["clip"]
        page.seen.clear()
        save(folder / "project.yaml", text.replace("morning.", f"evening, everybody. !until {root}/never"))
        watch.until(lambda: any(card["state"] == "rendering" and card["progress"] > 0 for card in page.seen))
        assert "evening" in str(page.cards["shown/one"]["script"])
        save(folder / "project.yaml", text.replace("script", "scripd", 1))
        watch.until(lambda: "scripd" in str(page.problems))
        save(folder / "project.yaml", text.replace("morning.", "evening."))
        watch.until(
            lambda: page.cards["shown/one"]["state"] == "up-to-date" and page.cards["shown/one"]["clip"] != first
        )
        watch.until(lambda: not page.problems)
        assert first["video"] == page.cards["shown/one"]["former"]["video"]
        assert {"shown/one"} == {card["address"] for card in page.seen if card["state"] == "rendering"}
