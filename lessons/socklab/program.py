"""A student's program under the bench, as the checks see it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import killing
from .exchange import Exchange
from .failure import Failure, Outcome
from .peer import Peer
from .tape import Event, Key
from .wire import LOST

if TYPE_CHECKING:
    from .hub import Link

Place = tuple[str, int, str]  # file, line, library function: as the tap tells it


KEPT = 50_000_000  # bytes of output


class Program:
    """One running program.  `Lab.program` and `Lab.server` make it."""

    def __init__(self, lab: Exchange, link: Link, path: Path) -> None:
        self.lab, self.path, self.name = lab, path, _name_for(path, lab)
        self._link, self.pid = link, link.pid
        self.finished = False
        self.lost_since: float | None = None  # when its tap left us while it went on
        self.status: int | None = None  # exit status, when finished
        self.untracked = False
        self.started_processes = 0
        self.too_many_processes = False
        self.started_at = ("", 0)  # the line that started the last one
        self.typed = 0  # bytes
        self.input_ended = False
        self.answer: tuple | None = None
        self._threads: dict[int, tuple] = {}  # by number: what the tap has told of each
        self.orders_open = 0
        self.results: dict[int, tuple] = {}
        self.sent: dict[Key, tuple[int, bool, int]] = {}
        self.listened: set[int] = set()  # ports it has ever listened on
        self.crashes: list[Event] = []
        self.output_size = 0
        self.flooding = False
        self.printed_at = ("", 0)  # the line of the last print
        self._screen: list[tuple[int, bytes]] = []
        self._seen = 0  # characters of the output that expect_output has consumed
        self._calls: dict[str, int] = {}
        self._question = 0
        self._done: set[int] = set()
        self._spots: list[tuple[str, int]] | None = None
        self._gone = self._exited = self._held = self._stopped = False
        self._lines: list[tuple[str, str, int]] = []
        self._said_end = False  # the tap has told the end itself
        lab.hub.on_exit[link.name] = self._on_exit
        if (status := lab.hub.exit_status(link.name)) is not None:
            self._on_exit(status)
        lab.programs.append(self)
        link.handler = self._on_message
        link.drain()

    # -- messages from the tap -----------------------------------------------------------

    def _on_message(self, word: str, *values: Any) -> None:
        try:
            getattr(self, "_take_" + word)(*values)
        except (TypeError, ValueError, AttributeError, IndexError, KeyError):
            self._link.close()  # not what the tap would say: the program wrote it

    def _take_calls(self, *calls: tuple) -> None:
        for at, (thread, (file, line, inner), call, key, note, asked), size, data in calls:
            self.lab.tape.add(Event(at, self.name, call, file, line, inner, thread, key,
                                    size, data, note, asked))
            if call == "accept" and len(key) == 3:
                self.sent.setdefault(key[:2], (0, False, 0))

    def _take_connected(self, ours: int, theirs: int) -> None:
        self.lab.arrivals[theirs] = self.lab.arrivals.get(theirs, 0) + 1
        self.sent.setdefault((ours, theirs), (0, False, 0))

    def _take_dropped(self, number: int) -> None:
        self.lab.tape.dropped += number

    def _take_output(self, at: float, number: int, place: Place, data: bytes) -> None:
        self.output_size += len(data)
        self.printed_at = place[:2]
        if self.output_size <= KEPT:
            self._screen.append((number, data))
            self.lab.tape.add_output(Event(at, self.name, "output", *place,
                                           size=len(data), data=data[:400]))

    def _take_flood(self) -> None:
        self.flooding = True

    def _take_crash(self, at: float, thread: str, kind: str, text: str,
                    frames: tuple) -> None:
        # a line of the student's own file says more than one of a given_….py
        own = [frame for frame in frames if not frame[0].startswith("given_")]
        file, line, _ = (own or list(frames) or [("", 0, "")])[-1]
        event = Event(at, self.name, "crash", file, line, thread=thread, note=kind,
                      data=text.encode("utf-8", "replace"), key=frames)
        self.crashes.append(event)
        self.lab.tape.add(event)

    def _take_ask(self, number: int, what: str, *values: Any) -> None:
        table = self.lab.addresses
        if what == "bind":
            self.tell("answer", number, *table.bind(self, *values))
        elif what == "listening":
            entry = table.entries.get(values[0])
            if entry is not None and not entry.listening:
                self.lab.arrivals.pop(values[1], None)  # the port of an earlier socket
            if (entry := table.listening(*values)) is not None:
                self.listened.add(entry.port)
            self.tell("answer", number, "ok")
        elif what == "connect":
            self.tell("answer", number, *table.connect(*values))

    def _take_free(self, entry: int, real_port: int) -> None:
        self.lab.addresses.free(entry, lambda: self._lingers(real_port))

    def _lingers(self, real_port: int) -> bool:
        """Does a connection of this listening port outlive us, by TCP's rules?

        Who ends a connection first keeps it in TIME-WAIT (RFC 9293, 3.3.2).
        """
        return any(not peer.given_end or peer.program_first for peer in self.lab.peers
                   if peer.far_port == real_port)

    def _take_process(self, event: str, place: Place, number: int, beyond: bool) -> None:
        self.started_processes, self.started_at = number, place[:2]
        self.untracked = True
        self.too_many_processes = self.too_many_processes or beyond
        self.lab.tape.add(Event(time.perf_counter(), self.name, "process", *place,
                                note=event))

    def _take_still(self, number: int, still: bool, now: float, new: tuple, over: tuple,
                    untracked: tuple, counts: tuple) -> None:
        self._take_counts(counts)
        self._threads.update(new)
        for thread in over:
            self._threads.pop(thread, None)
        if number == self._question:
            entries = tuple([entry if entry[5] is None else (*entry[:5], entry[5] - now, entry[6])
                             for entry in self._threads.values()])
            self.answer = (still, entries, untracked, counts)
            self.untracked = bool(untracked)

    def _take_counts(self, counts: tuple) -> None:
        for ours, theirs, sent, ended, taken in counts[0]:
            self.sent[ours, theirs] = (sent, ended, taken)
        self._calls = dict(counts[2])

    def _take_end(self, status: int, counts: tuple) -> None:
        self._said_end = True
        self._take_counts(counts)

    def _take_where(self, number: int, spots: tuple) -> None:
        self._spots = list(spots)

    def _take_held(self, happened: bool) -> None:
        self._held = happened

    def _take_lines(self, lines: tuple) -> None:
        self._lines = list(lines)

    def _take_done(self, number: int) -> None:
        self._done.add(number)

    def _take_result(self, number: int, fine: bool, value: tuple) -> None:
        self.results[number] = (fine, value)
        self.orders_open -= 1

    def _take_gone(self) -> None:
        self._gone = True
        self.finished = self._exited
        self.lost_since = None if self._exited else time.monotonic()

    def _on_exit(self, status: int) -> None:
        self.status, self._exited = status, True
        self.finished, self.lost_since = self._gone, None
        for ours, theirs in self.sent:  # the system has ended what was open
            end = self.lab.ends.get((theirs, ours))
            if end is not None and not end.given_end:
                end.program_first = True
        for entry, socket_ in list(self.lab.addresses.entries.items()):
            if socket_.owner is self:
                self._take_free(entry, socket_.real_port)

    # -- for the exchange ------------------------------------------------------------------

    def tell(self, *values: object) -> None:
        """Send a command to the tap."""
        self.lab.acts += 1
        self._link.tell(*values)

    def ask_still(self, patience: float) -> None:
        """Ask whether it is still; the reply becomes `answer`.

        patience: seconds of real time that it may take to come to rest, before it replies.
        """
        self._question += 1
        self._link.tell("still?", self._question, patience)

    def processes(self) -> int:
        """How many processes it has alive, itself included."""
        return self.lab.hub.count(self._link)

    def spin_place(self) -> tuple[str, int]:
        """The line on which the program is most often seen, of a few looks."""
        seen: list[tuple[str, int]] = []
        for _ in range(5):
            self._spots = None
            self._link.tell("where?", 0)
            end = time.monotonic() + 0.2
            while self._spots is None and time.monotonic() < end and not self._gone:
                self.lab.hub.pump(0.05)
            seen += self._spots or []
        return max(seen, key=seen.count, default=("", 0))

    def order(self, command: str, *values: object) -> None:
        """Give a command and wait until the tap has carried it out."""
        self._question += 1
        number = self._question
        self.tell(command, number, *values)
        self.lab.hub.until(lambda: number in self._done or self._gone, 60, command)

    # -- what checks use ---------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """True until it has ended."""
        return not self.finished

    @property
    def output(self) -> str:
        """All that the program has printed so far, without tracebacks of Python."""
        return b"".join(d for n, d in self._screen if n < 3).decode("utf-8", "replace")

    @property
    def errors(self) -> str:
        """The part that went to stderr."""
        return b"".join(d for n, d in self._screen if n > 1).decode("utf-8", "replace")

    @property
    def traceback(self) -> str | None:
        """The first uncaught exception, like "ValueError: …, line 12", or None."""
        if not self.crashes:
            return None
        crash = self.crashes[0]
        line = f", line {crash.line}" if crash.line else ""
        return f"{crash.note}: {crash.data.decode('utf-8', 'replace')}{line}"

    @property
    def threads(self) -> int:
        """How many threads the program has, once it is still."""
        self.lab.settle()
        return len(self.answer[1]) if self.answer else 0

    @property
    def memory(self) -> int:
        """How many bytes of memory the program occupies, once it is still."""
        self.lab.settle()
        size = killing.memory(self.pid)
        if size is None and self.running:
            raise RuntimeError("this system does not tell how much memory a process has")
        return size or 0

    def calls(self, name: str) -> int:
        """How often the program has made the socket call `name`, like "recv"."""
        self.lab.settle()
        return self._calls.get(name, 0)

    def connect(self, *, cuts: Iterable[int] | None = None, recv_max: int | None = None,
                port: int | None = None) -> Peer:
        """Connect to the program's listening socket.  Failure if nobody listens.

        cuts: byte offsets of our stream that no recv of the program crosses.
        recv_max: no recv on this connection gives more bytes than this.
        port: which of its listening sockets (the program's own number).
        """
        entries = [e for e in self.lab.addresses.of(self) if port in (None, e.port)]
        if not entries:
            raise self.failure("closed", "Your program does not listen any more.")
        plan = None
        if cuts is not None or recv_max is not None:
            plan = (tuple(sorted(cuts or ())), recv_max, None, None)
        entry = entries[0]
        host = "::1" if entry.real_host == "::1" else "127.0.0.1"
        return Peer.connect(self.lab, self, (host, entry.real_port), plan)

    def connect_refused(self) -> bool:
        """True if nobody listens there any more."""
        self.lab.settle()
        return not self.lab.addresses.of(self)

    def type(self, line: str) -> None:
        """Type one line at the program's keyboard."""
        data = (line + "\n").encode()
        if self.input_ended or self.typed + len(data) > 60_000:
            raise ValueError("the keyboard takes 60,000 bytes, and none after its end")
        self.lab.tape.add(Event(time.perf_counter(), self.name, "type", data=data,
                                size=len(data)))
        self.typed += len(data)
        self.tell("type", data)

    def end_input(self) -> None:
        """End the input: Ctrl-D, or Ctrl-Z on Windows."""
        self.lab.tape.add(Event(time.perf_counter(), self.name, "type", note="end"))
        self.input_ended = True
        self.tell("end input")

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.lab.tape.add(Event(time.perf_counter(), self.name, "type", note="Ctrl-C"))
        self.tell("interrupt")

    def hold(self, step: int, only_new: bool = False) -> None:
        """Hold the first thread that comes to its instruction number `step` from now on.

        Only instructions of the student's file that can touch shared data count.  Needs
        a program that was started with turnstile=True.
        only_new: hold none that is there already.
        """
        self.order("hold", step, only_new)

    def let_go(self) -> bool:
        """Let the held thread go on; return whether one was held."""
        self.order("let go")
        return self._held

    def lines(self) -> list[tuple[str, str, int]]:
        """What its threads have run since the last `hold`: (thread, file, line) in order."""
        self.order("lines")
        return self._lines

    def expect_output(self, *texts: str) -> str:
        """Wait until each text has been printed, in order; return what was consumed."""
        start = self._seen
        for text in texts:
            def printed(text: str = text) -> bool:
                return text in self.output[self._seen:]

            outcome = self.lab.wait(printed, self)
            if outcome is not None:
                raise self.failure_of(outcome, f"Your program does not print {text!r}.",
                                      expected=text, got=self.unread_output())
            self._seen = self.output.index(text, self._seen) + len(text)
        return self.output[start:self._seen]

    def unread_output(self) -> str:
        """The output that expect_output has not consumed."""
        return self.output[self._seen:]

    def expect_exit(self, status: int | None = 0) -> None:
        """Wait for the program's end.  status None: any, also a crash."""
        outcome = self.lab.wait(lambda: self.finished, self)
        if outcome is not None and outcome.kind != "exited":
            raise self.failure_of(outcome, "Your program does not end.")
        if status is not None and self.crashes and self.status != status:
            raise self.failure("crashed", "Your program ends with an error.")
        if status is not None and self.status != status:
            raise self.failure("wrong", f"Your program should end with exit status {status}.")

    def expect_waits_for(self, *calls: str) -> None:
        """Wait until it is still with its main thread in one of these calls."""
        outcome = self.lab.wait(lambda: False, self, horizon=0.0)
        assert outcome is not None
        wanted = " or ".join(f"{call}()" for call in calls)
        waits = outcome.waits.get(self.name, [])
        if outcome.kind != "still" or not any(w[1] in calls for w in waits):
            raise self.failure_of(outcome, f"Your program should wait in {wanted} now.")

    def expect_no_traceback(self) -> None:
        """Fail if any thread has ended with an uncaught exception."""
        if self.running:
            self.lab.settle()
        if self.crashes:
            raise self.failure("crashed", "An exception was not caught.")

    def stop(self) -> None:
        """End the program at once, with all that it started."""
        self._stopped = True
        if self._link.name:
            self.lab.hub.end(self._link, thorough=self.started_processes > 0)
            self._gone = self._exited = self.finished = True
            self._on_exit(-9 if self.status is None else self.status)

    def close(self) -> int:
        """Stop it at the end of a check; return how many children were still alive."""
        strays = self.lab.hub.end(self._link, thorough=self.started_processes > 0)
        self._gone = self._exited = self.finished = True
        return strays

    # -- failures --------------------------------------------------------------------------

    def failure(self, kind: str, what: str, **facts: Any) -> Failure:
        """A failure of this program, with its crash if it had one."""
        if self.too_many_processes:
            kind = "processes"  # the tap has stopped it with an exception
        error = Failure(kind, what, **facts)
        if self.crashes:  # the first: the others may well follow from it
            error.crash, error.more_crashes = self.crashes[0], len(self.crashes) - 1
        error.ending = self._ending()
        return error

    def _ending(self) -> str:
        """How it has ended, as a sentence; "" if it runs or the check has stopped it."""
        if not self.finished or self._stopped or self.status is None:
            return ""
        if self._said_end:
            how = f"has ended with exit status {self.status}"
        else:
            how = _sudden_end(self.status)
        return f"{self.name} {how}."

    def failure_of(self, outcome: Outcome, what: str, **facts: Any) -> Failure:
        """The failure that fits what became of the program."""
        kind = outcome.kind
        if self.crashes and kind in ("still", "exited"):
            kind = "syntax" if self.crashes[0].note in SYNTAX else "crashed"
        return self.failure(kind, what, outcome=outcome, **facts)


SYNTAX: Sequence[str] = ("SyntaxError", "IndentationError", "TabError")


def _sudden_end(status: int) -> str:
    """Words for an end without the tap's farewell.  status: as subprocess gives it."""
    if status == LOST:
        return "has closed a connection of the bench, or written into it, and was stopped"
    if status < 0:
        names = {int(s): f" ({s.name})" for s in signal.Signals}
        return f"was ended by signal {-status}{names.get(-status, '')}"
    if status > 255:
        return f"was ended by the system, with code 0x{status:X}"
    return f"has ended suddenly, with exit status {status}: os._exit() does that"


def _name_for(path: Path, lab: Exchange) -> str:
    """The file's name; with a number if the same file runs already (two clients)."""
    running = [program.name for program in lab.programs if not program.finished]
    names = (f"{path.name} ({n})" if n > 1 else path.name for n in count(1))
    return next(name for name in names if name not in running)
