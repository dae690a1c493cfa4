"""The turnstile finds each race at once, accuses nobody, and never depends on luck."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from socklab.lesson import Failure, Round
from socklab.tap import turnstile

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

HEAD = """
import queue
import threading


class Office:
    def __init__(self, seats):
        self.seats = seats
        self.names = {}
        self.members = ["a", "b", "c", "d"]
        self.lock = LOCK
        self.other = threading.Lock()
"""
SELL = """
        if self.seats > 0:
            self.seats -= 1
            return True
        return False
"""


def office(buy: str, lock: str = "threading.Lock()") -> str:
    return HEAD.replace("LOCK", lock) + textwrap.indent(textwrap.dedent(buy), "    ")


def locked(how: str) -> str:
    return (f"def buy(self, name):\n    with {how}:\n"
            "        if self.seats > 0:\n            self.seats -= 1\n"
            "            return True\n        return False\n")


RACES = {
    "no lock": office("def buy(self, name):\n" + textwrap.dedent(SELL).replace(
        "\n", "\n    ")),
    "lock released between look and write": office("""
        def buy(self, name):
            with self.lock:
                free = self.seats > 0
            if free:
                with self.lock:
                    self.seats -= 1
            return free
        """),
    "a new lock for each call": office(locked("threading.Lock()")),
    "a lock on the write only": office("""
        def buy(self, name):
            if self.seats > 0:
                with self.lock:
                    self.seats -= 1
                return True
            return False
        """),
    "two locks for one table": office(locked(
        "(self.lock if name == 'ann' else self.other)")),
    "check, then act on a dict": office("""
        def buy(self, name):
            if 1 not in self.names:
                self.names[1] = name
                return True
            return False
        """),
}
RIGHT = {
    "one Lock": (locked("self.lock"), "threading.Lock()"),
    "RLock": (locked("self.lock"), "threading.RLock()"),
    "Condition": (locked("self.lock"), "threading.Condition()"),
    "Semaphore(1)": (locked("self.lock"), "threading.Semaphore(1)"),
    "acquire and release": ("""
        def buy(self, name):
            self.lock.acquire()
            try:
                if self.seats > 0:
                    self.seats -= 1
                    return True
                return False
            finally:
                self.lock.release()
        """, "threading.Lock()"),
    "setdefault": ("""
        def buy(self, name):
            return self.names.setdefault(1, name) == name
        """, "None"),
    "a queue of seats": ("""
            self.free = queue.SimpleQueue()
            for number in range(seats):
                self.free.put(number)

        def buy(self, name):
            try:
                self.free.get_nowait()
                return True
            except queue.Empty:
                return False
        """, "None"),
    "one owner thread with a queue": ("""
            self.jobs = queue.Queue()
            threading.Thread(target=self.work, daemon=True).start()

        def work(self):
            while True:
                answer = self.jobs.get()
                answer.put(self.seats > 0)
                self.seats -= 1

        def buy(self, name):
            answer = queue.Queue()
            self.jobs.put(answer)
            return answer.get()
        """, "None"),
    "a pool of one worker": ("""
            from concurrent.futures import ThreadPoolExecutor
            self.pool = ThreadPoolExecutor(1)

        def buy(self, name):
            return self.pool.submit(self.take).result()

        def take(self):
            self.seats -= 1
            return self.seats >= 0
        """, "None"),
    "it sleeps with the lock": ("""
        def buy(self, name):
            import time
            with self.lock:
                free = self.seats > 0
                time.sleep(1)
                self.seats -= free
                return free
        """, "threading.Lock()"),
}


def explore(bench: Bench, text: str, **options: object) -> list[Round]:
    return bench.lab.turnstile(
        bench.file(text, "office.py"), setup="Office", setup_args=(1,),
        threads=[("buy", ("ann",)), ("buy", ("bob",))], **options)  # type: ignore[arg-type]


def one_was_sold(found: Round) -> bool:
    return found.results.count(True) == 1


@pytest.mark.parametrize("name", RACES)
def test_a_race_is_found(bench: Bench, name: str) -> None:
    rounds = explore(bench, RACES[name])
    with pytest.raises(Failure) as caught:
        bench.lab.expect_rounds(rounds, one_was_sold, "The seat was sold twice.")
    assert caught.value.kind == "race"
    table = caught.value.table.splitlines()
    assert table[0].startswith("thread 1: buy('ann')") and "thread 2" in table[0]
    assert all(len(row) <= 76 for row in table)


@pytest.mark.parametrize("name", RIGHT)
def test_nobody_is_accused(bench: Bench, name: str) -> None:
    body, lock = RIGHT[name]
    rounds = explore(bench, office(body, lock))
    bench.lab.expect_rounds(rounds, one_was_sold, "The seat was sold twice.")
    assert len(rounds) > 1


def test_it_is_the_same_each_time(bench: Bench) -> None:
    first = explore(bench, RACES["no lock"])
    again = explore(bench, RACES["no lock"])
    assert [(r.results, r.trace) for r in first] == [(r.results, r.trace) for r in again]


def test_the_bound_holds(bench: Bench) -> None:
    assert len(explore(bench, RACES["no lock"], most=10)) == 10


def test_a_lost_update(bench: Bench) -> None:
    text = office("def buy(self, name):\n    self.seats += 1\n", "None")
    rounds = explore(bench, text + "    def count(self):\n        return self.seats\n",
                     then=[("count", ())])
    assert {tuple(r.after) for r in rounds} == {(2,), (3,)}


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


def test_a_list_changed_while_iterated(bench: Bench) -> None:
    text = office("""
        def buy(self, name):
            if name == "bob":
                self.members.remove("a")
                return []
            return [m for m in self.members]
        """, "None")
    seen = {tuple(r.results[0]) for r in explore(bench, text)}
    assert ("a", "c", "d") in seen, "b was skipped"


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


SERVER = """
import socket
import threading

names = set()
LOCK


def serve(connection):
    name = connection.recv(100)
    ADD
    connection.sendall(b"taken" if taken else b"welcome")
    connection.close()


listening = socket.create_server(("127.0.0.1", 5000))
while True:
    connection, _ = listening.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
"""
ADD = """taken = name in names
    names.add(name)"""
ADD_LOCKED = """with lock:
        taken = name in names
        names.add(name)"""


def doubles(bench: Bench, text: str) -> list[int]:
    """At which steps two clients with one name are both welcome."""
    server = bench.serve(text, turnstile=True)
    found = []
    for step in range(200):
        one, two = server.connect(), server.connect()
        bench.lab.settle()
        server.hold(step)
        one.send(b"%d" % step)
        two.send(b"%d" % step)
        bench.lab.settle()
        held = server.let_go()
        if sorted([one.read_all(), two.read_all()]) == [b"welcome", b"welcome"]:
            found.append(step)
        if not held:
            return found
    raise AssertionError("the steps have no end")


def test_a_race_in_a_running_server(bench: Bench) -> None:
    assert doubles(bench, SERVER.replace("LOCK", "").replace("ADD", ADD))


def test_a_right_server(bench: Bench) -> None:
    text = SERVER.replace("LOCK", "lock = threading.Lock()").replace("ADD", ADD_LOCKED)
    assert doubles(bench, text) == []
