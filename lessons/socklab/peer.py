"""The bench's end of a TCP connection with a student's program.

It reads eagerly, so a program never waits for the check, and it counts what it gives:
the proof of stillness needs it.
"""

from __future__ import annotations

import select
import selectors
import socket
import struct
import time
from typing import TYPE_CHECKING, Any

from .exchange import Exchange
from .failure import Failure, Outcome
from .hub import at_once
from .tape import Event

if TYPE_CHECKING:
    from .program import Program


class Peer:
    """One connection.  `Program.connect` and `Listener.accept` make it."""

    def __init__(self, lab: Exchange, program: Program | None, connection: socket.socket,
                 far_port: int) -> None:
        self.lab, self.program, self._socket = lab, program, connection
        self.port = connection.getsockname()[1]
        self.far_port = far_port
        self.given = 0  # bytes handed to the system
        self.given_end = False
        self.outbox = bytearray()
        self.received = bytearray()
        self.consumed = 0
        self.ended = ""  # "end" or "reset" once the program has closed
        self._paused = False
        self.program_first = False  # it ended its stream before we ended ours
        self.closed = False
        connection.setblocking(False)
        at_once(connection)
        lab.peers.append(self)
        lab.ends[self.key] = self
        self._events = 0  # what the loop watches for
        self._watch()

    @classmethod
    def connect(cls, lab: Exchange, program: Program, address: tuple[str, int],
                plan: tuple | None) -> Peer:
        """Connect to a real address; the faults of `plan` wait there already."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        connection = _with_new_port(lab, family, address[0])
        if plan is not None:
            program.order("plan", connection.getsockname()[1], *plan)
        connection.setblocking(False)
        lab.acts += 1
        code = connection.connect_ex(address)
        if code and _WINDOWS:  # the systems do it alone, and soon
            select.select([], [connection], [connection], 1.0)
        outcome = lab.wait(lambda: _connected(connection), program) if code else None
        if outcome is not None:
            connection.close()
            raise program.failure_of(outcome, "No connection to your program comes about: "
                                     "it does not accept().")
        peer = cls(lab, program, connection, address[1])
        lab.arrivals[address[1]] = lab.arrivals.get(address[1], 0) + 1
        lab.acts += 1  # what was proven while it connected did not know of it
        peer._note("connect")
        return peer

    def _note(self, call: str, data: bytes = b"", note: str = "") -> None:
        self.lab.tape.add(Event(time.perf_counter(), "check", call, note=note, key=self.key,
                                data=bytes(data[:400]), size=len(data)))

    @property
    def key(self) -> tuple[int, int]:
        """Which connection this is: its real ports, ours first."""
        return self.port, self.far_port

    # -- the loop -------------------------------------------------------------------------

    def _watch(self) -> None:
        """Tell the loop what can still happen here.

        A program that has ended its stream may well read on (shutdown(SHUT_WR)).
        """
        events = 0 if self.ended or self.closed else selectors.EVENT_READ
        if self.outbox and not self.closed:
            events |= selectors.EVENT_WRITE
        if events == self._events:
            return
        selector = self.lab.hub.selector
        if self._events:
            selector.unregister(self._socket)
        if events:
            selector.register(self._socket, events, self._ready)
        self._events = events

    def _ready(self) -> None:
        self._flush()
        if self.closed:
            return
        try:
            data = self._socket.recv(1 << 16)  # (memory for more is slow to get)
        except BlockingIOError:
            return
        except OSError:
            self._finish("reset")
            return
        if data:
            self.received.extend(data)
            self._note("receive", data)
        else:
            self._finish("end")

    def _finish(self, how: str) -> None:
        if not self.ended:
            self.ended = how
            if how == "end" and not self.given_end:
                self.program_first = True
            self._note("see " + how)
        if how == "reset":
            self.outbox.clear()
        self._watch()

    def _flush(self) -> None:
        while self.outbox and not self.closed:
            try:
                sent = self._socket.send(self.outbox)
            except BlockingIOError:
                break
            except OSError:
                self.outbox.clear()  # the program is gone; the reading side reports it
                break
            self.given += sent
            self.lab.acts += 1
            del self.outbox[:sent]
        self._watch()

    # -- what checks use --------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Send bytes to the program, in one segment if they are few."""
        if self.given_end:
            raise ValueError("this peer has ended its stream")
        if self.ended == "reset":
            return  # as on a real network: nobody is there to take it
        self._note("send", data)
        self.outbox.extend(data)
        self._flush()

    def send_slowly(self, data: bytes) -> None:
        """Send byte by byte, each when the program has taken the one before."""
        for at in range(len(data)):
            self.send(data[at : at + 1])
            outcome = self.lab.wait(self._all_taken, self.program, horizon=0)
            if outcome is not None and outcome.kind not in ("still", "exited"):
                self._fail(outcome, "Your program does not come to rest.")

    def _all_taken(self) -> bool:
        if self.program is None or self.ended == "reset":
            return True
        taken = sum(e.size for e in self.lab.tape.events if e.who == self.program.name
                    and e.key == (self.far_port, self.port) and e.call.startswith("recv"))
        return taken >= self.given

    def expect(self, *parts: bytes) -> None:
        """The next bytes are exactly these."""
        due = b"".join(parts)

        def decided() -> bool:
            got = self.received[self.consumed : self.consumed + len(due)]
            return len(got) == len(due) or not due.startswith(got) or bool(self.ended)

        outcome = self.lab.wait(decided, self.program)
        got = bytes(self.received[self.consumed : self.consumed + len(due)])
        if got == due:
            self.consumed += len(due)
            return
        rest = bytes(self.received[self.consumed :])
        if not due.startswith(got):
            self._fail(None, "Other bytes come back than the contract says.", kind="wrong",
                       expected=due, got=rest)
        kind = "newline" if rest + b"\n" == due else ""
        self._fail(outcome, "Something is missing.", kind=kind, expected=due, got=rest)

    def read_line(self, limit: int = 10_000) -> bytes:
        """Return the next line with its newline."""
        def decided() -> bool:
            return (len(self.received) - self.consumed > limit or bool(self.ended)
                    or self.received.find(b"\n", self.consumed) >= 0)

        outcome = self.lab.wait(decided, self.program)
        rest = bytes(self.received[self.consumed :])
        line, newline, _ = rest.partition(b"\n")
        if len(line) > limit:
            self._fail(None, f"A line is due, but more than {limit:,} bytes come without "
                       "its end.", kind="wrong", got=rest)
        if not newline:
            self._fail(outcome, "A whole line is due.", kind="newline" if rest else "", got=rest)
        self.consumed += len(line) + 1
        return line + newline

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        def enough() -> bool:
            return len(self.received) - self.consumed >= size or bool(self.ended)

        outcome = self.lab.wait(enough, self.program)
        got = bytes(self.received[self.consumed : self.consumed + size])
        if len(got) < size:
            self._fail(outcome, f"{size} bytes are due, {len(got)} came.", got=got)
        self.consumed += size
        return got

    def read_all(self) -> bytes:
        """Return all bytes up to the end of the connection."""
        outcome = self.lab.wait(lambda: self.ended, self.program)
        if outcome is not None and not self.ended:
            self._fail(outcome, "Your program does not close the connection.")
        rest = bytes(self.received[self.consumed :])
        self.consumed = len(self.received)
        return rest

    def receive(self) -> bytes:
        """Return whatever comes until the program is still."""
        self.lab.wait(lambda: self.ended, self.program)
        rest = bytes(self.received[self.consumed :])
        self.consumed = len(self.received)
        return rest

    def expect_nothing(self, horizon: float = 0.0) -> None:
        """Proven: no byte and no end comes until something else happens."""
        def something() -> bool:
            return len(self.received) > self.consumed or bool(self.ended)

        outcome = self.lab.wait(something, self.program, horizon)
        if len(self.received) > self.consumed:
            self._fail(None, "Nothing is due now, but bytes come.", kind="wrong",
                       expected=b"", got=bytes(self.received[self.consumed :]))
        if self.ended:
            self._fail(None, "Your program closes the connection too early.")
        if outcome is not None and outcome.kind != "still":
            self._fail(outcome, "Your program does not come to rest.")

    def expect_end(self) -> None:
        """The program closes this connection, and nothing comes before that."""
        def something() -> bool:
            return len(self.received) > self.consumed or bool(self.ended)

        outcome = self.lab.wait(something, self.program)
        if len(self.received) > self.consumed:
            self._fail(None, "The end of the connection is due, but bytes come.",
                       kind="wrong", expected=b"", got=bytes(self.received[self.consumed :]))
        if self.ended not in ("end", "reset"):
            self._fail(outcome, "Your program does not close the connection.")

    def half_close(self) -> None:
        """No more from us; we still read.  (shutdown(SHUT_WR): a FIN goes out.)"""
        if not self.given_end:
            self._all_out()
            self._note("half-close")
            try:
                self._socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the program was faster
            self.given_end = True
            self.lab.acts += 1

    def close(self) -> None:
        """Close our end; what comes later is lost."""
        self._shut("close")

    def reset(self) -> None:
        """End the connection with a RST, as a program that is killed may do."""
        if not self.closed:
            self._all_out()
            linger = struct.pack("HH" if _WINDOWS else "ii", 1, 0)
            try:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            except OSError:
                pass  # macOS: both sides have ended it already
        self._shut("reset")

    def _shut(self, how: str) -> None:
        if self.closed:
            return
        self._all_out()
        if not self.ended:
            self._note(how)
        self.closed = self.given_end = True
        self._watch()
        self._socket.close()
        self.lab.acts += 1
        if self._paused and self.program is not None and self.program.running:
            # a send that waits for us must find out now
            self.program.order("room", self.far_port, self.port, None)

    def abandon(self) -> None:
        """Close without a word, at the end of a check."""
        if not self.closed:
            self.closed = True
            self._watch()
            self._socket.close()
            self.lab.acts += 1

    def _all_out(self) -> None:
        if self.outbox:
            self.lab.wait(lambda: not self.outbox, self.program)

    def pause(self, after: int = 0) -> None:
        """Stop reading: after `after` more bytes the program's send blocks, exactly."""
        self._room(after)

    def resume(self) -> None:
        """Read again."""
        self._room(None)

    def _room(self, room: int | None) -> None:
        assert self.program is not None
        self.lab.settle()  # so that the program has accepted the connection
        self._paused = room is not None
        self.program.order("room", self.far_port, self.port, room)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, kind: Any, *exc: object) -> None:
        if kind is None:
            self.close()

    def _fail(self, outcome: Outcome | None, what: str, kind: str = "",
              **facts: Any) -> None:
        """Raise the Failure that fits."""
        if not kind and self.ended:
            kind = "closed"
        facts.update(ended=self.ended, about=self.key)
        if self.program is not None and (outcome is None or outcome.kind == "still"):
            # so that the tape has all that belongs to this: a send, a crash
            self.lab.wait(lambda: False, horizon=0)
        if self.program is None:
            raise Failure(kind or (outcome.kind if outcome else "closed"), what,
                          outcome=outcome, **facts)
        if self.program.crashes:
            kind = "crashed"
        if kind or outcome is None:
            raise self.program.failure(kind or "closed", what, outcome=outcome, **facts)
        raise self.program.failure_of(outcome, what, **facts)


_WINDOWS = hasattr(socket, "SIO_RCVALL")


def _with_new_port(lab: Exchange, family: int, host: str) -> socket.socket:
    """A socket with a port that no connection of this check has had: it is counted by it."""
    used = {peer.port for peer in lab.peers}
    while True:
        connection = socket.socket(family)
        connection.bind((host, 0))
        if connection.getsockname()[1] not in used:
            return connection
        connection.close()


def _connected(connection: socket.socket) -> bool:
    if _WINDOWS:  # getpeername() answers there as soon as the attempt has begun
        return bool(select.select([], [connection], [], 0)[1])
    try:
        connection.getpeername()
    except OSError:
        return False
    return True


class Listener:
    """The bench as a server, for the student's client."""

    def __init__(self, lab: Exchange, port: int, plan: tuple | None = None) -> None:
        self.lab, self.port = lab, port
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._socket.setblocking(False)
        self.real_port = self._socket.getsockname()[1]
        reuse = lab.addresses.platform != "win32"  # there it would share the port
        answer = lab.addresses.bind(None, "127.0.0.1", port, False, reuse)
        if answer[0] != "ok":
            raise ValueError(f"port {port} is taken in this check")
        self._entry = answer[1]
        entry = lab.addresses.listening(self._entry, self.real_port, port)
        assert entry is not None
        entry.plan = plan
        self.accepted: list[Peer] = []
        self._waiting: list[Peer] = []
        lab.hub.selector.register(self._socket, selectors.EVENT_READ, self._ready)

    def _ready(self) -> None:
        try:
            connection, address = self._socket.accept()
        except OSError:
            return
        peer = Peer(self.lab, self._program_of(address[1]), connection, address[1])
        peer._note("accept")
        self._waiting.append(peer)

    def _program_of(self, port: int) -> Any:
        for program in self.lab.programs:
            if (port, self.real_port) in program.sent:
                return program
        return self.lab.programs[-1] if self.lab.programs else None

    def accept(self) -> Peer:
        """Wait until the student's client connects; Failure if it never does."""
        program = self.lab.programs[-1] if self.lab.programs else None
        outcome = self.lab.wait(lambda: self._waiting, program)
        if outcome is not None:
            what = f"Your program does not connect to port {self.port}."
            called = [e.key[1] for e in self.lab.tape.events
                      if e.call == "connect" and e.note and len(e.key) == 2]
            if called and called[-1] != self.port:
                what = (f"Your program calls port {called[-1]}; the contract says "
                        f"{self.port}.")
            if program is None:
                raise Failure(outcome.kind, what, outcome=outcome)
            raise program.failure_of(outcome, what)  # type: ignore[attr-defined]
        peer = self._waiting.pop(0)
        self.accepted.append(peer)
        return peer

    def expect_no_connection(self) -> None:
        """Proven: the program opens no further connection."""
        if self.lab.wait(lambda: self._waiting, horizon=0) is None:
            raise Failure("wrong", "Your program opens one connection too many.")

    def close(self) -> None:
        """Stop listening; connections that were accepted stay."""
        if self._socket.fileno() != -1:
            self.lab.hub.selector.unregister(self._socket)
            self._socket.close()
            self.lab.acts += 1
            self.lab.addresses.free(self._entry, lambda: False)
