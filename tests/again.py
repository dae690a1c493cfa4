"""A pytest process that grades one submission after the other.

It saves the start of pytest, which takes longer than most gradings.  Each run has a bench
and processes for the students' programs of its own, as always.

    python tests/again.py    reads a job as a line of JSON, answers with a line of JSON
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from grading import ALONE, KIT, Graded, Result, _clean


class Collector:
    """A pytest plugin that keeps the results of one run."""

    def __init__(self) -> None:
        self.results: dict[str, Result] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        data = getattr(report, "socklab", None) or {}
        name = report.nodeid.rpartition("::")[2]
        known = self.results.get(name)
        if report.failed and (known is None or known.outcome != "failed"):
            kind = "" if data.get("kit") else data.get("kind", "")
            self.results[name] = Result(name, "failed", kind, report.longreprtext)
        elif report.when == "call" or report.skipped:
            self.results.setdefault(name, Result(name, report.outcome))


class Regrader:
    """The grader's side of such a process.  It starts with the first `grade`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def grade(self, lesson: str, work: Path, *options: str) -> Graded:
        """Run the checks of a lesson on the files in `work`.

        Raises RuntimeError if pytest itself has died; the next call starts another.
        """
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__], cwd=KIT, env={**_clean(), **ALONE},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(json.dumps([f"lessons/{lesson}", "--work", str(work), *options]) + "\n")
            stdin.flush()
            status, results = json.loads(stdout.readline())
        except (OSError, ValueError):
            status = self._process.wait()
            self._process = None
            raise RuntimeError(f"pytest itself has died, with status {status}") from None
        found = [Result(*result) for result in results]
        text = "\n".join(f"{r.name}: {r.outcome} ({r.kind})\n{r.text}" for r in found)
        return Graded(found, f"pytest's exit status is {status}\n{text}", status)

    def close(self) -> None:
        """End the process; it has nothing left to do."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process = None


def serve() -> None:
    """Grade what comes on stdin until it ends."""
    import pytest

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # pytest's own report is not wanted
    for line in sys.stdin:
        found = Collector()
        status = pytest.main(["-p", "no:cacheprovider", *json.loads(line)], plugins=[found])
        results = [[r.name, r.outcome, r.kind, r.text] for r in found.results.values()]
        answers.write(json.dumps([int(status), results]) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
