"""Which files are graded: the student's in place, the solutions, or another folder."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from .failure import Failure

KIT = Path(__file__).resolve().parent.parent.parent
LESSONS = KIT / "lessons"

# Modules that are loaded when a program starts to import socket and threading: a file of
# this name beside the program is taken instead of Python's own.  The rest of the standard
# library is found or shadowed as usual, because it is loaded later.
SHADOWED = {
    "socket", "select", "selectors", "threading", "enum", "types", "functools", "operator",
    "collections", "reprlib", "keyword", "weakref", "math", "array", "warnings",
}
if sys.version_info >= (3, 15):  # before, Python itself had loaded it already
    SHADOWED.add("io")


class NotASubmission(Exception):
    """The folder or lesson that was asked for cannot be graded; the text says why."""


@dataclass(frozen=True)
class Submission:
    """A folder with the files of one lesson."""

    lesson: str  # "01"
    folder: Path

    @property
    def given(self) -> str:
        """Where the kit has the given_….py of this lesson; "" for a program of no lesson."""
        return str(LESSONS / self.lesson) if self.lesson else ""

    def path(self, file: str) -> Path:
        """Return the path of one file; Failure if it is missing or cannot be meant."""
        path = self.folder / file
        if path.is_file():
            self._nothing_shadowed(file)
            return path
        place = short(self.folder) if self.folder != KIT else "the folder of the kit itself"
        if path.is_dir():
            raise Failure("missing", f"{file} in {place} is a folder, and not a file.")
        what = f"There is no file {file} in {place}."
        others = self._others()
        same = [name for name in others if name.lower() in (file.lower(), f"{file}.txt".lower())]
        kind = Path(file).suffix
        here = [name for name in others if name.endswith(kind)]
        if file.startswith("given_"):
            what += f" It comes with the kit: copy it from lessons/{self.lesson}."
        elif deeper := self._deeper(file):
            what += f" There is one in {deeper}."
        elif close := same or get_close_matches(file, here, 1, 0.5):
            what += f" Is {close[0]} meant? Then give it that name."
        elif here:
            words = "Python files" if kind == ".py" else f"Files with {kind}"
            what += f" {words} there: {', '.join(here[:5])}."
        raise Failure("missing", what)

    def _deeper(self, file: str) -> str:
        """A folder further down that has the file, as a zip or a learning platform makes it."""
        found = sorted([*self.folder.glob(f"*/{file}"), *self.folder.glob(f"*/*/{file}")])
        return next((short(path.parent) for path in found if path.is_file()), "")

    def _others(self) -> list[str]:
        """The names of the files whose names are not those of this lesson's files."""
        named = {entry.name for entry in (LESSONS / self.lesson).iterdir()}
        return sorted(entry.name for entry in self.folder.iterdir()
                      if entry.is_file() and entry.name not in named
                      and not entry.name.startswith((".", "test_")))

    def _nothing_shadowed(self, file: str) -> None:
        for entry in sorted(self.folder.iterdir()):
            name = entry.stem if entry.suffix == ".py" else entry.name
            package = (entry / "__init__.py").is_file()  # another folder is found last
            if name in SHADOWED and (entry.suffix == ".py" or package):
                what = "folder" if package else "file"
                raise Failure("shadow", f"The {what} {entry.name} beside {file} has the name "
                              f"of a module of Python: `import {name}` finds it instead. "
                              f"Give it another name.")


def choose(lesson: str, *, solutions: bool = False, work: str | None = None) -> Submission:
    """Return what is to be graded for a lesson.

    solutions: grade ``solutions/NN``.  work: grade this folder, or its subfolder NN.
    Raises NotASubmission with a sentence that says what to do.
    """
    if solutions:
        folder = KIT / "solutions" / lesson
        if not folder.is_dir():
            raise NotASubmission(
                f"There is no folder solutions/{lesson}: this is the student's edition. "
                "Teachers find the solutions in the full kit.")
        return Submission(lesson, folder)
    if work is None:
        return Submission(lesson, LESSONS / lesson)
    try:
        folder = Path(work).expanduser().resolve()
        there = folder.exists()
        if there and not folder.is_dir():
            raise NotASubmission(f"--work {work}: that is a file. Name the folder it is in.")
        own = any(_is_handed_in(entry.name) for entry in folder.iterdir()) if there else False
    except (OSError, RuntimeError) as error:
        raise NotASubmission(f"--work {work}: this folder cannot be read ({error}).") from None
    if not there:
        raise NotASubmission(f"--work {work}: there is no such folder.")
    if not own and (folder / lesson).is_dir():
        folder = folder / lesson
    return Submission(lesson, folder)


def _is_handed_in(name: str) -> bool:
    """Is it a file that a lesson asks for?  (macOS writes files beside, like ._lines.py.)"""
    return name.endswith(".py") and not name.startswith(".") or name == "protocol.toml"


def short(path: Path) -> str:
    """A path as the reader would write it: relative to the kit if it is inside."""
    try:
        return path.resolve().relative_to(KIT).as_posix()
    except ValueError:
        return str(path)

