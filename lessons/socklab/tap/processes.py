"""Counts the processes that a program starts, and stops it at a sane number.

While one of them runs, stillness cannot be proven.  Those of subprocess and of os.system()
are followed to their end: a program may clear the screen and be proven still afterwards.
"""

from __future__ import annotations

import os
import sys
from weakref import ref

from ..wire import PROCESSES, STARTS
from . import control, parking, waiting

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

STARTING = {
    "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.exec",
    "os.startfile", "subprocess.Popen", "_winapi.CreateProcess",
}
_numbers: Any = None  # how many were started and how many are over; shared with forked children
_children: list[ref] = []  # the objects of subprocess.Popen that are not known to be over
_real_system = os.system


def _hook(event: str, args: tuple) -> None:
    if event in STARTING and not _is_counted(event):
        _started(event, _followed(sys._getframe(1)) if event == "subprocess.Popen" else None)
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


def _followed(frame: Any) -> Any:
    """The Popen object that starts a process; None if that is given one of our sockets."""
    values = frame.f_locals  # those of Popen._execute_child
    given = [values.get(name) for name in ("p2cread", "c2pwrite", "errwrite")]
    shares = values.get("pass_fds") or not values.get("close_fds")
    if sys.platform == "win32":
        shares = False  # close_fds is False there as soon as there is a pipe
    if shares or any(descriptor in waiting.by_descriptor for descriptor in given):
        return None
    return values.get("self")


def _started(event: str, child: Any = None) -> None:
    """Count a process; `child` tells when it is over, and os.system() waits for it."""
    number, over = _add(0)
    if child is not None:
        _children.append(ref(child))
        parking.untracked.append(event)
    elif event not in parking.untracked:
        parking.untracked.append(event)
    look()
    beyond = number - over > PROCESSES or number > STARTS
    control.tell("process", event, parking.place(), number, beyond)
    if beyond:
        os._exit(71) if not control.active else None
        raise RuntimeError(f"more processes than the checks can follow ({number} so far)")


def _add(which: int) -> tuple[int, int]:
    """Count one more that was started (0), or that is over (1); return both numbers."""
    global _numbers
    if _numbers is None:
        import mmap

        _numbers = mmap.mmap(-1, 16)
    at = slice(8 * which, 8 * which + 8)
    _numbers[at] = (int.from_bytes(_numbers[at], "little") + 1).to_bytes(8, "little")
    return int.from_bytes(_numbers[:8], "little"), int.from_bytes(_numbers[8:], "little")


def look() -> None:
    """Forget the processes that are over.

    The mutex must not be held: if nobody else holds a Popen object any more, it is deleted
    here, and takes a lock.
    """
    for known in _children[:]:
        child = known()
        if child is None or _is_over(child):  # (None: it could not even be started)
            try:
                _children.remove(known)
            except ValueError:
                continue  # another thread was faster
            parking.untracked.remove("subprocess.Popen")
            _add(1)


def _is_over(child: Any) -> bool:
    """Has it ended?  The system still keeps that for the program, which may ask, too."""
    if child.returncode is not None:
        return True
    if not getattr(child, "pid", None):
        return False  # it is just being started
    if sys.platform == "win32":
        import _winapi

        handle = getattr(child, "_handle", None)
        return handle is not None and _winapi.WaitForSingleObject(handle, 0) == 0
    waitid: Any = getattr(os, "waitid", None)  # (macOS has it from Python 3.13 on)
    try:
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return waitid is not None and waitid(os.P_PID, child.pid, options) is not None
    except OSError:
        return False


def system(command: Any) -> int:
    """os.system: it waits for its process, which inherits no socket (PEP 446)."""
    try:
        return _real_system(command)
    finally:
        _add(1)
        if "os.system" in parking.untracked:
            parking.untracked.remove("os.system")


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
    os.system = system
    _count_fork_exec()
    os._exit = control.exit  # type: ignore[assignment]
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=control.leave)
