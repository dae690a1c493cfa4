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
import queue
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from load import KIT, busy, table

sys.path.insert(0, str(KIT / "tests"))

from again import Regrader  # noqa: E402
from grading import Graded, entries, header, submission  # noqa: E402


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


# -- the conductor ----------------------------------------------------------------------------


def judge(job: Job, graded: Graded) -> str:
    """Return "" for the verdict that the program deserves, else the reports."""
    if job.expected is None:
        right = graded.status == 0 and graded.results and not graded.failed
    else:
        first = [(r.name, r.kind) for r in graded.failed]
        right = graded.status == 1 and first == [job.expected]
    return "" if right else graded.output


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
        """Keep one pytest process busy."""
        regrader = Regrader()
        while True:
            try:
                job = self._left.get_nowait()
            except queue.Empty:
                break
            begun = time.monotonic()
            stop = ["-x"] if job.expected else []
            try:
                text = judge(job, regrader.grade(job.lesson, Path(job.work), *stop))
            except RuntimeError as error:
                text = str(error)
            self._count(job, text, time.monotonic() - begun)
        regrader.close()

    def _count(self, job: Job, text: str, seconds: float) -> None:
        with self._lock:
            tally = self.tallies[job.name]
            tally.runs += 1
            tally.seconds += seconds
            if text:
                tally.wrong += 1
                print(f"\nWRONG VERDICT on {job.name}:\n{text}\n", flush=True)


def jobs_for(lesson: str, kinds: list[str], folder: Path) -> list[Job]:
    """The programs of a lesson, each as a folder that can be graded."""
    jobs = []
    if "solutions" in kinds:
        jobs.append(Job(lesson, "the solution", str(KIT / "solutions" / lesson), None))
    for kind in ("unusual", "wrong"):
        for program in entries(kind, lesson):
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
    sys.exit(main())
