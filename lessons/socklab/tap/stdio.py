"""The program's keyboard and screen.

The keyboard is a pipe under a real text stream, read through a counting raw reader, so
input(), readline() and iteration all work and all park.  The screen sends what is
written straight to the grader, in order with the socket calls, as a terminal would show
it: nothing waits in a buffer for a flush.
"""

from __future__ import annotations

import _thread
import builtins
import io
import os
import sys

from . import control, parking, pipes, waiting

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

_read, _write, _open = os.read, os.write, open


class Keyboard:
    """As a channel: what was typed and what the program has read of it."""

    def __init__(self) -> None:
        self.taken = 0
        self.ended = False
        inner, self._outer = os.pipe()
        os.dup2(inner, 0)
        os.close(inner)

    def state(self) -> tuple | None:
        return None if self.ended else ("stdin", self.taken)

    def type(self, data: bytes) -> None:
        _write(self._outer, data)

    def end(self) -> None:
        os.close(self._outer)

    def read(self, size: int) -> bytes:
        """Read one line at most, as a terminal gives it: select() tells of the next one."""
        with parking.mutex:
            parked = parking.park("input", (self,))
        data = None
        try:
            data = _read(0, min(size, 1))
            line = bytearray(data)
            while line and len(line) < size and line[-1:] != b"\n" and (more := _read(0, 1)):
                line += more
            data = bytes(line)
        finally:
            with parking.mutex:
                self.taken += len(data or b"")
                self.ended = self.ended or data == b""
                parking.unpark(parked)
        control.event("input", ("stdin",), len(data), data)
        return data


class KeyboardReader(io.RawIOBase):
    """The raw stream under sys.stdin."""

    def __init__(self, keyboard: Keyboard) -> None:
        self._keyboard = keyboard

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0

    def readinto(self, buffer: Any) -> int:
        data = self._keyboard.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Screen(io.RawIOBase):
    """The raw stream under sys.stdout (1) or sys.stderr (2)."""

    def __init__(self, number: int) -> None:
        self._number = number

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        for start in range(0, len(view), 65536):
            show(self._number, bytes(view[start : start + 65536]))
        return len(view)


class Shown(io.BufferedWriter):
    """The buffer over a Screen: nothing stays in it."""

    def write(self, data: Any) -> int:
        size = super().write(data)
        self.flush()
        return size


TRACEBACK = 3  # beside 1 and 2: what Python says of an uncaught exception
in_traceback: set[int] = set()  # the threads that print one at this moment
# pieces of output without any work on sockets between them: more are a flood, but a right
# program may print each byte that it got, in a few pieces
most_prints, each_byte = 17_000, 4
_shown = [0, 0]  # pieces since then, and the count of work at that time


def show(number: int, data: bytes) -> None:
    """Send output to the grader, and tell it when that seems to have no end."""
    if control.work != _shown[1]:
        _shown[:] = [0, control.work]
    _shown[0] += 1
    if _shown[0] == most_prints + each_byte * control.moved:
        control.tell("flood")
    control.progress += 1
    channel = TRACEBACK if _thread.get_ident() in in_traceback else number
    control.tell("output", control.now(), channel, parking.place(), data)


def _tapped_write(descriptor: int, data: Any) -> int:
    if not control.active:
        return _write(descriptor, data)
    if descriptor not in (1, 2):
        return pipes.write(descriptor, data)
    show(descriptor, bytes(data))
    return len(data)


def _tapped_read(keyboard: Keyboard) -> Any:
    def read(descriptor: int, size: int) -> bytes:
        if not control.active:
            return _read(descriptor, size)
        return keyboard.read(size) if descriptor == 0 else pipes.read(descriptor, size)

    return read


def _tapped_open(keyboard: Keyboard) -> Any:
    def open(file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None,
             errors: str | None = None, newline: str | None = None, closefd: bool = True,
             opener: Any = None) -> Any:
        if type(file) is not int or file not in (0, 1, 2) or not control.active:
            if type(file) is int and pipes.is_counted(file):
                _read_past_our_counts(file)
            return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw: Any = KeyboardReader(keyboard) if file == 0 else Screen(file)
        if "b" in mode and not buffering:
            return raw  # a buffer that nobody keeps would close it
        stream = io.BufferedReader(raw) if file == 0 else Shown(raw)
        if "b" in mode:
            return stream
        return io.TextIOWrapper(stream, encoding, errors, newline, buffering == 1)

    return open


def _read_past_our_counts(descriptor: int) -> None:
    if sys._getframe(2).f_globals.get("__name__") == "subprocess":
        with parking.mutex:
            waiting.pipes.pop(descriptor, None)  # `processes` follows the other end
    else:
        parking.untracked.append("open()")


def install() -> Keyboard:
    """Replace sys.stdin, sys.stdout and sys.stderr; return the keyboard."""
    keyboard = Keyboard()
    waiting.keyboard = keyboard
    pipes.install()
    os.write = _tapped_write
    os.read = _tapped_read(keyboard)
    builtins.open = io.open = _tapped_open(keyboard)
    reader = io.BufferedReader(KeyboardReader(keyboard))
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(reader, "utf-8")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _text(1, "strict")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(2, "backslashreplace")  # type: ignore[misc]
    return keyboard


def _text(number: int, errors: str) -> io.TextIOWrapper:
    # write_through: shown at once, as line-buffered terminals nearly do
    return io.TextIOWrapper(
        Shown(Screen(number)), "utf-8", errors, newline="\n",
        write_through=True, line_buffering=True,
    )
