"""Program time: it passes as the program computes, and jumps when all are still.

A program under the bench never waits in real time.  Its clock is the processor time
that it has used plus the jumps that the grader has made.  So a slow or busy machine
cannot make a timeout strike early, and thirty seconds of silence cost nothing.
With `real` set (the notebook's and the tools' "watch") the clock is the ordinary one.
"""

from __future__ import annotations

import sys
import time

from . import parking

real = False
jumped = 0.0
own = _latest = 0.0
_process_time, _thread_time = time.process_time, time.thread_time
real_now = time.perf_counter  # one clock for all processes of this machine
_wall_start, _mono_start = time.time(), time.monotonic()
_cpu_start = _process_time()
_real_start = real_now()
_real_sleep = time.sleep


def elapsed() -> float:
    """Seconds of program time since the start."""
    global _latest
    if real:
        return real_now() - _real_start
    # never backwards, though the tap's share becomes known a little late
    _latest = max(_latest, _process_time() - _cpu_start - own + jumped)
    return _latest


def leave_out_own() -> None:
    """Called by the tap's own thread: what it has computed is not the program's time.

    Else each question would bring a short sleep to its end, and a program that polls
    every millisecond would never be found still.
    """
    global own
    own = _thread_time()


def monotonic() -> float:
    """Program time, as time.monotonic() gives it."""
    return _mono_start + elapsed()


def sleep(seconds: float) -> None:
    """Like time.sleep; raises what it raises for a wrong argument."""
    if not isinstance(seconds, (int, float)) and not hasattr(seconds, "__float__"):
        _real_sleep(seconds)  # raises the usual TypeError
    seconds = float(seconds)
    if not seconds > 0:
        _real_sleep(seconds)  # raises the usual ValueError for a negative one or nan
        return
    with parking.mutex:
        parked = parking.park("sleep", (), elapsed() + seconds)
    wait(parked)


def wait(parked: parking.Park) -> None:
    """Block until `parked` is woken or fired (or, with the real clock, is due)."""
    turn = parking.pass_on(parked)
    try:
        if real and parked.deadline is not None:
            parked.gate.acquire(timeout=max(0.0, parked.deadline - elapsed()))
            with parking.mutex:
                parked.wake(fired=True)
        else:
            parked.gate.acquire()
    finally:
        if not (parked.woken or parked.fired):  # Ctrl-C; else `wake` has done it
            with parking.mutex:
                parking.unpark(parked)
    parking.take_turn(turn)


def install() -> None:
    """Replace the clocks of the time module; before threading and others bind them."""
    time.sleep = sleep  # type: ignore[assignment]
    time.monotonic = monotonic
    time.perf_counter = monotonic
    time.time = lambda: _wall_start + elapsed()
    time.monotonic_ns = time.perf_counter_ns = lambda: int(monotonic() * 1e9)
    time.time_ns = lambda: int(time.time() * 1e9)
    # written in C it reads the system's clock; written in Python it asks this one
    sys.modules["_datetime"] = sys.modules["_zoneinfo"] = None  # type: ignore[assignment]
