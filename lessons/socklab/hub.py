"""The grader's switchboard: one loop for all its connections, and the spare processes.

Everything in the grader runs in one thread.  `Hub.pump` takes what has come on any
connection; whoever waits for something pumps until it is there.
"""

from __future__ import annotations

import atexit
import secrets
import select
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import killing, wire

FOLDER = Path(__file__).resolve().parent
Handler = Callable[..., None]
EPOLL = getattr(selectors, "EpollSelector", ())  # Linux


class KitError(Exception):
    """The bench itself failed; never the student's fault."""


def at_once(connection: socket.socket) -> None:
    """Without it each small message may cost 40 ms (Nagle's algorithm and delayed ACK)."""
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        pass  # macOS: it has been reset already


class Link:
    """A connection to one of our own processes (the warden, or a program's tap)."""

    def __init__(self, hub: Hub, connection: socket.socket) -> None:
        self.hub, self.connection = hub, connection
        self.handler: Handler | None = None
        self.open = True
        self.waiting: list[tuple] = []  # messages that came before there was a handler
        self.name = ""
        self.pid = 0
        self._buffer = bytearray()
        connection.setblocking(False)
        at_once(connection)
        for selector in (hub.selector, hub.links):
            selector.register(connection, selectors.EVENT_READ, self._readable)

    def _readable(self) -> None:
        try:
            data = self.connection.recv(1 << 16)  # (memory for more is slow to get)
            self._buffer.extend(data)
            messages = wire.split(self._buffer)
        except BlockingIOError:
            return
        except (OSError, wire.WireError):
            data, messages = b"", []
        for message in messages:
            self._deliver(message)
        if not data:
            self.close()

    def _deliver(self, message: tuple) -> None:
        if not message or not isinstance(message[0], str):
            self.close()  # not from our own code
        elif self.name:
            self.waiting.append(message)
            self.drain()
        elif len(message) == 4 and message[0] == "hello":
            self.hub._welcome(self, message)
        else:
            self.close()  # a stranger

    def drain(self) -> None:
        """Hand the waiting messages to the handler, if there is one."""
        while self.handler is not None and self.waiting:
            self.handler(*self.waiting.pop(0))

    def tell(self, *values: object) -> None:
        """Send a message; nothing happens if the process is gone."""
        data = memoryview(wire.encode(*values))
        until = time.monotonic() + 30
        while data and self.open:
            try:
                data = data[self.connection.send(data):]
            except BlockingIOError:
                if time.monotonic() > until:
                    raise KitError("a program does not take its orders") from None
                self.hub.pump(0.01)
            except OSError:
                return  # it is gone; what it has said before is still to be read

    def close(self) -> None:
        if self.open:
            self.open = False
            for selector in (self.hub.selector, self.hub.links):
                selector.unregister(self.connection)
            self.connection.close()
            if self.handler is not None:
                self.drain()
                self.handler("gone")


class Hub:
    """Starts the warden and keeps spare processes ready.

    spares: how many processes wait, warmed up, for the next `take`.
    """

    def __init__(self, spares: int = 2) -> None:
        self.selector = selectors.DefaultSelector()
        self.links = selectors.DefaultSelector()  # those of them that are links
        self.spares = spares
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._door.setblocking(False)
        self._port = self._door.getsockname()[1]
        for selector in (self.selector, self.links):
            selector.register(self._door, selectors.EVENT_READ, self._accept)
        self._token = secrets.token_hex(8)
        self._count = 0
        self._wanted = spares
        self._coming: list[str] = []  # names of processes that were asked for
        self._ready: dict[str, Link] = {}
        self._unwelcome: list[Link] = []
        self._exits: dict[str, int] = {}
        self._likely = ""  # the file that will probably be run next
        self._deadly: set[str] = set()  # files that a spare has not survived
        self._ending: dict[str, int] = {}  # process ids of those that are being killed
        self._strays: dict[str, int] = {}
        self.counted: dict[str, int] = {}
        self.on_exit: dict[str, Callable[[int], None]] = {}
        self._warden: Link | None = None
        self._process: subprocess.Popen | None = None
        self._warden_name = ""
        self.warden_losses = self.spare_losses = 0
        # programs that took long to get nowhere, by what was tried: (kind, what) of the failure
        self.hopeless: dict[tuple[str, Path], tuple[str, str]] = {}
        self.restless: set[Path] = set()  # files that have gone on without end once
        self.late: set[Path] = set()  # files of which something could not be proven once
        atexit.register(self.close)

    # -- the loop ---------------------------------------------------------------------

    def pump(self, seconds: float) -> bool:
        """Take what has come, waiting up to `seconds` for it; False if nothing came."""
        if isinstance(self.selector, EPOLL) and 0 < seconds < 0.001:
            # epoll would wait a whole millisecond; select() can wait for an epoll, too
            if not select.select([self.selector], [], [], seconds)[0]:
                return False
            seconds = 0
        return self._handle(self.selector, seconds)

    def pump_links(self, seconds: float) -> bool:
        """The same for our own processes alone: what comes on other connections waits."""
        return self._handle(self.links, seconds)

    def _handle(self, selector: selectors.BaseSelector, seconds: float) -> bool:
        events = selector.select(seconds)
        for key, _ in events:
            if key.fileobj in selector.get_map():  # not closed by an earlier handler
                key.data()
        return bool(events)

    def until(self, done: Callable[[], Any], seconds: float, what: str) -> None:
        """Pump until `done()`; KitError naming `what` after `seconds` of real time."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise KitError(f"{what} did not happen within {seconds:.0f} s")
            self.pump(0.05)

    def _accept(self) -> None:
        try:
            connection, _ = self._door.accept()
        except OSError:
            return
        self._unwelcome.append(Link(self, connection))

    def _welcome(self, link: Link, hello: tuple) -> None:
        _, name, pid, *_ = hello
        self._unwelcome.remove(link)
        if name == self._warden_name and self._warden is None:
            self._warden = link
            link.handler = self._from_warden
            self.top_up()
        elif name in self._coming:
            self._coming.remove(name)
            self._ready[name] = link
            if self._likely:
                link.tell("rehearse", self._likely)
        else:
            link.close()
            return
        link.name, link.pid = str(name), int(pid)

    # -- the warden and its processes ---------------------------------------------------

    def start(self) -> None:
        """Start the warden and the first spares; returns at once."""
        if self._process is not None:
            return
        self._warden_name = f"{self._token}-warden{self.warden_losses}"
        self._wanted = self.spares
        command = [sys.executable, "-S", str(FOLDER / "warden.py"), str(self._port),
                   self._warden_name, *self._more_names()]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **killing.OWN_GROUP, **killing.OWN_CONSOLE,
        )

    def top_up(self) -> None:
        """Ask for processes until enough are on their way."""
        if self._warden is not None:
            for name in self._more_names():
                self._warden.tell("spawn", name)

    def _more_names(self) -> list[str]:
        """Names for the processes that are missing; from now on they are on their way."""
        missing = self._wanted - len(self._coming) - len(self._ready)
        names = [f"{self._token}-{self._count + n + 1}" for n in range(missing)]
        self._count += len(names)
        self._coming += names
        return names

    def _from_warden(self, word: str, *values: Any) -> None:
        if word == "exited":
            name, status = values
            self._exits[name] = status
            if name in self._coming or name in self._ready:
                self._lose_spare(name)
            if name in self.on_exit:
                self.on_exit.pop(name)(status)
        elif word == "killed":
            name, strays = values
            self._ending.pop(name, None)
            if strays:
                self._strays[name] = strays
        elif word == "count":
            self.counted[values[0]] = values[1]
        elif word == "not spawned":
            raise KitError(f"no process could be started: {values[1]}")
        elif word == "gone":
            self._lose_warden()

    def _lose_spare(self, name: str) -> None:
        """A process has ended before it was needed: start another."""
        self._deadly.add(self._likely)
        self._likely = ""
        self.spare_losses += 1
        if self.spare_losses > 20:
            raise KitError("the processes that wait for programs end by themselves")
        if name in self._coming:
            self._coming.remove(name)
        else:
            self._ready.pop(name).close()
        if self._warden is not None:
            self._warden.tell("kill", name, False)  # so that it forgets it
        self.top_up()

    def _lose_warden(self) -> None:
        """A program has killed the warden: start another; what ran under it is lost."""
        self.warden_losses += 1
        self._warden, self._process = None, None
        for pid in self._ending.values():
            killing.kill_process(pid)
        self._ending.clear()
        for link in self._ready.values():
            killing.kill_process(link.pid)
            link.close()
        self._coming.clear()
        self._ready.clear()
        if self.warden_losses > 200:
            raise KitError("the process that starts the programs is killed again and again")

    def take(self, to_come: int = 100) -> Link:
        """Return a warmed-up process.

        to_come: about how many more will be taken; no more than that get ready meanwhile.
        """
        self.start()
        self.until(lambda: self._warden or self._start_failed(), 60, "the start of the warden")
        if self._warden is None:
            raise KitError("the process that starts the programs has ended at once; "
                           "python lessons/socklab doctor may know why")
        self._wanted = max(1, min(self.spares, to_come))
        self.top_up()
        self.until(self._first_spare, 60, "the start of a process")
        link = self._ready.pop(self._first_spare())
        self._wanted = min(self.spares, to_come)
        self.top_up()
        return link

    def _start_failed(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def rehearse(self, file: str) -> None:
        """Let the processes that wait prepare for this file; it will probably be run again."""
        if file != self._likely and file not in self._deadly:
            self._likely = file
            for link in self._ready.values():
                link.tell("rehearse", file)

    def _first_spare(self) -> str:
        """The name of the oldest spare, "" if there is none."""
        return next((name for name, link in self._ready.items() if link.open), "")

    def end(self, link: Link, thorough: bool) -> int:
        """End a program with its children; return how many strays there were.

        Nobody waits for the end of a program that has started no process (not `thorough`).
        """
        name = link.name
        if self._warden is None:
            killing.kill_process(link.pid)
        else:
            self._ending[name] = link.pid
            self._warden.tell("kill", name, thorough)
        if thorough:
            self.until(lambda: name not in self._ending, 60, "the end of a program")
        link.handler = None
        link.close()
        self.on_exit.pop(name, None)
        return self._strays.pop(name, 0)

    def count(self, link: Link) -> int:
        """How many processes the program has alive, as far as the warden sees."""
        if self._warden is None:
            return 0
        self.counted.pop(link.name, None)
        self._warden.tell("count", link.name)
        self.until(lambda: link.name in self.counted or self._warden is None, 60, "a count")
        return self.counted.get(link.name, 0)

    def exit_status(self, name: str) -> int | None:
        return self._exits.get(name)

    def close(self) -> None:
        """End the warden and with it every process."""
        atexit.unregister(self.close)
        if self._warden is not None:
            self._warden.handler = None
            self._warden.close()  # at its end-of-file it kills whatever still runs
            self._warden = None
        for link in list(self._ready.values()):
            link.close()
        for link in list(self._unwelcome):
            link.close()
        self._ready.clear()
        if self._door.fileno() != -1:  # whoever comes only now finds nobody, and ends
            for selector in (self.selector, self.links):
                selector.unregister(self._door)
            self._door.close()
        if self._process is not None:
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
            if self._process.returncode != 0:  # it was killed: who knows what is left
                for pid in self._ending.values():
                    killing.kill_process(pid)
            self._ending.clear()
            self._process = None
