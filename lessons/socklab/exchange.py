"""One check's programs and connections, and the proof that all of them are still.

`Exchange.wait` is the heart of the bench.  It pumps until what the check waits for is
there; when nothing comes, it asks the programs whether they are still, compares every
count with its counterpart, lets their timers run out, and gives up at the moment when
nothing can happen any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from . import killing
from .addresses import Addresses
from .failure import Failure, Outcome
from .hub import Hub
from .tape import Key, Tape

CPU_LIMIT = 1.0  # seconds of processor time without any progress
WORK_LIMIT = 60.0  # and with progress, in one wait
# what a program may do, and how much more for each byte that it is given
EMPTY_LIMIT = 2000, 0  # times that recv gives b"" after the end
SENDS_LIMIT = 4000, 100  # calls of send
OUTPUT_LIMIT = 4_000_000, 200  # bytes that it prints: each that it gets, with some words
RECEIVED_LIMIT = 50_000_000, 20  # bytes that it sends on one connection
AGAIN = 100  # if its file went on without end in an earlier check, limits are so much lower
ALIVE_LIMIT = 24  # processes a program may have alive; its children may start some too
PAUSE = 0.0002  # seconds between two looks at what has come
PATIENCE = 0.005  # seconds in which a program may come to rest before it answers
FIRINGS = 200  # timers let run out one by one in a wait; then in steps of a 500th of it
MOVING = 4000  # the same, while the program gets on: it prints letter by letter, say
REAL_LIMIT = 60.0  # seconds: the last resort, for what cannot be proven
REAL_AGAIN = 15.0  # and for a file that has needed it before
LONGEST = 600.0  # seconds, for what gets on and on and never ends
LOST_LIMIT = 5.0  # seconds that a process may live on without its connection to us
QUIET = 1.0  # seconds without any sign of life, where nothing is expected anyway
HORIZON = 60.0  # seconds of program time that a check waits for something


class Running(Protocol):
    """What the exchange needs to know of a program."""

    name: str
    path: Path
    pid: int
    finished: bool
    lost_since: float | None
    untracked: bool
    output_size: int
    flooding: bool
    printed_at: tuple[str, int]
    started_processes: int
    too_many_processes: bool
    started_at: tuple[str, int]
    typed: int
    input_ended: bool
    answer: tuple | None
    orders_open: int
    sent: dict[Key, tuple[int, bool, int]]

    def ask_still(self, patience: float) -> None: ...
    def tell(self, *values: object) -> None: ...
    def processes(self) -> int: ...
    def spin_place(self) -> tuple[str, int]: ...


class End(Protocol):
    """What the exchange needs to know of one of the bench's own connections."""

    program: Any
    port: int
    far_port: int
    given: int
    given_end: bool
    outbox: bytearray
    received: bytearray
    ended: str
    program_first: bool
    closed: bool


class Watch:
    """Bounds for one wait: processor time and real time since the last progress."""

    def __init__(self) -> None:
        self.begun: dict[int, float] = {}  # processor time at the start, by process
        self.seen: dict[int, tuple[int, float]] = {}
        self.outside: dict[int, tuple[int, float]] = {}
        self.start = self.since = self.looked = self.asked = self.changed = time.monotonic()
        self.signs: list[int] = []

    def due(self) -> bool:
        """Is it time to ask, even if messages keep coming without end?"""
        if time.monotonic() - self.asked < 0.05:
            return False
        self.asked = time.monotonic()
        return True

    def spins(self, program: Running) -> bool:
        """Has the program burned its processor time without getting on, or to an end?"""
        if program.answer is not None:
            progress, cpu = program.answer[3][3:5]
            if cpu - self.begun.setdefault(program.pid, cpu) > WORK_LIMIT:
                return True
            before = self.seen.get(program.pid)
            if before is None or before[0] != progress:
                self.seen[program.pid] = (progress, cpu)
                self.outside.pop(program.pid, None)
                self.since = time.monotonic()
                return False
            return cpu - before[1] > CPU_LIMIT
        now = killing.cpu_seconds(program.pid)
        if now is None:
            return False
        printed, before_now = self.outside.setdefault(program.pid, (program.output_size, now))
        if printed != program.output_size:
            self.outside[program.pid] = (program.output_size, now)
            return False
        return now - before_now > CPU_LIMIT

    def too_long(self, again: bool) -> bool:
        now, limit = time.monotonic(), REAL_AGAIN if again else REAL_LIMIT
        return now - self.since > limit or now - self.start > LONGEST

    def quiet(self, signs: list[int]) -> bool:
        """Has nothing that the grader can see changed for a while?"""
        now = time.monotonic()
        if signs != self.signs:
            self.signs, self.changed = signs, now
        return now - self.changed > QUIET

    def real_step(self) -> float:
        """Real seconds since the last call (for programs that cannot be proven still)."""
        now = time.monotonic()
        step, self.looked = now - self.looked, now
        return min(step, 0.1)


def _step(first: float | None, firings: int, span: float) -> float | None:
    """How far time may jump to the next timer, if a wait is to take `span` in all.

    Many threads that look around every millisecond would ask for too many jumps.
    """
    return first if first is None or firings < FIRINGS else max(first, span / 500)


class Exchange:
    """Programs, the bench's connections to them, and what they can still do."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.tape = Tape()
        self.addresses = Addresses()
        self.programs: list[Running] = []
        self.peers: list[End] = []
        self.ends: dict[Key, End] = {}  # the same, by the port of each side
        self.arrivals: dict[int, int] = {}  # real port: how many have connected to it
        self.handed = 0  # bytes and letters in the arguments of calls
        self.acts = 0  # how often something was done that could wake a program
        self._proof: tuple[int, list[Running]] = (-1, [])  # the acts and programs of the last
        self.losses = hub.warden_losses

    def wait(self, done: Callable[[], Any], about: Running | None = None,
             horizon: float = HORIZON) -> Outcome | None:
        """Wait until `done()` is true: None; or say why it will never be: an Outcome.

        about: the program whose end makes further waiting useless.
        horizon: seconds of program time that may pass.
        """
        if done():
            return None
        watch = Watch()
        first_pause = PAUSE if horizon else 0.0  # what is due comes mostly without a question
        spent, firings, fired, pause = 0.0, 0, 0, first_pause
        signs: list[int] = []
        while True:
            due = watch.due()
            if self.hub.pump(0) and not (due or done() or self._flooded()):
                continue
            if done():
                return None
            if outcome := self._beyond_bounds(about, due):
                return None if done() else outcome
            alive = [p for p in self.programs if not p.finished]
            if self._proof != (self.acts, alive):
                if pause and self.hub.pump(pause) and not due:
                    continue
                pause = min(2 * pause + PAUSE / 2, 0.01)
                acts = self.acts
                self._ask(alive)
                if proven := not any(p.finished for p in alive) and self._proven(alive):
                    self._proof = acts, alive  # it holds until something is given to a program
                if done():
                    return None
                if not proven:
                    if outcome := self._unproven(alive, watch, horizon):
                        return outcome
                    continue
            if fired < MOVING and signs != (signs := self._signs_of_life()):
                firings = 0
            first = _step(self.next_timer(alive), firings, horizon)
            if first is None or spent + first > horizon or firings > FIRINGS + 1000:
                return Outcome("still", waits=self._waits(alive))
            self.fire(first, alive)
            spent, pause = spent + max(first, 0), first_pause
            firings, fired = firings + 1, fired + 1

    def _unproven(self, alive: list[Running], watch: Watch, horizon: float) -> Outcome | None:
        """What is to be said of programs that are not still, if anything can be by now."""
        if not self._at_rest([p for p in alive if not p.finished]):
            return self._busy(alive, watch, horizon)
        if any(p.finished for p in alive):
            return None  # it has ended instead of answering
        return self._late(alive, watch)

    # -- questions ------------------------------------------------------------------------

    def _ask(self, programs: list[Running], patience: float = PATIENCE) -> None:
        """Ask each program whether it is still; the answers bring its last events along."""
        for program in programs:
            program.answer = None
            program.ask_still(patience)
        end = time.monotonic() + 0.25
        while time.monotonic() < end:
            if all(p.answer is not None or p.finished for p in programs):
                break
            self.hub.pump_links(0.05)
        self.hub.pump(0)  # what the programs have sent before they answered

    def complete_tape(self) -> None:
        """Get the events that have not come yet, as far as the programs can tell them."""
        self._ask([p for p in self.programs if not p.finished])

    def next_timer(self, programs: list[Running]) -> float | None:
        """Program seconds until the first deadline of any thread, or None."""
        times = [entry[5] for p in programs if p.answer for entry in p.answer[1]
                 if entry[5] is not None]
        return min(times, default=None)

    def fire(self, seconds: float, programs: list[Running]) -> None:
        """Let program time pass, for all programs alike."""
        for program in programs:
            program.tell("jump", max(seconds, 0.0) + 1e-6)

    def jump(self, seconds: float) -> None:
        """Let exactly `seconds` of program time pass, timer by timer; Failure if it spins."""
        left, firings = seconds, 0
        while True:
            self.settle()
            alive = [p for p in self.programs if not p.finished]
            first = _step(self.next_timer(alive), firings, seconds)
            if first is not None and any(p.untracked for p in alive):
                first = max(first, seconds / 10)  # each look at such a program takes a second
            if first is None or first > left:
                self.fire(left, alive)
                self.settle()
                return
            self.fire(first, alive)
            left, firings = left - max(first, 0.0), firings + 1

    def settle(self, horizon: float = 0.0) -> Outcome:
        """Wait until every program is still or over; Failure if one never rests."""
        outcome = self.wait(lambda: False, horizon=horizon)
        assert outcome is not None
        if outcome.kind not in ("still", "exited"):
            raise Failure(outcome.kind, "Your program does not come to rest.", outcome=outcome)
        return outcome

    # -- the proof ----------------------------------------------------------------------

    def _proven(self, programs: list[Running]) -> bool:
        """Do the answers prove that nothing can happen any more?

        That a connection is full is no count: its reader may have made room since the
        writer answered.  So then the same must come out at a second look.
        """
        if not (self._at_rest(programs) and self._agree(programs)):
            return False
        if not any(state[:1] == ("full",) for _, state in self._states(programs)):
            return True
        before = [dict(p.sent) for p in programs]
        self._ask(programs)
        return (self._at_rest(programs) and self._agree(programs)
                and before == [p.sent for p in programs])

    def _at_rest(self, programs: list[Running]) -> bool:
        """Does each say that all its threads wait?"""
        return all(p.answer and p.answer[0] for p in programs)

    def _states(self, programs: list[Running]) -> list[tuple[Running, tuple]]:
        """What each thread of each program waits for."""
        return [(program, state) for program in programs if program.answer
                for entry in program.answer[1] for state in entry[6]]

    def _agree(self, programs: list[Running]) -> bool:
        """Do all counts match?  Then nothing is on its way to anybody."""
        return all(
            self._has_all(program, state) for program, state in self._states(programs)
        ) and all(self._nothing_in_flight(program) for program in self.programs)

    def _has_all(self, program: Running, state: tuple) -> bool:
        """Has the program taken all that was given on this channel?"""
        if not state or state[0] == "lock":
            return True  # a wait inside the program
        kind, *values = state
        if kind == "stdin":
            return values[0] == program.typed and not program.input_ended
        if kind == "orders":
            return program.orders_open == 0
        if kind == "listener":
            return values[1] == self.arrivals.get(values[0], 0)
        ours, theirs, *counted = values
        if kind == "full":  # our own ends read all that comes
            return self._end(ours, theirs) is None and not self._is_read(theirs, ours)
        taken = counted[0]
        if (end := self._end(ours, theirs)) is not None:
            return end.given == taken and not end.given_end and not end.outbox
        for other in self.programs:
            if (theirs, ours) in other.sent:
                sent, ended, _ = other.sent[theirs, ours]
                return sent == taken and not ended and not other.finished
        return taken == 0 and self._has_queue(theirs)

    def _has_queue(self, port: int) -> bool:
        """Does a program listen at this real port?  Whom it has not accepted waits there."""
        return any(entry.listening and entry.real_port == port and entry.owner is not None
                   for entry in self.addresses.entries.values())

    def _is_read(self, ours: int, theirs: int) -> bool:
        """Does a thread of a program wait for data on this end of a connection?"""
        return any(state[:3] == ("stream", ours, theirs)
                   for _, state in self._states(self.programs))

    def _end(self, ours: int, theirs: int) -> End | None:
        """The bench's end of the program's connection (ours, theirs)."""
        return self.ends.get((theirs, ours))

    def _nothing_in_flight(self, program: Running) -> bool:
        """Have our ends received all that the program says it has sent?"""
        for (ours, theirs), (sent, ended, _) in program.sent.items():
            end = self._end(ours, theirs)
            if end is None or end.closed or end.ended == "reset":
                continue
            if len(end.received) < sent or (ended and not end.ended):
                return False
        return True

    def _waits(self, programs: list[Running]) -> dict[str, list[tuple]]:
        return {p.name: list(p.answer[1]) for p in programs if p.answer}

    # -- bounds -----------------------------------------------------------------------------

    def _beyond_bounds(self, about: Running | None, count: bool) -> Outcome | None:
        if self.hub.warden_losses != self.losses:
            return Outcome("parent", about.name if about else self.programs[-1].name)
        if outcome := self._flooded():
            return outcome
        for program in self.programs:
            if program.lost_since and time.monotonic() - program.lost_since > LOST_LIMIT:
                return Outcome("lost", program.name)
            many = program.started_processes and count and program.processes() > ALIVE_LIMIT
            if program.too_many_processes or many:
                return Outcome("processes", program.name, where=program.started_at)
        if about is not None and about.finished and self._drained(about):
            return Outcome("exited", about.name, waits=self._waits(
                [p for p in self.programs if not p.finished]))
        if all(p.finished and self._drained(p) for p in self.programs):
            return Outcome("exited", self.programs[-1].name if self.programs else "")
        return None

    def _flooded(self) -> Outcome | None:
        """Does a program print or send without end?"""
        for program in self.programs:
            if program.flooding or self._too_much(program, program.output_size, OUTPUT_LIMIT):
                return Outcome("flooded", program.name, where=program.printed_at)
        for peer in self.peers:
            if self._too_much(peer.program, len(peer.received), RECEIVED_LIMIT):
                who = peer.program.name if peer.program else ""
                return Outcome("flooded", who, note="sends")
        return None

    def _too_much(self, program: Running | None, number: int, limit: tuple[int, int]) -> bool:
        """Is it much more than anything that was given to the program could explain?"""
        most, for_a_byte = limit
        if number <= most // AGAIN:
            return False  # under any limit: asked often, so this is answered first
        if program is not None and program.path in self.hub.restless:
            most, for_a_byte = most // AGAIN, for_a_byte // 2
        if number <= most:
            return False
        given = self.handed + sum(peer.given for peer in self.peers)
        given += sum(other.typed for other in self.programs)
        given += sum(sent for other in self.programs if program not in (None, other)
                     for sent, *_ in other.sent.values())
        return number > most + for_a_byte * given

    def _signs_of_life(self) -> list[int]:
        """What grows when a program does something, its children included."""
        return [len(peer.received) for peer in self.peers] + [
            p.output_size + (p.answer[3][3] if p.answer else 0) for p in self.programs]

    def _drained(self, program: Running) -> bool:
        """Has the end of every connection of a finished program reached us?"""
        ends = [self._end(ours, theirs) for ours, theirs in program.sent]
        waiting = [e for e in ends if e and not e.ended and not e.closed]
        if not waiting:
            return True
        until = time.monotonic() + 1.0  # a child of the program may hold it open
        while time.monotonic() < until and not all(e.ended for e in waiting):
            self.hub.pump(0.05)
        for end in waiting:
            end.ended = end.ended or "held"
        return True

    def _busy(self, programs: list[Running], watch: Watch, horizon: float) -> Outcome | None:
        """Some program runs: is it beyond its bounds?"""
        for program in programs:
            if program.finished:
                continue
            if program.answer is not None:
                file, line, times = program.answer[3][1]
                if self._too_much(program, times, EMPTY_LIMIT):
                    note = f"recv() returned b'' {times:,} times"
                    return Outcome("running", program.name, where=(file, line), note=note)
                sends = sum(n for call, n in program.answer[3][2] if call.startswith("send"))
                if self._too_much(program, sends, SENDS_LIMIT):
                    return Outcome("flooded", program.name, where=program.spin_place(),
                                   note="sends")
            if (program.answer is None or not program.answer[0]) and watch.spins(program):
                return Outcome("running", program.name, where=program.spin_place())
        untracked = [p for p in programs if p.untracked and not p.finished]
        if untracked:
            self.fire(watch.real_step(), untracked)
            # it can be proven neither way; if something were due, we would wait longer
            if horizon == 0 and watch.quiet(self._signs_of_life()):
                return Outcome("still", waits=self._waits(programs))
        return self._late(programs, watch)

    def _late(self, programs: list[Running], watch: Watch) -> Outcome | None:
        """The last resort: too much real time has passed, and nothing can be proven."""
        if not watch.too_long(again=any(p.path in self.hub.late for p in programs)):
            return None
        self.hub.late.update(p.path for p in programs)
        return Outcome("late", programs[0].name, waits=self._waits(programs))
