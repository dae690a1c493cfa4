"""Pipes inside a program: a byte in one wakes a thread that waits in select().

os.read() and os.write() on a socket are here, too: there they are recv() and send().
"""

from __future__ import annotations

import os
import sys

from . import parking, waiting

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

_read, _write, _close, _pipe = os.read, os.write, os.close, os.pipe


class Pipe:
    """As a channel: reading from a pipe whose both ends are in this program."""

    def __init__(self, reader: int) -> None:
        self.reader = reader
        self.given = self.taken = 0  # bytes
        self.ended = False  # the end for writing is closed

    def state(self) -> tuple | None:
        # between the system's read and our count the pipe is empty, and the counts differ
        if self.ended or self.given != self.taken:
            return None
        # somebody may have written who does not count: a copy of the descriptor
        unseen = sys.platform != "win32" and waiting.is_ready(self.reader, waiting.IN)
        return None if unseen else ()


def pipe() -> tuple[int, int]:
    """os.pipe, counted."""
    return _count(_pipe())


def _count(ends: tuple[int, int]) -> tuple[int, int]:
    made = Pipe(ends[0])
    with parking.mutex:
        waiting.pipes[ends[0]] = waiting.pipes[ends[1]] = made
    return ends


def read(descriptor: int, size: int) -> bytes:
    """os.read of a pipe, a socket or a file."""
    if (tapped := _socket_of(descriptor)) is not None:
        data: bytes = tapped.recv(size)
        return data
    found: Any = waiting.pipes.get(descriptor)
    if found is None:
        return _read(descriptor, size)
    parked = None
    with parking.mutex:
        if sys.platform == "win32" or os.get_blocking(descriptor):
            parked = parking.park("read", (found,))
    data = b""
    try:
        data = _read(descriptor, size)
    finally:
        with parking.mutex:
            found.taken += len(data)
            found.given = max(found.given, found.taken)
            if parked:
                parking.unpark(parked)
    return data


def write(descriptor: int, data: Any) -> int:
    """os.write to a pipe, a socket or a file."""
    if (tapped := _socket_of(descriptor)) is not None:
        size: int = tapped.send(data)
        return size
    found: Any = waiting.pipes.get(descriptor)
    if found is None:
        return _write(descriptor, data)
    whole, size = memoryview(data).nbytes, 0
    with parking.mutex:
        found.given += whole  # before somebody can read it
    try:
        size = _write(descriptor, data)
    finally:
        with parking.mutex:
            found.given -= whole - size
    return size


def close(descriptor: int) -> None:
    """os.close: of the end for writing, it ends what the other end reads."""
    if (tapped := _socket_of(descriptor)) is not None:
        tapped.note_close()
    with parking.mutex:
        found: Any = waiting.pipes.pop(descriptor, None)
        if found is not None and descriptor != found.reader:
            found.ended = True
    _close(descriptor)


def is_counted(descriptor: int) -> bool:
    """Would a file made of this descriptor read or write past our counts?"""
    return descriptor in waiting.pipes or _socket_of(descriptor) is not None


def _socket_of(descriptor: int) -> Any:
    # on Windows the number of a socket is no descriptor: os.read() takes others
    if sys.platform == "win32":
        return None
    tapped = waiting.by_descriptor.get(descriptor)
    return tapped if tapped is not None and tapped.stream is not None else None


def install() -> None:
    """Replace os.pipe and os.close; `stdio` does it with os.read and os.write."""
    os.pipe, os.close = pipe, close  # type: ignore[assignment]
    if sys.platform == "linux":
        pipe2 = os.pipe2
        os.pipe2 = lambda flags: _count(pipe2(flags))  # type: ignore[assignment]
