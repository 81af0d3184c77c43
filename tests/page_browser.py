"""A headless Chromium that opens a page from disk, is asked by script, and is driven by real input."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PageBrowser", "browser", "opened"]

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-pipe",
)


def browser() -> str:
    """Find the browser that `make browser` installs."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found is not None, "run `make browser` first"
    return found


class PageBrowser:
    """One page of a browser, by its protocol for developers over two pipes."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from, self._rest = to_browser, from_browser, b""
        self._number, self._session = 0, ""
        self.events: list[dict[str, Any]] = []
        target = self.asks("Target.createTarget", url="about:blank")["targetId"]
        attached = self.asks("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.asks(f"{domain}.enable")

    def asks(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer; what happens meanwhile is kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                found: dict[str, Any] = answer["result"]
                return found
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._from, 1 << 20)
            assert more, "the browser has gone"
            self._rest += more
        text, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        return found

    def opens(self, file: Path, *, width: int = 1440, height: int = 900) -> None:
        """Open a file in a window of a size, and wait until it is there."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.asks("Emulation.setDeviceMetricsOverride", **size)
        self.events.clear()
        self.asks("Page.navigate", url=file.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def says(self, expression: str) -> Any:
        """Give the value of a script, also one that is only promised."""
        told = self.asks(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def presses(self, key: str) -> None:
        """Press a key and let it go."""
        codes = {"ArrowRight": 39, "ArrowLeft": 37, "Tab": 9, "Home": 36, "End": 35, "Enter": 13}
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        self.asks("Input.dispatchKeyEvent", type="rawKeyDown", **pressed)
        self.asks("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def complaints(self) -> list[str]:
        """Give what the page was refused, and what of its scripts failed."""
        bad = ("Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(event) for event in self.events if event.get("method") in bad]

    def requests(self) -> list[str]:
        """Give the addresses that the page asked for, without those that it holds."""
        sent = [e["params"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        urls = [str(each["request"]["url"]) for each in sent]
        return [url for url in urls if not url.startswith(("data:", "file:"))]

    def pictures(self, file: Path, *, whole: bool = True) -> None:
        """Save what is seen as a PNG."""
        shot = self.asks("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def prints(self, file: Path) -> None:
        """Save what a printer would get as a PDF."""
        page = self.asks("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        file.write_bytes(base64.b64decode(page["data"]))


@contextmanager
def opened(profile: Path) -> Iterator[PageBrowser]:
    """Start a browser, and end it."""
    ends = [os.pipe(), os.pipe()]
    # It reads commands from the fourth and writes answers to the fifth of its open files: ours are moved
    # out of their way first.
    theirs_in, theirs_out = (
        fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (ends[0][0], ends[1][1])
    )
    ours_out, ours_in = ends[0][1], ends[1][0]
    os.close(ends[0][0])
    os.close(ends[1][1])
    shell = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    command = ["bash", "-c", shell, browser(), *_OPTIONS, f"--user-data-dir={profile}"]
    with subprocess.Popen(
        command, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL
    ) as run:
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield PageBrowser(ours_out, ours_in)
        finally:
            run.terminate()
            os.close(ours_out)
            os.close(ours_in)
