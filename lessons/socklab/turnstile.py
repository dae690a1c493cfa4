"""The turnstile's rounds, as the checks and the reports see them.

What forces the threads to change is in `socklab.tap.turnstile`.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .exchange import HORIZON
from .failure import Failure
from .module import Call
from .program import SYNTAX, Program
from .tape import Event

ROWS = 14


@dataclass
class Round:
    """One run of all calls; the same for all runs that come to the same.

    results: the value of each call, in the order of the threads; an exception is a str
    "ValueError: …" and listed in `errors`.  after: the values of the calls afterwards.
    trace: (thread, line) pairs in order, of the first such run.  switched: was a thread
    held in it at a chosen instruction?
    """

    calls: list[str]
    results: list[Any]
    errors: list[str]
    after: list[Any]
    deadlock: bool
    trace: list[tuple[int, int]]
    waits: list[tuple] = field(default_factory=list)
    switched: bool = True
    path: str = ""

    @property
    def table(self) -> str:
        """The lines in their order, one column for each thread."""
        width = 36 if len(self.calls) == 2 else 72 // len(self.calls)
        heads = [f"thread {n + 1}: {call}" for n, call in enumerate(self.calls)]
        rows = ["".join(f"{head[: width - 1]:<{width}}" for head in heads).rstrip()]
        shown = _around_switches(self.trace)
        for entry in shown:
            if entry is None:
                rows.append("…")
                continue
            number, line = entry
            source = linecache.getline(self.path, line).strip()
            words = f"{line}  {source}"[: width - 1]
            rows.append((" " * width * number + words).rstrip())
        for wait in self.waits:
            rows.append(_wait_words(wait))
        return "\n".join(rows)


def _around_switches(trace: list[tuple[int, int]]) -> list[tuple[int, int] | None]:
    """The rows next to a change of thread; None stands for those left out."""
    near: set[int] = set()
    for at in range(1, len(trace)):
        if trace[at][0] != trace[at - 1][0]:
            near.update(range(max(0, at - 3), min(len(trace), at + 4)))
    if len(trace) <= ROWS or not near:
        near = set(range(min(len(trace), ROWS)))
    rows: list[tuple[int, int] | None] = []
    before = -1
    for at in sorted(near)[:ROWS + 4]:
        if at != before + 1:
            rows.append(None)
        rows.append(trace[at])
        before = at
    return rows


def _wait_words(wait: tuple) -> str:
    thread, file, line, holder, since = wait
    text = f"{thread} waits on line {line} for a lock"
    if holder == thread:
        return text + f" that it holds itself (taken on line {since})"
    return text + (f" that {holder} holds (taken on line {since})" if holder else "")


def explore(program: Program, setup: str, setup_args: Sequence[Any],
            first: Sequence[tuple[str, Sequence[Any]]],
            threads: Sequence[tuple[str, Sequence[Any]]],
            then: Sequence[tuple[str, Sequence[Any]]], most: int) -> list[Round]:
    """Let the child explore; return its rounds.  Failure if the program raises."""
    program.orders_open += 1
    packed: list[Any] = [
        str(program.path), setup, tuple(setup_args),
        tuple((name, tuple(args)) for name, args in first),
        tuple((name, tuple(args)) for name, args in threads),
        tuple((name, tuple(args)) for name, args in then), most,
    ]
    program.tell("order", 1, None, "<turnstile>", tuple(("plain", p) for p in packed))
    calls = [f"{name}({', '.join(map(repr, args))})" for name, args in threads]
    call = Call(_Plain(program), 1, " and ".join(calls))  # type: ignore[arg-type]
    result = call.expect_result(HORIZON * most)  # each round has a time of its own
    if result.error:
        kind = "syntax" if result.error in SYNTAX else "crashed"
        failure = program.failure(kind, f"{setup or program.name} cannot be used.")
        failure.crash = Event(0.0, program.name, "crash", result.file, result.line,
                              note=result.error, data=result.message.encode())
        raise failure
    outcomes, rounds = result.value
    made = [_round(calls, raw, str(program.path)) for raw in outcomes]
    return [made[number] for number in rounds]


class _Plain:
    """Turns what the child describes into plain values."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def _plain(self, value: tuple) -> Any:
        kind, content = value[:2]
        if kind == "list":
            return [self._plain(v) for v in content]
        return value[2] if kind == "object" else content


def _round(calls: list[str], raw: list, path: str) -> Round:
    results, after, deadlock, trace, waits, switched = raw
    values = [pair[1] if pair else None for pair in results]
    errors = [pair[1] for pair in results if pair and not pair[0]]
    return Round(calls, values, errors, [pair[1] for pair in after], deadlock,
                 [(n, line) for n, line in trace], [tuple(w) for w in waits], switched, path)


def expect(rounds: list[Round], ok: Callable[[Round], bool], what: str) -> None:
    """Raise the Failure for the first round that is not right."""
    for number, found in enumerate(rounds, 1):
        if found.deadlock:
            kind, text = "deadlock", "The threads wait for each other for ever."
        elif found.errors and not ok(found):
            kind, text = "race", f"{what} A thread ended with {found.errors[0]}."
        elif not ok(found):
            kind, text = "race", what
        else:
            continue
        failure = Failure(kind, text)
        failure.table = found.table
        failure.note = (f"Found in round {number} of {len(rounds)}: the threads were "
                        "switched exactly where the table shows it.")
        raise failure
