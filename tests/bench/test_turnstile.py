"""The turnstile finds each race at once, accuses nobody, and never depends on luck."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from offices import (
    RACES,
    RACING_SERVERS,
    RIGHT,
    RIGHT_SERVERS,
    doubles,
    locked,
    office,
    one_was_sold,
)
from socklab.lesson import Failure, Round
from socklab.tap import turnstile

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]


def explore(bench: Bench, text: str, **options: object) -> list[Round]:
    return bench.lab.turnstile(
        bench.file(text, "office.py"), setup="Office", setup_args=(1,),
        threads=[("buy", ("ann",)), ("buy", ("bob",))], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RACES)
def test_a_race_is_found(bench: Bench, name: str) -> None:
    one = RACES[name]
    rounds = one.rounds(bench.lab, bench.file(one.text, "office.py"))
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, one.ok, "The seat was sold twice.")
    assert caught.value.kind == "race"
    table = caught.value.table.splitlines()
    assert table[0].startswith("thread 1: buy('ann')") and "thread 2" in table[0]
    assert all(len(row) <= 76 for row in table)


@pytest.mark.parametrize("name", RIGHT)
def test_nobody_is_accused(bench: Bench, name: str) -> None:
    one = RIGHT[name]
    rounds = one.rounds(bench.lab, bench.file(one.text, "office.py"))
    bench.lab.expect_rounds(rounds, one.ok, "The seat was sold twice.")
    assert len(rounds) > 1


def test_it_is_the_same_each_time(bench: Bench) -> None:
    first = explore(bench, RACES["no lock"].text)
    again = explore(bench, RACES["no lock"].text)
    assert [(r.results, r.trace) for r in first] == [(r.results, r.trace) for r in again]


def test_the_bound_holds(bench: Bench) -> None:
    assert len(explore(bench, RACES["no lock"].text, most=10)) == 10


# how a name is bound, and whether to read it is a step of a thread
NAMES = {
    "STOCK = 5\ndef f():\n    return STOCK": False,
    "for STOCK in range(5):\n    pass\ndef f():\n    return STOCK": True,
    "STOCK = 4\nSTOCK = 5\ndef f():\n    return STOCK": True,
    "STOCK = 5\ndef f():\n    return STOCK\ndef g():\n    global STOCK\n    STOCK = 4": True,
    "class F:\n    def __init__(self):\n        self.x = 5\n    def f(self):\n"
    "        return self.x": False,
    "class F:\n    x = 5\n    def f(self):\n        return self.x": False,
    "class F:\n    x = 5\n    def f(self):\n        return self.x\n    def g(self):\n"
    "        self.x += 1": True,
    "class F:\n    x = 5\n    def f(self):\n        return self.x\ndef g(some):\n"
    "    del some.x": True,
}


@pytest.mark.parametrize("text", NAMES)
def test_only_a_name_that_can_change_is_a_step(text: str) -> None:
    parts = list(turnstile._parts(compile(text, "office.py", "exec")))
    rebound = turnstile._rebound(parts, functions_only=False)
    [read] = [part for part in parts if part.co_name == "f"]
    assert any(shared for _, (_, shared) in turnstile._offsets(read, rebound)) == NAMES[text]


def test_a_lock_taken_twice(bench: Bench) -> None:
    text = office("""
        def buy(self, name):
            with self.lock:
                with self.lock:
                    return True
        """)
    rounds = explore(bench, text)
    assert rounds[-1].deadlock
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, one_was_sold, "")
    assert caught.value.kind == "deadlock"
    assert "thread 1 waits on line 16 for a lock that it holds itself" in caught.value.table


def test_two_locks_in_opposite_order(bench: Bench) -> None:
    text = office("""
        def buy(self, name):
            locks = [self.lock, self.other]
            first, second = locks if name == "ann" else locks[::-1]
            with first:
                with second:
                    return True
        """)
    found = explore(bench, text)[-1]
    assert found.deadlock
    assert "thread 1 waits on line 18 for a lock that thread 2 holds" in found.table
    assert "thread 2 waits on line 18 for a lock that thread 1 holds" in found.table


def test_calls_before_and_afterwards(bench: Bench) -> None:
    rounds = explore(bench, office(locked("self.lock")), first=[("buy", ("eve",))],
                     then=[("buy", ("zoe",))])
    assert all(r.results == [False, False] and r.after == [False] for r in rounds)


def test_an_exception_in_a_thread(bench: Bench) -> None:
    rounds = explore(bench, office("def buy(self, name):\n    raise KeyError(name)\n"))
    assert rounds[0].errors == ["KeyError: 'ann'", "KeyError: 'bob'"]


def test_an_office_that_cannot_be_made(bench: Bench) -> None:
    with pytest.raises(Failure) as caught:
        explore(bench, "class Office:\n    pass\n")
    assert caught.value.kind == "crashed"


@pytest.mark.parametrize("text", RACING_SERVERS.values(), ids=RACING_SERVERS)
def test_a_race_in_a_running_server(bench: Bench, text: str) -> None:
    assert list(doubles(bench.lab, bench.serve(text, turnstile=True)))


@pytest.mark.parametrize("text", RIGHT_SERVERS.values(), ids=RIGHT_SERVERS)
def test_a_right_server(bench: Bench, text: str) -> None:
    assert list(doubles(bench.lab, bench.serve(text, turnstile=True))) == []


def test_instructions_are_read_as_the_library_reads_them() -> None:
    """Our short reading of bytecode against dis, on modules with all sorts of code."""
    import argparse
    import asyncio.base_events
    import dis
    import socketserver
    import typing

    for module in (argparse, asyncio.base_events, socketserver, typing):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for part in turnstile._parts(compile(source, "module.py", "exec")):
            ours = {offset: (operation, name)
                    for offset, operation, name in turnstile._instructions(part)}
            for theirs in dis.get_instructions(part):
                operation, name = ours[theirs.offset]
                assert operation == theirs.opname
                assert name in ("", theirs.argval)
                assert name or not operation.startswith(("LOAD_GLOBAL", "LOAD_NAME",
                                                         "LOAD_ATTR", "STORE_ATTR"))
            lines = dict(turnstile._offsets(part, set()))
            for offset, line in dis.findlinestarts(part):
                assert line is None or lines[offset][0] == line or line == 0
