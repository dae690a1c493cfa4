"""Ctrl-C and other signals: they end a wait from outside.

Between the signal and its handler the main thread still looks parked.  So its wait is
marked as disturbed until the handler has run: then it has raised, which ends the wait,
or it has returned, and the wait goes on.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import sys
from collections.abc import Callable

from . import parking, waiting

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

_signal_signal, _getsignal = _signal.signal, _signal.getsignal
_set_wakeup_fd = _signal.set_wakeup_fd
_chosen: dict[int, Any] = {}  # the handlers that the program has set
_wakeup = -1  # the descriptor that asyncio lets each signal write a byte to


def interrupt() -> None:
    """Press Ctrl-C, from a thread that is not the program's."""
    handler = _getsignal(_signal.SIGINT)
    disturbed = None
    with parking.mutex:
        if parking.main.park is not None and callable(handler):
            disturbed = parking.main.park
            disturbed.disturbed = True
        pipe: Any = waiting.pipes.get(_wakeup)
        if pipe is not None:
            pipe.given += 1
        tapped = waiting.by_descriptor.get(_wakeup)
        if tapped is not None and tapped.stream is not None:
            tapped.stream.sent += 1
    if sys.platform != "win32":
        import threading

        # to the main thread: its system call must notice, not that of another
        main = threading.main_thread().ident or 0
        _signal.pthread_kill(main, _signal.SIGINT)
        if disturbed is not None and _wakeup == -1:
            _nudge(main, disturbed)
    else:
        import _thread

        _thread.interrupt_main()


def _nudge(main: int, park: parking.Park) -> None:
    """Interrupt the main thread's system call until it has noticed the signal.

    A signal that strikes after Python's last look for one, and before the system call
    has begun, interrupts nothing: the call would wait on.  SIGURG is ignored by default
    (signal(7)); with a handler that does nothing it interrupts.
    """
    if sys.platform != "win32":
        pause = parking.real_lock()
        pause.acquire()
        for _ in range(1000):
            pause.acquire(timeout=0.002)
            with parking.mutex:
                if parking.main.park is not park or not park.disturbed:
                    return
            _signal.pthread_kill(main, _signal.SIGURG)


def _noting(handler: Callable[[int, Any], Any]) -> Callable[[int, Any], Any]:
    """The handler of a program; when it returns, the wait goes on undisturbed."""

    def noting(number: int, frame: Any) -> Any:
        result = handler(number, frame)
        with parking.mutex:
            wait = parking.main.park
            if wait is not None and wait.call != "pause":  # that one ends then
                wait.disturbed = False
        return result

    return noting


def _tap_signal(number: int, handler: Any) -> Any:
    """signal.signal; the default handler for Ctrl-C stays bare: it raises."""
    before = _tap_getsignal(number)
    bare = handler is _signal.default_int_handler or not callable(handler)
    _signal_signal(number, handler if bare else _noting(handler))
    _chosen[number] = handler
    return before


def _tap_getsignal(number: int) -> Any:
    return _chosen[number] if number in _chosen else _getsignal(number)


def _tap_set_wakeup_fd(fd: int, *, warn_on_full_buffer: bool = True) -> int:
    global _wakeup
    before = _set_wakeup_fd(fd, warn_on_full_buffer=warn_on_full_buffer)
    _wakeup = fd
    return before


class Signal:
    """As a channel: nothing but a signal ends this wait."""

    def state(self) -> tuple | None:
        return ()


def _parked(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """pause() or sigwait(), as a wait that is known."""

    def call(*args: Any) -> Any:
        with parking.mutex:
            parked = parking.park(name, (Signal(),))
        try:
            return real(*args)
        finally:
            with parking.mutex:
                parking.unpark(parked)

    return call


def install() -> None:
    """Replace what the module signal is built on; before it is imported."""
    _signal.signal, _signal.getsignal = _tap_signal, _tap_getsignal  # type: ignore
    _signal.set_wakeup_fd = _tap_set_wakeup_fd  # type: ignore[assignment]
    # whoever grades in the background (nohup, & in a script) has Ctrl-C ignored, and so
    # would all its children
    _signal_signal(_signal.SIGINT, _signal.default_int_handler)
    if sys.platform != "win32":
        _signal_signal(_signal.SIGURG, lambda number, frame: None)  # see _nudge
    for name in ("pause", "sigwait", "sigwaitinfo"):
        if hasattr(_signal, name):
            setattr(_signal, name, _parked(getattr(_signal, name), name))
    for name in ("alarm", "setitimer"):  # they strike in real time: nothing can be proven
        if hasattr(_signal, name):
            setattr(_signal, name, _untracked(getattr(_signal, name), name))


def _untracked(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        parking.untracked.append(name)
        return real(*args)

    return call
