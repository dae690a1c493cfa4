"""The turnstile finds each race at once, accuses nobody, and never depends on luck."""

from __future__ import annotations

import subprocess
import sys
from bisect import bisect
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
from socklab.evidence import explain
from socklab.lesson import Failure, Rounds
from socklab.tap import turnstile

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]


def explore(bench: Bench, text: str, **options: object) -> Rounds:
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
    assert "1: buy('ann')" in table[0] and "2: buy('bob')" in table[0]
    assert all(len(row) <= 76 for row in table)


@pytest.mark.parametrize("name", RIGHT)
def test_nobody_is_accused(bench: Bench, name: str) -> None:
    one = RIGHT[name]
    rounds = one.rounds(bench.lab, bench.file(one.text, "office.py"))
    bench.lab.expect_rounds(rounds, one.ok, "The seat was sold twice.")
    assert len(rounds) > 1


def test_a_race_in_a_package_is_found(bench: Bench) -> None:
    (bench.folder / "tickets" / "inner").mkdir(parents=True)  # the inner one has no __init__.py
    bench.file("from .inner.desk import Office", "tickets/__init__.py")
    bench.file(RACES["no lock"].text, "tickets/inner/desk.py")
    rounds = RACES["no lock"].rounds(bench.lab, bench.file("from tickets import Office",
                                                           "office.py"))
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, RACES["no lock"].ok, "The seat was sold twice.")
    assert caught.value.kind == "race"


def test_an_office_may_print_what_it_does(bench: Bench) -> None:
    """In each of many rounds: that is no output without end."""
    rounds = explore(bench, """
        import threading
        class Office:
            def __init__(self, seats):
                self.free, self.lock = seats, threading.Lock()
            def buy(self, name):
                for number in range(100):
                    print(name, number)
                with self.lock:
                    self.free -= 1
                    return self.free
    """)
    assert len(rounds) > 1 and all(set(r.results) == {0, -1} for r in rounds)


@pytest.mark.parametrize("name", ["a pool with a lock", "one owner thread with a queue"])
def test_helpers_that_wait_for_ever_do_not_add_up(bench: Bench, name: str) -> None:
    """Of a thousand offices each has left its threads behind: that is no crowd of threads."""
    one, helpers = RIGHT[name], 0
    while helpers <= 1100:
        rounds = one.rounds(bench.lab, bench.file(one.text, "office.py"))
        bench.lab.expect_rounds(rounds, one.ok, "The seat was sold twice.")
        helpers += sum(len(round_.helpers) for round_ in rounds)


def test_it_is_the_same_each_time(bench: Bench) -> None:
    first = explore(bench, RACES["no lock"].text)
    again = explore(bench, RACES["no lock"].text)
    assert [(r.results, r.trace) for r in first] == [(r.results, r.trace) for r in again]


def test_what_was_not_tried_is_no_proof(bench: Bench) -> None:
    text = RIGHT["one Lock"].text
    all_of_it = len(explore(bench, text))
    rounds = explore(bench, text, most=10)
    assert rounds.left_out == all_of_it - len(rounds) > 0
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, one_was_sold, "")
    assert caught.value.kind == "long" and "no proof" in caught.value.what


def test_a_race_in_another_file(bench: Bench) -> None:
    bench.file(RACES["no lock"].text, "seats.py")
    rounds = explore(bench, "from seats import Office\n")
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, one_was_sold, "")
    assert "  if self.seats > 0:" in caught.value.table
    assert "(lines of seats.py)" in caught.value.table


def test_each_round_has_modules_of_its_own(bench: Bench) -> None:
    bench.file("sold = []\n", "seats.py")
    rounds = explore(bench, """
import seats
import threading
class Office:
    lock = threading.Lock()
    def __init__(self, number):
        pass
    def buy(self, name):
        with self.lock:
            seats.sold.append(name)
            return len(seats.sold) == 1
""")
    bench.lab.expect_rounds(rounds, one_was_sold, "")


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
    assert any(shared for _, (_, _, shared) in turnstile._offsets(read, rebound)) == NAMES[text]


def test_a_thread_may_make_calls_one_after_the_other(bench: Bench) -> None:
    text = office("""
        def buy(self, name):
            with self.lock:
                if self.seats == 0:
                    return False
                self.seats -= 1
            self.bought = name
            return True
        def who(self):
            return self.bought
        """).replace("self.seats = seats", "self.seats, self.bought = seats, None")
    file = bench.file(text, "office.py")
    rounds = bench.lab.turnstile(file, setup="Office", setup_args=(1,), threads=[
        ("buy", ("ann",)), [("buy", ("bob",)), ("who", ())]])
    assert rounds[0].calls == ["buy('ann')", "buy('bob')", "who()"]
    assert rounds[0].threads == ["buy('ann')", "buy('bob'), who()"]
    found = {tuple(map(str, found.results)) for found in rounds}
    assert found == {("True", "False", "ann"), ("False", "True", "bob"),
                     ("True", "False", "None")}  # the last one: ann has bought, but who knows?
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, lambda one: None not in one.results, "Nobody has it.")
    rows = caught.value.table.splitlines()
    assert rows[0].split("  ")[0] == "thread 1: buy('ann')" and "'bob'), who()" in rows[0]
    ends = [row.split() for row in rows if "(end of with)" in row]
    begins = [row.split() for row in rows if "with self.lock:" in row]
    assert len(ends) == len(begins) == 2 and {row[0] for row in ends} == {begins[0][0]}


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
    table = caught.value.table
    assert "thread 1 waits on line 16 for the lock 'lock', which it holds itself" in table


def test_a_thread_that_nobody_can_wake(bench: Bench) -> None:
    text = office("""
        def buy(self, name):
            return queue.Queue().get()
        """)
    rounds = explore(bench, text)
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, one_was_sold, "")
    assert caught.value.kind == "waits"
    assert "thread 1 waits on line 15 in Queue.get()" in caught.value.table


def test_a_loop_that_nobody_ends(bench: Bench) -> None:
    text = office("""
        def buy(self, name):
            while not self.lock.acquire(blocking=False):
                pass
            return True
        """)
    rounds = explore(bench, text)
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, one_was_sold, "")
    assert caught.value.kind == "endless"
    assert "thread 2 goes round and round on line 15" in caught.value.table


def test_an_exception_in_a_thread_of_the_office(bench: Bench) -> None:
    text = office("""
            self.jobs = queue.Queue()
            threading.Thread(target=self.work, daemon=True).start()

        def work(self):
            raise KeyError(self.jobs.get())

        def buy(self, name):
            self.jobs.put(name)
            self.jobs.join()
        """)
    rounds = explore(bench, text)
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, one_was_sold, "")
    assert caught.value.kind == "waits"
    assert caught.value.crash is not None and caught.value.crash.note == "KeyError"


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
    assert "thread 1 waits on line 18 for the lock 'other', which thread 2 holds" in found.table
    assert "thread 2 waits on line 18 for the lock 'lock', which thread 1 holds" in found.table


def test_calls_before_and_afterwards(bench: Bench) -> None:
    rounds = explore(bench, office(locked("self.lock")), first=[("buy", ("eve",))],
                     then=[("buy", ("zoe",))])
    assert all(r.results == [False, False] and r.after == [False] for r in rounds)


@pytest.mark.parametrize("name", ["a thread that looks for orders now and then",
                                  "a pool with a lock", "asyncio in a thread"])
def test_a_call_before_that_waits_for_a_helper(bench: Bench, name: str) -> None:
    rounds = explore(bench, RIGHT[name].text, first=[("buy", ("eve",))])
    assert all(r.results == [False, False] for r in rounds)


def test_pairs_are_tried_however_long_a_call_is(bench: Bench) -> None:
    text = RACES["a long log before the look"].text.replace("if self.seats > 0:",
                                                            "with self.lock:")
    assert len(explore(bench, text, most=0)) > 20  # without any single switch


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
            seen = list(turnstile._offsets(part, set()))
            offsets = [offset for offset, _ in seen]
            for offset, line in dis.findlinestarts(part):
                last = bisect(offsets, offset) - 1  # the one before, if the line stays the same
                assert not line or ours[offset][0] == "RESUME" or seen[last][1][1] == line


LONG_LOOP = """
class Office:
    def __init__(self):
        self.seats = {"A": 1, "B": 2}

    def count(self):
        for seat in self.seats:
""" + "            seat = seat\n" * 300 + """
    def add(self):
        self.seats["C"] = 3
"""


def test_each_turn_of_a_long_loop_is_a_step(bench: Bench) -> None:
    """Its FOR_ITER has a prefix, and before Python 3.12 only that is seen."""
    rounds = bench.lab.turnstile(bench.file(LONG_LOOP), setup="Office",
                                 threads=[("count", ()), ("add", ())])
    assert any("changed size" in repr(r.results) for r in rounds)


SET_TRACE = """
import sys
import threading
from socklab.tap import turnstile

sys.addaudithook(lambda *_: None)  # as the tap has one
sys.setswitchinterval(1e-5)

def work():
    for _ in range(30_000):
        turnstile._set_trace(None)
        turnstile._set_trace(lambda *_: None)
    turnstile._set_trace(None)
    print("done")

for _ in range(4):
    threading.Thread(target=work).start()
"""


def test_threads_may_set_their_trace_at_the_same_moment() -> None:
    """With sys.settrace alone, some would end with a RuntimeError, at random."""
    run = subprocess.run([sys.executable, "-c", SET_TRACE], capture_output=True, text=True,
                         cwd=turnstile.parking.HERE + "/../..")
    assert run.stdout.count("done") == 4 and not run.stderr, run.stderr


CROSSED = """
import socket
import threading

names_lock = threading.Lock()
rooms_lock = threading.RLock()

def serve(connection):
    with connection:
        first, second = names_lock, rooms_lock
        if connection.recv(10) == b"bob":
            first, second = second, first
        with first:
            with second:
                connection.sendall(b"ok")

with socket.create_server(("127.0.0.1", 5000)) as listening:
    while True:
        threading.Thread(target=serve, args=(listening.accept()[0],)).start()
"""


def test_a_deadlock_in_a_running_server(bench: Bench) -> None:
    server = bench.serve(CROSSED, turnstile=True)
    for step in range(100):
        ann, bob = server.connect(), server.connect()
        bench.lab.settle()
        server.hold(step)
        ann.send(b"ann")
        bench.lab.settle()
        bob.send(b"bob")
        bench.lab.settle()
        held = server.let_go()
        outcome = bench.lab.settle()
        if outcome.deadlock or not held:
            break
    assert outcome.deadlock
    text = " ".join(explain(Failure("deadlock", "", outcome=outcome)).split())
    assert "(Thread-" in text and "for the lock 'names_lock', which Thread-" in text
    assert "in RLock.acquire() for the lock 'rooms_lock', which Thread-" in text
    assert "(since line 13)" in text
    table = bench.lab.table(server).splitlines()
    assert table[0].count("(serve)") == 2
    assert any(row.startswith(" ") and "with second:" in row for row in table)


def test_only_a_new_thread_is_held(bench: Bench) -> None:
    """Neither the main thread, which accepts, nor the thread of a client from before."""
    server = bench.serve(RIGHT_SERVERS["a lock around both"], turnstile=True)
    ann = server.connect()
    bench.lab.settle()
    server.hold(0, only_new=True)
    ann.send(b"ann")
    ann.expect(b"welcome")
    bob, carol = server.connect(), server.connect()
    for peer, name in (bob, b"bob"), (carol, b"carol"):
        peer.send(name)
    carol.expect(b"welcome")  # the first new one is held, not all
    bob.expect_nothing()
    assert server.let_go()
    bob.expect(b"welcome")
    server.hold(0, only_new=True)
    assert not server.let_go()


def test_no_deadlock_where_threads_only_wait(bench: Bench) -> None:
    server = bench.serve(RIGHT_SERVERS["a pool of threads with a lock"])
    server.connect()
    assert not bench.lab.settle().deadlock


def test_threads_of_one_name_are_told_apart(bench: Bench) -> None:
    text = CROSSED.replace("first, second = second, first", "pass").replace(
        "(target=serve,", '(name="serves", target=serve,').replace(
        'connection.sendall(b"ok")', "connection.recv(10)")
    server = bench.serve(text)
    for name in (b"ann", b"bob"):  # ann's thread waits for more, bob's for her locks
        server.connect().send(name)
        outcome = bench.lab.settle()
    assert not outcome.deadlock
    text = " ".join(explain(Failure("still", "", outcome=outcome)).split())
    assert "(serves #2) waits in acquire() for the lock 'names_lock', which serves holds" in text
