"""The turnstile's rounds, as the checks and the reports see them.

What forces the threads to change is in `socklab.tap.turnstile`.
"""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, zip_longest
from pathlib import Path
from typing import Any

from .exchange import HORIZON
from .failure import Failure
from .module import Call, unusable
from .program import Program
from .tape import Event, count

ROWS = 22


class Rounds(list["Round"]):
    """All runs.

    left_out: so many places for a switch were not tried.  crash: the first exception that
    has ended a thread which the object had started.
    """

    def __init__(self, rounds: Iterable[Round], left_out: int, crash: Event | None) -> None:
        super().__init__(rounds)
        self.left_out, self.crash = left_out, crash


@dataclass
class Round:
    """One run of all calls; the same for all runs that come to the same.

    calls: each call, in the order of the threads.  results: their values; an exception is a
    str "ValueError: …" and listed in `errors`.  after: the values of the calls afterwards.
    trace: (thread, file, line) in order, of the first such run.  switched: was a thread
    held in it at a chosen instruction?  helpers: names of the threads that the object has
    started; in the trace they come after the calls.
    """

    calls: list[str]
    results: list[Any]
    errors: list[str]
    after: list[Any]
    deadlock: bool
    trace: list[tuple[int, str, int]]
    waits: list[tuple] = field(default_factory=list)
    switched: bool = True
    helpers: list[str] = field(default_factory=list)
    path: Path = Path()
    threads: list[str] = field(default_factory=list)  # the calls of each

    @property
    def table(self) -> str:
        """The lines in their order, one column for each thread."""
        names = self.threads + self.helpers
        heads = [f"thread {n}: {name}" for n, name in enumerate(names, 1)]
        rows = _table(heads, len(self.threads), self.trace, self.path)
        return "\n".join(rows + [_wait_words(wait) for wait in self.waits])


def table(program: Program) -> str:
    """What a server's threads have run since it was told to hold one, as such a table.

    Only of those three that have run most lines: a chat room has many that only send.
    """
    lines = program.lines()
    ran = Counter(name for name, _, _ in lines)
    names = sorted(dict(ran.most_common(3)), key=[*ran].index)  # in the order they are seen
    trace = [(names.index(name), file, line) for name, file, line in lines if name in names]
    trace = [entry for entry, _ in groupby(trace)]
    rows = _table(names, 0, trace, program.path)
    more = len(ran) - len(names)
    return "\n".join(rows + [f"({count(more, 'thread')} more did less)"] * bool(more))


def _table(heads: list[str], always: int, trace: list[tuple], path: Path) -> list[str]:
    """The rows of a table; its columns: the first `always` threads, and who is seen in it."""
    shown = _around_switches(trace)
    seen = [n for n in range(len(heads))
            if n < always or any(entry and entry[0] == n for entry in shown)]
    files = {entry[1] for entry in shown if entry}
    width = 72 // max(2, len(seen))
    if len(seen) > 2:
        heads = [head.removeprefix("thread ") for head in heads]
    rows = ["".join(f"{heads[n][: width - 1]:<{width}}" for n in seen).rstrip()]
    before: dict[int, int] = {}  # the line before this one, by thread
    for entry in shown:
        if entry is None:
            rows.append("…")
            before.clear()
            continue
        number, file, line = entry
        lines = linecache.getlines(str(path.parent / file))
        source = "".join(lines[line - 1 : line]).strip()
        if source.startswith("with ") and _is_inside(lines, line, before.get(number, 0)):
            source = "(end of with)"
        before[number] = line
        words = f"{line}  {source}" if len(files) == 1 else f"{file} {line}  {source}"
        room = width - 1 if len(seen) == 2 else 76 - width * seen.index(number)
        rows.append((" " * width * seen.index(number) + words[:room]).rstrip())
    return rows + [f"(lines of {file})" for file in files if len(files) == 1
                   and file != path.name]


def _is_inside(lines: list[str], head: int, line: int) -> bool:
    """Is this line in the block that begins after line `head`?  (A with also runs at its end.)"""
    depths = [len(text) - len(text.lstrip()) for text in lines[head - 1 : line] if text.strip()]
    return len(depths) > 1 and min(depths[1:]) > depths[0]


def _around_switches(trace: list[tuple]) -> list[tuple | None]:
    """The rows next to a change of thread; None stands for those left out."""
    changes = [at for at in range(1, len(trace)) if trace[at][0] != trace[at - 1][0]]
    near = set(range(len(trace) if changes else ROWS))
    for size in (12, 8, 5, 3):
        if len(near) <= ROWS:
            break
        near = {row for at in changes for row in range(at - size, at + size + 1)}
    rows: list[tuple | None] = []
    before = -1
    for at in sorted(near & set(range(len(trace))))[:ROWS]:
        if at != before + 1:
            rows.append(None)
        rows.append(trace[at])
        before = at
    return rows


def _wait_words(wait: tuple) -> str:
    thread, file, line, name, holder, since = wait
    if holder == "loop":
        return f"{thread} goes round and round on line {line}"
    text = f"{thread} waits on line {line}"
    if not holder:
        return f"{text} in {name}" if name else text
    which = f"the lock {name!r}" if name else "a lock"
    who = "it holds itself" if holder == thread else f"{holder} holds"
    return f"{text} for {which}, which {who} (taken on line {since})"


def explore(program: Program, setup: str, setup_args: Sequence[Any],
            first: Sequence[tuple[str, Sequence[Any]]],
            threads: Sequence[tuple | list[tuple]],
            then: Sequence[tuple[str, Sequence[Any]]], most: int) -> Rounds:
    """Let the child explore; return its rounds.  Failure if the program raises."""
    program.orders_open += 1
    all_calls = [calls if isinstance(calls, list) else [calls] for calls in threads]
    packed = [str(program.path), setup, tuple(setup_args), _pairs(first),
              tuple(map(_pairs, all_calls)), _pairs(then), most]
    program.tell("order", 1, None, "<turnstile>", tuple(("plain", p) for p in packed))
    names = [[f"{name}({', '.join(map(repr, args))})" for name, args in calls]
             for calls in all_calls]
    call = Call(_Plain(program), 1, " or ".join(chain(*names)))  # type: ignore[arg-type]
    result = call.expect_result(HORIZON * most)  # each round has a time of its own
    if result.error:
        raise unusable(program, result, setup or program.name, "used")
    outcomes, rounds, left_out = result.value
    made = [_round(names, raw, program.path) for raw in outcomes]
    crash = program.crashes[0] if program.crashes else None
    return Rounds((made[number] for number in rounds), left_out, crash)


def _pairs(calls: Sequence[tuple[str, Sequence[Any]]]) -> tuple:
    return tuple([(name, tuple(arguments)) for name, arguments in calls])


class _Plain:
    """Turns what the child describes into plain values."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def _plain(self, value: tuple) -> Any:
        kind, content = value[:2]
        if kind == "list":
            return [self._plain(v) for v in content]
        return value[2] if kind == "object" else content


def _round(names: list[list[str]], raw: list, path: Path) -> Round:
    results, after, deadlock, trace, waits, switched, helpers = raw
    values = [pair[1] if pair else None for calls, pairs in zip(names, results, strict=True)
              for _, pair in zip_longest(calls, pairs)]  # without a pair it has not ended
    errors = [pair[1] for pairs in results for pair in pairs if not pair[0]]
    return Round([*chain(*names)], values, errors, [pair[1] for pair in after], deadlock,
                 [tuple(entry) for entry in trace], [tuple(w) for w in waits], switched,
                 helpers, path, [", ".join(calls) for calls in names])


def expect(rounds: Rounds, ok: Callable[[Round], bool], what: str) -> None:
    """Raise the Failure for the first round that is not right, or if not all were tried."""
    # a wrong result says more than an exception that came of it
    for number, found in sorted(enumerate(rounds, 1), key=lambda each: bool(each[1].errors)):
        if found.deadlock:
            kind, text = _stuck(found)
        elif found.errors and not ok(found):
            kind, text = "race", f"{what} A thread ended with {found.errors[0]}."
        elif not ok(found):
            kind, text = "race", what
        else:
            continue
        failure = Failure(kind, text)
        failure.crash = rounds.crash
        failure.table = found.table
        failure.note = (f"Found in round {number} of {len(rounds)}: the threads were "
                        "switched exactly where the table shows it.")
        raise failure
    if rounds.left_out:
        raise Failure("long", f"{' and '.join(rounds[0].threads)} make "
                      f"{count(rounds.left_out, 'step')} more than the turnstile can try. It "
                      "has found no mistake so far, but that is no proof.")


def _stuck(found: Round) -> tuple[str, str]:
    """The kind of failure, and a sentence, for a round whose threads never end."""
    if any(wait[4] == "loop" for wait in found.waits):
        return "endless", "A thread goes round and round and comes to no end."
    if any(wait[4] for wait in found.waits):
        return "deadlock", "The threads wait for each other for ever."
    return "waits", "A thread waits for ever."
