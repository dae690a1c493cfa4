"""Lesson 11: The engine."""

import ast
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from socklab.lesson import Failure, Handle, Lab, Module, Peer, Result, core, more, show

Event = tuple[str, ...]
WIDTH = 74
# due: a ValueError, because of the state, or always, or because the engine is closed
REFUSALS = REFUSED, NEVER, CLOSED = object(), object(), object()

ANN = [b"hello parley/1 ann\n", ("hello", "ann")]
FORBIDDEN = {
    "the network": ["asyncio", "http", "select", "selectors", "socket", "socketserver", "ssl",
                    "urllib"],
    "other threads or processes": ["_thread", "concurrent", "multiprocessing", "queue",
                                   "subprocess", "threading"],
    "the clock": ["datetime", "sched", "signal", "time"],
    "modules that nobody can see in the text": ["importlib", "__import__"],
}  # fmt: skip


@pytest.fixture
def engine(lab: Lab) -> Module:
    return lab.module("engine.py")


@core
def test_lines(lab: Lab, engine: Module) -> None:
    """Each whole line becomes its event, and so does the end."""
    with lab.case("a stranger"):
        for steps in [gets(*ANN)], [gets(b"bye\n", ("bye",))], [gets(b"", ("end",))]:
            talk(engine, *steps)
    lines: dict[bytes, Event] = {
        b"say hi\n": ("say", "hi"),
        b"say  two  blanks, to bob \n": ("say", " two  blanks, to bob "),
        "say Zoë 東京 🙂\n".encode(): ("say", "Zoë 東京 🙂"),
        b"to bob  pssst: who? \n": ("to", "bob", " pssst: who? "),
        b"to ann! hi\n": ("to", "ann!", "hi"),
        b"to  hi\n": ("to", "", "hi"),
        b"who\n": ("who",),
        b"bye\n": ("bye",),
    }
    for line, event in lines.items():
        with lab.case(f"a member sends {line!r}"):
            talk(engine, *JOIN, gets(line, event))
    with lab.case("a member sends all of them at once"):
        talk(engine, *JOIN, gets(b"".join(lines), *lines.values()))
    with lab.case("the lines end with CR LF"):
        talk(engine, gets(b"hello parley/1 ann\r\n", ANN[1]), says("welcome", "ann"),
             gets(b"say a\rb\r\r\nwho\r\n", ("say", "a\rb\r"), ("who",)))
    with lab.case("the stream of a member ends in the middle of a line"):
        talk(engine, *JOIN, gets(b"who\n", ("who",)), gets(b"say h"), gets(b"", ("end",)))


@core
def test_cuts(lab: Lab, engine: Module) -> None:
    """However the bytes are cut, the same events come out."""
    runs = [*every_chunking(STRANGERS, []), *every_chunking(MEMBERS, [ANN_JOINS])]
    runs += [*few_cuts([ANN_JOINS], 0), *few_cuts([ANN_JOINS, *LONG_TALK], 1)]
    runs.sort(key=Run.size)  # so the first one that fails is the smallest
    for run, problem in failing(engine, runs):
        pieces = [show(piece) for piece in run.cut_pieces]
        how = "in one piece, so it is not the cut" if len(pieces) == 1 else f"as {listed(pieces)}"
        whose = "a member's " if run.skipped else ""
        if len(pieces) == 1 and problem.failure.kind in ("nothing", "wrong", "more"):
            problem.failure.kind = "uncut"
        raise problem.with_words(f"Your engine breaks when {whose}{show(run.data)} arrives {how}. "
                                 f"(The smallest of {len(runs)} cases that breaks it.)")
    with lab.case("a member sends 4000 lines, and they arrive in one piece"):
        many = gets(b"who\n" * 4000, *[("who",)] * 4000)
        for _, problem in failing(engine, [Run([*JOIN, many])]):
            deep = "RecursionError" in problem.failure.table
            problem.failure.kind = "deep" if deep else "many"
            raise problem.failure


@core
def test_hello(lab: Lab, engine: Module) -> None:
    """Behind a hello, all lines wait for the room's answer."""
    with lab.case("the answer is welcome"):
        talk(engine, gets(ANN[0] + b"say hi\nwho\n", ANN[1]), gets(b"say more\n"),
             says("welcome", "ann"), gets(None, ("say", "hi"), ("who",), ("say", "more")),
             gets(None), gets(b"who\n", ("who",)))
    with lab.case("the longest line waits, too"):
        talk(engine, gets(*ANN), gets(b"say " + b"x" * 996), gets(b"\n"),
             says("welcome", "ann"), gets(None, ("say", "x" * 996)))
    for code in ["state", "version", "name", "command", "nobody"]:
        with lab.case(f"error {code} is no answer to a hello: it waits on"):
            talk(engine, gets(ANN[0] + b"who\n", ANN[1]), says("error", code, "no"), gets(None),
                 says("welcome", "ann"), gets(None, ("who",)))
    with lab.case("the answer is error taken; the client tries another name"):
        talk(engine, gets(ANN[0] + b"hello parley/1 bob\nwho\n", ANN[1]),
             says("error", "taken", "somebody has this name"), gets(None, ("hello", "bob")),
             says("welcome", "bob"), gets(None, ("who",)))
    with lab.case("the answer is error full, and the client gives up"):
        talk(engine, gets(*ANN), says("error", "full", "no place is free"),
             gets(None), gets(b"bye\n", ("bye",)))


@core
def test_commands(lab: Lab, engine: Module) -> None:
    """Each command becomes its line, to the byte."""
    with lab.case("to a stranger"):
        talk(engine, says("error", "state", "say  hello, first "))
    with lab.case("to a member"):
        talk(engine, *JOIN, says("joined", "A-Z_a-z_09876543"), says("left", "bob"),
             says("said", "bob", " Zoë  東京 🙂 "), says("told", "bob", "hi\r"),
             says("here", "ann"), says("here", "ann", "bob", "zoe", *[f"n{n}" for n in range(20)]),
             says("error", "nobody", "bob? no."), says("error", "command", "what?"))
    with lab.case("a TEXT of blanks"):
        talk(engine, *JOIN, says("said", "bob", " "), says("told", "bob", "  "), kind="blanks")
    for start in [JOIN, [], [gets(*ANN)]]:
        with lab.case("the last command"):
            talk(engine, *start, says("close", due=b""))
            talk(engine, *start, says("error", "line", "no"))


@core
def test_room(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chat room of lesson 09 runs on your engine."""
    given: dict[tuple, bytes] = {}  # all that the clients have sent: a report shows its beginning
    send = Peer.send

    def send_and_keep(peer: Peer, data: bytes) -> None:
        given[peer.key] = given.get(peer.key, b"") + data
        send(peer, data)

    monkeypatch.setattr(Peer, "send", send_and_keep)
    ours, theirs = Path(__file__).with_name("given_room.py"), lab.submission.path("given_room.py")
    if text_of(ours) != text_of(theirs):
        lab.fail("given_room.py is not as it came. It has to run on your engine unchanged: take "
                 "it anew from lessons/11.", kind="changed")
    for check in checks_of_the_room():
        server = lab.server("given_room.py", port=5050)
        values = {"lab": lab, "server": server}
        try:
            check(**{name: values[name] for name in inspect.signature(check).parameters})
        except Failure as failure:
            title = (check.__doc__ or check.__name__).strip()
            failure.note = f'The room is right; it lives on the events of your engine. (In ' \
                           f'lesson 09, this check is called: "{title}")'
            rows, name = of_the_same_bytes(lab, failure, given)
            if rows:
                failure.table = folded(rows, 8)
                failure.note = f"(Above: what your engine gives for the bytes of {name}, if a " \
                               f"room answers.) {failure.note}"
            raise
        server.stop()


@more
def test_wrong_lines(lab: Lab, engine: Module) -> None:
    """A line that is not right is told with its code, the first that fits."""
    strangers = {
        "state": ["say hi", "to ann hi", "who", "shout", "", " hello parley/1 ann", "bye now",
                  "HELLO parley/1 ann", "hellox"],
        "version": ["hello", "hello ", "hello parley/2 ann", "hello ann", "hello  parley/1 ann",
                    "hello Parley/1 ann", "hello parley/2"],
        "name": ["hello parley/1", "hello parley/1 ", "hello parley/1 ann bob",
                 "hello parley/1  ann", "hello parley/1 Zoë", "hello parley/1 ann!",
                 "hello parley/1 " + "a" * 17, "hello parley/1 ann\r", "hello parley/1 ٣"],
    }  # fmt: skip
    members = {
        "state": ["hello parley/1 ann", "hello", "hello parley/2 ann"],
        "command": ["", "say", "say ", "sayonara", "SAY hi", " say hi", "to", "to ", "to bob",
                    "to bob ", "tobob hi", "who ", "who is here", "bye ", "bye now", "shout hi"],
    }  # fmt: skip
    for who, start, table in [("stranger", [], strangers), ("member", JOIN, members)]:
        for code, lines in table.items():
            for line in lines:
                with lab.case(f"a {who} sends {line!r}"):
                    talk(engine, *start, gets(f"{line}\r\n".encode(), ("wrong", code)))
    for start, code in [([], "state"), (JOIN, "command")]:
        with lab.case("three bytes stand before the first word"):
            talk(engine, *start, gets(b"\xef\xbb\xbfbye\n", ("wrong", code)), kind="mark")
    with lab.case("after all its wrong lines, a stranger says hello"):
        wrong = [(f"{line}\r\n".encode(), ("wrong", code))
                 for code, lines in strangers.items() for line in lines]
        talk(engine, *[gets(*pair) for pair in wrong], *JOIN, gets(b"who\n", ("who",)))


@more
def test_bad_lines(lab: Lab, engine: Module) -> None:
    """After a line that is too long or not UTF-8, no more events come."""
    longest = b"say " + b"x" * 996
    with lab.case("1000 bytes before the newline"):
        talk(engine, *JOIN, gets(longest), gets(b"\n", ("say", "x" * 996)))
    with lab.case("1000 bytes before the newline, the last one is a CR"):
        talk(engine, *JOIN, gets(longest[1:] + b"\r\n", ("wrong", "command")))
    bad = {
        "1001 bytes, and no newline yet": longest + b"x",
        "1000 bytes and a CR, and no newline yet": longest + b"\r",
        "1001 bytes and a newline": longest + b"x\n",
        "501 letters of two bytes each": "ü".encode() * 501,
        "a line that is not UTF-8": "say Zoë\n".encode("latin-1"),
        "half a character before the newline": b"say Zo\xc3\n",
    }
    for name, data in bad.items():
        for who, start in [("stranger", []), ("member", JOIN)]:
            with lab.case(f"a {who} sends {name}; a good line follows"):
                talk(engine, *start, gets(data + b"\nbye\n", ("wrong", "line")), *DEAF)
    with lab.case("1000 bytes have come, then one more, then the end"):
        talk(engine, *JOIN, gets(longest), gets(b"x", ("wrong", "line")), *DEAF)
    with lab.case("good lines come first, a bad one behind them"):
        talk(engine, *JOIN, gets(b"who\nsay hi\n\xff\nwho\n", ("who",), ("say", "hi"),
                                 ("wrong", "line")), *DEAF)
    with lab.case("good lines come first: their answers are due before error line"):
        talk(engine, *JOIN, gets(b"who\nto bob hi\n\xff\n", ("who",), ("to", "bob", "hi"),
                                 ("wrong", "line")),
             says("left", "bob"), says("here", "ann"), says("error", "nobody", "bob?"),
             says("error", "line", "no"))
    with lab.case("a stranger sends a wrong line first: its answer is due before error line"):
        talk(engine, gets(b"who\n\xff\n", ("wrong", "state"), ("wrong", "line")),
             says("error", "state", "no"), says("error", "line", "no"))
    with lab.case("a bad line behind a hello"):
        talk(engine, gets(ANN[0] + b"x" * 1001, ANN[1]), says("welcome", "ann"),
             gets(None, ("wrong", "line")), *DEAF)


@more
def test_endings(lab: Lab, engine: Module) -> None:
    """After bye, or the end of the stream, no more events come."""
    for who, start in [("stranger", []), ("member", JOIN)]:
        with lab.case(f"a {who} says bye; more lines follow"):
            talk(engine, *start, gets(b"bye\nbye\nwho\n", ("bye",)), *DEAF)
        with lab.case(f"a byte of a {who} is not UTF-8, and its line is not whole yet"):
            talk(engine, *start, gets(b"\xff"), gets(b"\n", ("wrong", "line")), kind="early")
        for rest in [b"", b"bye", b"\xff", b"say hi\r"]:
            with lab.case(f"the stream of a {who} ends after {rest!r}"):
                talk(engine, *start, gets(rest or None), gets(b"", ("end",)), *DEAF)
    with lab.case("a client says hello, goes on, and its stream ends; then comes the answer"):
        talk(engine, gets(ANN[0] + b"who\nsay hi", ANN[1]), gets(b""), says("welcome", "ann"),
             gets(None, ("who",), ("end",)), *DEAF)
    with lab.case("a client says hello, and its stream ends; then comes the answer: error taken"):
        talk(engine, gets(*ANN), gets(b""), says("error", "taken", "no"), gets(None, ("end",)),
             *DEAF)
    with lab.case("a member has said bye; what the others say before it is gone, it still hears"):
        talk(engine, *JOIN, gets(b"bye\n", ("bye",)), says("joined", "bob"),
             says("said", "bob", "hi"), says("told", "bob", "hi"), says("left", "bob"))
    for data, last in [(b"bye\n", ("bye",)), (b"", ("end",))]:
        with lab.case("the answers to the last lines of a member are still due"):
            talk(engine, *JOIN, gets(b"who\nto bob hi\n", ("who",), ("to", "bob", "hi")),
                 gets(data, last), says("left", "bob"), says("here", "ann"),
                 says("error", "nobody", "bob?"), says("close", due=b""))
        with lab.case("the answer to the last line of a stranger is still due"):
            talk(engine, gets(b"who\n", ("wrong", "state")), gets(data, last),
                 says("error", "state", "no"), says("close", due=b""))


@more
def test_refused(lab: Lab, engine: Module) -> None:
    """What the room may not say now is a ValueError, and changes nothing."""
    news = [("joined", "bob"), ("left", "bob"), ("said", "bob", "hi"), ("told", "bob", "hi"),
            ("here", "ann")]  # fmt: skip
    answers = [("welcome", "ann"), ("error", "taken", "no"), ("error", "full", "no")]
    never = [("shout", "hi"), ("hello", "bob"), ("joined", ""), ("joined", "bob!"),
             ("joined", "Zoë"), ("joined", "b" * 17), ("joined", "bob", "zoe"), ("joined",),
             ("left", "bob\n"), ("left", "bob!"), ("said", "bob"), ("said", "bob", ""),
             ("told", "bob", ""), ("told", "bob", "hi\n"), ("said", "b b", "hi"),
             ("said", "bob", "hi\nleft ann"), ("said", "bob", "hi\n"), ("told", "a b", "hi"),
             ("here",), ("here", "ann", "b b"), ("error", "oops", "no"), ("error", "nobody"),
             ("error", "nobody", ""), ("error", "state", "a\nb"), ("close", "now"),
             ("said", "bob", "x" * 1092), ("said", "bob", "ü" * 546),
             ("here", *[f"member_{n:09}" for n in range(65)])]  # fmt: skip
    goes_on = [gets(b"who\n", ("who",)), says("here", "ann"), says("said", "bob", "x" * 1091)]
    for command in [*news, *answers]:
        with lab.case("to a stranger who has said nothing"):
            talk(engine, refuses(*command), *JOIN, *goes_on)
    for command in [*news, ("welcome", "bob")]:
        with lab.case("while the hello of ann waits for its answer"):
            talk(engine, gets(*ANN), refuses(*command), *JOIN[1:], *goes_on)
    with lab.case("the hello of ann waits, and the TEXT of an error may not be"):
        for _, problem in failing(engine, [
                Run([gets(*ANN), refuses("error", code, text, due=NEVER), gets(None), *JOIN[1:]])
                for code in ["taken", "full", "line"] for text in ["", "a\nb", "x" * 1100]]):
            raise problem.failure
    with lab.case("ann was taken; now the hello of bob waits"):
        talk(engine, gets(*ANN), says("error", "taken", "no"),
             gets(b"hello parley/1 bob\n", ("hello", "bob")), refuses("welcome", "ann"),
             says("welcome", "bob"), kind="earlier")
    for command in [*answers, ("welcome", "bob"), *never]:
        with lab.case("to ann, a member"):
            due = NEVER if command in never else REFUSED
            talk(engine, *JOIN, refuses(*command, due=due), *goes_on)
    for name, last in [("error line", says("error", "line", "too long")),
                       ("close", says("close", due=b""))]:
        ended = [("error", "nobody", "no"), ("close",), ("error", "line", "no")]
        for who, start, some in [("a member", JOIN, news), ("a stranger", [], answers),
                                 ("ann, whose hello waits", JOIN[:1], answers)]:
            for command in [*some, *ended]:
                with lab.case(f"to {who}, after {name}"):
                    talk(engine, *start, last, refuses(*command, due=CLOSED), gets(b"who\n"),
                         gets(b""))


@more
def test_orders(lab: Lab, engine: Module) -> None:
    """Whenever the room answers a hello, the same events come out."""
    taken = [("hello parley/1 a", ("error", "taken", "no")), ("who", False), ("", False)]
    talks: list[Talk] = [
        [("", False), ("hello parley/1 a", ("welcome", "a")), ("who", True), ("bye", True)],
        [*taken, ("hello parley/1 b", ("welcome", "b")), ("say x", True)],
        [*taken, ("hello parley/1 b", ("error", "full", "no")), ("hello", False)],
    ]
    runs = [run for lines in talks for run in every_order(lines)]
    runs.sort(key=Run.size)
    for run, problem in failing(engine, runs):
        moment = "at once" if run.delay == 0 else \
            "with the next piece" if run.delay == 1 else f"{run.delay} pieces late"
        pieces = listed([show(piece) for piece in run.pieces])
        raise problem.with_words(f"Your engine breaks when the room answers hello {moment} and "
                                 f"this arrives: {pieces}. "
                                 f"(The smallest of {len(runs)} cases that breaks it.)")


@more
def test_two_engines(lab: Lab, engine: Module) -> None:
    """Two engines share nothing."""
    ann, bob = engine.make("Engine"), engine.make("Engine")
    for handle, step in [
        (ann, gets(b"hello parl")), (bob, gets(b"hello parley/1 b")),
        (ann, gets(b"ey/1 ann\nwho\n", ANN[1])), (bob, gets(b"ob\nsay hi\n", ("hello", "bob"))),
        (ann, says("welcome", "ann")), (bob, refuses("said", "ann", "hi")),
        (ann, gets(None, ("who",))), (bob, gets(None)), (bob, says("welcome", "bob")),
        (bob, gets(None, ("say", "hi"))), (bob, gets(b"bye\n", ("bye",))),
        (ann, says("left", "bob")), (bob, says("close", due=b"")), (ann, gets(b"wh")),
        (ann, gets(b"o\n", ("who",))), (ann, says("here", "ann")),
    ]:  # fmt: skip
        name = "ann" if handle is ann else "bob"
        with lab.case(f"two engines, for ann and for bob; this is the one for {name}"):
            problem = judge(step, handle.call(step.method, *step.arguments), [])
            if problem is not None:
                raise problem.failure
    talk(engine, refuses("said", "ann", "hi"), *JOIN, gets(b"who\n", ("who",)))


@more
def test_imports(lab: Lab, engine: Module) -> None:
    """The engine needs no socket, no thread and no clock."""
    talk(engine, *JOIN, gets(b"who\n", ("who",)), says("here", "ann"))
    for path, line, name in imports(lab.submission.path("engine.py")):
        for what, names in FORBIDDEN.items():
            if name in names:
                lab.fail(
                    f"{path.name} takes {name} in line {line}: that is {what}. An engine only "
                    "computes. Whoever has bytes gives them to it, and sends what it returns: "
                    "so it never waits, and can be tried without a network.", kind="imports")


# -- a talk with an engine ------------------------------------------------------------------


@dataclass
class Step:
    """One call of a method of the engine, and what is due: events, bytes or one of REFUSALS."""

    method: str
    arguments: tuple
    due: Any

    def __str__(self) -> str:
        inside = [short(a) for a in self.arguments]
        return f"{self.method}({', '.join(inside)})"


def gets(data: bytes | None, *events: Event) -> Step:
    """The engine gets bytes (None: it is only asked), and these events are due."""
    return Step("receive", () if data is None else (data,), list(events))


def says(*command: str, due: bytes | None = None) -> Step:
    """The room says this; its line is due."""
    return Step("send", (command,), line_of(command) if due is None else due)


def refuses(*command: str, due: object = REFUSED) -> Step:
    return Step("send", (command,), due)


def line_of(command: Sequence[str]) -> bytes:
    return " ".join(command).encode() + b"\n"


JOIN = [gets(*ANN), says("welcome", "ann")]
DEAF = [gets(b"who\n"), gets(None), gets(b"\n" * 3), gets(b""), gets(b"")]


def talk(engine: Module, *steps: Step, kind: str = "") -> None:
    """A new engine does all these steps, and each gives what is due.

    kind: which hint fits if it does not; left out: the one for what went wrong.
    """
    for _, problem in failing(engine, [Run(list(steps))]):
        problem.failure.kind = kind or problem.failure.kind
        raise problem.failure


@dataclass
class Problem:
    """The first step of a run that does not give what is due."""

    failure: Failure

    def with_words(self, text: str) -> Failure:
        self.failure.what = f"{text} {self.failure.what}"
        return self.failure


def judge(step: Step, result: Result, before: list[Step]) -> Problem | None:
    """Compare what a step gave with what is due; the steps before it gave what was due."""
    got = tuples(result.value)
    kind, what = verdict(step, result, got)
    if not kind:
        return None
    if step == Step("receive", (), step.due) and got == [*step.due, ("end",)] \
            and not any(b"" in old.arguments for old in before):
        kind, what = "end", "The event of the end comes, and no b\"\" has come."
    try:
        if kind == "crashed":
            result.value_or_fail()
        facts = {"expected": step.due, "got": got} if kind == "bytes" else {}
        raise result.module.program.failure(kind, what, **facts)
    except Failure as failure:
        failure.table = folded([*rows_of(before), *last_rows(step, result, got, kind)])
        return Problem(failure)


def verdict(step: Step, result: Result, got: Any) -> tuple[str, str]:
    """The kind of failure and a sentence; two empty texts if there is none."""
    due = step.due
    if due in REFUSALS:
        if result.raised("ValueError"):
            return "", ""
        if result.error:
            return "other", "It should raise a ValueError."
        if due is CLOSED:
            return "open", "Your engine should be closed, and yet it let this go."
        when = "may never say this" if due is NEVER else "may not say this now"
        inside = " Look at the newline in it." if "\n" in "".join(*step.arguments) else ""
        return "allowed", f"The room {when}, and your engine let it go.{inside}"
    if result.error:
        if result.raised("ValueError") and step.method == "send":
            return "refused", "The room may say this now, and your engine refuses it."
        return "crashed", f"{step} raises an exception."
    if isinstance(due, bytes):
        if not isinstance(got, bytes):
            return "type", "send should return bytes."
        return ("", "") if got == due else ("bytes", "Other bytes come than are due.")
    if not is_events(result.value):
        return "type", "receive should return a list of tuples of texts."
    if got == due:
        return "", ""
    if not got:
        return "nothing", "An event is due here."
    return ("wrong", "Other events come than are due.") if due else \
        ("more", "No event is due here.")


def last_rows(step: Step, result: Result, got: Any, kind: str) -> list[str]:
    """The rows of the step that failed: what it gave, and what is due."""
    same = equal(step.due, got) if kind in ("wrong", "more", "nothing", "end") else 0
    gave = f"gives {short(got, same)}"
    if result.error:
        gave = f"raises {result.error}: {result.message}"
    rows = row(step, gave)
    if isinstance(step.due, list) and not result.error:
        indent = 4 if len(rows) == 2 else len(str(step)) + 2
        rows.append(f"{'':{indent}}due   {short(step.due, same)}")
    return rows


def equal(due: list, got: list) -> int:
    """How many of the first events are the same."""
    same = 0
    while same < min(len(due), len(got)) and due[same] == got[same]:
        same += 1
    return same


def rows_of(steps: list[Step]) -> list[str]:
    """The rows of steps that gave what was due."""
    return [line for step in steps for line in row(
        step, "raises ValueError" if step.due in REFUSALS else f"gives {short(step.due)}")]


def row(step: Step, gave: str) -> list[str]:
    """A step and what it gave, in one line if it fits."""
    line = f"{step}  {gave}"
    return [line] if len(line) <= WIDTH else [str(step), f"    {gave}"]


def is_events(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(event, list) and event and all(isinstance(part, str) for part in event)
        for event in value)


def tuples(value: Any) -> Any:
    """Events as tuples again: from the other process tuples come as lists."""
    return [tuple(event) for event in value] if is_events(value) else value


def short(value: Any, same: int = 0) -> str:
    """A value as Python shows it; of many events those from the first difference on."""
    if isinstance(value, bytes):
        return show(value, 30 if len(repr(value)) < 60 else 12)
    if not isinstance(value, list):
        return shortened(value)
    whole = f"[{', '.join(shortened(event) for event in value)}]"
    if len(whole) > WIDTH - 20 and same:
        whole = f"[… {same} more, {', '.join(shortened(event) for event in value[same:])}]"
    return whole if len(whole) <= WIDTH - 10 else f"{whole[: WIDTH - 12]} …"


def shortened(value: Any) -> str:
    if isinstance(value, Handle):
        return f"an object of the class {value.type_name}"
    text = repr(tuple(value) if isinstance(value, list) else value)
    return text if len(text) <= 40 else f"{text[:24]}…{text[-12:]}"


def folded(rows: list[str], most: int = 10) -> str:
    """The last rows of a table."""
    head = [f"({len(rows) - most} lines before)"] if len(rows) > most + 1 else []
    return "\n".join(line[:WIDTH] for line in [*head, *rows[-most:]])


# -- all chunkings, all orders, the smallest first ------------------------------------------

# A talk in lines, without their ends.  Beside each line stands the answer of the room if it
# is a hello; or whether whoever sends it is a member by then.
Line = tuple[str, Any]
Talk = list[Line]

ANN_JOINS: Line = ("hello parley/1 ann", ("welcome", "ann"))
# All of these lines are right: what is wrong is a check of its own.
STRANGERS = [["bye"]]
MEMBERS = [["who"], ["who\r"], ["bye"], ["say ü"], ["say \r\r"], ["who", "who"]]
LONG_TALK = [(line, True) for line in ["say Zoë 東京 🙂", "who\r", "to bob  hi", "who", "bye"]]


def meaning(line: str, extra: Any) -> Event:
    """The event of a line of the talks above."""
    line = line.removesuffix("\r")
    word, _, rest = line.partition(" ")
    if line == "bye":
        return ("bye",)
    if isinstance(extra, tuple):
        return ("hello", rest.split()[1])
    if not extra:
        return ("wrong", "version" if word == "hello" else "state")
    form = {"who": ("who",), "say": ("say", rest), "to": ("to", *rest.split(" ", 1))}
    return form.get(word, ("wrong", "command"))


@dataclass
class Run:
    """The steps of one run, and how they came to be."""

    steps: list[Step]
    pieces: list[bytes] = field(default_factory=list)
    skipped: int = 0  # bytes of the talk that only lead to the case
    delay: int = 0  # pieces that come between a hello and its answer

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)[self.skipped :]

    @property
    def cut_pieces(self) -> list[bytes]:
        return self.pieces[1:] if self.skipped else self.pieces

    def size(self) -> tuple:
        return len(self.data), len(self.pieces), self.delay, [len(p) for p in self.pieces]


def arranged(lines: Talk, cuts: Sequence[int], delay: int = 0, skipped: int = 0,
             errors: bool = False) -> Run:
    """A talk whose bytes are cut at these places, and what is due at each step.

    delay: so many more pieces come before the room answers a hello.
    errors: the room answers wrong lines too, at once.
    """
    coming: list[tuple[int, Event, Any]] = []  # where its last byte is, the event, the answer
    data = b""
    for line, extra in lines:
        data += line.encode() + b"\n"
        coming.append((len(data), meaning(line, extra), extra))
    places = [0, *cuts, len(data)]
    pieces = [data[a:b] for a, b in zip(places, places[1:], strict=False)]
    run = Run([], pieces, skipped, delay)
    answer, late = None, 0

    def due(upto: int) -> list[Event]:
        nonlocal answer, late
        events: list[Event] = []
        while answer is None and coming and coming[0][0] <= upto:
            _, event, extra = coming.pop(0)
            events.append(event)
            if event[0] == "hello":
                answer, late = extra, delay
        return events

    def answer_errors() -> None:
        for event in run.steps[-1].due if errors else []:
            if event[0] == "wrong":
                run.steps.append(says("error", event[1], "no"))

    for number, upto in enumerate(places[1:], 1):
        run.steps.append(gets(pieces[number - 1], *due(upto)))
        answer_errors()
        while answer is not None and (late == 0 or number == len(pieces)):
            run.steps.append(says(*answer))
            answer = None
            if errors or coming and coming[0][0] <= upto:
                run.steps.append(gets(None, *due(upto)))
                answer_errors()
        late -= 1
    return run


def every_chunking(cases: list[list[str]], start: Talk) -> Iterator[Run]:
    """Each case, cut at every set of places, from one piece to single bytes."""
    skipped = size_of(start)
    for case in cases:
        lines = [(line, bool(start)) for line in case]
        size = size_of(lines)
        for number in range(size):
            for cuts in combinations(range(1, size), number):
                yield arranged([*start, *lines], behind(skipped, cuts), skipped=skipped)


def few_cuts(lines: Talk, first: int) -> Iterator[Run]:
    """A talk in one piece, cut in two at every place, and byte by byte.

    first: so many of its lines only lead to the case, and are not cut.
    """
    skipped, size = size_of(lines[:first]), size_of(lines[first:])
    for cuts in [[], *[[at] for at in range(1, size)], list(range(1, size))]:
        yield arranged(lines, behind(skipped, cuts), skipped=skipped)


def size_of(lines: Talk) -> int:
    return sum(len(line.encode()) + 1 for line, _ in lines)


def behind(skipped: int, cuts: Sequence[int]) -> list[int]:
    """The places of the cuts in the whole talk; there is one behind what is skipped."""
    return [skipped] * bool(skipped) + [skipped + cut for cut in cuts]


def every_order(lines: Talk) -> Iterator[Run]:
    """A talk in up to three pieces of whole and half lines, answered at once or later."""
    at, places = 0, []
    for line, _ in lines:
        places += [at + (len(line) + 1) // 2, at + len(line) + 1]
        at = places[-1]
    inside = sorted(set(places[:-1]) - {0})
    for number in range(3):
        for cuts in combinations(inside, number):
            for delay in range(number + 1):
                yield arranged(lines, cuts, delay, errors=True)


def failing(engine: Module, runs: list[Run]) -> Iterator[tuple[Run, Problem]]:
    """The runs that do not give what is due, in order; each has an engine of its own.

    Many calls are on their way at once: to wait for each result would take longest.
    """
    waiting = iter(runs)
    while batch := list(islice(waiting, 40)):
        made = [engine.start("Engine") for _ in batch]
        engines = [call.expect_result().value_or_fail() for call in made]
        if not all(isinstance(handle, Handle) for handle in engines):
            engine.program.lab.fail("Engine should be a class.", kind="type")
        calls = [[handle.start(step.method, *step.arguments) for step in run.steps]
                 for handle, run in zip(engines, batch, strict=True)]
        for run, started in zip(batch, calls, strict=True):
            before: list[Step] = []
            for step, call in zip(run.steps, started, strict=True):
                try:
                    problem = judge(step, call.expect_result(), before)
                except Failure as failure:  # the call does not return
                    failure.table = folded([*rows_of(before), *row(step, "does not return")])
                    problem = Problem(failure)
                if problem is not None:
                    yield run, problem
                    break
                before.append(step)


def listed(texts: list[str]) -> str:
    """one / one and two / one, two and three"""
    return " and ".join([", ".join(texts[:-1])] * (len(texts) > 1) + texts[-1:])


# -- the room, and the imports ----------------------------------------------------------------


def text_of(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n")


def of_the_same_bytes(lab: Lab, failure: Failure,
                      given: dict[tuple, bytes]) -> tuple[list[str], str]:
    """What an engine gives for the bytes that the room took from a client, and its name.

    It is the client whose engine goes wrong, or else the one that the failure is about.
    """
    before = lab.tape.ordered()
    taken: dict[tuple, list[bytes]] = {}
    for event in before:
        if event.call.startswith("recv") and not event.note:
            pieces = taken.setdefault(event.key, [])
            begin = sum(map(len, pieces))
            pieces.append(given.get(event.key[::-1], b"")[begin : begin + event.size])
    found: tuple[list[str], str] = [], ""
    try:
        engine = lab.module("engine.py")
        concerned = failure.about[::-1]
        for key in sorted(reversed(taken), key=lambda key: key != concerned)[:40]:
            rows, wrong = rows_of_a_room(engine.make("Engine"), taken[key])
            name = re.search(rb"hello \S+ ([\w-]+)", b"".join(taken[key]))
            this = rows, name[1].decode() if name else "a stranger"
            if wrong:
                return this
            if key == concerned and failure.crash is None:
                found = this
    except Failure:
        pass  # the failure of the room is told, not this one
    finally:
        lab.tape.events[:] = before
    return found


def rows_of_a_room(engine: Handle, pieces: list[bytes],
                   most: int = 400) -> tuple[list[str], bool]:
    """The calls of an engine by a room of one, and whether it goes wrong.

    It does if there is an exception, an event behind the last one, or another one than is
    due for the lines so far: there the rows end.
    """
    rows: list[str] = []
    over = False
    told: list[Event] = []
    waiting: list[Step] = [gets(piece) for piece in pieces]
    taken: list[bytes] = []
    while waiting and len(rows) < most:
        step = waiting.pop(0)
        taken += [piece for piece in step.arguments if isinstance(piece, bytes)]
        result = engine.call(step.method, *step.arguments)
        if result.error:
            return [*rows, *row(step, f"raises {result.error}: {result.message}")], True
        got = tuples(result.value)
        rows += row(step, f"gives {short(got)}")
        if step.method == "receive" and is_events(result.value) and got:
            if over:
                return rows, True
            over = got[-1] in LAST
            answers = [ANSWERS[event[0]](*event) for event in got if event[0] in ANSWERS]
            waiting = [*(says(*answer) for answer in answers), gets(None), *waiting]
            told += got
        elif step.method == "receive" and told != (due := due_so_far(taken, told)):
            return [*rows, f"    due by now  {short(due, equal(due, told))}"], True
    return rows, False


def due_so_far(taken: list[bytes], told: list[Event]) -> list[Event]:
    """The events of these bytes, if a room answers each hello with welcome.

    Which code a wrong line has is a check of its own: it is taken from what was told.
    """
    due: list[Event] = []
    member = False
    *lines, rest = b"".join(taken).split(b"\n")
    for data in lines + [rest] * (len(rest) > 1000):
        line, event = data.decode("utf-8", "replace"), (*told[len(due) :], ())[0]
        right = re.fullmatch("hello parley/1 [A-Za-z0-9_-]{1,16}\r?", line) and not member
        member = member or bool(right)
        if len(data) > 1000 or line.encode() != data:
            due.append(("wrong", "line"))
        elif right or line in ("bye", "bye\r"):
            due.append(meaning(line, ("welcome",)))
        elif member and re.fullmatch("who\r?|say .+|to [^ ]* .+", line.removesuffix("\r")):
            due.append(meaning(line, True))
        else:
            due.append(event if event[:1] == ("wrong",) else ("wrong", "…"))
        if due[-1] in LAST:
            return due
    return [*due, ("end",)] if b"" in taken else due


LAST = [("bye",), ("end",), ("wrong", "line")]
ANSWERS: dict[str, Callable[..., Event]] = {
    "hello": lambda _, name: ("welcome", name),
    "who": lambda *_: ("here", "ann"),
    "wrong": lambda _, code: ("error", code, "no"),
    "bye": lambda *_: ("close",),
    "end": lambda *_: ("close",),
}


def checks_of_the_room() -> list[Callable[..., None]]:
    """The core checks of lesson 09 that are about its server."""
    file = next(Path(__file__).parent.parent.joinpath("09").glob("test_*.py"))
    spec = importlib.util.spec_from_file_location("checks_of_lesson_09", file)
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    checks = [check for name, check in vars(module).items() if name.startswith("test_")
              and any(mark.name == "core" for mark in getattr(check, "pytestmark", []))
              and "server" in inspect.signature(check).parameters]
    assert checks, "lesson 09 has no core check of its server"
    return checks


def imports(path: Path) -> Iterator[tuple[Path, int, str]]:
    """What a file imports, and the files beside it that it imports: file, line, module."""
    beside, seen, waiting = path.parent, {path}, [path]
    while waiting:
        path = waiting.pop()
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue  # Python could not import it either
        for node in ast.walk(tree):
            for folder, parts in imported(node, path, beside):
                if "__import__" in parts:
                    yield path, node.lineno, "__import__"
                elif folder == beside:  # else it is in a package of the student's own
                    yield path, node.lineno, parts[0]
                for number in range(len(parts)):  # a.b.c: a and a.b are imported, too
                    inside = folder.joinpath(*parts[: number + 1])
                    for file in inside.with_name(f"{inside.name}.py"), inside / "__init__.py":
                        if file.is_file() and file not in seen:
                            seen.add(file)
                            waiting.append(file)


def imported(node: ast.AST, path: Path, beside: Path) -> list[tuple[Path, list[str]]]:
    """What one place in a file imports: where that may lie, and its name in parts."""
    if isinstance(node, ast.Import):
        return [(beside, alias.name.split(".")) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = [beside, *path.parents]  # one dot is the folder of the file itself
        start = node.module.split(".") if node.module else []
        return [(above[min(node.level, len(above) - 1)], [*start, alias.name])
                for alias in node.names]
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return [(beside, [name])] if name == "__import__" else []
