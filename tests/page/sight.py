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


def play_to(page: Browser, seconds: float) -> None:
    page.press(" ")
    page.wait(f"{VIDEO}.currentTime > {seconds}")
