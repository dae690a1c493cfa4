"""Ending a program with everything that it has started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from socklab import killing

NAME = f"a-test-of-killing-{os.getpid()}"  # not the same for two at once

FAMILIES = {
    "alone": "",
    "a child": "start(SLEEP)",
    "deaf": "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "a child of its own session": "start(SLEEP, start_new_session=True)",
    "a grandchild of its own session":
        "start(f'import subprocess, sys; subprocess.Popen([sys.executable, \"-c\", {SLEEP!r}], "
        "start_new_session=True); ' + SLEEP)",
    "an orphan of its own session":
        "start(f'import subprocess, sys; subprocess.Popen([sys.executable, \"-c\", {SLEEP!r}], "
        "start_new_session=True)').wait()",
}

HEAD = """
import subprocess, sys, time
SLEEP = "import time; time.sleep(1000)"
def start(text, **options):
    return subprocess.Popen([sys.executable, "-S", "-c", text], **options)
"""


@pytest.fixture
def fences() -> Iterator[list[killing.Fence]]:
    found: list[killing.Fence] = []
    yield found
    for fence in found:
        fence.kill()


def start(text: str, fences: list[killing.Fence], number: int = 0) -> killing.Fence:
    name = f"{NAME}-{number}"
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", f"{HEAD}\n{text}\nprint('ready', flush=True)\n"
         "time.sleep(1000)"],
        stdout=subprocess.PIPE, env={**os.environ, "SOCKLAB_PROGRAM": name},
        **killing.OWN_GROUP)
    assert process.stdout is not None and process.stdout.readline()
    fences.append(killing.Fence(process, name))
    return fences[-1]


@pytest.mark.parametrize("family", FAMILIES)
def test_nobody_survives(family: str, fences: list[killing.Fence]) -> None:
    if sys.platform not in ("linux", "win32") and "session" in family:
        pytest.skip("an orphan of its own session can be found on Linux and Windows alone")
    fence = start(FAMILIES[family], fences)
    if sys.platform != "win32":
        assert len(fence.members()) >= 1 + (family != "alone" and family != "deaf")
    fence.kill()
    assert fence.members() == []
    assert fence.process.poll() is not None
    fence.kill()  # once more does no harm


@pytest.mark.skipif(sys.platform == "win32", reason="the job object needs no count")
def test_who_outlives_the_program_is_counted(fences: list[killing.Fence]) -> None:
    fence = start("start(SLEEP); start(SLEEP)", fences)
    fence.process.kill()
    fence.process.wait()
    assert fence.kill() == 2
    fence = start("start(SLEEP); start(SLEEP)", fences)
    assert fence.kill() == 0  # they did not outlive it


def test_other_programs_are_left_alone(fences: list[killing.Fence]) -> None:
    one, two = start("start(SLEEP)", fences, 1), start("start(SLEEP)", fences, 2)
    one.kill()
    if sys.platform != "win32":
        assert len(two.members()) == 2
    assert two.process.poll() is None


def test_processor_time_seen_from_outside(fences: list[killing.Fence]) -> None:
    fence = start("begun = time.process_time()\nwhile time.process_time() < begun + 0.5: pass",
                  fences)
    spent = killing.cpu_seconds(fence.process.pid)
    assert spent is not None and 0.4 < spent < 5
    fence.kill()
    end = time.monotonic() + 10
    while killing.cpu_seconds(fence.process.pid) and time.monotonic() < end:
        pass  # Windows keeps the figures of a dead process while a handle is open
    if sys.platform == "linux":
        assert killing.cpu_seconds(fence.process.pid) is None


def test_killing_one_process(fences: list[killing.Fence]) -> None:
    fence = start("", fences)
    killing.kill_process(fence.process.pid)
    assert fence.process.wait(30) != 0
    killing.kill_process(fence.process.pid)  # it is gone; that is no error


def test_memory_seen_from_outside(fences: list[killing.Fence]) -> None:
    small, large = start("", fences, 1), start("kept = b'x' * 50_000_000", fences, 2)
    sizes = [killing.memory(fence.process.pid) for fence in (small, large)]
    assert sizes[0] and sizes[1] and 45_000_000 < sizes[1] - sizes[0] < 55_000_000
    small.kill()
    assert not killing.memory(small.process.pid)  # Windows: 0, while a handle is open
