"""Ending a program with everything that it has started, on each system.

POSIX: each program leads a session of its own, so one signal reaches the group; strays
that left the group are found by a mark in their environment (Linux) and by their parent.
Windows: each program runs in a job object that dies as a whole.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

TYPE_CHECKING = False  # importing typing and pathlib would make the warden's start slower
if TYPE_CHECKING:
    from typing import Any

OWN_GROUP: dict[str, Any] = {} if sys.platform == "win32" else {"start_new_session": True}
OWN_CONSOLE: dict[str, Any] = {}  # one that nobody sees: a program could send Ctrl-C to ours
if sys.platform == "win32":
    OWN_CONSOLE = {"creationflags": subprocess.CREATE_NO_WINDOW}
    _END = signal.SIGTERM  # there is no other, and it cannot be ignored
else:
    _END = signal.SIGKILL
MOST = 32  # processes alive at once in one fence, enforced by the job object


class Fence:
    """Everything that one program has started.  `name` marks it in the environment."""

    def __init__(self, process: subprocess.Popen, name: str) -> None:
        self.process, self.name = process, name
        self.job: Any = None
        if sys.platform == "win32":
            self.job = _make_job(process)

    def kill(self, thorough: bool = True) -> int:
        """End all of it; return how many processes outlived the program (POSIX only)."""
        if sys.platform == "win32":
            _end_job(self.job, self.process)
            self.process.wait()
            return 0
        over = self.process.poll() is not None
        # on macOS, one with a session of its own is only found while its parent lives
        known = self.members() if thorough and (over or sys.platform == "darwin") else []
        _kill_group(self.process.pid)
        for pid in known:
            _kill(pid)
        self.process.wait()
        while thorough and (members := self.members()):
            for pid in members:
                _kill(pid)
            time.sleep(0.001)  # let the killed ones be reaped before the next look
        return len(known) if over else 0

    def members(self) -> list[int]:
        """The processes that belong to the program and are alive (POSIX only)."""
        if sys.platform == "linux":
            return _linux_family(self.name, self.process.pid)
        if sys.platform != "win32":
            return _family(self.process.pid)
        return []


def cpu_seconds(pid: int) -> float | None:
    """Processor time that a process has used, seen from outside; None if unknown."""
    try:
        if sys.platform == "linux":
            # the clock id of another process, as clock_getcpuclockid(3) makes it
            return time.clock_gettime(((~pid) << 3) | 2)
        if sys.platform == "win32":
            return _windows_cpu_seconds(pid)
        text = subprocess.run(["ps", "-o", "cputime=", "-p", str(pid)],
                              capture_output=True, text=True).stdout.strip()
        minutes, seconds = text.rsplit(":", 2)[-2:]
        return int(minutes) * 60 + float(seconds)
    except (OSError, ValueError):
        return None


def memory(pid: int) -> int | None:
    """Bytes of the machine's memory that a process occupies; None if unknown."""
    try:
        if sys.platform == "linux":
            return int(_read(f"/proc/{pid}/statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        if sys.platform == "win32":
            return _windows_memory(pid)
        text = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)],
                              capture_output=True, text=True).stdout
        return int(text) * 1024
    except (OSError, ValueError):
        return None


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def kill_process(pid: int) -> None:
    """End one process and its group, when the warden cannot do it any more."""
    if sys.platform == "win32":
        _kill(pid)
    else:
        _kill_group(pid)


def _kill_group(pid: int) -> None:
    if sys.platform != "win32":
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            _kill(pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, _END)
    except OSError:
        pass  # it is gone


_adopts = False


def adopt_orphans() -> None:
    """On Linux, become the parent of every process below that loses its own (prctl(2)).

    So a process is found even if it has left the session and cleared its environment.
    """
    global _adopts
    if sys.platform == "linux":
        import ctypes  # takes 10 ms, so not at the start

        set_child_subreaper = 36
        _adopts = ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0) == 0


def _linux_family(name: str, leader: int) -> list[int]:
    mark = f"SOCKLAB_PROGRAM={name}\0".encode()
    family, parents = {leader}, {}
    for pid in [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]:
        try:
            fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
            parent, session = int(fields[1]), int(fields[3])
            environment = _read(f"/proc/{pid}/environ")
        except (OSError, ValueError, IndexError):
            continue  # it ended, or belongs to somebody else
        if fields[0] == b"Z":
            continue
        parents[pid] = parent
        orphan = _adopts and parent == os.getpid() and b"SOCKLAB_PROGRAM=" not in environment
        if session == leader or mark in environment or orphan:
            family.add(pid)
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(family & parents.keys())


def _family(leader: int) -> list[int]:
    text = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,pgid=,stat="],
                          capture_output=True, text=True).stdout
    rows = [line.split() for line in text.splitlines()]
    family = {leader}
    while True:
        more = {int(r[0]) for r in rows if len(r) > 3 and not r[3].startswith("Z")
                and (int(r[1]) in family or int(r[2]) == leader)}
        if more <= family:
            alive = {int(r[0]) for r in rows if len(r) > 3 and not r[3].startswith("Z")}
            return sorted(family & alive)
        family |= more


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.CreateJobObjectW.restype = wintypes.HANDLE
    _kernel32.OpenProcess.restype = wintypes.HANDLE

    class _Basic(ctypes.Structure):
        _fields_ = [
            ("PerProcessUserTimeLimit", ctypes.c_int64),
            ("PerJobUserTimeLimit", ctypes.c_int64),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        ]

    class _Extended(ctypes.Structure):
        _fields_ = [
            ("Basic", _Basic),
            ("IoCounters", ctypes.c_uint64 * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        ]

    class _Memory(ctypes.Structure):
        _fields_ = [
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
            ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
            ("PagefileUsage", ctypes.c_size_t),
            ("PeakPagefileUsage", ctypes.c_size_t),
        ]

    def _make_job(process: subprocess.Popen) -> Any:
        """Put a process into a job that ends with its last handle."""
        job = _kernel32.CreateJobObjectW(None, None)
        limits = _Extended()
        # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE and JOB_OBJECT_LIMIT_ACTIVE_PROCESS
        limits.Basic.LimitFlags = 0x2000 | 0x8
        limits.Basic.ActiveProcessLimit = MOST
        _kernel32.SetInformationJobObject(  # 9: JobObjectExtendedLimitInformation
            wintypes.HANDLE(job), 9, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        handle = wintypes.HANDLE(int(process._handle))  # type: ignore[attr-defined]
        _kernel32.AssignProcessToJobObject(wintypes.HANDLE(job), handle)
        return job

    def _end_job(job: Any, process: subprocess.Popen) -> None:
        _kernel32.TerminateJobObject(wintypes.HANDLE(job), 1)
        _kernel32.CloseHandle(wintypes.HANDLE(job))
        try:
            process.kill()
        except OSError:
            pass  # it is dying already

    def _windows_cpu_seconds(pid: int) -> float | None:
        query_limited = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
        handle = _kernel32.OpenProcess(query_limited, False, pid)
        if not handle:
            return None
        times = [ctypes.c_uint64() for _ in range(4)]
        _kernel32.GetProcessTimes(
            wintypes.HANDLE(handle), *[ctypes.byref(t) for t in times]
        )
        _kernel32.CloseHandle(wintypes.HANDLE(handle))
        return (times[2].value + times[3].value) / 1e7  # in units of 100 ns

    def _windows_memory(pid: int) -> int | None:
        query_limited = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
        handle = _kernel32.OpenProcess(query_limited, False, pid)
        if not handle:
            return None
        counters = _Memory()
        counters.cb = ctypes.sizeof(counters)
        known = _kernel32.K32GetProcessMemoryInfo(
            wintypes.HANDLE(handle), ctypes.byref(counters), counters.cb
        )
        _kernel32.CloseHandle(wintypes.HANDLE(handle))
        return counters.WorkingSetSize if known else None
