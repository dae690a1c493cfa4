"""The virtual addresses of one check: who is at which port, and the system's rules.

A program binds the address that is written in it; the grader gives it a free real port
on loopback instead and keeps the table.  So a program is graded while its port is taken
by another, two gradings run side by side, and nothing leaves the machine.  The errors
that a learner must meet stay: a port that is in use, or that nobody listens on.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from dataclasses import dataclass, field

ANY = {"", "0.0.0.0", "::"}


@dataclass
class Entry:
    """One bound socket.  `owner` is its program, or None for the bench itself."""

    owner: object
    host: str
    port: int
    six: bool  # IPv6
    reuse: bool  # SO_REUSEADDR was set
    real_host: str
    real_port: int = 0
    listening: bool = False
    plan: tuple | None = None  # faults for whoever connects here


@dataclass
class Addresses:
    """The table.  Ports are the program's own numbers unless they are called real."""

    entries: dict[int, Entry] = field(default_factory=dict)
    lingering: dict[int, bool] = field(default_factory=dict)  # port: was SO_REUSEADDR set?
    platform: str = sys.platform
    _count: int = 0

    def bind(self, owner: object, host: str, port: int, six: bool, reuse: bool) -> tuple:
        """Answer a program's bind: ("ok", entry, real host) or ("error", errno, text).

        The rules are those of the platform (see bind(2), and for Windows the page
        "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE").
        """
        real_host = _real_host(host, six)
        if real_host is None:
            return _error(errno.EADDRNOTAVAIL)
        if 0 < port < 1024 and self.platform == "linux" and _ordinary_user():
            return _error(errno.EACCES)
        if port and not self._free(host, port, six, reuse):
            return _error(errno.EADDRINUSE)
        self._count += 1
        self.entries[self._count] = Entry(owner, host, port, six, reuse, real_host)
        return ("ok", self._count, real_host)

    def _free(self, host: str, port: int, six: bool, reuse: bool) -> bool:
        windows = self.platform == "win32"
        for entry in self.entries.values():
            same = entry.host == host or entry.host in ANY or host in ANY
            if entry.port == port and same and (entry.six == six or entry.host in ANY):
                may_share = reuse if windows else (
                    reuse and entry.reuse and not entry.listening
                )
                if not may_share:
                    return False
        if port in self.lingering and not windows:
            # Linux asks that the old socket had the option too
            return reuse and (self.lingering[port] or self.platform != "linux")
        return True

    def listening(self, number: int, real_port: int, port: int) -> Entry | None:
        """A bound socket listens now, at a real port; returns its entry."""
        entry = self.entries.get(number)
        if entry is not None:
            entry.real_port, entry.port, entry.listening = real_port, port, True
        return entry

    def free(self, number: int, lingers: bool) -> None:
        """A bound socket was closed; with `lingers` a connection of it still lives on."""
        entry = self.entries.pop(number, None)
        if entry is not None and lingers:
            self.lingering[entry.port] = entry.reuse

    def find(self, host: str, port: int, six: bool = False) -> Entry | None:
        """Return who listens at an address, or None."""
        host = "::1" if six and host in ("localhost", "::") else host
        for entry in self.entries.values():
            same = entry.host == host or entry.host in ANY or host in ANY
            local = not six and entry.host in ("localhost", "127.0.0.1") and \
                host in ("localhost", "127.0.0.1")
            family = entry.six == six or (entry.six and entry.real_host.startswith("::ffff"))
            if entry.listening and entry.port == port and (same or local) and family:
                return entry
        return None

    def connect(self, host: str, port: int, six: bool) -> tuple:
        """Answer a program's connect: ("ok", real host, real port, plan) or an error."""
        if _real_host(host, six) is None and host != socket.gethostname():
            return _error(errno.ENETUNREACH)
        entry = self.find(host, port, six)
        if entry is None:
            return _error(errno.ECONNREFUSED)
        real_host = entry.real_host if six else "127.0.0.1"
        return ("ok", real_host, entry.real_port, entry.plan)

    def of(self, owner: object) -> list[Entry]:
        """The sockets of one program that are listening."""
        return [e for e in self.entries.values() if e.owner is owner and e.listening]


def _real_host(host: str, six: bool) -> str | None:
    if six:
        return {"::": "::ffff:127.0.0.1", "": "::ffff:127.0.0.1", "::1": "::1",
                "localhost": "::1"}.get(host)
    own = host in ANY or host == "localhost" or host.startswith("127.")
    return "127.0.0.1" if own or host == socket.gethostname() else None


def _ordinary_user() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() != 0


def _error(number: int) -> tuple:
    return ("error", number, os.strerror(number))
