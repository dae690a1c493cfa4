"""A JupyterLab and a headless Chromium that shows it, driven through WebDriver.

WebDriver is HTTP with JSON (https://www.w3.org/TR/webdriver2/); the standard library does.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Chromium: as root, with little shared memory, and asking nothing of its makers' hosts.
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]
TOKEN = "only-on-loopback"
CHANCE = random.SystemRandom()
PATIENCE = 120  # seconds for anything, on a busy machine
SETTINGS = {
    # otherwise JupyterLab draws only the cells that fit on the screen
    "notebook-extension/tracker": {"windowingMode": "none"},
    # otherwise it lays a question about news over them
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def missing() -> str:
    """What is not there for a test with a browser; "" if all is there."""
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        return "JupyterLab is not installed"
    if not shutil.which("chromedriver"):
        return "chromedriver is not installed"
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        return "Chromium is not installed"
    return ""


def free_ports(number: int) -> list[int]:
    """Free ports for a program that is told where to listen.

    They lie below those that systems give away by themselves, so that no connection of
    another program takes one before it is used.
    """
    doors: list[socket.socket] = []
    while len(doors) < number:
        try:
            doors.append(socket.create_server(("127.0.0.1", CHANCE.randrange(20_000, 30_000))))
        except OSError:
            continue  # taken
    ports = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return ports


def kernel_ports() -> dict[str, Any]:
    """Options of a KernelManager: five ports that nobody else gets meanwhile."""
    names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
    return {"cache_ports": False, **dict(zip(names, free_ports(5), strict=True))}


def wait_for(done: Callable[[], Any], what: str) -> Any:
    """Look again and again until `done()` is true; return what it gave."""
    deadline = time.monotonic() + PATIENCE
    while not (result := done()):
        assert time.monotonic() < deadline, f"{what} does not happen"
        time.sleep(0.1)
    return result


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def jupyterlab(folder: Path, scratch: Path, environment: dict[str, str]) -> Iterator[str]:
    """Serve a folder of notebooks; gives the address.  Its settings go to `scratch`."""
    for name, content in SETTINGS.items():
        path = scratch / "lab-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    (port,) = free_ports(1)
    own = {f"JUPYTER_{name}_DIR": str(scratch / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
               f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}",
               f"--LabApp.user_settings_dir={scratch / 'lab-settings'}",
               f"--LabApp.workspaces_dir={scratch / 'workspaces'}",
               "--no-browser", "--expose-app-in-browser", "--allow-root",
               *[f"--KernelManager.{name}={value}" for name, value in kernel_ports().items()]]
    server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options],
                              env={**os.environ, **environment, **own}, cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(f"{address}/api"), "the start of JupyterLab")
        yield address
        request = urllib.request.Request(f"{address}/api/shutdown", method="POST",
                                         headers={"Authorization": f"token {TOKEN}"})
        urllib.request.urlopen(request, timeout=PATIENCE).close()
        server.wait(PATIENCE)
    finally:
        server.kill()
        server.wait()


class Browser:
    """One window of Chromium."""

    def __init__(self, driver: str, profile: Path) -> None:
        self._driver = driver
        arguments = ["--headless=new", *FLAGS, f"--user-data-dir={profile}",
                     "--window-size=1400,1000"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}
        if binary := shutil.which("chromium") or shutil.which("chromium-browser"):
            wanted["goog:chromeOptions"]["binary"] = binary  # type: ignore[index]
        session = self._say("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{session['sessionId']}"
        # without a screen some versions have no focus, and JupyterLab then knows no current page
        focus = {"cmd": "Emulation.setFocusEmulationEnabled", "params": {"enabled": True}}
        self._say("POST", f"{self._session}/goog/cdp/execute", focus)

    def _say(self, method: str, path: str, content: Any = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self._driver + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def open(self, url: str) -> None:
        self._say("POST", f"{self._session}/url", {"url": url})

    def script(self, source: str, *arguments: Any) -> Any:
        """Run JavaScript in the page; returns what it returns."""
        return self._say("POST", f"{self._session}/execute/sync",
                         {"script": source, "args": list(arguments)})

    def screenshot(self) -> bytes:
        """The window as a PNG."""
        return base64.b64decode(self._say("GET", f"{self._session}/screenshot"))

    def pictures(self, selector: str) -> list[bytes]:
        """A PNG of each element that a CSS selector finds."""
        found = self._say("POST", f"{self._session}/elements",
                          {"using": "css selector", "value": selector})
        return [base64.b64decode(self._say(
            "GET", f"{self._session}/element/{next(iter(element.values()))}/screenshot"))
            for element in found]

    def close(self) -> None:
        self._say("DELETE", self._session)


@contextmanager
def browser(scratch: Path) -> Iterator[Browser]:
    """Start a driver and a browser; end both."""
    (port,) = free_ports(1)
    driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/status"), "the start of a browser")
        window = Browser(f"http://127.0.0.1:{port}", scratch / "profile")
        try:
            yield window
        finally:
            window.close()
    finally:
        driver.kill()
        driver.wait()


def shades(png: bytes) -> int:
    """How many different bytes the pixels of a PNG are made of: few for a blank one."""
    at, packed = 8, b""
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + size]
        at += size + 12
    return len(set(zlib.decompress(packed)))
