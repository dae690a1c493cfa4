"""Locks, queues, joins and thread starts whose hand-offs are counted.

A lock of the C library does not say who waits for it, and between the release and the
waker's next step a thread looks blocked although it will run.  So the program gets this
lock: whoever releases it hands it to the first waiter and marks that thread running,
both under the mutex of `parking`.  RLock, Condition, Event, Semaphore, Barrier and the
queues of the standard library are written in Python on top of it.
"""

from __future__ import annotations

import _thread
import sys
from collections import deque
from collections.abc import Callable

from . import clock, handoffs, parking

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

_start_new_thread = _thread.start_new_thread
_start_joinable = getattr(_thread, "start_joinable_thread", None)  # from Python 3.13
_get_ident = _thread.get_ident


class Lock:
    """threading.Lock, first come first served."""

    def __init__(self) -> None:
        self._held = False
        self._waiters: deque[parking.Park] = deque()
        self.holder: parking.Record | None = None
        self._line = 0  # on which it was taken
        self._name: str | None = None  # what the program calls it, once somebody has asked

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if not blocking and timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        with parking.mutex:
            if not self._held:
                self._held = True
                self._taken_by(parking.current())
                return True
            if not blocking or timeout == 0:
                return False
            deadline = None if timeout == -1 else clock.elapsed() + timeout
            parked = parking.park("acquire", (self,), deadline)
            self._waiters.append(parked)
        return handoffs.wait_among(self._waiters, parked)

    def _taken_by(self, record: parking.Record) -> None:
        self.holder, self._line = record, parking.line()

    def release(self) -> None:
        with parking.mutex:
            if not self._held:
                raise RuntimeError("release unlocked lock")
            while self._waiters:
                waiter = self._waiters.popleft()
                if not waiter.fired:
                    self.holder, self._line = waiter.record, waiter.line
                    waiter.wake()
                    return
            self._held, self.holder = False, None

    def locked(self) -> bool:
        return self._held

    def state(self) -> tuple | None:
        """As a channel: only another thread's release ends the wait.

        ("lock", its name or "", who holds it or "", the line on which that one took it).
        """
        frame = self._waiters[0].frame if self._waiters else None
        if frame is None or frame.f_code.co_name == "wait":
            return ()  # a Condition makes such a lock for each wait
        if self._name is None:
            self._name = _name_of(self, frame)
        return ("lock", self._name, self.holder.name if self.holder else "", self._line)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._held, self.holder = False, None
        self._waiters.clear()

    acquire_lock, release_lock, locked_lock = acquire, release, locked


def _name_of(lock: Lock, frame: Any) -> str:
    """What the waiting line calls a lock: an attribute's, or else a variable's name; or ""."""
    def has(value: object) -> bool:  # an RLock has _block, a Condition has _lock
        parts = (getattr(value, name, None) for name in ("_block", "_lock"))
        return value is lock or (type(value).__module__ == "threading"
                                 and any(has(part) for part in parts))

    while frame is not None and not parking.is_own(frame):
        frame = frame.f_back
    if frame is None:
        return ""
    owners = [_attributes(v) for v in frame.f_locals.values() if not has(v)]
    for names in (*owners, frame.f_globals, frame.f_locals):
        for name, value in list(names.items()):
            if has(value) and isinstance(name, str):
                return name
    return ""


def _attributes(value: object) -> Any:
    """vars(value), or nothing; without running any code of the program."""
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}


def _fail(error: BaseException, thread: str) -> None:
    raise error


THREADS = 1000  # alive at once in one program
failed = _fail  # what is done with an exception that ends a thread; set by `program`
first_of_all: Callable[[], None] | None = None  # what each new thread does; set by `turnstile`


def _owner(function: Callable) -> Any:
    """The threading.Thread that starts a thread to run `function`, if there is one."""
    owner = getattr(function, "__self__", None)
    return owner if isinstance(owner, sys.modules["threading"].Thread) else None


def _named(function: Callable, daemon: bool) -> tuple[parking.Record, Callable]:
    """Register the thread that will run `function`; return its record and its new body."""
    round_ = parking.current().round  # the turnstile's, if one is at work
    if len(parking.records if round_ is None else round_.order) > THREADS:
        raise RuntimeError(f"this program starts threads without end ({THREADS} are alive)")
    owner = _owner(function)
    record = parking.register(getattr(owner, "name", "a thread"), daemon)
    if owner is not None:
        owner._socklab_record = record
    turn = round_.turn_for(record) if round_ is not None else None

    def body(*args: Any, **kwargs: Any) -> None:
        parking.adopt(record)
        if turn is not None:
            turn.baton.acquire()
        try:
            if first_of_all is not None:
                first_of_all()
            function(*args, **kwargs)
        except SystemExit:
            pass  # it ends the thread alone
        except BaseException as error:
            failed(error, record.name)
        finally:
            parking.retire(record)
            if turn is not None:
                round_.end(turn)

    return record, body


def start_new_thread(function: Callable, args: tuple, kwargs: dict | None = None) -> int:
    """Like _thread.start_new_thread; the new thread is known before it runs."""
    record, body = _named(function, getattr(_owner(function), "daemon", True))
    try:
        return _start_new_thread(body, args, kwargs or {})
    except BaseException:
        parking.retire(record)
        raise


def start_joinable_thread(function: Callable, handle: Any = None, daemon: bool = True) -> Any:
    """Like _thread.start_joinable_thread, which threading uses from Python 3.13."""
    record, body = _named(function, daemon)
    assert _start_joinable is not None
    try:
        return _start_joinable(body, handle=handle, daemon=daemon)
    except BaseException:
        parking.retire(record)
        raise


def install() -> None:
    """Replace what threading and queue are built on; before they are imported."""
    assert "threading" not in sys.modules, "the tap must come first"
    _thread.allocate_lock = _thread.allocate = Lock  # type: ignore[assignment,attr-defined]
    _thread.start_new_thread = _thread.start_new = start_new_thread  # type: ignore
    if _start_joinable is not None:
        _thread.start_joinable_thread = start_joinable_thread  # type: ignore[attr-defined]
    sys.modules["_queue"] = handoffs.as_module()
    import threading

    threading.Lock = Lock  # type: ignore[assignment,misc]
    threading.Event = handoffs.Event  # type: ignore[assignment,misc]
    threading._CRLock = None  # type: ignore[attr-defined]  # RLock falls back to Python
    _tap_ends(threading.Thread)


def _tap_ends(thread_class: Any) -> None:
    """Make join() a counted wait, and is_alive() false as soon as the thread counts as over."""
    real_join, real_is_alive = thread_class.join, thread_class.is_alive

    def join(self: Any, timeout: float | None = None) -> None:
        record = getattr(self, "_socklab_record", None)
        if record is not None and record is not parking.current():
            parked = None
            with parking.mutex:
                if not record.done and not (timeout is not None and timeout <= 0):
                    deadline = None if timeout is None else clock.elapsed() + timeout
                    parked = parking.park("join", (record,), deadline)
                    record.joiners.append(parked)
            if parked is not None:
                clock.wait(parked)
            if not record.done:
                return  # the time is up; the thread goes on
        real_join(self, timeout)

    def is_alive(self: Any) -> bool:
        record = getattr(self, "_socklab_record", None)
        if record is not None and record.done:
            real_join(self)  # it is over but for its last steps, which nobody sees
        alive: bool = real_is_alive(self)
        return alive

    thread_class.join, thread_class.is_alive = join, is_alive
