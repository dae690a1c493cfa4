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


@dataclass
class Run:
    """One run of pytest on anything: its exit status, and what it has printed."""

    status: int
    output: str


def run_pytest(*arguments: str | Path, folder: Path = KIT, encoding: str = "utf-8",
               environment: dict[str, str] | None = None, cache: Path | None = None) -> Run:
    """Run pytest in a folder, 80 columns wide, as from a terminal.

    cache: where pytest notes which tests have failed; None: nowhere.
    """
    remember = ["-o", f"cache_dir={cache}"] if cache else ["-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *remember, *map(str, arguments)]
    own = {**ALONE, "COLUMNS": "80", "PYTHONIOENCODING": encoding, **(environment or {})}
    run = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, timeout=600,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         env={**_clean(), **own})
    return Run(run.returncode, run.stdout.decode(encoding).replace("\r\n", "\n"))


def too_wide(text: str) -> list[str]:
    """The lines of a text that do not fit into 80 columns."""
    return [line for line in text.splitlines() if len(line) > 80]


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


def entries(kind: str, lesson: str) -> list[Path]:
    """The "wrong" or "unusual" programs of a lesson; for lesson 10 also protocols, transcripts,
    and folders with both."""
    folder = KIT / "tests" / kind / lesson
    return sorted(p for p in folder.iterdir() if p.suffix in (".py", ".toml", ".txt")
                  or (p / "protocol.toml").is_file()) if folder.is_dir() else []


def header(path: Path) -> dict[str, str]:
    """Return the facts in the comment at the head of a wrong or unusual program.

    Of a folder: at the head of its protocol.toml.
    """
    facts = {}
    path = path / "protocol.toml" if path.is_dir() else path
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(r"# ([a-z ]+): *(.*)", line)
        if match is None:
            break
        facts[match[1]] = match[2]
    return facts


def submission(lesson: str, program: Path, folder: Path) -> Path:
    """Make a submission: the solution's files with `program` in the place of one.

    A folder is a submission of its own.
    """
    if program.is_dir():
        shutil.copytree(program, folder)
        return folder
    shutil.copytree(KIT / "solutions" / lesson, folder)
    shutil.copy(program, folder / header(program)["graded as"])
    return folder
