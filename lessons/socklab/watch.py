"""The student's own look at the bench: socket calls as they happen, and the turnstile."""

from __future__ import annotations

import ast
import queue
import sys
import threading
from collections import Counter
from pathlib import Path

from . import ladder
from .failure import Failure
from .hub import Hub
from .lesson import Lab
from .program import Program
from .submission import Submission
from .tape import Event
from .turnstile import Round


def watch(path: Path, arguments: list[str]) -> int:
    """Run a program on its real ports and real clock, and print each of its socket calls.

    What is typed here goes to the program.  Returns its exit status.
    """
    hub = Hub(spares=1)
    lab = Lab(hub, Submission("", path.parent), more_to_come=False)
    lab.real_clock, lab.tape.merging = True, False
    try:
        program = lab.program(path.name, arguments=arguments)
        keyboard = _keyboard()
        shown = 0
        while not program.finished:
            hub.pump(0.05)
            shown = _print_new(lab, shown)
            _forward(keyboard, program)
        _print_new(lab, shown)
        return program.status or 0
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    finally:
        lab.close()
        hub.close()


def _keyboard() -> queue.SimpleQueue[str | None]:
    """Read this terminal in a thread; None stands for the end of input."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _forward(keyboard: queue.SimpleQueue[str | None], program: Program) -> None:
    while not keyboard.empty() and not program.input_ended:
        line = keyboard.get()
        if line is None:
            program.end_input()
        else:
            program.type(line)


def _print_new(lab: Lab, shown: int) -> int:
    for event in lab.tape.events[shown:]:
        _print(event)
    return len(lab.tape.events)


def _print(event: Event) -> None:
    if event.call == "output":
        print(event.data.decode("utf-8", "replace"), end="", flush=True)
    elif event.call != "type":
        where = f"line {event.line}" if event.line else ""
        data = f"  {event.data[:40]!r}" if event.data and event.call != "crash" else ""
        print(f"    [{where:>8}  {ladder.say(event)}{data}]", flush=True)


def turnstile(path: Path, make: str, calls: list[str]) -> int:
    """Call methods in one thread each under all schedules; print each different outcome.

    make, calls: Python calls with plain arguments, like "Office(1)" and "buy('ann')".
    Returns 0, or 1 if the file or a call cannot be used.
    """
    hub = Hub(spares=1)
    lab = Lab(hub, Submission("", path.parent), more_to_come=False)
    try:
        setup, arguments = _call(make)
        rounds = lab.turnstile(path.name, setup=setup, setup_args=arguments,
                               threads=[_call(text) for text in calls])
    except (Failure, ValueError) as error:
        print(error)
        return 1
    finally:
        lab.close()
        hub.close()
    _print_rounds(rounds)
    return 0


def _call(text: str) -> tuple[str, tuple]:
    """Read "buy('ann')" as ("buy", ("ann",)); ValueError if it is nothing like that."""
    try:
        node = ast.parse(text, mode="eval").body
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return node.func.id, tuple(ast.literal_eval(a) for a in node.args)
    except (SyntaxError, ValueError):
        pass
    raise ValueError(f"{text!r} is not a call with plain arguments, like buy('ann').")


def _print_rounds(rounds: list[Round]) -> None:
    outcomes = Counter(_outcome(r) for r in rounds)
    print(f"{len(rounds)} rounds, each with the threads switched at another place.")
    for outcome, times in outcomes.most_common():
        first = next(r for r in rounds if _outcome(r) == outcome)
        print(f"\n{times} of {len(rounds)}: {outcome}. The first of them:\n")
        print("\n".join("  " + row for row in first.table.splitlines()))


def _outcome(found: Round) -> str:
    if found.deadlock:
        return "they wait for each other for ever"
    pairs = zip(found.calls, found.results, strict=True)
    return ", ".join(f"{call} gives {result!r}" for call, result in pairs)
