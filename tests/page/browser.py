"""A real Chromium without a window, driven over a pipe by its own DevTools protocol: no port, no package."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_S = 20.0
FLAGS = (
    *("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu"),
    *("--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--autoplay-policy=no-user-gesture-required", "--mute-audio", "--disable-dev-shm-usage", "--hide-scrollbars"),
)


def chromium() -> str | None:
    """The browser of this machine, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One process, one page. Messages are JSON, each ended by a zero byte."""

    def __init__(self, home: Path) -> None:
        there, self._out = os.pipe()
        self._in, back = os.pipe()
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        words = [str(chromium()), *FLAGS, *sandbox, f"--user-data-dir={home}", "about:blank"]

        def place() -> None:  # the protocol's ends are numbers 3 and 4
            ends = os.dup(there), os.dup(back)
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(words, preexec_fn=place, pass_fds=(3, 4), start_new_session=True, **quiet)  # noqa: PLW1509
        os.close(there)
        os.close(back)
        self._rest, self._number, self._session = b"", 0, ""
        self.events: list[Mapping[str, Any]] = []
        page = next(one for one in self._call("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def close(self) -> None:
        """End the browser and all it started."""
        os.close(self._out)
        try:
            self.process.wait(5.0)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        os.close(self._in)

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        session = {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps({"id": number, "method": method, "params": params, **session}).encode() + b"\0")
        until = time.monotonic() + PATIENCE_S
        while True:
            message = self._next(until - time.monotonic())
            if message is None:
                raise TimeoutError(f"the browser did not answer {method}")
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]  # type: ignore[no-any-return]
            self.events.append(message)

    def _next(self, wait_s: float) -> dict[str, Any] | None:
        until = time.monotonic() + wait_s
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            piece = os.read(self._in, 1 << 20) if ready else b""
            if not piece:
                return None
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)  # type: ignore[no-any-return]

    # -- what tests say -----------------------------------------------------------------------------------------

    def go(self, url: str) -> None:
        """Open an address and wait until it is loaded."""
        self.events.clear()
        self._call("Page.navigate", url=url)
        self.wait(
            f"document.readyState === 'complete' && location.href.startsWith({json.dumps(url.partition('#')[0])})"
        )

    def js(self, expression: str) -> Any:
        """The value of an expression in the page, awaited."""
        answer = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"].get("exception", answer["exceptionDetails"])))
        return answer["result"].get("value")

    def wait(self, expression: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until an expression is true."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            try:
                if self.js(f"Boolean({expression})"):
                    return
            except RuntimeError:
                pass  # the page is on its way, or not there yet
            time.sleep(0.02)
        raise AssertionError(f"never came true: {expression}; the page says: {self.text()[:1500]}")

    def text(self) -> str:
        """What a reader sees."""
        return str(self.js("document.body ? document.body.innerText : ''"))

    def press(self, key: str) -> None:
        """Press a key as a person does."""
        typed = {"text": key} if len(key) == 1 else {}
        number = {
            "Escape": 27,
            " ": 32,
            "ArrowLeft": 37,
            "ArrowUp": 38,
            "ArrowRight": 39,
            "ArrowDown": 40,
            "Enter": 13,
        }.get(key)
        named = {"key": key, "code": {" ": "Space"}.get(key, key)} | (
            {"windowsVirtualKeyCode": number} if number else {}
        )
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, **named, **(typed if kind == "keyDown" else {}))

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file as in the system's dialog."""
        root = self._call("DOM.getDocument")["root"]["nodeId"]
        node = self._call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self._call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def size(self, width: int, height: int, *, dark: bool = False, calm: bool = False) -> None:
        """Window and taste. calm: less motion."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        features.append({"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"})
        self._call("Emulation.setEmulatedMedia", features=features)

    def shot(self, path: Path) -> Path:
        """A picture of the window, as PNG."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))
        return path

    def complaints(self) -> list[str]:
        """What the browser has complained about: errors of scripts, refused by the policy, not found."""
        self.js("1")
        found = []
        for event in self.events:
            if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                found.append(event["params"]["entry"]["text"])
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(str(event["params"]["exceptionDetails"]))
        return found


@contextmanager
def browsing(home: Path) -> Iterator[Browser]:
    """A browser that is gone afterwards."""
    browser = Browser(home)
    try:
        yield browser
    finally:
        browser.close()
