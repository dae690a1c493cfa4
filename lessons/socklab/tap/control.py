"""The program's connection to the grader: events go out, commands come in.

It uses the plain C socket, which the tap does not replace.
"""

from __future__ import annotations

import _socket
import _thread
import os
from collections import deque
from collections.abc import Callable
from itertools import groupby
from operator import index

from .. import wire
from . import clock, parking

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

LIVE = 1500  # so many events go to the grader anyway; later ones wait in a ring
PARTING = 5.0  # seconds in which the grader takes the last messages
RING = 200  # and this many of the last ones are kept for the evidence

now = clock.real_now
_exit = os._exit
_lock = _thread.RLock()  # the C one; not the tap's
_connection: _socket.socket | None = None
_answers: dict[int, tuple[_thread.LockType, list]] = {}
_parting: int | None = None  # the exit status, once the program is over
last_act: Callable[[], None] | None = None  # done when the grader has got all
_asked = 0
_sent = 0
# events (tuples) wait here among the frames of other messages, so that few writes carry many
_unsent: list[bytes | tuple] = []
_ring: deque[tuple] = deque(maxlen=RING)
dropped = 0
calls: dict[str, int] = {}  # how often each socket call was made
work = 0  # goes up with each call that moves bytes or connections
moved = 0  # bytes, by all these calls
progress = 0  # goes up whenever the program gets on with its work
STEPS = {"bind", "listen", "accept", "connect", "shutdown", "close"}
active = True  # False in a forked child: there the tap lets everything pass


def connect(port: int, hello: tuple) -> None:
    """Connect to the grader on loopback and say who this is."""
    global _connection
    _connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    _connection.connect(("127.0.0.1", port))
    # without it each question costs 40 ms (Nagle's algorithm and delayed ACK)
    _connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
    tell(*hello)


def leave() -> None:
    """In a forked child: it shares the program's sockets, but it has no tap."""
    global active
    active = False
    for lock in (_lock, parking.mutex):  # another thread, not here, may hold it for ever
        lock._at_fork_reinit()  # type: ignore[attr-defined]
    if _connection is not None:
        _connection.close()  # so that the grader sees the end of the program itself


def tell(*values: object) -> None:
    """Send the events and then this message; the program ends when the grader is gone."""
    data = wire.encode(*values)
    with _lock:
        _unsent.append(data)
    _push()


def _push() -> None:
    global _unsent
    if not active or _connection is None:
        return
    empty: list[bytes | tuple] = []
    try:
        with _lock:  # the garbage collector may close a socket in the midst of it
            ready, _unsent = _unsent, empty
            if _parting is None:
                _connection.sendall(_packed(ready))
    except OSError:
        _exit(wire.LOST)


def _packed(ready: list[bytes | tuple]) -> bytes:
    """The bytes of all these; events that follow each other share a frame."""
    parts: list[Any] = []
    for kind, group in groupby(ready, type):
        some = list(group)
        parts += [wire.encode("calls", *some)] if kind is tuple else some
    return b"".join(parts)


def event(call: str, channel: tuple, size: int = 0, data: bytes = b"", note: str = "",
          asked: int = -1, begun: float | None = None) -> None:
    """Put one call on the tape, with the student's line.

    It goes out with the next message.  A send happened when it began (`begun`, of `now`),
    a recv when it ended.
    """
    global _sent, dropped, progress, work, moved
    tracked = active and channel != (0, 0)
    if tracked:
        what = (parking.current().name, parking.place(), call, channel, note, asked)
        message = (begun or now(), what, size, bytes(data[:400]))
    with _lock:  # threads call this at the same time
        worked = size > 0 or call in STEPS and not note  # to fail again and again is no work
        moved += size
        progress, work = progress + worked, work + worked
        if channel == (0, 0):
            return  # a socketpair: the program talks to itself
        calls[call] = calls.get(call, 0) + 1
        if not tracked:
            return
        if _sent < LIVE:
            _sent += 1
            _unsent.append(message)
        else:
            dropped += len(_ring) == RING
            _ring.append(message)
    if clock.real:  # somebody watches
        _push()


def flush() -> None:
    """Let the events that wait in the ring go out with the next message."""
    global dropped
    with _lock:
        events = list(_ring)
        missing, dropped = dropped, 0
        _ring.clear()
    with _lock:
        _unsent.extend([wire.encode("dropped", missing), *events] if events else [])


def ask(*question: object) -> tuple:
    """Ask the grader something (where to bind, where to connect) and wait for its answer."""
    global _asked
    if not active:
        return ("refused",)
    gate = parking.real_lock()
    gate.acquire()
    with _lock:
        _asked += 1
        number = _asked
        _answers[number] = (gate, [])
    parking.no_rest()  # the tap's own thread must be there for the answer
    tell("ask", number, *question)
    gate.acquire()
    return tuple(_answers.pop(number)[1])


def asking() -> bool:
    """Does a thread wait for an answer of the grader?"""
    return bool(_answers)


def exit(status: int) -> None:
    """End the program, like os._exit(), when the grader has got all that was told.

    Who ends with a question unread resets the connection, and what the system still holds
    back to send is lost (RFC 9293, 3.6.1).  So `_receive` reads on, until the grader has
    seen our end and closes; that ends the process.
    """
    global _parting
    status = index(status)
    flush()
    _push()
    _parting = status
    if active and _connection is not None:
        try:
            _connection.shutdown(_socket.SHUT_WR)
        except OSError:
            _leave(status)  # the grader is gone
        gate = parking.real_lock()
        gate.acquire()
        gate.acquire(timeout=PARTING)
    _leave(status)


def _leave(status: int) -> None:
    if last_act is not None:
        last_act()
    _exit(status)


def answer(number: int, *values: object) -> None:
    """Deliver the grader's answer to the thread that asked."""
    gate, box = _answers[number]
    box.extend(values)
    gate.release()


def listen(handlers: dict[str, Callable[..., Any]]) -> None:
    """Read commands until a handler returns True; the program ends with the grader."""
    assert _connection is not None
    while True:
        for command, *values in _receive():
            if handlers[command](*values):
                return


_buffer = bytearray()
_queue: list[tuple] = []


def _receive() -> list[tuple]:
    assert _connection is not None
    if not _queue:
        try:
            data = _connection.recv(65536)
        except OSError:
            data = b""
        if not data:
            _leave(wire.LOST if _parting is None else _parting)
        _buffer.extend(data)
        _queue.extend(wire.split(_buffer))
    return [_queue.pop(0)] if _queue else []
