"""Why a check failed: the facts, before they are put into words."""

from __future__ import annotations

from dataclasses import dataclass, field

from .tape import Event

# What a thread waits for: (thread, call, file, line, inner, seconds left, channel states)
Wait = tuple

# Exceptions of one name and different causes: what the message says, and which hint it has.
CAUSES = (("TypeError", b"context manager", "with"), ("TypeError", b"not callable", "call"),
          ("TypeError", b"positional arg", "arguments"), ("TypeError", b"keyword arg", "arguments"),
          ("NameError", b"name 'self'", "self"), ("SyntaxError", b"Non-UTF-8", "bytes"))


@dataclass
class Outcome:
    """What became of a program instead of what the check waited for.

    kind: "still", "exited", "running", "flooded", "processes", "parent",
    "lost" (it has shaken off the tap) or "late".
    who: the program's file name.  waits: what each program's threads wait for.
    where: the line on which a spinning program was seen, as (file, line).
    """

    kind: str
    who: str = ""
    waits: dict[str, list[Wait]] = field(default_factory=dict)
    where: tuple[str, int] = ("", 0)
    note: str = ""

    @property
    def deadlock(self) -> bool:
        """Do threads of a program wait for each other's locks, in a circle?"""
        for waits in self.waits.values():
            wants = {thread: states[0][2] for thread, *_, inner, _, states in waits
                     if states and states[0][:1] == ("lock",)
                     and not (inner and states[0][2] == thread)}  # one inside of a queue
            for thread in wants:
                holder = wants[thread]
                for _ in wants:
                    if holder == thread:
                        return True
                    holder = wants.get(holder, "")
        return False


class Failure(Exception):
    """The student's program did not do what the contract says.

    kind: chooses the hint; see the table in `evidence`.
    what: one or two sentences to the student.
    expected, got: the bytes (or text) that were due and that came, from the first
    difference's neighbourhood on; None where that does not apply.
    """

    def __init__(self, kind: str, what: str, *, outcome: Outcome | None = None,
                 expected: bytes | str | None = None, got: bytes | str | None = None,
                 ended: str = "", about: tuple = (), table: str = "") -> None:
        super().__init__(what)
        self.kind, self.what, self.outcome = kind, what, outcome
        self.expected, self.got = expected, got
        self.about = about  # the two ports of the connection that failed, if it was one
        self.ended = ended  # how the connection ended meanwhile: "", "end" or "reset"
        self.crash: Event | None = None
        self.more_crashes = 0  # uncaught exceptions after that one
        self.ending = ""  # how the program had ended by then, as a sentence
        self.events: list[Event] = []
        self.dropped = 0  # events that were not kept
        self.before = 0  # events before the case that failed
        self.connections: list[tuple] = []  # the check's, as they began
        self.case = ""
        self.folder = ""  # where the student's files are
        self.strays = 0
        self.table = table  # the interleaving that the turnstile has found
        self.note = ""
        self.seed: int | None = None  # of the check's random choices, if it made any

    @property
    def raised(self) -> str:
        """The exception behind it, "" if none; a kind of it is "TypeError of with"."""
        if self.crash is None:
            return ""
        told = [f"{name} of {cause}" for name, words, cause in CAUSES
                if self.crash.note == name and words in self.crash.data]
        return told[0] if told else self.crash.note
