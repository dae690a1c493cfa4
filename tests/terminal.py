"""Runs the tools for students (`python lessons/socklab ...`) as processes.

`Tool` gives them pipes; with `terminal=True` a terminal of their own (a pty), in which
Ctrl-C and Ctrl-D do what they do for a student.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from grading import KIT, _clean

PATIENCE = 120  # seconds for anything, on a busy machine; nothing is proved by them
CTRL_C, CTRL_D = "\x03", "\x04"
# A session and a terminal of its own; a test that runs in the background ignores Ctrl-C.
BEGIN = """
import fcntl, os, signal, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def run_tool(*arguments: str, python: Sequence[str] = (), typed: bytes = b"",
             **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end; return its status and what it has printed."""
    done = subprocess.run(
        [sys.executable, *python, "lessons/socklab", *arguments], cwd=KIT, input=typed,
        capture_output=True, timeout=PATIENCE, env=_environment(environment))
    return subprocess.CompletedProcess(
        done.args, done.returncode, *(text.decode("utf-8").replace("\r\n", "\n")
                                      for text in (done.stdout, done.stderr)))


def _environment(own: dict[str, str]) -> dict[str, str]:
    return {**_clean(), "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", **own}


class Tool:
    """A tool that is running; use it in a with statement."""

    def __init__(self, *arguments: str, terminal: bool = False) -> None:
        command = ["lessons/socklab", *arguments]
        options: dict[str, Any] = {"cwd": KIT, "env": _environment({})}
        self.shown = ""
        if terminal and sys.platform != "win32":
            self._ours, theirs = os.openpty()
            self.process = subprocess.Popen(
                [sys.executable, "-c", BEGIN, *command], stdin=theirs, stdout=theirs,
                stderr=theirs, **options)
            os.close(theirs)
            self._reads = self._writes = self._ours
        else:
            self.process = subprocess.Popen(
                [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, **options)
            assert self.process.stdin and self.process.stdout
            self._reads, self._writes = self.process.stdout.fileno(), self.process.stdin.fileno()

    def __enter__(self) -> Tool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdin and self.process.stdout:
            self.process.stdin.close()
            self.process.stdout.close()
        else:
            os.close(self._ours)

    def type(self, text: str) -> None:
        """Type something; a newline has to be a part of it."""
        os.write(self._writes, text.encode())

    def end_input(self) -> None:
        """End the pipe."""
        assert self.process.stdin
        self.process.stdin.close()

    def until(self, text: str) -> None:
        """Read on until a text is shown."""
        while text not in self.shown:
            assert self.read(), f"{text!r} is not shown, but:\n{self.shown}"

    def status(self) -> int:
        """Read to the end; return the exit status."""
        while self.read():
            pass
        return self.process.wait(PATIENCE)

    def read(self) -> bool:
        """Read a piece; return False at the end."""
        if sys.platform != "win32":
            ready, _, _ = select.select([self._reads], [], [], PATIENCE)
            assert ready, f"nothing more is shown than:\n{self.shown}"
        try:
            data = os.read(self._reads, 65536)
        except OSError:  # how a pty says that its program has ended
            data = b""
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)
