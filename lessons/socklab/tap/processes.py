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


def install() -> None:
    """From now on the start of a process is reported and counted, and os._exit() prepared."""
    sys.addaudithook(_hook)
    os._exit = control.exit  # type: ignore[assignment]
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=control.leave)
