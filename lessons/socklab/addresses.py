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
from collections.abc import Callable
from dataclasses import dataclass, field

from .tape import text_of

ANY = {"0.0.0.0", "::"}


@dataclass
class Entry:
    """One bound socket.  `owner` is its program, or None for the bench itself."""

    owner: object
    host: str
    port: int
    six: bool  # IPv6
    reuse: bool  # SO_REUSEADDR was set
    both: bool  # IPv6, and IPv4 as well
    real_host: str
    real_port: int = 0
    listening: bool = False
    plan: tuple | None = None  # faults for whoever connects here


@dataclass
class Addresses:
    """The table.  Ports are the program's own numbers unless they are called real."""

    entries: dict[int, Entry] = field(default_factory=dict)
    # by port, of each closed socket: was SO_REUSEADDR set? does a connection live on now?
    lingering: dict[int, list[tuple[bool, Callable[[], bool]]]] = field(default_factory=dict)
    platform: str = sys.platform
    _count: int = 0

    def bind(self, owner: object, host: str, port: int, six: bool, reuse: bool,
             both: bool = False) -> tuple:
        """Answer a bind: ("ok", entry, host as told, real host) or ("error", errno, text).

        The rules are those of the platform (see bind(2), and for Windows the page
        "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE").
        """
        host, both = _plain(host, six), both and _plain(host, six) == "::"
        if not _is_here(host, six):
            return _error(errno.EADDRNOTAVAIL)
        guarded = self.platform == "linux" or self.platform == "darwin" and host not in ANY
        if 0 < port < 1024 and guarded and _ordinary_user():
            return _error(errno.EACCES)
        real_host = "127.0.0.1" if not six else "::ffff:127.0.0.1" if both else "::1"
        wanted = Entry(owner, host, port, six, reuse, both, real_host)
        if port and not self._free(wanted):
            return _error(errno.EADDRINUSE)
        self._count += 1
        self.entries[self._count] = wanted
        return ("ok", self._count, host, real_host)

    def _free(self, wanted: Entry) -> bool:
        """May this socket have its port beside those that are there?"""
        windows = self.platform == "win32"
        for entry in self.entries.values():
            if entry.port != wanted.port or not self._meet(entry, wanted):
                continue
            may_share = wanted.reuse if windows else (
                wanted.reuse and entry.reuse and not entry.listening
            )
            if not may_share:
                return False
        # Linux asks that the old socket had the option too
        return windows or not any(
            lingers() and not (wanted.reuse and (reuse or self.platform != "linux"))
            for reuse, lingers in self.lingering.get(wanted.port, []))

    def _meet(self, one: Entry, two: Entry) -> bool:
        """Do two sockets of the same port want the same address?"""
        if one.six != two.six and not one.both and not two.both:
            return False
        if self.platform == "win32":  # a special address goes before "any"
            return one.host == two.host
        return one.host == two.host or one.host in ANY or two.host in ANY

    def listening(self, number: int, real_port: int, port: int) -> Entry | None:
        """A bound socket listens now, at a real port; returns its entry."""
        entry = self.entries.get(number)
        if entry is not None:
            entry.real_port, entry.port, entry.listening = real_port, port, True
        return entry

    def free(self, number: int, lingers: Callable[[], bool]) -> None:
        """A bound socket was closed; `lingers` tells whether a connection of it lives on."""
        entry = self.entries.pop(number, None)
        if entry is not None:
            self.lingering.setdefault(entry.port, []).append((entry.reuse, lingers))

    def find(self, host: str, port: int, six: bool = False) -> Entry | None:
        """Return who listens at an address, or None."""
        host = _plain(host, six)
        if host in ANY:  # where a program connects to "any", it means itself
            host = "::1" if six else "127.0.0.1"
        there = [e for e in self.entries.values() if e.listening and e.port == port
                 and (e.six == six or e.both) and (e.host == host or e.host in ANY)]
        there.sort(key=lambda entry: entry.host != host)  # a special address goes first
        return there[0] if there else None

    def connect(self, host: str, port: int, six: bool) -> tuple:
        """Answer a program's connect: ("ok", real host, real port, plan) or an error."""
        host = _plain(host, six)
        if not _is_here(host, six):
            return _error(errno.ENETUNREACH)
        if host in ANY and self.platform == "win32":
            return _error(errno.EADDRNOTAVAIL)
        entry = self.find(host, port, six)
        if entry is None:
            return _error(errno.ECONNREFUSED)
        real_host = entry.real_host if six else "127.0.0.1"
        return ("ok", real_host, entry.real_port, entry.plan)

    def of(self, owner: object) -> list[Entry]:
        """The sockets of one program that are listening."""
        return [e for e in self.entries.values() if e.owner is owner and e.listening]


def _plain(host: str, six: bool) -> str:
    """The address that a name of this machine stands for."""
    if host == "":
        return "::" if six else "0.0.0.0"
    if host.lower() in ("localhost", "localhost.", socket.gethostname().lower()):
        return "::1" if six else "127.0.0.1"
    return host


def _is_here(host: str, six: bool) -> bool:
    """Is it an address of this machine that leads nowhere else?"""
    if six:
        return host in ("::", "::1")
    return host == "0.0.0.0" or host.startswith("127.")


def _ordinary_user() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() != 0


def _error(number: int) -> tuple:
    return ("error", number, text_of(number))
