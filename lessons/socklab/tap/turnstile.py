"""The turnstile: makes a race between threads happen, every time and without patience.

Two ways of use:

* `explore`: calls some methods of a fresh object in one thread each.  Only one thread
  runs at a time; who that is changes when a thread blocks or ends, and at one or two
  chosen instructions.  All single switches are tried, then some pairs: preemption
  bounding, after Musuvathi and Qadeer, "Iterative context bounding for systematic testing
  of multithreaded programs" (PLDI 2007).  Threads that the object starts take part.
* `Holder`: in a running server the first thread that comes to its k-th instruction is held
  there until the grader lets it go, after all others have come to rest.

An instruction counts only if it can touch what threads share, in any file of the student.
From Python 3.12 on they are seen through sys.monitoring; before, through sys.settrace.
"""

from __future__ import annotations

import dis  # its import and the next are made where no file of the program is found
import os
import sys
import types
from _frozen_importlib_external import (
    PathFinder,
    SourceFileLoader,
    spec_from_file_location,
)
from collections.abc import Callable, Iterator
from functools import cache, partial
from opcode import opname

from . import clock, control, handoffs, locks, parking, sockets, source, waiting

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

PAIRS = 60  # so many of the pairs of switches are tried, evenly spread
SPIN = 200  # steps in one go, after which a thread gives way: it may wait in a loop
TRACED = 1000  # lines of a running server that are kept, from one `hold` to the next
ENDLESS = 500  # so often in one round: then nobody gets any further
OPTIMIZED = 1  # flag of a function's code (inspect.CO_OPTIMIZED)
TOOL = 4  # an id of sys.monitoring that no debugger, profiler or coverage tool uses
# instructions that touch nothing but the thread's own frame
PRIVATE = ("LOAD_FAST", "STORE_FAST", "LOAD_CONST", "POP_JUMP", "JUMP", "RESUME", "CACHE",
           "NOP", "PUSH_NULL", "COPY", "SWAP", "POP_TOP", "RETURN", "COMPARE_OP", "IS_OP",
           "PRECALL", "KW_NAMES", "BUILD_", "LOAD_SMALL_INT", "MAKE_", "END_", "PUSH_EXC",
           "POP_EXCEPT", "RERAISE", "CHECK_EXC", "LOAD_CLOSURE", "COPY_FREE", "UNARY_NOT",
           "FORMAT_", "TO_BOOL", "POP_ITER", "LOAD_SUPER", "LOAD_SPECIAL", "LOAD_COMMON",
           "NOT_TAKEN")
READS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_ATTR", "LOAD_METHOD")  # of a name
BINDS = ("STORE_NAME", "STORE_GLOBAL", "STORE_ATTR", "DELETE_NAME", "DELETE_GLOBAL",
         "DELETE_ATTR")
# the lowest bit of their argument says something else than which name it is
SHIFTED = ("LOAD_GLOBAL", "LOAD_ATTR") if sys.version_info >= (3, 12) else ("LOAD_GLOBAL",)

# id of a code: offset -> (file, line, can it touch what threads share?), of those instructions
# that can, and of the first one of each line.  (To look up a code itself is slow.)
_known: dict[int, dict[int, tuple[str, int, bool]]] = {}
_kept: list[types.CodeType] = []  # so that these ids are of no others
on_step: Callable[[str, int, bool], None] | None = None


class InUse(Exception):
    """A debugger or a coverage tool uses what the turnstile needs."""


def instrument(code: types.CodeType, functions_only: bool = False) -> None:
    """See the instructions of a module's code, and of all that is defined in it.

    functions_only: not those of the module itself and of the bodies of its classes.
    """
    parts = list(_parts(code))
    rebound = _rebound(parts, functions_only)
    for part in parts:
        if functions_only and not part.co_flags & OPTIMIZED:
            continue
        _known[id(part)] = dict(_offsets(part, rebound))
        _kept.append(part)
        if sys.version_info >= (3, 12):
            if sys.monitoring.get_tool(TOOL) is None:
                sys.monitoring.use_tool_id(TOOL, "turnstile")
                sys.monitoring.register_callback(
                    TOOL, sys.monitoring.events.INSTRUCTION, _instruction
                )
            sys.monitoring.set_local_events(TOOL, part, sys.monitoring.events.INSTRUCTION)
    if sys.version_info < (3, 12):
        if sys.gettrace() is not None and sys.gettrace() is not _trace:
            raise InUse("a debugger or a coverage tool is at work")
        if locks.first_of_all is None:
            locks.first_of_all = partial(_set_trace, _trace)
            _trace_not_here()
        if not functions_only:  # then no thread of interest runs already
            _set_trace(_trace)


def _parts(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _parts(constant)


def _rebound(parts: list[types.CodeType], functions_only: bool) -> set[str]:
    """The names that may get another value while threads run.

    Not those that are bound once, before the threads start: by the module outside of a
    loop, by the body of a class or in an __init__.  To read such a name is no step.
    """
    module, *others = parts
    found = set() if functions_only else _stored(module, "NAME", "GLOBAL")
    for part in others:
        found |= _stored(part, "GLOBAL")
        if part.co_name != "__init__":
            found |= _stored(part, "ATTR")
    return found | _stored(module, "ATTR")


def _stored(code: types.CodeType, *kinds: str) -> set[str]:
    """The names that this code may bind after the start: all, or in a module those in loops."""
    names = [(offset, name) for offset, operation, name in _instructions(code)
             if operation in BINDS and operation.endswith(kinds)]
    if code.co_name != "<module>":
        return {name for _, name in names}
    loops = list(_loops(code))
    known = [name for _, name in names]
    return {name for offset, name in names if known.count(name) > 1
            or any(start <= offset <= end for start, end in loops)}


@cache
def _instructions(code: types.CodeType) -> list[tuple[int, str, str]]:
    """The (offset, operation, name that it reads or binds or "") of each instruction.

    The module dis tells much more, but that takes milliseconds at the start of a program.
    """
    found, extended, raw = [], 0, code.co_code
    for offset in range(0, len(raw), 2):
        operation, argument = opname[raw[offset]], raw[offset + 1] | extended
        extended = argument << 8 if operation == "EXTENDED_ARG" else 0
        name = ""
        if operation in READS or operation in BINDS:
            name = code.co_names[argument >> (operation in SHIFTED)]
        found.append((offset, operation, name))
    return found


def _loops(code: types.CodeType) -> Iterator[tuple[int, int]]:
    """The first and the last offset of each loop."""
    if any("JUMP_BACKWARD" in operation for _, operation, _ in _instructions(code)):
        for i in dis.get_instructions(code):
            if "JUMP_BACKWARD" in i.opname:
                yield i.argval, i.offset


def _offsets(code: types.CodeType,
             rebound: set[str]) -> Iterator[tuple[int, tuple[str, int, bool]]]:
    file, line = os.path.basename(code.co_filename), code.co_firstlineno
    lines = {start: number for start, _, number in code.co_lines() if number}
    shown = 0
    for offset, operation, name in _instructions(code):
        line = lines.get(offset, line)  # (a line has many parts)
        if operation == "RESUME":
            continue  # it is never seen
        # (before 3.12 EXTENDED_ARG is seen in place of what it belongs to: it counts as shared)
        shared = name in rebound if operation in READS else not _is_private(operation)
        if shared or line != shown:
            shown = line
            yield offset, (file, line, shared)


@cache
def _is_private(operation: str) -> bool:
    return operation.startswith(PRIVATE)


def _instruction(code: types.CodeType, offset: int) -> Any:
    found = _known[id(code)].get(offset)
    if found is None:
        return sys.monitoring.DISABLE  # type: ignore[attr-defined]
    if on_step is not None:
        on_step(*found)
    return None


def _trace(frame: types.FrameType, event: str, argument: Any) -> Any:
    if id(frame.f_code) not in _known:
        return None
    frame.f_trace_opcodes, frame.f_trace_lines = True, False
    return _trace_inside


def _trace_inside(frame: types.FrameType, event: str, argument: Any) -> Any:
    if on_step is not None and event == "opcode":
        found = _known[id(frame.f_code)].get(frame.f_lasti)
        if found is not None:
            on_step(*found)
    return _trace_inside


def _trace_not_here() -> None:
    """Trace no thread while it is inside the tap: all of Python is much slower so."""
    for owner, *names in ((sockets.Socket, "send", "sendall", "recv", "recv_into", "accept"),
                          (handoffs.SimpleQueue, "put", "get"), (handoffs.Event, "set", "wait"),
                          (locks.Lock, "acquire", "release", "__enter__", "__exit__")):
        for name in names:
            setattr(owner, name, _untraced(getattr(owner, name)))


def _untraced(function: Callable) -> Callable:
    def call(*arguments: Any, **named: Any) -> Any:
        trace = sys.gettrace()
        _set_trace(None)
        try:
            return function(*arguments, **named)
        finally:
            _set_trace(trace)

    return call


def _set_trace(trace: Any) -> None:
    """As sys.settrace, which fails when another thread is just inside of it.

    The audit hook of `processes` runs in there, so threads can switch; before 3.12, CPython
    takes that for a call from within.  (Python/ceval.c, _PyEval_SetTrace)
    """
    while True:
        try:
            sys.settrace(trace)
            return
        except RuntimeError:
            pass  # it can only be the case for a moment


# -- one thread at a time ------------------------------------------------------------------


class Turn:
    """A thread's place in a round."""

    def __init__(self, record: parking.Record, number: int) -> None:
        self.record = record
        self.number = number  # 0, 1, … for the calls, then the helpers; -1 for the grader's
        self.runnable = True
        self.done = False
        self.steps = 0
        self.at_once = 0  # steps since it has got the baton
        self.late = False  # it has let all others go first
        self.last = ("", 0)  # its file and line
        self.line_begun = False  # has it done something shared on its line?
        self.baton = parking.real_lock()
        self.baton.acquire()


class Round:
    """One run of all calls under one schedule.

    switches: (number of a thread, step) pairs, in order: when that thread comes to that
    step, all others go first until they block or end.
    """

    def __init__(self, first: int, switches: tuple[tuple[int, int], ...], calls: int) -> None:
        self.order: list[Turn] = []
        self.first, self.switches = first, list(switches)
        self.trace: list[tuple[int, str, int]] = []  # (thread, file, line), without repeats
        self.main = Turn(parking.current(), -1)
        self.main.runnable = False
        self.begun = self.over = False  # before it has begun, the object is made
        self.calls = calls  # so many; the threads that the object starts have higher numbers
        self.helpers: list[str] = []  # their names
        self.gave_way = 0  # so often a thread has done so that seems to wait in a loop

    @property
    def endless(self) -> bool:
        """Do the threads go round and round without getting any further?"""
        return self.gave_way >= ENDLESS

    def turn_for(self, record: parking.Record, number: int | None = None) -> Turn:
        """Let a thread take part; it must wait for the baton before it runs."""
        if number is None:
            number = self.calls + len(self.helpers)
            self.helpers.append(record.name)
        turn = record.turn = Turn(record, number)
        record.round = self
        self.order.insert(sum(not other.late for other in self.order), turn)
        return turn

    def step(self, file: str, line: int, shared: bool) -> None:
        """An instruction of a student's line is about to run, in the thread whose turn it is."""
        turn = parking.current().turn
        if turn is None or turn.done:
            return
        turn.last = (file, line)
        if self._show(turn):
            turn.line_begun = False
        if not shared:
            return
        here = (turn.number, turn.steps)
        turn.steps += 1
        turn.at_once += 1
        if self.switches and self.switches[0] == here:
            self.switches.pop(0)
            if not turn.line_begun:
                self.trace.pop()  # nothing of this line is done yet that others could see
            self._give_way(turn)
            self._show(turn)  # here it goes on
        elif turn.at_once > SPIN:
            self.gave_way += 1
            control.progress += 1  # it counts as work: `endless` has a bound of its own
            self._give_way(turn)
        turn.line_begun = True

    def _show(self, turn: Turn) -> bool:
        """Note that its line runs now, unless it ran just before; False if it did."""
        entry = (turn.number, *turn.last)
        if self.trace and self.trace[-1] == entry:
            return False
        self.trace.append(entry)
        return True

    def _give_way(self, turn: Turn) -> None:
        """Let all others go first; return when it is this thread's turn again."""
        self.order.remove(turn)
        self.order.append(turn)
        turn.late, turn.at_once = True, 0
        following = self.main if self.endless or self._served() else self._next()
        if following is not turn:
            following.baton.release()
            turn.baton.acquire()

    def _next(self) -> Turn:
        for turn in self.order:
            # (a wait in select() is ended by the system, as soon as something is there)
            if not turn.done and (turn.runnable or waiting.arrived([turn.record])):
                turn.runnable = True
                return turn
        if self._served():
            return self.main
        with parking.mutex:  # all wait: let the first timer run out, if there is one
            due = [r.park.deadline for r in parking.records
                   if r.turn in self.order and r.park and r.park.deadline is not None]
            if due:
                clock.jumped += max(0.0, min(due) - clock.elapsed()) + 1e-6
                parking.fire(clock.elapsed())
                return self._next()
        return self.main

    def _served(self) -> bool:
        """Has the grader's thread all that it waits for?  A helper may go on for ever."""
        if not self.begun:
            return self.main.runnable
        return all(turn.done for turn in self.order if turn.number < self.calls)

    def pass_on(self, turn: Turn, parked: parking.Park) -> bool:
        """A thread is about to block: give the baton away; False if it may keep it."""
        with parking.mutex:
            if parked.woken or parked.fired:
                return False
            turn.runnable, turn.at_once = False, 0
            following = self._next()
            if following is turn:
                return False
            following.baton.release()
            return True

    def end(self, turn: Turn) -> None:
        """A thread has ended."""
        turn.done = True
        if not self.over:
            self._next().baton.release()

    def set_free(self) -> None:
        """The round is over: helper threads of the object run as they like."""
        with parking.mutex:
            self.over = True
            for record in parking.records:
                if record.round is self and not record.turn.done:
                    turn, record.turn, record.round = record.turn, None, None
                    turn.baton.release()

    def run(self) -> None:
        """Start with the first thread; return when no thread can go on."""
        self.begun = True
        self.order.sort(key=lambda t: (t.number != self.first, t.number >= self.calls))
        self._next().baton.release()
        self.main.baton.acquire()


class _Stuck(Exception):
    """A round has not come to its end."""


def explore(make: Callable[[], Any], calls: tuple, then: tuple,
            most: int) -> tuple[list[tuple], list[int], int]:
    """Run the calls on a fresh object under each schedule; return what came of it.

    make: gives the object.  calls: for each thread its (method, arguments) pairs, one after
    the other.  then: such pairs, made afterwards.  most: the bound on single switches.
    Returns the different outcomes, (results of each thread, results of `then`, deadlock?,
    trace, waits, switched?, names of the helpers), the last four of the first round that
    came to it; for each round the number of its outcome; and how many single switches were
    left out.
    """
    outcomes: list[tuple] = []
    rounds: list[int] = []
    known: dict[str, int] = {}
    steps: dict[int, int] = {}

    def go(first: int, *switches: tuple[int, int]) -> dict[int, int]:
        """Run one round; return how many steps each thread has made."""
        round_ = Round(first, switches, len(calls))
        result = _run_round(round_, make, calls, then)
        number = known.setdefault(repr(result[:3]), len(outcomes))
        if number == len(outcomes):
            outcomes.append((*result[:5], bool(switches), result[5]))
        rounds.append(number)
        control.progress += 1
        control.work += 1  # what each round prints is counted anew
        if result[2]:
            raise _Stuck  # its threads wait for ever: the process is of no use now
        counts = {turn.number: turn.steps for turn in round_.order}
        if not switches or not round_.gave_way:  # not those of a thread that waits in a loop
            steps.update({n: max(c, steps.get(n, 0)) for n, c in counts.items()})
        return counts

    try:
        singles = []
        for first in range(len(calls)):
            singles += [(first, number, step) for number, count in go(first).items()
                        if number == first or number >= len(calls) for step in range(count)]
        for first, number, step in singles[:most]:
            go(first, (number, step))
        pairs = [(one, a, two, b) for one in steps for two in steps if one != two
                 for a in range(steps[one]) for b in range(steps[two])]
        for one, a, two, b in pairs[:: max(1, -(-len(pairs) // PAIRS))]:
            go(one if one < len(calls) else 0, (one, a), (two, b))
    except _Stuck:
        return outcomes, rounds, 0
    return outcomes, rounds, len(singles[most:])


def _run_round(round_: Round, make: Callable[[], Any], calls: tuple, then: tuple) -> tuple:
    global on_step
    main = parking.current()
    main.turn, main.round = round_.main, round_
    results: list[list[tuple]] = [[] for _ in calls]
    try:
        target = make()
        main.turn = main.round = None
        turns = [_start(round_, number, target, pairs, results[number])
                 for number, pairs in enumerate(calls)]
        on_step = round_.step
        round_.run()
        on_step = None
    finally:
        on_step = None
        main.turn = main.round = None
    deadlock = not all(turn.done for turn in turns)
    waits = _who_waits(round_) if deadlock else ()
    if not deadlock:
        round_.set_free()
    after = () if deadlock else tuple(_result(target, call) for call in then)
    return (tuple(map(tuple, results)), after, deadlock, tuple(round_.trace[-120:]), waits,
            tuple(round_.helpers))


def _start(round_: Round, number: int, target: Any, calls: tuple, results: list) -> Turn:
    record = parking.register(f"thread {number + 1}", True)
    turn = round_.turn_for(record, number)

    def body() -> None:
        parking.adopt(record)
        turn.baton.acquire()
        if sys.version_info < (3, 12):
            _set_trace(_trace)
        try:
            for call in calls:
                results.append(_result(target, call))
        finally:
            _set_trace(None)
            parking.retire(record)
            round_.end(turn)

    locks._start_new_thread(body, ())
    return turn


def _result(target: Any, call: tuple) -> tuple:
    method, arguments = call
    try:
        return (True, getattr(target, method)(*arguments))
    except Exception as error:
        return (False, f"{type(error).__name__}: {error}")


def _who_waits(round_: Round) -> tuple:
    """For a deadlock: (thread, file, line, name of the lock, holder, the holder's line).

    A thread that waits in a loop has no lock to its name, and the holder "loop".
    """
    found = []
    for record in parking.records:
        if record.round is not round_ or record.turn.number < 0:
            continue
        if record.park is None:
            if round_.endless:
                found.append((record.name, *record.turn.last, "", "loop", 0))
            continue
        for channel in record.park.channels:
            file, line, inner = record.park.place
            state = channel.state() or ()
            name, holder, since = state[1:] if state[:1] == ("lock",) else ("", "", 0)
            if inner and holder in ("", record.name):  # the lock is inside of a queue
                name, holder = f"{inner}()", ""
            found.append((record.name, file, line, name, holder, since))
    return tuple(found)


# -- a running server ------------------------------------------------------------------------


class Holder:
    """Holds the first thread that comes to its k-th instruction, until it is let go.

    trace: (thread, file, line), without repeats, since it was told to hold one.
    """

    def __init__(self) -> None:
        self.at: int | None = None
        self.held: parking.Park | None = None
        self.happened = False
        self._steps: dict[parking.Record, int] = {}
        self._patience = 0  # steps that all others may still make meanwhile
        self.trace: list[tuple[str, str, int]] = []
        self._begun: set[parking.Record] = set()  # have done something shared on their line
        self._exempt: set[parking.Record] = set()  # are not to be held

    def arm(self, step: int, only_new: bool = False) -> None:
        """From now on count each thread's instructions; hold who comes to `step` first.

        only_new: none that is there already.
        """
        global on_step
        with parking.mutex:
            self.at, self.happened, self._steps = step, False, {}
            self.trace, self._begun = [], set()
            self._exempt = set(parking.records) if only_new else set()
        on_step = self._step

    def _step(self, file: str, line: int, shared: bool) -> None:
        global on_step
        if len(self.trace) >= TRACED and self.at is None and self.held is None:
            on_step = None  # nothing is to be noted until the next `arm`
            return
        record = parking.current()
        entry = (record.name, file, line)
        if self.trace[-1:] != [entry] and len(self.trace) < TRACED:
            self.trace.append(entry)
            self._begun.discard(record)
        if not shared:
            return
        if self.held is not None:
            self._wait_less()
        if record in self._exempt:
            return
        # no mutex up to here: nobody but this thread changes what it has in these
        count = self._steps[record] = self._steps.get(record, -1) + 1
        begun = record in self._begun
        self._begun.add(record)
        if count != self.at:
            return
        with parking.mutex:
            if self.at is None:
                return  # another one has come there at the same moment
            self.at, self.happened = None, True
            if not begun and self.trace[-1:] == [entry]:
                self.trace.pop()  # it will do what this line does when it goes on
            parked = self.held = parking.park("held", (self,))
            self._patience = 10 * SPIN
        clock.wait(parked)

    def _wait_less(self) -> None:
        """Who makes steps without end waits in a loop for the one that is held: let it go."""
        with parking.mutex:
            self._patience -= 1
            if self._patience == 0 and self.held is not None:
                self.held.wake()
                self.held = None

    def state(self) -> tuple | None:
        """As a channel: only the grader lets the thread go."""
        return ()

    def release(self) -> bool:
        """Let the held thread go; return whether there was one."""
        with parking.mutex:
            self.at = None
            if self.held is not None:
                self.held.wake()
                self.held = None
            return self.happened


# -- the student's files -----------------------------------------------------------------------


@cache
def load(file: str, functions_only: bool = False) -> types.CodeType:
    """Compile and instrument a student's file; once, however many rounds there are."""
    code = source.compiled(file)
    instrument(code, functions_only)
    return code


class Finder:
    """Finds the student's other files, so that their instructions are seen, too."""

    def __init__(self, functions_only: bool) -> None:
        self.functions_only = functions_only

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """As the import system asks; a given_….py of the lesson shares nothing."""
        if name.startswith("given_"):
            return None
        last = name.rpartition(".")[2]
        for folder in [parking.home] if path is None else list(path):
            if not os.path.join(folder, "").startswith(parking.home):
                continue
            package = os.path.join(folder, last)
            for file, within in ((os.path.join(package, "__init__.py"), [package]),
                                 (package + ".py", None)):
                if os.path.isfile(file):
                    loader: Any = _Loader(name, file, self)
                    return spec_from_file_location(name, file, loader=loader,
                                                   submodule_search_locations=within)
        return None

    def install(self) -> None:
        """Go before the finder that looks into the folders of sys.path."""
        if not any(isinstance(finder, Finder) for finder in sys.meta_path):
            sys.meta_path.insert(sys.meta_path.index(PathFinder), self)  # type: ignore


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, finder: Finder) -> None:
        super().__init__(name, path)
        self.functions_only = finder.functions_only

    def get_code(self, fullname: str) -> types.CodeType:
        _imported.append(fullname)
        return load(self.path, self.functions_only)


_imported: list[str] = []  # the student's modules


def _forget_modules() -> None:
    """Let the next import run the student's files anew."""
    while _imported:
        sys.modules.pop(_imported.pop(), None)


def explore_file(file: str, setup: str, arguments: tuple, first: tuple, calls: tuple,
                 then: tuple, most: int) -> tuple[list[tuple], list[int], int]:
    """Explore calls on what `setup(*arguments)` of a file gives; see `explore`.

    The modules' code runs anew for each round, so no round sees another one's data; the
    calls `first` are made before the threads start.
    """
    code = load(file, functions_only=True)  # the rest is over before the threads start
    Finder(functions_only=True).install()
    name = os.path.splitext(os.path.basename(file))[0]

    def make() -> Any:
        _forget_modules()
        module = sys.modules[name] = types.ModuleType(name)
        module.__file__ = file
        exec(code, module.__dict__)
        target = getattr(module, setup)(*arguments) if setup else module
        for method, values in first:
            getattr(target, method)(*values)
        return target

    make()  # an exception in here is the program's own
    return explore(make, calls, then, most)
