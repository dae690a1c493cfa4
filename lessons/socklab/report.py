"""The report that a student and a teacher read, in 80 columns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .evidence import wrap
from .hints import about
from .submission import LESSONS
from .tape import count

PASSED, FAILED, NOT_RUN = "✔", "✘", "–"
ASCII = str.maketrans({"✔": "+", "✘": "X", "–": "-", "─": "-", "▶": ">", "◀": "<",
                       "■": "#", "…": "...", "·": "-", "’": "'", "“": '"', "”": '"'})
FIRST_HINT = "Hint"


@dataclass
class Line:
    """One check in the report."""

    lesson: str
    name: str
    title: str
    core: bool
    outcome: str = NOT_RUN
    reason: str = ""  # equal for failures that one mistake has caused
    text: str = ""
    kit: bool = False  # the kit failed, not the student
    skipped: str = ""
    place: int = 0  # in the order of the checks


@dataclass
class Report:
    """Collects the results and writes them, in the order of the checks.

    writer: pytest's terminal writer.  verbose: all the evidence, not the first alone.
    """

    writer: Any
    graded: str  # the folder, as the reader would write it; "" for the lessons' own
    command: Callable[[str], str]  # how to run a lesson's checks again
    verbose: int = 0
    core_only: bool = False
    live: bool = True  # write each line as soon as it is known
    partial: bool = False  # some checks were deselected, by -k for example
    lines: dict[str, Line] = field(default_factory=dict)
    _shown: int = 0
    _heading: tuple = ()

    # -- collecting ----------------------------------------------------------------------

    def plan(self, key: str, line: Line) -> None:
        """Announce a check, in its order."""
        self.lines.setdefault(key, line)

    def result(self, key: str, data: dict[str, Any]) -> None:
        """Take a result; write all lines that are due by now."""
        line = self.lines.get(key)
        if line is None:
            line = Line(data["lesson"], data["name"], data["title"], data["core"],
                        place=data["place"])
            self.lines[key] = line
        line.outcome = data["outcome"]
        line.reason, line.text = data.get("reason", ""), data.get("text", "")
        line.kit, line.skipped = data.get("kit", False), data.get("skipped", "")
        self._advance()

    @property
    def lessons(self) -> list[str]:
        return sorted({line.lesson for line in self.lines.values()})

    # -- writing -------------------------------------------------------------------------

    def write(self, text: str, **colour: bool) -> None:
        """Write a line; on a console that cannot show it, in plain characters."""
        self.writer.line(self._shown_as(text), **colour)

    def _shown_as(self, text: str) -> str:
        """The text in characters that this console has."""
        file = getattr(self.writer, "_file", sys.stdout)
        encoding = getattr(file, "encoding", None) or "ascii"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            return text.translate(ASCII).encode(encoding, "backslashreplace").decode(encoding)
        return text

    def _advance(self) -> None:
        """Write the next lines of the list, as far as results are there."""
        if len(self.lessons) != 1 or self.verbose or not self.live:
            return
        lines = list(self.lines.values())
        while self._shown < len(lines) and lines[self._shown].outcome != NOT_RUN:
            self._title(lines[self._shown])
            self._shown += 1

    def _title(self, line: Line) -> None:
        heading = (line.lesson, line.core)
        if self._heading[:1] != heading[:1]:
            title, _ = about(LESSONS / line.lesson)
            self.write("")
            graded = self.graded or f"lessons/{line.lesson}"
            self.write(f"{line.lesson} {title} · {graded}", bold=True)
        if self._heading != heading:
            self.write("  Core" if line.core else "  More")
            self._heading = heading
        colour = {PASSED: {"green": True}, FAILED: {"red": True}}.get(line.outcome, {})
        first = self._first_with(line.reason) if line.reason else None
        again = "  (for the same reason)" if first not in (None, line) else ""
        if line.skipped:
            again = f"  ({line.skipped})"
        text = f"  {line.outcome} {line.title}"
        if len(self._shown_as(text)) > 80:  # one word on its next line
            before, _, word = text.rpartition(" ")
            text = f"{before}\n    {word}"
        elif len(self._shown_as(text + again)) > 80:
            text, again = f"{text}\n   ", again[1:]
        self.write(text + again, **colour)

    def _first_with(self, reason: str) -> Line | None:
        return next((x for x in self.lines.values() if x.reason == reason), None)

    def finish(self) -> None:
        """Write what comes after the list: the evidence and the count."""
        if not self.live:
            self.lines = dict(sorted(self.lines.items(), key=lambda pair: pair[1].place))
        if len(self.lessons) == 1:
            self._rest()
            self._evidence()
        elif self.verbose > 0:
            self._evidence()
        if not any(line.outcome != NOT_RUN or line.skipped for line in self.lines.values()):
            return  # they were collected, not run
        for lesson in self.lessons:
            self._count(lesson)
        if len(self.lessons) > 1:
            self._next_step()

    def _rest(self) -> None:
        """Write the titles that are not on the screen yet."""
        rest = list(self.lines.values())[self._shown:]
        if self._shown and all(line.outcome == NOT_RUN and not line.skipped for line in rest):
            if rest:
                self.write(f"  {NOT_RUN} {count(len(rest), 'check')} not run")
        elif self.verbose >= 0:
            for line in rest:
                self._title(line)

    def _evidence(self) -> None:
        told: set[str] = set()
        for line in self.lines.values():
            if line.outcome != FAILED or line.reason in told:
                continue
            told.add(line.reason)
            self.write("")
            self.write(f"{FAILED} {line.title}", bold=True)
            self.write("─" * 76)
            for row in line.text.splitlines():
                is_hint = row.startswith(FIRST_HINT)
                self.write(row, **({"bold": True} if is_hint else {}))
            if self.verbose <= 0 and not line.kit:
                return

    def _count(self, lesson: str) -> None:
        lines = [x for x in self.lines.values() if x.lesson == lesson]
        title, done = about(LESSONS / lesson)
        parts = []
        for name, part in (("core", [x for x in lines if x.core]),
                           ("more", [x for x in lines if not x.core])):
            passed = sum(x.outcome == PASSED for x in part)
            if part:
                parts.append(f"{name} {passed} of {len(part)}")
        perfect = all(x.outcome == PASSED or x.skipped for x in lines)
        core = [x for x in lines if x.core]
        core_done = bool(core) and all(x.outcome == PASSED for x in core)
        if len(self.lessons) > 1:
            mark = PASSED if perfect else FAILED
            tail = "" if perfect or not core_done else "   core done"
            self.write(f"  {mark} {lesson} {title:<22} {' · '.join(parts)}{tail}",
                       **({"green": True} if perfect else {}))
            return
        self.write("")
        self.write(f"{lesson} {title}: {' · '.join(parts)}", bold=True)
        if self.partial:
            return  # a few checks show nothing of the whole
        if core_done and (self.core_only or not perfect):
            self.write("Core done: the rest is for those who want more.")
        elif perfect and done:
            self.write(wrap("All done. " + done))
        if perfect:
            self._name_next(lesson)

    def _name_next(self, lesson: str) -> None:
        following = f"{int(lesson) + 1:02}"
        if (LESSONS / following / "README.md").exists():
            self.write(f"Next: lessons/{following}/README.md")

    def _next_step(self) -> None:
        for lesson in self.lessons:
            lines = [x for x in self.lines.values() if x.lesson == lesson]
            if any(x.outcome == FAILED for x in lines):
                self.write("")
                self.write(f"Where to go on: {self.command(lesson)}")
                return
