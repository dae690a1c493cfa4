"""What happened, in order: the one record from which reports and diagrams are made."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

Key = tuple[int, int]  # a connection's real ports, (ours, theirs)


@dataclass
class Event:
    """One thing that somebody did.

    time: seconds of a clock that all processes of this machine share.
    who: the program's file name, or "check" for the bench's peers.
    call: "connect", "accept", "recv", "send", "close", "output", "type", "crash", ...
    """

    time: float
    who: str
    call: str
    file: str = ""
    line: int = 0
    inner: str = ""  # the library function through which the line made the call
    thread: str = "main"
    key: tuple = ()  # the connection, or what the call was about
    size: int = 0
    data: bytes = b""  # the first bytes of them
    note: str = ""  # the name of the error it raised
    asked: int = -1

    @property
    def in_main(self) -> bool:
        """Was it the main thread, so that the program ends with it?"""
        return self.thread in ("main", "")


@dataclass
class Tape:
    """The events of one check.  `case` names the part that is running.

    merging: the pieces of one print() become one event.
    """

    events: list[Event] = field(default_factory=list)
    dropped: int = 0
    case: str = ""
    merging: bool = True

    def add(self, event: Event) -> None:
        self.events.append(event)

    def add_output(self, event: Event) -> None:
        """Add what a program printed; the pieces of one print() become one event."""
        # another program's event may have come between two pieces
        last = next((e for e in reversed(self.events[-8:]) if e.who == event.who), None)
        same = last and (last.who, last.call, last.line) == (event.who, "output", event.line)
        if self.merging and last and same and not last.data.endswith(b"\n"):
            last.data = (last.data + event.data)[:400]
            last.size += event.size
        elif len(self.events) < 20_000:
            self.events.append(event)

    def ordered(self) -> list[Event]:
        """The events by time; the programs' messages may arrive a little out of order."""
        return sorted(self.events, key=lambda e: e.time)

    def since(self, start: float) -> list[Event]:
        """The events from that time on, by time: a message may come late."""
        return [event for event in self.ordered() if event.time >= start]


def show(data: bytes, most: int = 40) -> str:
    """Return bytes as Python shows them, long ones shortened in the middle.

    >>> show(b"hello")
    "b'hello'"
    """
    if len(data) <= most:
        return repr(data)
    head, tail = data[: most * 2 // 3], data[-(most // 4):]
    return f"{head!r} … {tail!r} ({len(data):,} bytes)"


def count(number: int, thing: str) -> str:
    """Return "1 byte", "2 bytes", "2 processes"."""
    plural = "es" if thing.endswith("s") else "s"
    return f"{number:,} {thing}" + ("" if number == 1 else plural)


def text_of(number: int) -> str:
    """The system's words for an errno; Windows' strerror() knows none of Winsock's numbers."""
    if sys.platform == "win32" and number > 10000:
        import ctypes

        return ctypes.FormatError(number).strip().rstrip(".")
    return os.strerror(number)
