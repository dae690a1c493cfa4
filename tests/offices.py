"""Ticket offices and servers with a race, and ones without: the turnstile tells them apart.

In an office two threads buy the only seat, as ann and as bob; a server gives a name to one
client.  The tests look at each once; benchmarks/races.py as often as one likes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from socklab.lesson import Lab, Program, Round, Rounds

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
UNLOCKED = """
        def buy(self, name):
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


def one_was_sold(found: Round) -> bool:
    return found.results.count(True) == 1


@dataclass
class Office:
    """A class Office, and which rounds are right."""

    text: str
    ok: Callable[[Round], bool] = one_was_sold
    then: tuple = ()

    def rounds(self, lab: Lab, file: str, most: int = 1000) -> Rounds:
        return lab.turnstile(file, setup="Office", setup_args=(1,), then=self.then, most=most,
                             threads=[("buy", ("ann",)), ("buy", ("bob",))])


def all_were_counted(found: Round) -> bool:
    return found.after == [3]


def nobody_was_skipped(found: Round) -> bool:
    return set("bcd") <= set(found.results[0])


# four ways in which an office lets threads of its own do the work; TAKE is what they do
POOL_OFFICE = """
            from concurrent.futures import ThreadPoolExecutor
            self.pool = ThreadPoolExecutor(4)

        def buy(self, name):
            return self.pool.submit(self.take).result()

        def take(self):
TAKE
        """
WORKERS_OFFICE = """
            self.jobs = queue.Queue()
            for _ in range(2):
                threading.Thread(target=self.work, daemon=True).start()

        def work(self):
            while True:
                answer = self.jobs.get()
                answer.put(self.take())

        def buy(self, name):
            answer = queue.Queue()
            self.jobs.put(answer)
            return answer.get()

        def take(self):
TAKE
        """
THREAD_EACH_OFFICE = """
        def buy(self, name):
            answers = []
            thread = threading.Thread(target=lambda: answers.append(self.take()))
            thread.start()
            thread.join()
            return answers[0]

        def take(self):
TAKE
        """
LOOP_OFFICE = """
            import asyncio
            self.asyncio = asyncio
            self.loop = asyncio.new_event_loop()
            threading.Thread(target=self.loop.run_forever, daemon=True).start()

        def buy(self, name):
            return self.asyncio.run_coroutine_threadsafe(self.take(), self.loop).result()

        async def take(self):
TAKE
        """
TAKE = """\
            if self.seats > 0:
                self.seats -= 1
                return True
            return False"""
TAKE_LOCKED = """\
            with self.lock:
                if self.seats > 0:
                    self.seats -= 1
                    return True
                return False"""

RACES = {
    "no lock": Office(office(UNLOCKED)),
    "lock released between look and write": Office(office("""
        def buy(self, name):
            with self.lock:
                free = self.seats > 0
            if free:
                with self.lock:
                    self.seats -= 1
            return free
        """)),
    "a new lock for each call": Office(office(locked("threading.Lock()"))),
    "a lock on the write only": Office(office("""
        def buy(self, name):
            if self.seats > 0:
                with self.lock:
                    self.seats -= 1
                return True
            return False
        """)),
    "two locks for one table": Office(office(locked(
        "(self.lock if name == 'ann' else self.other)"))),
    "check, then act on a dict": Office(office("""
        def buy(self, name):
            if 1 not in self.names:
                self.names[1] = name
                return True
            return False
        """)),
    "+= on a shared counter": Office(office("""
        def buy(self, name):
            self.seats += 1

        def count(self):
            return self.seats
        """), all_were_counted, (("count", ()),)),
    "a list changed while another thread goes through it": Office(office("""
        def buy(self, name):
            if name == "bob":
                self.members.remove("a")
                return []
            return [m for m in self.members]
        """), nobody_was_skipped),
    "a flag for a lock": Office(office("""
            self.busy = False

        def buy(self, name):
            while self.busy:
                pass
            self.busy = True
            free = self.seats > 0
            self.seats -= free
            self.busy = False
            return free
        """, "None")),
    "a long log before the look": Office(office("""
        def buy(self, name):
            for number in range(100):
                self.members.append(name)
                self.members.pop()
            if self.seats > 0:
                self.seats -= 1
                return True
            return False
        """)),
    "a pool of four workers": Office(office(POOL_OFFICE.replace("TAKE", TAKE), "None")),
    "two workers and a queue": Office(office(WORKERS_OFFICE.replace("TAKE", TAKE), "None")),
    "a thread for each call": Office(office(THREAD_EACH_OFFICE.replace("TAKE", TAKE))),
}

RIGHT = {
    "one Lock": Office(office(locked("self.lock"), "threading.Lock()")),
    "RLock": Office(office(locked("self.lock"), "threading.RLock()")),
    "Condition": Office(office(locked("self.lock"), "threading.Condition()")),
    "Semaphore(1)": Office(office(locked("self.lock"), "threading.Semaphore(1)")),
    "acquire and release": Office(office("""
        def buy(self, name):
            self.lock.acquire()
            try:
                if self.seats > 0:
                    self.seats -= 1
                    return True
                return False
            finally:
                self.lock.release()
        """, "threading.Lock()")),
    "setdefault": Office(office("""
        def buy(self, name):
            return self.names.setdefault(1, name) == name
        """, "None")),
    "a queue of seats": Office(office("""
            self.free = queue.SimpleQueue()
            for number in range(seats):
                self.free.put(number)

        def buy(self, name):
            try:
                self.free.get_nowait()
                return True
            except queue.Empty:
                return False
        """, "None")),
    "one owner thread with a queue": Office(office("""
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
        """, "None")),
    "a pool of one worker": Office(office("""
            from concurrent.futures import ThreadPoolExecutor
            self.pool = ThreadPoolExecutor(1)

        def buy(self, name):
            return self.pool.submit(self.take).result()

        def take(self):
            self.seats -= 1
            return self.seats >= 0
        """, "None")),
    "it sleeps with the lock": Office(office("""
        def buy(self, name):
            import time
            with self.lock:
                free = self.seats > 0
                time.sleep(1)
                self.seats -= free
                return free
        """, "threading.Lock()")),
    "copy on write": Office(office("""
        def buy(self, name):
            if name == "bob":
                self.members = [m for m in self.members if m != "a"]
                return []
            return [m for m in self.members]
        """, "None"), nobody_was_skipped),
    "it asks for the lock in a loop": Office(office("""
        def buy(self, name):
            while not self.lock.acquire(blocking=False):
                pass
            free = self.seats > 0
            self.seats -= free
            self.lock.release()
            return free
        """, "threading.Lock()")),
    "a pool with a lock": Office(office(POOL_OFFICE.replace("TAKE", TAKE_LOCKED),
                                        "threading.Lock()")),
    "two workers with a lock": Office(office(WORKERS_OFFICE.replace("TAKE", TAKE_LOCKED),
                                             "threading.Lock()")),
    "a thread for each call, and a lock": Office(office(
        THREAD_EACH_OFFICE.replace("TAKE", TAKE_LOCKED), "threading.Lock()")),
    "a thread that looks around every second": Office(office("""
            self.seen = []
            threading.Thread(target=self.look, daemon=True).start()

        def look(self):
            import time
            while True:
                time.sleep(1)
                self.seen.append(self.seats)

        def buy(self, name):
            with self.lock:
                free = self.seats > 0
                self.seats -= free
                return free
        """, "threading.Lock()")),
    "a thread that looks for orders now and then": Office(office("""
            self.jobs = []
            threading.Thread(target=self.work, daemon=True).start()

        def work(self):
            import time
            while True:
                time.sleep(0.01)
                if self.jobs:
                    answer = self.jobs.pop()
                    answer.put(self.seats > 0)
                    self.seats -= 1

        def buy(self, name):
            answer = queue.Queue()
            self.jobs.append(answer)
            return answer.get()
        """, "None")),
    "asyncio in a thread": Office(office(LOOP_OFFICE.replace("TAKE", TAKE), "None")),
}


# -- servers ---------------------------------------------------------------------------

THREADS = """
import socket
import threading

names = set()
lock = threading.Lock()


def serve(connection):
    name = connection.recv(100)
    LOOK_AND_ADD
    connection.sendall(b"taken" if taken else b"welcome")
    connection.close()


listening = socket.create_server(("127.0.0.1", 5000))
while True:
    connection, _ = listening.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
"""
UNSAFE = """taken = name in names
    names.add(name)"""
SAFE = """with lock:
        taken = name in names
        names.add(name)"""
SELECTORS = """
import selectors
import socket

names = set()
listening = socket.create_server(("127.0.0.1", 5000))
selector = selectors.DefaultSelector()
selector.register(listening, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        if key.fileobj is listening:
            connection, _ = listening.accept()
            selector.register(connection, selectors.EVENT_READ)
            continue
        name = key.fileobj.recv(100)
        key.fileobj.sendall(b"taken" if name in names else b"welcome")
        names.add(name)
        selector.unregister(key.fileobj)
        key.fileobj.close()
"""
ASYNCIO = """
import asyncio

names = set()


async def serve(reader, writer):
    name = await reader.read(100)
    taken = name in names
    names.add(name)
    writer.write(b"taken" if taken else b"welcome")
    await writer.drain()
    writer.close()


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 5000) as server:
        await server.serve_forever()


asyncio.run(main())
"""
POOL = THREADS.replace("import threading\n", "import threading\nfrom concurrent.futures "
                       "import ThreadPoolExecutor\n").replace(
    "threading.Thread(target=serve, args=(connection,), daemon=True).start()",
    "pool.submit(serve, connection)").replace(
    "while True", "pool = ThreadPoolExecutor(4)\nwhile True")

# every second client is served by the main thread; only that one looks before it adds
MAIN_TOO = """
import socket
import threading

names = {}


def serve(connection, look):
    name = connection.recv(100)
    if look:
        taken = name in names
        names[name] = connection
    else:
        taken = names.setdefault(name, connection) is not connection
    connection.sendall(b"taken" if taken else b"welcome")
    connection.close()


listening = socket.create_server(("127.0.0.1", 5000))
while True:
    connection, _ = listening.accept()
    threading.Thread(target=serve, args=(connection, False), daemon=True).start()
    connection, _ = listening.accept()
    serve(connection, True)
"""

RACING_SERVERS = {
    "look, then add, in the main thread and another one": MAIN_TOO,
    "look, then add, in two threads": THREADS.replace("LOOK_AND_ADD", UNSAFE),
    "look, then add, in a pool of threads": POOL.replace("LOOK_AND_ADD", UNSAFE),
}
RIGHT_SERVERS = {
    "a lock around both": THREADS.replace("LOOK_AND_ADD", SAFE),
    "a pool of threads with a lock": POOL.replace("LOOK_AND_ADD", SAFE),
    "a loop with selectors": SELECTORS,
    "asyncio": ASYNCIO,
}


def doubles(lab: Lab, server: Program) -> Iterator[int]:
    """At which steps two clients with one name are both welcome."""
    for step in range(400):
        was_held = False
        for first in (0, 1):  # who of the two is held
            peers = server.connect(), server.connect()
            lab.settle()
            server.hold(step)
            name = b"%d %d" % (step, first)
            peers[first].send(name)
            lab.settle()
            peers[1 - first].send(name)
            lab.settle()
            was_held |= server.let_go()
            if [peer.read_all() for peer in peers] == [b"welcome", b"welcome"]:
                yield step
        if not was_held:
            return
    raise AssertionError("the steps have no end")
