"""Program time: timers jump, in order, and the program's own clocks agree with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

SECONDS = 50.0  # each of the waits below takes so long, in program time

WAITS = {
    "sleep": "time.sleep(50)",
    "many short sleeps": "[time.sleep(0.5) for _ in range(100)]",
    "Event.wait": "threading.Event().wait(50)",
    "Condition.wait": "(lambda c: (c.acquire(), c.wait(50)))(threading.Condition())",
    "Condition.wait_for": "(lambda c: (c.acquire(), c.wait_for(lambda: 0, 50)))"
                          "(threading.Condition())",
    "Lock": "(lambda k: (k.acquire(), k.acquire(timeout=50)))(threading.Lock())",
    "Semaphore": "threading.Semaphore(0).acquire(timeout=50)",
    "join": "(lambda t: (t.start(), t.join(50)))"
            "(threading.Thread(target=threading.Event().wait, daemon=True))",
    "Timer": "(lambda t: (t.start(), t.join()))(threading.Timer(50, print))",
    "Queue.get": "caught(queue.Empty, queue.Queue().get, timeout=50)",
    "Queue.put": "(lambda q: (q.put(1), caught(queue.Full, q.put, 2, timeout=50)))(queue.Queue(1))",
    "SimpleQueue.get": "caught(queue.Empty, queue.SimpleQueue().get, timeout=50)",
    "Barrier.wait": "caught(threading.BrokenBarrierError, threading.Barrier(2).wait, 50)",
    "Future.result": "caught(futures.TimeoutError, futures.Future().result, 50)",
    "select": "select.select([server], [], [], 50)",
    "select of nothing": "select.select([waker], [], [], 50)",
    "selectors": "(lambda s: (s.register(server, 1), s.select(50)))(selectors.DefaultSelector())",
    "settimeout and accept": "(server.settimeout(50), caught(TimeoutError, server.accept))",
    "settimeout and recv": "(a.settimeout(50), caught(TimeoutError, a.recv, 10))",
    "settimeout and recv_into": "(a.settimeout(50), "
                                "caught(TimeoutError, a.recv_into, bytearray(9)))",
    "settimeout and makefile": "(a.settimeout(50), caught(TimeoutError, a.makefile().readline))",
    "setdefaulttimeout": "(socket.setdefaulttimeout(50), caught(TimeoutError, "
                         "socket.create_server(('127.0.0.1', 0)).accept))",
    "asyncio.sleep": "asyncio.run(asyncio.sleep(50))",
    "asyncio.wait_for": "caught(asyncio.TimeoutError, asyncio.run, never(50))",
    "handle_request": "timed_server(50).handle_request()",
    "sched": "(lambda s: (s.enter(50, 1, print), s.run()))(sched.scheduler())",
}

CLOCKS = {
    "time": "time.time", "monotonic": "time.monotonic", "perf_counter": "time.perf_counter",
    "time_ns": "lambda: time.time_ns() / 1e9",
    "monotonic_ns": "lambda: time.monotonic_ns() / 1e9",
    "perf_counter_ns": "lambda: time.perf_counter_ns() / 1e9",
    "datetime": "lambda: datetime.now().timestamp()",
    "datetime in UTC": "lambda: datetime.now(timezone.utc).timestamp()",
    "date": "lambda: date.today().toordinal() * 0 + datetime.today().timestamp()",
}

HEAD = """
import asyncio, datetime as dates, queue, sched, select, selectors, socket, socketserver
import threading, time
from concurrent import futures
from datetime import date, datetime, timezone

def caught(error, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except error:
        return
    raise AssertionError("no " + error.__name__)

async def never(seconds):
    await asyncio.wait_for(asyncio.Event().wait(), seconds)

def timed_server(seconds):
    server = socketserver.TCPServer(("127.0.0.1", 0), None)
    server.timeout = seconds
    return server

server = socket.create_server(("127.0.0.1", 0))
a = socket.create_connection(server.getsockname())
b, _ = server.accept()
waker, _other = socket.socketpair()
"""


@pytest.mark.parametrize("how", WAITS)
def test_waits_take_their_time_in_program_time_only(bench: Bench, how: str) -> None:
    begun = time.monotonic()
    output = bench.output(f"{HEAD}\nbefore = time.monotonic()\n{WAITS[how]}\n"
                          "print(time.monotonic() - before)")
    passed = float(output.split()[-1])
    assert SECONDS <= passed < SECONDS + 2
    assert time.monotonic() - begun < 40  # as a rule it is below half a second


@pytest.mark.parametrize("clock", CLOCKS)
def test_all_clocks_jump_alike(bench: Bench, clock: str) -> None:
    output = bench.output(f"{HEAD}\nnow = {CLOCKS[clock]}\nbefore = now()\ntime.sleep(50)\n"
                          "print(now() - before)")
    assert SECONDS <= float(output) < SECONDS + 2


def test_the_date_is_that_of_today(bench: Bench) -> None:
    now, told = bench.output("""
        import time, datetime
        print(time.time())
        print(datetime.datetime.now().timestamp())
    """).split()
    assert abs(float(now) - time.time()) < 600 and abs(float(told) - float(now)) < 5


def test_timers_strike_in_their_order(bench: Bench) -> None:
    output = bench.output("""
        import threading, time
        def after(seconds, name):
            time.sleep(seconds)
            print(name, end=" ")
        for seconds, name in (30, "c"), (10, "a"), (50, "e"), (20, "b"), (40, "d"):
            threading.Thread(target=after, args=(seconds, name)).start()
    """)
    assert output == "a b c d e "


def test_no_timer_strikes_while_somebody_runs(bench: Bench) -> None:
    """A slow computation is not overtaken by a long sleep: time passes as it computes."""
    output = bench.output("""
        import threading, time
        threading.Timer(30, print, ["the timer"]).start()
        total = sum(n * n for n in range(2_000_000))
        print("the sum")
    """)
    assert output == "the sum\nthe timer\n"


def test_data_that_comes_beats_the_timeout(bench: Bench) -> None:
    server = bench.serve("""
        import socket, time
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.settimeout(5)
        before = time.monotonic()
        for _ in range(10):
            c.sendall(c.recv(10))
        print(time.monotonic() - before < 5)
        c.recv(10)
    """)
    peer = server.connect()
    for _ in range(10):
        peer.send(b"hello")
        peer.expect(b"hello")
        peer.expect_nothing()  # proven, and no timer was let run out for it
    server.expect_output("True")


def test_a_horizon_bounds_what_is_waited_for(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.settimeout(30)
        try:
            c.recv(10)
        except TimeoutError:
            c.sendall(b"bye")
    """)
    peer = server.connect()
    peer.expect_nothing()
    peer.expect_nothing(horizon=29.9)
    peer.expect(b"bye")


def test_a_jump_is_exact(bench: Bench) -> None:
    server = bench.serve("""
        import socket, time
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        for n in range(100):
            time.sleep(1)
            c.sendall(b"%d " % n)
    """)
    peer = server.connect()
    bench.lab.settle()
    bench.lab.jump(0.5)
    assert peer.received == b""
    bench.lab.jump(10)
    assert peer.received == b"0 1 2 3 4 5 6 7 8 9 "
    bench.lab.jump(0.2)
    assert peer.received == b"0 1 2 3 4 5 6 7 8 9 "
    bench.lab.jump(1)
    assert peer.received.endswith(b"9 10 ")


def test_a_program_that_polls_is_still_and_its_time_passes(bench: Bench) -> None:
    server = bench.serve("""
        import socket, time
        s = socket.create_server(("127.0.0.1", 5000))
        c, _ = s.accept()
        c.setblocking(False)
        idle = 0
        while idle < 30:
            try:
                c.sendall(c.recv(100))
                idle = 0
            except BlockingIOError:
                time.sleep(0.1)
                idle += 0.1
        c.sendall(b"bye")
    """)
    peer = server.connect()
    peer.send(b"hello")
    peer.expect(b"hello")
    peer.expect_nothing(horizon=25)
    peer.send(b"again")
    peer.expect(b"again")
    peer.expect(b"bye")


def test_one_clock_for_all_programs(bench: Bench) -> None:
    """The one that waits for 10 s is served first, whoever was started first."""
    for name, seconds in (("late.py", 30), ("early.py", 10)):
        bench.file(f"""
            import socket, time
            time.sleep({seconds})
            s = socket.create_connection(("127.0.0.1", 5000))
            s.sendall(b"{name}")
        """, name)
    server = bench.serve("""
        import socket
        s = socket.create_server(("127.0.0.1", 5000))
        for _ in range(2):
            print(s.accept()[0].recv(100).decode())
    """)
    bench.lab.program("late.py")
    bench.lab.program("early.py")
    server.expect_exit(0)
    assert server.output == "early.py\nlate.py\n"


def test_wrong_arguments_are_refused_as_ever(bench: Bench) -> None:
    output = bench.output("""
        import threading, time
        for call in (lambda: time.sleep(-1), lambda: time.sleep("1"), lambda: time.sleep(None),
                     lambda: time.sleep(float("nan")), lambda: time.sleep(),
                     lambda: threading.Lock().acquire(False, 1),
                     lambda: threading.Lock().acquire(timeout=-2)):
            try:
                print(call())
            except Exception as error:
                print(type(error).__name__)
        time.sleep(0)
        time.sleep(True)
    """)
    assert output.split() == ["ValueError", "TypeError", "TypeError", "ValueError",
                              "TypeError", "ValueError", "ValueError"]
