"""Is every verdict the same, again and again, on a busy machine?

    python tests/benchmarks/repeat.py LESSON [--count 1000] [--busy 4] [--workers 2]
                                             [--solutions | --unusual | --wrong]

Runs a lesson's checks that often on its solution and on each unusual program (or on one of
the two kinds, or on each wrong program), with busy processes beside.  A few pytest processes
do one run after the other, which saves the start of pytest; each run has a bench and
processes for the students' programs of its own, as always.  The report of each wrong verdict
is printed, and the exit status is 1 if there was one.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from load import KIT, busy, table

sys.path.insert(0, str(KIT / "tests"))

from grading import _clean, header, submission  # noqa: E402


@dataclass
class Job:
    """One program whose grading is repeated."""

    lesson: str
    name: str
    work: str  # the folder to be graded
    expected: tuple[str, str] | None  # the first check that fails and its kind; None: none does


@dataclass
class Tally:
    """What has been counted of one job."""

    runs: int = 0
    wrong: int = 0
    seconds: float = 0.0
    texts: list[str] = field(default_factory=list)


# -- the worker: a process that grades what it reads from its stdin ---------------------------


class Collector:
    """A pytest plugin that keeps the results of one run."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[tuple[str, str, str]] = []  # (check, kind, report)

    def pytest_runtest_logreport(self, report: Any) -> None:
        data = getattr(report, "socklab", None) or {}
        self.passed += report.when == "call" and report.passed
        if report.failed:
            name = report.nodeid.rpartition("::")[2]
            kind = "the kit failed" if data.get("kit") else data.get("kind", "?")
            self.failed.append((name, kind, report.longreprtext))


def work() -> None:
    """Grade each job that comes as a line of JSON; answer with a line of JSON."""
    import pytest

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # pytest's own report is not wanted
    for line in sys.stdin:
        job = json.loads(line)
        found = Collector()
        stop = ["-x"] if job["expected"] else []
        status = pytest.main([f"lessons/{job['lesson']}", "--work", job["work"], *stop,
                              "-p", "no:cacheprovider"], plugins=[found])
        answers.write(json.dumps([int(status), found.passed, found.failed]) + "\n")
        answers.flush()


# -- the conductor ----------------------------------------------------------------------------


def judge(job: Job, status: int, passed: int, failed: list[list[str]]) -> str:
    """Return "" for the verdict that the program deserves, else the reports."""
    if job.expected is None:
        right = status == 0 and passed > 0 and not failed
    else:
        right = status == 1 and [tuple(f[:2]) for f in failed] == [job.expected]
    if right:
        return ""
    texts = [f"pytest's exit status is {status}, {passed} checks passed"]
    return "\n".join(texts + [f"✘ {name} ({kind})\n{text}" for name, kind, text in failed])


class Conductor:
    """Hands the jobs to the workers and counts."""

    def __init__(self, jobs: list[Job], count: int) -> None:
        self.tallies = {job.name: Tally() for job in jobs}
        self._left: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        for _ in range(count):
            for job in jobs:
                self._left.put(job)

    def run(self, workers: int) -> None:
        threads = [threading.Thread(target=self._feed, daemon=True) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _feed(self) -> None:
        """Keep one worker busy; a new one takes its place should it die."""
        worker = _start_worker()
        while True:
            try:
                job = self._left.get_nowait()
            except queue.Empty:
                break
            begun = time.monotonic()
            text = self._ask(worker, job)
            if text is None:
                text = f"pytest itself has died, with status {worker.wait()}"
                worker = _start_worker()
            self._count(job, text, time.monotonic() - begun)
        assert worker.stdin is not None
        worker.stdin.close()
        worker.wait()

    def _ask(self, worker: subprocess.Popen, job: Job) -> str | None:
        assert worker.stdin is not None and worker.stdout is not None
        try:
            worker.stdin.write(json.dumps(asdict(job)) + "\n")
            worker.stdin.flush()
            return judge(job, *json.loads(worker.stdout.readline()))
        except (OSError, ValueError):
            return None

    def _count(self, job: Job, text: str, seconds: float) -> None:
        with self._lock:
            tally = self.tallies[job.name]
            tally.runs += 1
            tally.seconds += seconds
            if text:
                tally.wrong += 1
                print(f"\nWRONG VERDICT on {job.name}:\n{text}\n", flush=True)


def _start_worker() -> subprocess.Popen:
    return subprocess.Popen([sys.executable, __file__, "--worker"], cwd=KIT, env=_clean(),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")


def jobs_for(lesson: str, kinds: list[str], folder: Path) -> list[Job]:
    """The programs of a lesson, each as a folder that can be graded."""
    jobs = []
    if "solutions" in kinds:
        jobs.append(Job(lesson, "the solution", str(KIT / "solutions" / lesson), None))
    for kind in ("unusual", "wrong"):
        for program in sorted((KIT / "tests" / kind / lesson).glob("*.py")):
            if kind in kinds:
                facts = header(program)
                due = (facts["caught by"], facts["fails as"]) if kind == "wrong" else None
                work = submission(lesson, program, folder / f"{kind}-{program.stem}")
                jobs.append(Job(lesson, f"{kind}/{program.stem}", str(work), due))
    return jobs


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("lesson")
    parser.add_argument("--count", type=int, default=1000, help="runs of each program")
    parser.add_argument("--busy", type=int, default=4, help="busy processes beside it")
    parser.add_argument("--workers", type=int, default=2, help="gradings at the same time")
    which = parser.add_mutually_exclusive_group()
    for kind in ("solutions", "unusual", "wrong"):
        which.add_argument(f"--{kind}", dest="kinds", action="store_const", const=[kind])
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        jobs = jobs_for(options.lesson, options.kinds or ["solutions", "unusual"], Path(folder))
        conductor = Conductor(jobs, options.count)
        with busy(options.busy):
            conductor.run(options.workers)
    rows = [[name, t.runs, t.wrong, f"{t.seconds / max(1, t.runs):.2f}"]
            for name, t in conductor.tallies.items()]
    wrong = sum(t.wrong for t in conductor.tallies.values())
    runs = sum(t.runs for t in conductor.tallies.values())
    print(table([f"lesson {options.lesson}", "runs", "wrong", "seconds each"],
                rows + [["all", runs, wrong, f"{time.monotonic() - begun:.0f} in all"]]))
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--worker"]:
        work()
    else:
        sys.exit(main())
