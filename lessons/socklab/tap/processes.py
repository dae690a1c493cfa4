"""Counts the processes that a program starts, and stops it at a sane number."""

from __future__ import annotations

import os
import sys

from ..wire import PROCESSES
from . import control, parking

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

STARTING = {
    "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.exec",
    "os.startfile", "subprocess.Popen", "_winapi.CreateProcess",
}
_count: Any = None  # shared with forked children


def _hook(event: str, args: tuple) -> None:
    if event in STARTING and not _is_counted(event):
        _started(event)
    elif event == "socket.connect" and not isinstance(args[1], tuple) and _by_forkserver():
        _started(event)


def _by_forkserver() -> bool:
    """Does multiprocessing ask its server for a process?  (On Linux, from Python 3.14 on.)"""
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") != "multiprocessing.forkserver":
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None


def _is_counted(event: str) -> bool:
    """Is this how subprocess.Popen, which is counted itself, does its work?"""
    if event not in ("os.posix_spawn", "_winapi.CreateProcess"):
        return False
    return sys._getframe(2).f_globals.get("__name__") == "subprocess"


def _started(event: str) -> None:
    global _count
    if _count is None:
        import mmap

        _count = mmap.mmap(-1, 8)
    number = int.from_bytes(_count[:8], "little") + 1
    _count[:8] = number.to_bytes(8, "little")
    if not parking.untracked:
        parking.untracked.append(event)
    control.tell("process", event, parking.place(), number)
    if number > PROCESSES:
        os._exit(71) if not control.active else None
        raise RuntimeError(f"more processes than the checks can follow ({number} so far)")


def _count_fork_exec() -> None:
    """Count what multiprocessing starts in its way "spawn": no audit event tells of it."""
    if sys.platform == "win32":
        return  # there it is _winapi.CreateProcess, too
    import _posixsubprocess

    real = _posixsubprocess.fork_exec

    def fork_exec(*args: Any) -> int:
        if sys._getframe(1).f_globals.get("__name__") != "subprocess":  # it is counted itself
            _started("fork_exec")
        return real(*args)

    _posixsubprocess.fork_exec = fork_exec  # type: ignore[assignment]


def install() -> None:
    """From now on the start of a process is reported and counted, and os._exit() prepared."""
    sys.addaudithook(_hook)
    _count_fork_exec()
    os._exit = control.exit  # type: ignore[assignment]
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=control.leave)
