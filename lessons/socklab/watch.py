"""The student's own look at the bench: socket calls as they happen, and the turnstile."""

from __future__ import annotations

import argparse
import ast
import queue
from collections import Counter
from itertools import groupby
from pathlib import Path

from . import ladder
from .failure import Failure
from .hub import Hub
from .lesson import Lab
from .program import Program
from .submission import Submission
from .talk import keyboard
from .tape import Event, count
from .turnstile import Round

EXAMPLES = """examples (what is indented further belongs to the line above it):
  python lessons/socklab watch lessons/01/echo_server.py
  python lessons/socklab watch --turnstile lessons/08/ticket_office.py
  python lessons/socklab watch --turnstile lessons/08/ticket_office.py
      --make "Office(2)" --call "buy('ann')" --call "cancel('ann')"
  python lessons/socklab watch --turnstile lessons/09/chat_server.py
      --send "hello parley/1 ann" "hello parley/1 ann"

What you type goes to the program. Ctrl-C ends it.
"""


def register(tools: argparse._SubParsersAction) -> None:
    """Add this tool to the command line."""
    parser = tools.add_parser(
        "watch", help="run a program and see each socket call as it happens",
        description="Run a program on its real port, and see each of its socket calls\n"
                    "as it happens, with the line that makes it.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=_program, metavar="FILE", help="the program")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT",
                        help="passed on to the program")
    parser.add_argument("--turnstile", action="store_true",
                        help="call methods in several threads, switched at each place")
    parser.add_argument("--make", default="Office(1)", metavar="CALL",
                        help="with --turnstile: what makes the object (%(default)s)")
    parser.add_argument("--call", action="append", metavar="CALL",
                        help="with --turnstile: a thread's call (buy('ann'), buy('bob'))")
    parser.add_argument("--send", nargs=2, metavar="LINE",
                        help="with --turnstile: start a server; two clients send it a line each")
    parser.set_defaults(run=_run)


def _program(text: str) -> Path:
    """Read the name of a file that Python can read."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is a folder. Name the program in it.")
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"There is no file {text}.")
    try:
        compile(path.read_bytes(), path.name, "exec")
    except SyntaxError as error:
        raise argparse.ArgumentTypeError(
            f"Python cannot read line {error.lineno} of {text}: {error.msg}.") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no Python program: {error}.") from None
    return path.resolve()


def _run(options: argparse.Namespace) -> int:
    try:
        if options.turnstile and options.send:
            return turnstile_server(options.file, options.send)
        if options.turnstile:
            calls = options.call or ["buy('ann')", "buy('bob')"]
            return turnstile(options.file, options.make, calls)
        return watch(options.file, options.arguments)
    except (Failure, ValueError) as error:
        print(error)
        return 1


def watch(path: Path, arguments: list[str]) -> int:
    """Run a program on its real ports and real clock, and print each of its socket calls.

    What is typed here goes to the program.  Returns its exit status.
    """
    hub = Hub(spares=1)
    lab = Lab(hub, Submission("", path.parent), to_come=0)
    lab.real_clock, lab.tape.merging = True, False
    try:
        program = lab.program(path.name, arguments=arguments)
        typed = keyboard()
        shown = 0
        while not program.finished:
            hub.pump(0.05)
            shown = _print_new(lab, shown)
            _forward(typed, program)
        _print_new(lab, shown)
        return program.status or 0
    finally:
        lab.close()
        hub.close()


def _forward(typed: queue.SimpleQueue[str | None], program: Program) -> None:
    while not typed.empty() and not program.input_ended:
        line = typed.get()
        if line is None:
            program.end_input()
        else:
            program.type(line.removesuffix("\n"))


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
    Returns 0; raises Failure or ValueError if the file or a call cannot be used.
    """
    hub = Hub(spares=1)
    lab = Lab(hub, Submission("", path.parent), to_come=0)
    try:
        setup, arguments = _call(make)
        rounds = lab.turnstile(path.name, setup=setup, setup_args=arguments,
                               threads=[_call(text) for text in calls])
    except Failure as failure:
        raise ValueError(_why(failure, path)) from None
    finally:
        lab.close()
        hub.close()
    _print_rounds(rounds)
    return 0


def turnstile_server(path: Path, lines: list[str]) -> int:
    """Let two clients send a line each; hold the first one's thread at each of its steps.

    Each round has a server of its own.  Prints each different pair of answers; returns 0.
    Raises Failure or ValueError if the file is no server.
    """
    hub = Hub(spares=1)
    found: dict[tuple[bytes, bytes], list[str]] = {}  # the tables of the rounds
    try:
        held = True
        while held:
            answers, table, held = _one_round(hub, path, lines, sum(map(len, found.values())))
            found.setdefault(answers, []).append(table)
    finally:
        hub.close()
    rounds = sum(map(len, found.values()))
    print(f"{count(rounds, 'round')}, each with the first client's thread held at another place.")
    for (one, two), tables in sorted(found.items(), key=lambda item: -len(item[1])):
        print(f"\n{len(tables)} of {rounds}: the first client reads {one!r},\n"
              f"the second one {two!r}. The first of them:\n")
        print("\n".join("  " + row for row in tables[0].splitlines()))
    return 0


def _one_round(hub: Hub, path: Path, lines: list[str],
               step: int) -> tuple[tuple[bytes, bytes], str, bool]:
    """Return both answers, the table, and whether a thread was held at this step."""
    lab = Lab(hub, Submission("", path.parent), to_come=1)
    try:
        server = lab.program(path.name, turnstile=True)
        lab.settle()
        if server.traceback is not None:
            raise ValueError(f"{path.name} ends before it serves anybody: {server.traceback}.")
        if not server.listened or server.finished:
            raise ValueError(f"{path.name} does not listen: with --send it has to be a server.")
        peers = server.connect(), server.connect()
        lab.settle()
        server.hold(step)
        for peer, line in zip(peers, lines, strict=True):
            peer.send(line.encode() + b"\n")
            lab.settle()
        held = server.let_go()
        lab.settle()
        return (bytes(peers[0].received), bytes(peers[1].received)), lab.table(server), held
    finally:
        lab.close()


def _why(failure: Failure, path: Path) -> str:
    if failure.crash is None:
        return failure.what
    error = f"{failure.crash.note}: {failure.crash.data.decode('utf-8', 'replace')}"
    where = f", line {failure.crash.line}" if failure.crash.line else ""
    return f"{failure.what} {path.name}{where}: {error}"


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
    in_turn = _in_turn(rounds)
    print(f"{count(len(rounds), 'round')}, each with the threads switched at another place.")
    for outcome, times in outcomes.most_common():
        first = next(r for r in rounds if _outcome(r) == outcome)
        race = ""
        if in_turn and outcome not in in_turn:
            race = "\nOne call after the other never gave that."
        print(f"\n{times} of {len(rounds)}: {outcome}.{race} The first of them:\n")
        print("\n".join("  " + row for row in first.table.splitlines()))


def _in_turn(rounds: list[Round]) -> set[str]:
    """What two calls, one after the other, have given; nothing unless both orders were seen."""
    found: dict[int, set[str]] = {}
    for each in rounds:
        order = [number for number, _ in groupby(number for number, *_ in each.trace)]
        if sorted(order) == [0, 1] and len(each.threads) == 2 and not each.deadlock:
            found.setdefault(order[0], set()).add(_outcome(each))
    return set.union(*found.values()) if len(found) == 2 else set()


def _outcome(found: Round) -> str:
    if found.deadlock:
        return "they wait for each other for ever"
    pairs = zip(found.calls, found.results, strict=True)
    return ", ".join(f"{call} gives {result!r}" for call, result in pairs)
