"""Who waits where: the proof that a program is still begins here.

Each call that can block goes through `park`: it notes what the thread waits for (its
channels) and until when.  A thread that is not parked is running, and so is a thread
that this module does not know.  All of it changes under one mutex, so an answer to
"are you still?" is one consistent picture.

A channel has a method ``state()``, called with the mutex held:

* ``None``  a wait on it would return by itself, so the thread counts as running;
* ``()``    only another thread of this program can end the wait;
* ``(kind, ...)``  something outside can end it; the grader compares the counts.
"""

from __future__ import annotations

import _thread
import os
import sys
from itertools import count

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, Protocol

    class Channel(Protocol):
        """Something to wait for; see above."""

        def state(self) -> tuple | None: ...

# Reentrant, because the garbage collector may close a socket in the midst of anything.
mutex = _thread.RLock()
real_lock = _thread.allocate_lock  # before `locks` replaces it

Place = tuple[str, int, str]  # file, line, and what the line calls if that hides the wait

HERE = os.path.dirname(os.path.abspath(__file__))
home = ""  # the folder of the student's program, with a separator at its end
_numbers, _waits = count(), count()  # of threads, of waits


class Untracked:
    """Something that the tap cannot count (a raw descriptor): never proven still."""

    def state(self) -> tuple | None:
        return None


class Record:
    """One thread of the program."""

    def __init__(self, name: str, daemon: bool) -> None:
        self.name = name
        self.daemon = daemon
        self.park: Park | None = None
        self.done = False
        self.number = next(_numbers)
        self.told: tuple = ()  # what the grader knows of it
        self.told_wait = -1  # the number of the wait that this is about
        self.joiners: list[Park] = []
        self.waker: Any = None  # a socket pair, for waits in select(); made when needed
        self.turn: Any = None  # its place in a round of the turnstile
        self.round: Any = None

    def state(self) -> tuple | None:
        """As a channel: a join() waits for this thread."""
        return None if self.done else ()


class Park:
    """One wait of one thread, from just before the blocking call to just after it."""

    def __init__(
        self,
        record: Record,
        call: str,
        channels: tuple[Channel, ...],
        deadline: float | None,
    ) -> None:
        self.record, self.call, self.channels = record, call, channels
        self.deadline, self.number = deadline, next(_waits)
        # its line is looked up only if somebody asks, once: the frame stands still as long
        self.frame = _outside()
        self._place: Place | None = None
        self.fired = False  # ended by its deadline
        self.woken = False  # ended by the event it waited for
        self.disturbed = False  # a signal has come, its handler has not yet run
        self.gate = real_lock()
        self.gate.acquire()

    @property
    def place(self) -> Place:
        """The student's line that waits."""
        if self._place is None:
            self._place = place(self.frame) if self.frame is not None else ("", 0, "")
        return self._place

    @property
    def line(self) -> int:
        """The number of that line."""
        return self.place[1]

    def wake(self, fired: bool = False) -> None:
        """Mark the thread running and let it go on.  The mutex must be held."""
        if self.fired or self.woken:
            return
        self.fired, self.woken = fired, not fired
        self.record.park = None
        if self.record.turn is not None:
            self.record.turn.runnable = True
        if self.record.waker is not None:
            self.record.waker.ring()
        self.gate.release()


records: list[Record] = []
_names = {"main"}  # of these
_over: list[int] = []  # numbers of threads that have ended since the last snapshot
_rest: _thread.LockType | None = None  # somebody waits until all threads are parked
untracked: list[str] = []  # why stillness cannot be proven, if it cannot
_local = _thread._local()
main = _local.record = Record("main", False)  # this module is imported in the main thread


def register(name: str, daemon: bool) -> Record:
    """Note a thread that is about to start (called in its parent, so it is never unknown).

    No two threads that are alive have the same name: reports tell by it who holds a lock.
    """
    with mutex:
        names = (name if n == 1 else f"{name} #{n}" for n in count(1))
        record = Record(next(each for each in names if each not in _names), daemon)
        _names.add(record.name)
        records.append(record)
    return record


def adopt(record: Record) -> None:
    """Called first thing in the new thread."""
    _local.record = record


def retire(record: Record) -> None:
    """Called last thing in a thread."""
    with mutex:
        record.done = True
        records.remove(record)
        _names.discard(record.name)
        _over.append(record.number)
        for park in record.joiners:
            park.wake()
        _tell_rest()


def current() -> Record:
    """The calling thread's record; a thread of unknown origin is registered here."""
    try:
        record: Record = _local.record
    except AttributeError:
        record = register("unknown thread", True)
        adopt(record)
    return record


def park(
    call: str, channels: tuple[Channel, ...], deadline: float | None = None
) -> Park:
    """Note that the calling thread is about to wait; the mutex must be held."""
    record = current()
    parked = record.park = Park(record, call, channels, deadline)
    _tell_rest()
    return parked


def all_parked() -> bool:
    """Does every thread wait?  The mutex must be held."""
    return all([record.park for record in records])


def await_rest(seconds: float, arrived: Callable[[list[Record]], bool]) -> bool:
    """Wait until all threads are parked; whether they are, and none is about to go on.

    seconds: the real time that this may take.  arrived: is something there for one of these?
    Then its thread is about to run; it will park anew.
    """
    global _rest
    gate = real_lock()
    gate.acquire()
    with mutex:
        if all_parked() and not arrived(records):
            return True
        _rest = gate
    gate.acquire(timeout=seconds)
    with mutex:
        _rest = None
    return False


def no_rest() -> None:
    """End that wait at once."""
    global _rest
    with mutex:
        if _rest is not None:
            _rest.release()
            _rest = None


def _tell_rest() -> None:
    """A thread parks or ends: if it was the last one, end that wait."""
    if _rest is not None and all_parked():
        no_rest()


def pass_on(parked: Park) -> Any:
    """With the turnstile: let another thread go on meanwhile; what `take_turn` needs then."""
    turn = parked.record.turn
    return turn if turn is not None and parked.record.round.pass_on(turn, parked) else None


def take_turn(turn: Any) -> None:
    """After a wait: go on when it is this thread's turn again, if it has passed it on."""
    if turn is not None:
        turn.baton.acquire()


def unpark(parked: Park) -> None:
    """The wait is over; the mutex must be held."""
    if parked.record.turn is not None:
        parked.record.turn.runnable = True  # the system may have ended it
    if parked.record.park is parked:
        parked.record.park = None
    parked.frame = None


def place(frame: FrameType | None = None) -> Place:
    """Return the student's line that is running now (or in `frame`): file, line, function.

    The third part names the library function that the line called when that is not the
    socket call itself ("Queue.get").  A given_….py of the lesson is such a library, if the
    student's own line is further out.  File "" means that no line of the student is running.
    """
    at = sys._getframe(1) if frame is None else frame
    inner, given = "", ("", 0, "")
    while at is not None:
        code = at.f_code
        whose = _whose.get(code.co_filename) or _whose_code(code)
        if whose == STUDENT:
            file = os.path.basename(code.co_filename)
            if not file.startswith("given_"):
                return file, at.f_lineno, inner
            given = given if given[0] else (file, at.f_lineno, inner)
        if whose in (LIBRARY, STUDENT):
            inner = code.co_qualname.removeprefix("_Py").removeprefix("_")
        at = at.f_back  # type: ignore[assignment]
    return given if given[0] else ("", 0, inner)


def line() -> int:
    """The number of the student's line that is running now, or 0; quicker than `place`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_own(frame):
        frame = frame.f_back
    return frame.f_lineno if frame is not None else 0


def is_own(frame: FrameType) -> bool:
    """Is this the student's code?"""
    return _whose_code(frame.f_code) == STUDENT


def _outside() -> FrameType | None:
    """The frame that called the tap: the tap's own ones may be over before the wait is."""
    frame: FrameType | None = sys._getframe(3)  # who has called `park`
    while frame is not None:
        if (_whose.get(frame.f_code.co_filename) or _whose_code(frame.f_code)) != TAP:
            break
        frame = frame.f_back
    return frame


TAP, STUDENT, LIBRARY = 1, 2, 3
_whose: dict[str, int] = {}  # by file: asked for with each socket call


def _whose_code(code: Any) -> int:
    file = code.co_filename
    student = bool(home) and file.startswith(home)
    ours = file.startswith(HERE) and not file.endswith(("handoffs.py", "pipes.py"))
    whose = STUDENT if student else TAP if ours else LIBRARY
    if home:
        _whose[file] = whose
    return whose


def snapshot() -> tuple[bool, tuple, tuple]:
    """Return (is every thread parked for good?, what is new, the numbers of ended threads).

    New are pairs of a thread's number and (name, call, file, line, function, program time
    of its deadline or None, the states of its channels); call is "" if it runs.  What has
    not changed since the last snapshot is left out: a program may have many threads.
    """
    new: list[tuple] = []
    still = not untracked
    for record in records:
        parked = record.park
        states = tuple([c.state() for c in parked.channels]) if parked else (None,)
        if parked is None or parked.disturbed or None in states:
            still, wait = False, -1
            entry: tuple = (record.name, "", "", 0, "", None, ())
        elif record.told_wait == parked.number and record.told[-1] == states:
            continue
        else:
            wait = parked.number
            entry = (record.name, parked.call, *parked.place, parked.deadline, states)
        record.told_wait = wait
        if entry != record.told:
            record.told = entry
            new.append((record.number, entry))
    over = tuple(_over)
    _over.clear()
    return still, tuple(new), over


def fire(now: float) -> int:
    """End the waits whose deadline has come; return how many.  The mutex must be held."""
    due = [
        r.park for r in records if r.park and r.park.deadline is not None
        and r.park.deadline <= now
    ]
    for parked in due:
        parked.wake(fired=True)
    return len(due)
