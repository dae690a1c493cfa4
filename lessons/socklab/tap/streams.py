"""What passed through each TCP connection, counted; and the faults laid into it.

A connection is known by its two real port numbers, (ours, theirs): the grader sees the
same pair the other way round, so each side's counts can be held against the other's.
"""

from __future__ import annotations

from . import parking

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any


class Stream:
    """One end of a connection."""

    def __init__(self, ours: int, theirs: int) -> None:
        self.key = (ours, theirs)
        self.taken = 0  # bytes that the program's code has received
        self.seen = 0  # bytes that it has received or peeked at
        self.ended = False  # it has seen the end, so a further recv does not wait
        self.deaf = False  # shut down for reading
        self.sent = 0  # bytes that the program's code has given to send
        self.sending = 0  # threads that are inside the system's send
        self.sent_end = False  # shut down for writing
        self.closed = False
        self.told: tuple = ()  # what the grader knows of these counts
        self.owners = 1  # sockets on this connection: dup() makes one more
        self.other: Stream | None = None  # the other end, if in this program (socketpair)
        # faults
        self.cuts: tuple[int, ...] = ()  # offsets that no recv crosses
        self.recv_max: int | None = None
        self.send_max: int | None = None
        self.room: int | None = None  # bytes that may be sent before send blocks
        self.blocked: list[parking.Park] = []  # threads that wait for room
        self.room_told = False  # an epoll with EPOLLET knows that there is room

    def state(self) -> tuple | None:
        """As a channel: a recv on this connection."""
        if self.ended:
            return None
        if self.other is not None:
            idle = self.taken == self.other.sent and not self.other.sending
            return () if idle and not self.other.over() else None
        return ("stream", *self.key, self.taken)

    def over(self) -> bool:
        """Has the system told the other side that no more comes?

        A close() waits for that until no other thread waits on the connection.
        """
        return self.sent_end or (self.closed and not self._in_use())

    def _in_use(self) -> bool:
        for record in parking.records:
            for channel in record.park.channels if record.park else ():
                tapped = getattr(channel, "tapped", None)
                on_this = channel is self or (tapped is not None and tapped.stream is self)
                if on_this and getattr(channel, "holds", True):
                    return True
        return False

    def pass_bytes(self, size: int, peeked: bool) -> None:
        """The program has received `size` bytes, or peeked at them.  The mutex must be held."""
        self.seen = max(self.seen, self.taken + size)
        if not peeked:
            self.taken += size

    def allowed(self, asked: int) -> int:
        """How many of the bytes asked for a recv may return at this point."""
        for cut in self.cuts:
            # what it has peeked at is there: no cut can go through it any more
            if cut > self.taken and cut >= self.seen:
                asked = min(asked, cut - self.taken)
                break
        if self.recv_max is None:
            return asked
        return min(asked, max(self.recv_max, self.seen - self.taken))

    def plan(self, cuts: tuple[int, ...], recv_max: int | None, send_max: int | None,
             room: int | None) -> None:
        """Lay faults into the connection; None or () for no fault of that kind."""
        self.cuts = cuts
        self.recv_max = recv_max if recv_max is not None else self.recv_max
        self.send_max = send_max if send_max is not None else self.send_max
        self.set_room(room)

    def set_room(self, room: int | None) -> None:
        """Let `room` more bytes be sent, or any number; wakes who waits for it."""
        with parking.mutex:
            self.room = room
            if room != 0:
                for parked in self.blocked:
                    parked.wake()
                self.blocked.clear()
                for record in parking.records:  # who waits in select() must look again
                    if record.waker is not None:
                        record.waker.ring()


class Room:
    """As a channel: a send that waits for its reader."""

    def __init__(self, tapped: Any) -> None:
        self.tapped = tapped

    def state(self) -> tuple | None:
        state: tuple | None = self.tapped.writing_state()
        return state


class Listener:
    """A listening socket: how many connections accept() has returned."""

    def __init__(self, port: int) -> None:
        self.port = port  # the real one
        self.accepted = 0
        self.ended = False

    def state(self) -> tuple | None:
        return None if self.ended else ("listener", self.port, self.accepted)
