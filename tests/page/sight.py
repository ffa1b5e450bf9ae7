"""What tests ask of a page that is shown, and do to it."""

from __future__ import annotations

import json

from tests.page.browser import Browser

SCRIPT = "Good morning, everybody here and there."
"""Of the scene that is shown first."""

VIDEO = "document.querySelector('.frame video.front')"
"""The video that is watched."""


def shown(page: Browser) -> list[str]:
    """Addresses in the list, from top to bottom."""
    return json.loads(
        page.js("JSON.stringify([...document.querySelectorAll('.scene')].map((one) => one.dataset.address))")
    )


def chosen(page: Browser) -> str:
    return str(page.js("document.querySelector('[aria-current]').closest('.scene').dataset.address"))


def pick(page: Browser, name: str, value: str) -> None:
    """Choose a value of a filter."""
    page.js(f"document.querySelector('[name={name}]').value = '{value}'")
    page.js(f"document.querySelector('[name={name}]').dispatchEvent(new Event('change', {{ bubbles: true }}))")


def slowly(page: Browser, rate: float = 1 / 16) -> None:
    """What plays lasts for most of a minute: it is not over before what comes meanwhile is there."""
    page.js(f"{VIDEO}.playbackRate = {rate}")


def play_from(page: Browser, seconds: float) -> None:
    """Play from there on, slowly."""
    slowly(page)
    page.js(f"{VIDEO}.currentTime = {seconds}")
    page.wait(f"!{VIDEO}.seeking")
    page.press(" ")
    page.wait(f"!{VIDEO}.paused")


def play_to(page: Browser, seconds: float) -> None:
    page.press(" ")
    page.wait(f"{VIDEO}.currentTime > {seconds}")
