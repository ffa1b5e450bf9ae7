"""`didgen watch --open` as people use it: files are saved, and a browser nobody touches shows what becomes of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.page.browser import browsing, chromium
from tests.watch.running import project, save, save_by_renaming, talk, watching

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine (Debian: apt install chromium)")

HACK = "<img src=x onerror=window.hacked=1>"


def row(address: str) -> str:
    """What the list says of a scene, as an expression."""
    return f"(document.querySelector('[data-address=\"{address}\"]')?.innerText ?? 'gone')"


def test_what_is_saved_is_seen_on_the_page(tmp_path: Path) -> None:
    """A text, a failure, a broken file, markup, a new project and one that goes; never a reload."""
    root = tmp_path / "work"
    hello = project(root, "hello", talk("one", "The first text.") + talk("two", "The second text."))
    whole = (hello / "project.yaml").read_text()
    with watching(root, "--open", "--port", "0", BROWSER="true") as watch, browsing(tmp_path / "browser") as browser:
        browser.size(1440, 900)
        browser.go(re.findall(r"http://127\.0\.0\.1:\d+/", watch.text())[0])
        browser.js("window.same = true")
        browser.wait(f"{row('hello/one')}.includes('up to date') && document.querySelector('video.front')")
        first = browser.js("document.querySelector('video.front').src")

        save(hello / "project.yaml", whole.replace("The first", f"An edited {HACK}"))
        browser.wait(
            f"{row('hello/one')}.includes('An edited {HACK} text.') && {row('hello/one')}.includes('up to date')"
        )
        browser.wait(f"document.querySelector('video.front').src !== '{first}'")
        browser.wait("!document.querySelector('.controls button:nth-of-type(4)').hidden")  # before and after

        save(hello / "project.yaml", whole.replace("The second", "!refuse the second"))
        browser.wait(f"{row('hello/two')}.includes('failed')")
        browser.press("j")
        browser.wait("document.querySelector('.failure').innerText.includes('projects/hello/project.yaml:7:5')")

        save_by_renaming(hello / "project.yaml", whole.replace("scenes:", "scenes: ["))
        browser.wait("document.getElementById('problems').innerText.includes('projects/hello/project.yaml:')")
        assert 2 == browser.js("document.querySelectorAll('.scene').length")

        save_by_renaming(hello / "project.yaml", whole)
        browser.wait("document.getElementById('problems').hidden && document.querySelector('.failure').hidden")
        browser.wait(f"{row('hello/two')}.includes('up to date')")

        project(root, "more", talk("three", "Another project."))
        browser.wait(f"{row('more/three')}.includes('up to date')")
        shutil.rmtree(root / "projects/more")
        browser.wait(f"{row('more/three')} === 'gone'")

        assert browser.js("window.same && window.hacked === undefined")
        assert [] == browser.complaints()
        assert 130 == watch.stop()
        browser.wait("document.getElementById('live').innerText.includes('not connected')")
