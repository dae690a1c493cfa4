"""The engine of lesson 11: all chunkings and orders give the same; the search finds the least.

The solution is fed at random by hypothesis, against what it says when each line comes whole
and is answered at once.  The search in the students' checks is tried on planted faults.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from grading import KIT, grade, submission

hypothesis = pytest.importorskip(
    "hypothesis", reason="hypothesis is not installed: pip install -r tests/requirements.txt")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

CHECKS = KIT / "lessons" / "11" / "test_engine.py"
SOLUTION = KIT / "solutions" / "11" / "engine.py"
ENGINES = [SOLUTION, *sorted((KIT / "tests" / "unusual" / "11").glob("*.py"))]
NEWS = [("joined", "bob"), ("left", "bob"), ("said", "bob", "hi"), ("told", "bob", "hi"),
        ("here", "ann")]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"lesson_11_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up by its name
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MADE: dict[Path, Callable[[], Any]] = {path: load(path).Engine for path in ENGINES}


# -- a room of one, which answers by a fixed rule ---------------------------------------------


class Room:
    """Uses an engine as given_room.py does, and remembers all that happens.

    members: names that are taken.  late: how many pieces more come before it reacts.
    """

    def __init__(self, engine: Any, members: Sequence[str], late: int = 0) -> None:
        self.engine, self.members, self.late = engine, members, late
        self.events: list[tuple] = []
        self.sent = b""
        self.closed = False
        self.open: list[list] = []  # what it has not reacted to: events, pieces to wait for

    def take(self, data: bytes) -> None:
        for waiting in self.open:
            waiting[1] -= 1
        self._add(self.engine.receive(data))
        while self.open and self.open[0][1] <= 0:
            self._react_to_all(self.open.pop(0)[0])

    def finish(self) -> None:
        while self.open:
            self._react_to_all(self.open.pop(0)[0])

    def _add(self, events: list) -> None:
        if events:
            self.open.append([[tuple(event) for event in events], self.late])

    def _react_to_all(self, events: list[tuple]) -> None:
        for event in events:
            self.events.append(event)
            self._react(event)
        self._add(self.engine.receive())

    def _react(self, event: tuple) -> None:
        match event:
            case ("hello", name):
                taken = name in self.members
                self._say(*(("error", "taken", "no") if taken else ("welcome", name)))
            case ("say", text):
                self._say("told", "bob", text)  # as if bob had repeated it
            case ("to", _, _):
                self._say("error", "nobody", "no")
            case ("who",):
                self._say("here", "ann", *self.members)
            case ("wrong", code):
                self._say("error", code, "no")
            case ("bye",) | ("end",):
                self._say("close")
            case _:
                raise AssertionError(event)

    def _say(self, *command: str) -> None:
        assert not self.closed, f"{command} after the end"
        self.sent += self.engine.send(command)
        self.closed = command == ("close",) or command[:2] == ("error", "line")


def whole(make: Callable[[], Any], lines: list[bytes]) -> Room:
    """What happens if each line comes whole and is answered at once."""
    room = Room(make(), ["bob", "carol"])
    for line in lines:
        room.take(line)
    room.take(b"")
    room.finish()
    return room


LINES = st.one_of(
    st.sampled_from([
        b"hello parley/1 ann\n", b"hello parley/1 bob\n", b"hello parley/2 ann\r\n", b"hello\n",
        b"hello parley/1\n", b"who\n", b"who\r\n", b"say hi\n", b"say \n", b"say  a  b \r\n",
        "say Zoë 東京 🙂\n".encode(), b"to bob hi\n", b"to  hi\n", b"to bob\n", b"bye\n",
        b"bye now\n", b"\n", b"\r\n", b"say \xff\n", b"x" * 1000 + b"\n", b"x" * 1001 + b"\n",
        b"x" * 1000 + b"\r\n",
    ]),
    st.text(max_size=12).map(lambda text: f"say {text}\n".encode()),
    st.binary(max_size=12).map(lambda data: data + b"\n"),
)  # fmt: skip
TALKS = st.builds(lambda lines, join: [b"hello parley/1 ann\n"] * join + lines,
                  st.lists(LINES, max_size=8), st.booleans())


@pytest.mark.parametrize("path", ENGINES, ids=lambda path: path.stem)
@settings(deadline=None, max_examples=150)
@given(lines=TALKS, data=st.data())
def test_chunkings_and_orders_change_nothing(path: Path, lines: list[bytes], data: Any) -> None:
    bytes_ = b"".join(lines)
    cuts = data.draw(st.lists(st.integers(0, len(bytes_)), max_size=12)) if bytes_ else []
    late = data.draw(st.integers(0, 4))
    due = whole(MADE[SOLUTION], lines)
    room = Room(MADE[path](), ["bob", "carol"], late)
    places = [0, *sorted(cuts), len(bytes_)]
    for start, end in zip(places, places[1:], strict=False):
        if start < end:
            room.take(bytes_[start:end])
    room.take(b"")
    room.finish()
    assert room.events == due.events
    assert room.sent == due.sent


@pytest.mark.parametrize("path", ENGINES, ids=lambda path: path.stem)
@settings(deadline=None, max_examples=100)
@given(lines=TALKS)
def test_there_is_one_last_event(path: Path, lines: list[bytes]) -> None:
    room = whole(MADE[path], lines)
    last = [event for event in room.events if event in [("bye",), ("end",), ("wrong", "line")]]
    assert room.events[-1:] == last and len(last) == 1


COMMANDS = st.one_of(
    st.sampled_from([*NEWS, ("welcome", "ann"), ("welcome", "bob"), ("error", "taken", "no"),
                     ("error", "full", "no"), ("error", "state", "no"), ("error", "line", "no"),
                     ("close",), ("close", "x"), ("shout",), ("here",), ("said", "bob", "a\nb")]),
    st.lists(st.text(max_size=20), min_size=1, max_size=4).map(tuple),
    st.tuples(st.just("said"), st.text(max_size=18), st.text(max_size=5)),
)
STEPS = st.lists(st.one_of(COMMANDS, st.sampled_from([b"hello parley/1 ann\n", b"who\n", b"bye\n",
                                                     b"\xff\n", b""])), max_size=12)


@pytest.mark.parametrize("path", ENGINES[1:], ids=lambda path: path.stem)
@settings(deadline=None, max_examples=150)
@given(steps=STEPS)
def test_all_engines_refuse_the_same(path: Path, steps: list) -> None:
    """And a refused command changes nothing, or a later step would differ."""
    first, second = MADE[SOLUTION](), MADE[path]()
    ended = False
    for step in steps:
        if isinstance(step, bytes):
            if ended:
                continue  # nobody receives anything after b""
            ended = step == b""
            events = [tuple(event) for event in second.receive(step)]
            assert first.receive(step) == events
        else:
            assert attempt(first, step) == attempt(second, step), step


def attempt(engine: Any, command: tuple) -> bytes | None:
    try:
        return engine.send(command)
    except ValueError:
        return None


# -- the search in the checks ---------------------------------------------------------------------


def report(name: str, tmp_path: Path, *options: str) -> str:
    """The report of the first check (of those that the options choose) that it fails."""
    program = KIT / "tests" / "wrong" / "11" / f"{name}.py"
    work = submission("11", program, tmp_path / "work")
    return grade("11", work, tmp_path / "r.xml", "-x", *options).failed[0].text


def report_on(changes: dict[str, str], tmp_path: Path) -> str:
    """The report of the first check that the solution fails, with some of its text changed."""
    text = SOLUTION.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    work = submission("11", KIT / "tests" / "wrong" / "11" / "no_limit.py", tmp_path / "work")
    (work / "engine.py").write_text(text, encoding="utf-8")
    return grade("11", work, tmp_path / "r.xml", "-x").failed[0].text


@pytest.mark.parametrize(("name", "least"), [
    ("pieces_decoded", r"a member's b'say \xc3\xbc\n' arrives as b'say \xc3' and b'\xbc\n'"),
    ("piece_ends_with_newline", r"a member's b'who\nwho\n' arrives as b'who\nw' and b'ho\n'"),
    ("crlf_replaced_in_pieces", r"a member's b'who\r\n' arrives as b'who\r' and b'\n'"),
])
def test_the_search_finds_the_smallest_case(name: str, least: str, tmp_path: Path) -> None:
    text = " ".join(report(name, tmp_path).split())
    assert f"Your engine breaks when {least}." in text, text


def test_what_is_wrong_in_one_piece_is_not_blamed_on_a_cut(tmp_path: Path) -> None:
    """This engine takes a line that comes twice for one line."""
    text = report_on({"event = self.next_event()": "event = self.next_event()\n            "
                      "if events and event == events[-1]:\n                continue"}, tmp_path)
    least = r"a member's b'who\nwho\n' arrives in one piece, so it is not the cut."
    assert f"Your engine breaks when {least}" in " ".join(text.split()), text


def test_the_room_shows_what_its_engine_has_said(tmp_path: Path) -> None:
    """An event behind the last one: the room stumbles over it, in its own lines."""
    text = report_on({
        "event is None": 'event is None or event == ("end",) and events',
        'self.over = event in [("bye",), ("end",), ("wrong", "line")]': "self.over = False",
        'not in ("asking", "closed")': '!= "asking"',
        'if self.state == "closed":': "if False:"}, tmp_path)
    assert "Uncaught exception in the thread room: KeyError" in text
    assert re.search(r"receive\(b''\) +gives \[\('end',\)\]\s+send\(\('close',\)\) +gives b''"
                     r"\s+receive\(\) +gives \[\('end',\)\]\s+\(Above:", text), text


def test_the_room_shows_the_engine_that_is_to_blame(tmp_path: Path) -> None:
    """Bob does not hear what ann says: it is the engine of ann that has lost it."""
    text = " ".join(report_on({'return ("say", *rest)': 'return ("say", *rest) if '
                               '"blanks, said" not in line else ("who",)'}, tmp_path).split())
    assert "Bob does not hear all that is due." in text
    assert "what your engine gives for the bytes of ann, if a room answers" in text
    assert re.search(r"gives \[\('who',\)\] .* due by now \[… \d+ more, \('say', ' two", text), text


def test_the_room_shows_the_bytes_of_a_long_piece(tmp_path: Path) -> None:
    text = " ".join(report("limit_for_the_buffer", tmp_path, "-k", "test_room").split())
    assert "gives [('wrong', 'line')]" in text and "for the bytes of ann" in text


@settings(deadline=None, max_examples=300)
@given(lines=TALKS)
def test_a_right_engine_is_not_to_blame(checks: ModuleType, lines: list[bytes]) -> None:
    room = Room(MADE[SOLUTION](), [])
    for upto, line in enumerate(lines, 1):
        room.take(line)
        assert checks.due_so_far(lines[:upto], room.events) == room.events
    room.take(b"")
    assert checks.due_so_far([*lines, b""], room.events) == room.events


def test_a_command_is_refused_now_or_always(tmp_path: Path) -> None:
    text = " ".join(report("newline_let_through", tmp_path).split())
    assert "The room may never say this, and your engine let it go. Look at the newline" in text
    text = " ".join(report("nothing_refused", tmp_path / "2").split())
    assert "The room may not say this now, and your engine let it go. In this case" in text


def test_the_search_finds_the_smallest_order(tmp_path: Path) -> None:
    text = report("full_forgets_the_rest", tmp_path)
    steps = re.findall(r"(?:receive|send)\(.*", text)
    assert "breaks when the room answers hello at once" in " ".join(text.split())
    assert len(steps) == 7 and steps[-1] == "receive()  gives []", text


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    return load(CHECKS)


def test_small_talks_are_cut_in_every_way(checks: ModuleType) -> None:
    runs = list(checks.every_chunking([["x", "y"]], []))
    found = [tuple(run.pieces) for run in runs]
    data = b"x\ny\n"
    due = {tuple(data[a:b] for a, b in zip([0, *cuts], [*cuts, 4], strict=True))
           for number in range(4) for cuts in combinations(range(1, 4), number)}
    assert set(found) == due and len(found) == 8


def test_what_is_due_does_not_depend_on_the_cuts(checks: ModuleType) -> None:
    """The checks know what is due for a whole talk; it is spread over its pieces."""
    for runs in (checks.every_chunking(checks.MEMBERS, [checks.ANN_JOINS]),
                 checks.few_cuts([checks.ANN_JOINS, *checks.LONG_TALK], 1)):
        events: dict[bytes, list] = {}
        for run in runs:
            due = [event for step in run.steps if isinstance(step.due, list)
                   for event in step.due]
            assert events.setdefault(run.data, due) == due


@pytest.mark.parametrize(("files", "found"), [
    ({"engine.py": "import helpers", "helpers.py": "import socket"}, "socket"),
    ({"engine.py": "import helpers", "helpers/__init__.py": "import socket"}, "socket"),
    ({"engine.py": "from helpers import a", "helpers/__init__.py": "",
      "helpers/a.py": "import time"}, "time"),
    ({"engine.py": "import helpers.a", "helpers/a.py": "from .b import x",
      "helpers/b.py": "import urllib.request"}, "urllib"),
    ({"engine.py": "import helpers.a", "helpers/a.py": "import b", "b.py": "import time"}, "time"),
    ({"engine.py": "from a import *", "a.py": "from builtins import __import__"}, "__import__"),
    ({"engine.py": "import builtins\nx = builtins.__import__('x')"}, "__import__"),
    ({"engine.py": "x = __import__('x')"}, "__import__"),
    ({"engine.py": "import helpers.a", "helpers/a.py": "from . import time\nfrom .time import x",
      "helpers/time.py": "", "b.py": "import socket"}, ""),
    ({"engine.py": "from ...... import a\nimport engine, re"}, ""),
])  # fmt: skip
def test_imports_are_seen_wherever_they_are(checks: ModuleType, files: dict[str, str],
                                            found: str, tmp_path: Path) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    forbidden = {name for names in checks.FORBIDDEN.values() for name in names}
    names = {name for _, _, name in checks.imports(tmp_path / "engine.py")}
    assert names & forbidden == ({found} if found else set())


def test_the_room_is_the_same_in_both_places() -> None:
    ours, theirs = (KIT / part / "11" / "given_room.py" for part in ("lessons", "solutions"))
    assert ours.read_text(encoding="utf-8") == theirs.read_text(encoding="utf-8")
