"""What a checks file needs: the lab, the marks, and a few payloads.

    from socklab.lesson import Lab, Program, core, more
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .addresses import ANY, Entry
from .exchange import Exchange
from .failure import Failure
from .hub import Hub
from .module import Call, Handle, Module, Result, Wire
from .peer import Listener, Peer
from .program import Program
from .submission import Submission
from .tape import show
from .turnstile import Round, Rounds, expect, explore, table

__all__ = [
    "Call", "Failure", "Handle", "Lab", "Listener", "Module", "Peer", "Program", "Result",
    "Round", "Rounds", "Wire", "core", "every_cut", "more", "random_bytes", "random_text", "show",
]

HELPERS = 500  # threads of earlier rounds in a process (they may wait for ever): then a new one
SEED = 1  # of random choices, unless --seed gives another one
core: Any
more: Any
try:
    import pytest
except ImportError:  # `watch` and the notebooks do without it
    core = more = None
else:
    core, more = pytest.mark.core, pytest.mark.more


class Lab(Exchange):
    """The bench for one check: it starts programs, listens, and clears everything away."""

    def __init__(self, hub: Hub, submission: Submission, to_come: int = 100,
                 seed: int = SEED) -> None:
        super().__init__(hub)
        self.submission = submission
        self.listeners: list[Listener] = []
        self._to_come = to_come
        self._case_start = 0.0
        self._explorers: dict[str, Program] = {}
        self._helpers: dict[str, int] = {}  # threads that their objects have started so far
        self.real_clock = False
        self._seed, self._seed_used = seed, False

    @property
    def seed(self) -> int:
        """What this check's random choices follow from; a failure tells it to the reader."""
        self._seed_used = True
        return self._seed

    def program(self, file: str, *, arguments: Sequence[str] = (),
                recv_max: int | None = None, send_max: int | None = None,
                turnstile: bool = False) -> Program:
        """Start one of the student's files.

        recv_max: no recv returns more bytes than this.  send_max: no send takes more.
        turnstile: make `Program.hold` possible (it runs more slowly then).
        """
        return self._start("run", file, arguments, recv_max, send_max, turnstile)

    def _start(self, mode: str, file: str, arguments: Sequence[str] = (),
               recv_max: int | None = None, send_max: int | None = None,
               turnstile: bool = False) -> Program:
        path = self.submission.path(file).resolve()
        # a check that has started some will start more
        link = self.hub.take(self._to_come + len(self.programs))
        program = Program(self, link, path)
        link.tell("run", mode, str(path), tuple(arguments), recv_max, send_max,
                  self.real_clock, turnstile, self.submission.given, path in self.hub.restless)
        if mode == "run":
            self.hub.rehearse(str(path))  # most checks of a lesson run the same file
        return program

    def server(self, file: str, *, port: int, arguments: Sequence[str] = (),
               recv_max: int | None = None, send_max: int | None = None,
               turnstile: bool = False) -> Program:
        """Start a server and wait until it listens on its port."""
        key = ("server", self.submission.path(file))
        if (known := self.hub.hopeless.get(key)) is not None:
            raise Failure(*known)  # it did not get to listen before, and it is the same file
        program = self.program(file, arguments=arguments, recv_max=recv_max,
                               send_max=send_max, turnstile=turnstile)

        outcome = self.wait(lambda: port in program.listened, program)
        if outcome is not None and program.listened:
            raise program.failure("silent", f"Your server listens on port "
                                  f"{min(program.listened)}; the contract says {port}.")
        if outcome is None:
            # let it come to rest, so that what follows never depends on who is faster
            outcome = self.wait(lambda: False, program, horizon=0.0)
            if there := self.addresses.of(program):
                self._expect_reachable(program, there)
                return program
            what = f"Your server listens on port {port}, but not for long: it stops " \
                   "listening before a client comes."
        else:
            what = f"Your server does not get to listen on port {port}."
        assert outcome is not None
        failure = program.failure_of(outcome, what)
        if failure.kind in ("still", "exited"):
            failure.kind = "silent"
        if failure.kind in ("running", "flooded", "processes", "lost", "late"):
            self.hub.hopeless[key] = (failure.kind, what)
        raise failure

    def _expect_reachable(self, program: Program, there: Sequence[Entry]) -> None:
        if not any(e.six or e.host in ("127.0.0.1", *ANY) for e in there):
            raise program.failure("silent", f"Your server listens at {there[0].host}; the contract "
                                  "says 127.0.0.1.")

    def listen(self, port: int, *, cuts: Sequence[int] | None = None,
               recv_max: int | None = None) -> Listener:
        """Listen at a port for the student's client.  The faults are for who connects."""
        plan = None
        if cuts is not None or recv_max is not None:
            plan = (tuple(sorted(cuts or ())), recv_max, None, None)
        listener = Listener(self, port, plan)
        self.listeners.append(listener)
        return listener

    def module(self, file: str, *, recv_max: int | None = None,
               send_max: int | None = None) -> Module:
        """Import one of the student's files in a child process."""
        return Module(self._start("import", file, (), recv_max, send_max))

    def turnstile(self, file: str, *, setup: str = "", setup_args: Sequence[Any] = (),
                  first: Sequence[tuple[str, Sequence[Any]]] = (),
                  threads: Sequence[tuple | list[tuple]],
                  then: Sequence[tuple[str, Sequence[Any]]] = (),
                  most: int = 1000) -> Rounds:
        """Call methods in one thread each, under all schedules within a bound.

        setup: what gives the object, a class or function of the file, called with
        `setup_args` anew for each round; "" for the module itself.
        threads: for each thread a (method, arguments) pair, or a list of them, called one
        after the other.  first, then: such pairs, called before and afterwards.
        most: the bound on switches; see `socklab.tap.turnstile`.
        """
        key = ("turnstile", self.submission.path(file))
        if (known := self.hub.hopeless.get(key)) is not None:
            raise Failure(*known)  # it took a minute, and would do so again
        program = self._explorers.get(file)  # each round has a module of its own anyway
        if program is not None and self._helpers[file] > HELPERS:
            program.stop()
            program = None
        if program is None:
            program = self._explorers[file] = self._start("import", file)
            self._helpers[file] = 0
        try:
            rounds = explore(program, setup, setup_args, first, threads, then, most)
            self._helpers[file] += sum(len(round_.helpers) for round_ in rounds)
            return rounds
        except Failure as failure:
            if failure.kind == "late":
                self.hub.hopeless[key] = (failure.kind, failure.what)
            raise

    def expect_rounds(self, rounds: Rounds, ok: Callable[[Round], bool],
                      what: str) -> None:
        """Fail with `what` if a round is not right, or if not all could be tried.

        The kinds: "race", "deadlock", "endless" (a loop), "waits" and "long" (not tried).
        """
        expect(rounds, ok, what)

    def table(self, server: Program) -> str:
        """What its threads have run since `hold`, for the report: one column a thread."""
        return table(server)

    @contextmanager
    def case(self, name: str) -> Iterator[None]:
        """Name one of several runs of a check; the report tells it if this one fails."""
        self.tape.case, self._case_start = name, time.perf_counter()
        yield
        self.tape.case, self._case_start = "", 0.0

    def fail(self, what: str, kind: str = "wrong", **facts: Any) -> None:
        """Raise a failure with a sentence of the check's own.

        facts: see `Failure`; about=peer.key shows that connection in the picture.
        """
        program = self.programs[-1] if self.programs else None
        if isinstance(program, Program):
            raise program.failure(kind, what, **facts)
        raise Failure(kind, what, **facts)

    def complete(self, failure: Failure) -> None:
        """Add to a failure what only the lab knows: the tape, the case, the folder."""
        if failure.outcome and failure.outcome.kind in ("running", "flooded"):
            self._end_restless(failure.outcome.who)
        self.complete_tape()
        failure.events = self.tape.since(self._case_start)
        failure.before = len(self.tape.events) - len(failure.events)
        failure.connections = [peer.key for peer in self.peers if isinstance(peer, Peer)]
        failure.dropped, failure.case = self.tape.dropped, self.tape.case
        failure.folder = str(self.submission.folder)
        failure.seed = self._seed if self._seed_used else None

    def _end_restless(self, name: str) -> None:
        """End the program that goes on and on; the next checks know its file."""
        for program in self.programs:
            if program.name == name and isinstance(program, Program):
                self.hub.restless.add(program.path)
                program.stop()

    def close(self) -> int:
        """End everything; return how many processes the programs had left running."""
        strays = sum(p.close() for p in self.programs if isinstance(p, Program))
        for peer in self.peers:
            if isinstance(peer, Peer):
                peer.abandon()
        for listener in self.listeners:
            listener.close()
        return strays


def every_cut(data: bytes) -> list[tuple[str, list[int]]]:
    """Return (name, cuts): whole, byte by byte, and cut in two at every place."""
    runs: list[tuple[str, list[int]]] = [("all in one piece", [])]
    for at in range(1, len(data)):
        runs.append((f"as {show(data[:at])} and {show(data[at:])}", [at]))
    if len(data) > 2:
        runs.append(("byte by byte", list(range(1, len(data)))))
    return runs


def random_bytes(size: int, seed: int) -> bytes:
    """Return bytes of all values, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def random_text(size: int, seed: int) -> str:
    """Return text with umlauts, Chinese characters and emoji, without line ends."""
    letters = "abc xyz 0123 äöüß éèç ñ 你好世界 日本 😀🚀"
    return "".join(random.Random(seed).choices(letters, k=size))
