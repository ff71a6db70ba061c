"""Drives Debian's Chromium over the DevTools protocol: opens pages, runs script, takes pictures.

The page is opened from its file, so nothing but the file itself can be loaded.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)
_PATIENCE_S = 60.0


class Tab:
    """One tab; what the page complains about collects in `errors`, what it loads in `requests`."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, timeout=_PATIENCE_S)
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        name, its = event.get("method"), event.get("params", {})
        self._events.append(event)
        if name == "Runtime.exceptionThrown":
            details = its["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif name == "Runtime.consoleAPICalled" and its["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(a.get("value", a)) for a in its["args"]))
        elif name == "Log.entryAdded" and its["entry"]["level"] == "error":
            self.errors.append(its["entry"]["text"])
        elif name == "Network.requestWillBeSent":
            self.requests.append(its["request"]["url"])

    def open(self, file: Path) -> float:
        """Open a file and return the seconds until its load event, as the page measured them."""
        self._events.clear()
        self.send("Page.navigate", url=file.resolve().as_uri())
        while not any(e.get("method") == "Page.loadEventFired" for e in self._events):
            self._note(json.loads(self._socket.recv()))
        timing = "performance.getEntriesByType('navigation')[0]"
        return float(self.run(f"{timing}.loadEventEnd || performance.now()")) / 1000

    def run(self, script: str) -> Any:
        """Evaluate an expression, awaiting a promise, and return its value."""
        answer = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait(self, condition: str, seconds: float = 15.0) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.05)

    def size(self, width: int, height: int) -> None:
        """Set the size of the window in CSS pixels."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def media(self, kind: str = "", **features: str) -> None:
        """Emulate a medium (``print``) or features such as ``prefers_color_scheme="dark"``."""
        listed = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.send("Emulation.setEmulatedMedia", media=kind, features=listed)

    def key(self, name: str, code: int) -> None:
        """Press and release a key, such as ``Tab`` (9) or ``ArrowRight`` (39)."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                **{"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code},
            )

    def picture(self, file: Path) -> None:
        """Write what the window shows as PNG."""
        data = self.send("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(data))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@contextmanager
def browser(*flags: str) -> Iterator[Tab]:
    """Start Chromium with a profile of its own; it ends with the block."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [CHROMIUM, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            tab = Tab(_address(Path(profile) / "DevToolsActivePort", process))
            try:
                yield tab
            finally:
                tab.close()
        finally:
            process.terminate()
            process.wait(timeout=20)


def _address(file: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        if file.is_file() and (lines := file.read_text().splitlines()):
            with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json/list") as answer:
                for target in json.load(answer):
                    if target["type"] == "page":
                        return str(target["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise RuntimeError("Chromium did not start")
