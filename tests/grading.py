"""Runs the kit's checks on a folder of programs, as a student or a teacher would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

# other plugins that happen to be installed would take most of the time
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
KIT = Path(__file__).resolve().parent.parent


@dataclass
class Result:
    """One check: its function name, "passed", "failed" or "skipped", kind and report."""

    name: str
    outcome: str
    kind: str = ""
    text: str = ""


@dataclass
class Graded:
    """One run of pytest on a lesson."""

    results: list[Result]
    output: str
    status: int

    @property
    def failed(self) -> list[Result]:
        return [r for r in self.results if r.outcome == "failed"]


def grade(lesson: str, work: Path | None, junit: Path, *options: str,
          environment: dict[str, str] | None = None) -> Graded:
    """Run the checks of a lesson on the files in `work` (None: in place).

    junit: a file to write the results to.  Raises AssertionError if pytest wrote none.
    """
    command = [sys.executable, "-m", "pytest", f"lessons/{lesson}", "-p", "no:cacheprovider",
               f"--junitxml={junit}", *(["--work", str(work)] if work else []), *options]
    run = subprocess.run(command, cwd=KIT, capture_output=True, stdin=subprocess.DEVNULL,
                         env={**_clean(), **ALONE, **(environment or {})}, timeout=600)
    output = (run.stdout + run.stderr).decode("utf-8", "replace")
    assert junit.exists(), output
    return Graded(_results(junit), output, run.returncode)


def _clean() -> dict[str, str]:
    """Our environment without what an outer pytest has put there."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}


def _results(junit: Path) -> list[Result]:
    found = []
    for case in ET.parse(junit).iter("testcase"):
        result = Result(case.get("name", ""), "passed")
        for tag, outcome in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
            for element in case.iter(tag):
                result.outcome, result.text = outcome, element.text or ""
        for prop in case.iter("property"):
            if prop.get("name") == "kind":
                result.kind = prop.get("value", "")
        found.append(result)
    return found


def header(path: Path) -> dict[str, str]:
    """Return the facts in the comment at the head of a wrong or unusual program."""
    facts = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(r"# ([a-z ]+): *(.*)", line)
        if match is None:
            break
        facts[match[1]] = match[2]
    return facts


def submission(lesson: str, program: Path, folder: Path) -> Path:
    """Make a submission: the solution's files with `program` in the place of one."""
    shutil.copytree(KIT / "solutions" / lesson, folder)
    shutil.copy(program, folder / header(program)["graded as"])
    return folder
