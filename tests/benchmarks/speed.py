"""How long the checks of a lesson take, measured against pytest on one empty test.

    python tests/benchmarks/speed.py [LESSON ...] [--runs 7] [--limit 3]
    python tests/benchmarks/speed.py --wrong [LESSON ...] [--runs 3] [--limit 2]

Whole processes: `pytest` in a folder with one empty test, `pytest lessons/NN --solutions`
and `pytest lessons/NN` (the starter, if nobody has edited it), in turn, so that all see the
same minute of the machine.  Prints the medians and their ratios.  The exit status is 1 if a
ratio is above --limit; without it nothing is judged.

With --wrong: each wrong program of tests/wrong/ against the lesson's solution instead.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from load import KIT, table

sys.path.insert(0, str(KIT / "tests"))

from grading import entries, submission  # noqa: E402


def seconds(arguments: list[str], folder: Path) -> float:
    """The wall time of one pytest process.  (Its start with all plugins that are installed.)"""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith("PYTEST_") and k != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    run = subprocess.run(command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL,
                         env=environment)
    spent = time.perf_counter() - begun
    if run.returncode not in (0, 1):
        sys.exit(run.stdout.decode("utf-8", "replace") + run.stderr.decode("utf-8", "replace"))
    return spent


def measure(lesson: str, empty: Path, runs: int) -> list[float]:
    """Return the medians: the empty test, the solution, the starter."""
    commands = [(["test_empty.py"], empty), ([f"lessons/{lesson}", "--solutions"], KIT),
                ([f"lessons/{lesson}"], KIT)]
    for arguments, folder in commands:
        seconds(arguments, folder)  # once before it counts: files are cached, bytecode written
    found: list[list[float]] = [[] for _ in commands]
    for _ in range(runs):
        for number, (arguments, folder) in enumerate(commands):
            found[number].append(seconds(arguments, folder))
    return [statistics.median(times) for times in found]


def measure_wrong(lesson: str, runs: int) -> list[tuple[float, str]]:
    """Return (ratio, name) of each wrong program: its median against the solution's."""
    solutions, found = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, entry in enumerate(entries("wrong", lesson)):
            work = submission(lesson, entry, Path(folder) / str(number))
            times = []
            for _ in range(runs):
                solutions.append(seconds([f"lessons/{lesson}", "--solutions"], KIT))
                times.append(seconds([f"lessons/{lesson}", f"--work={work}"], KIT))
            found.append((statistics.median(times), entry.name))
    return [(time / statistics.median(solutions), name) for time, name in found]


def wrong(lessons: list[str], runs: int, limit: float) -> int:
    """Print how long the wrong programs take; the exit status as for `main`."""
    worst = 0.0
    for lesson in lessons:
        found = sorted(measure_wrong(lesson, runs), reverse=True)
        print(f"lesson {lesson}: {len(found)} wrong programs, median ratio "
              f"{statistics.median(ratio for ratio, _ in found):.2f}; the slowest: "
              + ", ".join(f"{name} {ratio:.2f}" for ratio, name in found[:3]), flush=True)
        worst = max(worst, found[0][0])
    return 1 if limit and worst > limit else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="all, if none is given")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--limit", type=float, default=0.0, help="the highest ratio allowed")
    parser.add_argument("--wrong", action="store_true",
                        help="the wrong programs, against the solution")
    options = parser.parse_args()
    lessons = options.lessons or sorted(
        p.name for p in (KIT / "solutions").iterdir() if p.name.isdigit())
    if options.wrong:
        return wrong([n for n in lessons if entries("wrong", n)], options.runs, options.limit)
    rows, worst = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder)
        (empty / "test_empty.py").write_text("def test_empty():\n    pass\n")
        (empty / "pytest.ini").write_text("[pytest]\n")  # so that it looks no further up
        for lesson in lessons:
            base, solution, starter = measure(lesson, empty, options.runs)
            rows.append([lesson, f"{base:.3f} s", f"{solution:.3f} s", f"{solution / base:.2f}",
                         f"{starter:.3f} s", f"{starter / base:.2f}"])
            worst = max(worst, solution / base, starter / base)
            print(f"lesson {lesson}: {solution / base:.2f}, starter {starter / base:.2f}",
                  flush=True)
    print(f"\nPython {sys.version.split()[0]}, median of {options.runs} runs\n")
    print(table(["lesson", "empty test", "solution", "ratio", "starter", "ratio"], rows))
    return 1 if options.limit and worst > options.limit else 0


if __name__ == "__main__":
    sys.exit(main())
