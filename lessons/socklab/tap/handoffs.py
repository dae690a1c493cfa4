"""threading.Event and queue.SimpleQueue, with a single hand-off for each put or set.

The standard library builds both on locks (or writes them in C, where the tap cannot look
in).  On locks, a put wakes the waiting thread, which then waits for two more locks: a
program with thirty queues would spend its time with that.  The other classes of
`threading` and `queue` stay the library's own.  In reports these two count as the library.
"""

from __future__ import annotations

import types
from collections import deque

from . import clock, parking

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any


def _deadline(timeout: float | None) -> float | None:
    return None if timeout is None else clock.elapsed() + timeout


def wait_among(waiters: deque[parking.Park], parked: parking.Park) -> bool:
    """Wait as one of those; return whether it was woken, not fired by its deadline."""
    try:
        clock.wait(parked)
    finally:
        if not parked.woken:  # else who has woken it has taken it out
            with parking.mutex:
                if parked in waiters:
                    waiters.remove(parked)
    return parked.woken


class Event:
    """threading.Event."""

    __module__ = "threading"

    def __init__(self) -> None:
        self._flag = False
        self._waiters: deque[parking.Park] = deque()

    def is_set(self) -> bool:
        return self._flag

    isSet = is_set

    def set(self) -> None:
        with parking.mutex:
            self._flag = True
            for parked in self._waiters:
                parked.wake()
            self._waiters.clear()

    def clear(self) -> None:
        self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        with parking.mutex:
            if self._flag or (timeout is not None and timeout <= 0):
                return self._flag
            parked = parking.park("acquire", (self,), _deadline(timeout))
            self._waiters.append(parked)
        return wait_among(self._waiters, parked)

    def state(self) -> tuple | None:
        """As a channel: only another thread's set ends the wait."""
        return ()

    def _at_fork_reinit(self) -> None:
        self._waiters.clear()


class Empty(Exception):
    """queue.Empty: nothing is in the queue."""

    __module__ = "_queue"


class SimpleQueue:
    """queue.SimpleQueue; who waits longest gets the next item."""

    __module__ = "_queue"

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._waiters: deque[tuple[parking.Park, list]] = deque()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        with parking.mutex:
            while self._waiters:
                parked, hands = self._waiters.popleft()
                if not parked.fired:
                    hands.append(item)
                    parked.wake()
                    return
            self._items.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if block and timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        hands: list[Any] = []
        with parking.mutex:
            if self._items:
                return self._items.popleft()
            if not block or timeout == 0:
                raise Empty
            parked = parking.park("acquire", (self,), _deadline(timeout))
            self._waiters.append((parked, hands))
        try:
            clock.wait(parked)
        except BaseException:  # Ctrl-C: what was handed over already is not lost
            with parking.mutex:
                self._items.extendleft(hands)
            raise
        finally:
            if not parked.woken:
                with parking.mutex:
                    if (parked, hands) in self._waiters:
                        self._waiters.remove((parked, hands))
        if not hands:
            raise Empty
        return hands[0]

    def state(self) -> tuple | None:
        """As a channel: only another thread's put ends the wait."""
        return ()

    def put_nowait(self, item: Any) -> None:
        self.put(item, block=False)

    def get_nowait(self) -> Any:
        return self.get(block=False)

    def empty(self) -> bool:
        return not self._items

    def qsize(self) -> int:
        return len(self._items)

    __class_getitem__: Any = classmethod(types.GenericAlias)


def as_module() -> types.ModuleType:
    """The module that `queue` takes its fast classes from."""
    module = types.ModuleType("_queue")
    module.__dict__.update(SimpleQueue=SimpleQueue, Empty=Empty)
    return module
