"""Threads, locks and queues: every hand-off is counted, every wait is named."""

from __future__ import annotations

import select
import selectors
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]


def waits(bench: Bench) -> dict[str, tuple[str, int, str]]:
    """Where each thread of the last program waits: name -> (call, line, library function)."""
    outcome = bench.lab.settle()
    found = list(outcome.waits.values())[-1]
    return {thread: (call, line, inner) for thread, call, _, line, inner, *_ in found}


HAND_OFFS = {
    "Queue": ("q = queue.Queue()", "q.put(line)", "q.get()"),
    "Queue with a bound": ("q = queue.Queue(1)", "q.put(line)", "q.get()"),
    "SimpleQueue": ("q = queue.SimpleQueue()", "q.put(line)", "q.get()"),
    "LifoQueue": ("q = queue.LifoQueue()", "q.put(line)", "q.get()"),
    "Condition": ("q, ready = [], threading.Condition()",
                  "with ready:\n            q.append(line); ready.notify()",
                  "take()"),
    "Event and Event": ("q, full, free = [None], threading.Event(), threading.Event()",
                        "q[0] = line; full.set(); free.wait(); free.clear()", "take2()"),
    "Semaphore": ("q, ready = [], threading.Semaphore(0)",
                  "q.append(line); ready.release()", "(ready.acquire(), q.pop(0))[1]"),
    "a Lock as a signal": ("q, ready = [], threading.Lock(); ready.acquire()",
                           "q.append(line); ready.release()", "(ready.acquire(), q.pop(0))[1]"),
    "socketpair": ("one, two = socket.socketpair()", "one.sendall(line)", "two.recv(99)"),
}


@pytest.mark.parametrize("how", HAND_OFFS)
def test_a_worker_is_never_overlooked(bench: Bench, how: str) -> None:
    make, put, get = HAND_OFFS[how]
    server = bench.serve(f"""
import queue, socket, threading
{make}
def take():
    with ready:
        while not q:
            ready.wait()
        return q.pop()
def take2():
    full.wait(); full.clear()
    line = q[0]
    free.set()
    return line
def work():
    while True:
        line = {get}
        c.sendall(line.upper())
c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
threading.Thread(target=work, daemon=True).start()
while True:
        line = c.recv(99)
        {put}
""")
    peer = server.connect()
    for n in range(40):
        peer.send(b"line %d" % n)
        bench.lab.settle()
        assert peer.received.endswith(b"LINE %d" % n)
    server.stop()


def test_a_chain_of_threads_is_followed_to_its_end(bench: Bench) -> None:
    program = bench.run("""
        import queue, threading
        queues = [queue.Queue() for _ in range(11)]
        def hand_on(a, b):
            while True:
                b.put(a.get() + 1)
        for a, b in zip(queues, queues[1:]):
            threading.Thread(target=hand_on, args=(a, b), daemon=True).start()
        while line := input():
            queues[0].put(int(line))
            print(queues[-1].get())
    """)
    for n in range(30):
        program.type(str(n))
        bench.lab.settle()
        assert program.output.endswith(f"\n{n + 10}\n" if n else "10\n")
    program.type("")
    program.expect_exit(0)


WAITS = {
    "lock": ("k = threading.Lock(); k.acquire()", "k.acquire()", "acquire", ""),
    "rlock": ("k = threading.RLock(); t = threading.Thread(target=k.acquire); t.start(); t.join()",
              "k.acquire()", "acquire", "RLock.acquire"),
    "condition": ("k = threading.Condition(); k.acquire()", "k.wait()", "acquire",
                  "Condition.wait"),
    "event": ("k = threading.Event()", "k.wait()", "acquire", "Event.wait"),
    "queue": ("k = queue.Queue()", "k.get()", "acquire", "Queue.get"),
    "full queue": ("k = queue.Queue(1); k.put(1)", "k.put(2)", "acquire", "Queue.put"),
    "simple queue": ("k = queue.SimpleQueue()", "k.get()", "acquire", "SimpleQueue.get"),
    "join": ("k = threading.Thread(target=threading.Event().wait); k.start()", "k.join()",
             "join", ""),
    "queue join": ("k = queue.Queue(); k.put(1)", "k.join()", "acquire", "Queue.join"),
    "barrier": ("k = threading.Barrier(2)", "k.wait()", "acquire", "Barrier.wait"),
    "semaphore": ("k = threading.Semaphore(0)", "k.acquire()", "acquire", "Semaphore.acquire"),
    "future": ("k = futures.Future()", "k.result()", "acquire", "Future.result"),
    "sleep": ("", "time.sleep(1e6)", "sleep", ""),
    "input": ("", "input()", "input", ""),
    "readline": ("", "sys.stdin.readline()", "input", ""),
    "accept": ("", "server.accept()", "accept", ""),
    "recv": ("", "a.recv(9)", "recv", ""),
    "recv_into": ("", "a.recv_into(bytearray(9))", "recv_into", ""),
    "recv with a timeout": ("a.settimeout(1e6)", "a.recv(9)", "recv", ""),
    "makefile": ("f = a.makefile()", "f.readline()", "recv_into", "SocketIO.readinto"),
    "select": ("", "select.select([a, server], [], [])", "select", ""),
    "selectors": ("k = selectors.DefaultSelector(); k.register(a, 1)", "k.select()", "select",
                  None),
    "select of stdin": ("", "select.select([a, sys.stdin], [], [])", "select", ""),
    "asyncio": ("", "asyncio.run(asyncio.Event().wait())", "select", None),
    "serve_forever": ("k = socketserver.TCPServer(('127.0.0.1', 0), None)", "k.serve_forever(1e6)",
                      "select", None),
}


@pytest.mark.parametrize("how", WAITS)
def test_a_wait_is_named_with_its_line(bench: Bench, how: str) -> None:
    import os

    if how == "select of stdin" and os.name == "nt":
        pytest.skip("not on Windows")
    prepare, wait, call, inner = WAITS[how]
    bench.run(f"""
import asyncio, queue, select, selectors, socket, socketserver, sys, threading, time
from concurrent import futures
server = socket.create_server(("127.0.0.1", 0))
a = socket.create_connection(server.getsockname())
b, _ = server.accept()
{prepare}
{wait}
""")
    found_call, line, found_inner = waits(bench)["main"]
    assert (found_call, line) == (call, 8)
    if inner is not None:
        assert found_inner == inner


def test_all_threads_are_known_by_name(bench: Bench) -> None:
    program = bench.run("""
        import _thread, threading
        from concurrent.futures import ThreadPoolExecutor
        wait = threading.Event().wait
        threading.Thread(target=wait, name="Reader").start()
        threading.Thread(target=wait, name="main").start()
        class Writer(threading.Thread):
            def run(self):
                wait()
        Writer(name="Writer", daemon=True).start()
        threading.Timer(1e6, wait).start()
        ThreadPoolExecutor(thread_name_prefix="Pool").submit(wait)
        _thread.start_new_thread(wait, ())
        wait()
    """)
    names = sorted(waits(bench))
    assert names[:4] == ["Pool_0", "Reader", "Thread-1" if "Thread-1" in names else names[2],
                         "Writer"] and {"main", "main #2"} <= set(names)
    assert program.threads == 7


def test_threads_come_and_go(bench: Bench) -> None:
    program = bench.run("""
        import threading
        while True:
            n = int(input())
            threads = [threading.Thread(target=print, args=[i]) for i in range(n)]
            for t in threads: t.start()
            for t in threads: t.join()
            print("all", not any(t.is_alive() for t in threads))
    """)
    for n in (1, 5, 50):
        program.type(str(n))
        program.expect_output("all True")
        assert program.threads == 1


def test_locks_behave_like_locks(bench: Bench) -> None:
    assert bench.output("""
        import threading
        k = threading.Lock()
        print(k.acquire(), k.locked(), k.acquire(False), k.acquire(timeout=3), k.release())
        print(k.locked())
        try:
            k.release()
        except RuntimeError as error:
            print(error)
        with k as got:
            print(got, k.locked())
        r = threading.RLock()
        with r, r:
            print(r._is_owned())
        try:
            r.release()
        except RuntimeError as error:
            print(error)
        b = threading.BoundedSemaphore(1)
        try:
            b.release()
        except ValueError as error:
            print(error)
    """) == ("True True False False None\nFalse\nrelease unlocked lock\nTrue True\nTrue\n"
             "cannot release un-acquired lock\nSemaphore released too many times\n")


def test_a_lock_goes_to_whoever_came_first(bench: Bench) -> None:
    assert bench.output("""
        import threading
        lock, ready = threading.Lock(), threading.Event()
        def take(n):
            ready.set()
            with lock:
                print(n, end=" ")
        with lock:
            for n in range(20):
                ready.clear()
                threading.Thread(target=take, args=[n]).start()
                ready.wait()
                while len(lock._waiters) <= n:
                    pass
    """) == " ".join(map(str, range(20))) + " "


def test_a_deadlock_of_two_locks_is_proven(bench: Bench) -> None:
    bench.run("""
        import threading
        a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
        def take(one, two):
            with one:
                both.wait()
                with two:
                    print("never")
        threading.Thread(target=take, args=(a, b), name="T1").start()
        threading.Thread(target=take, args=(b, a), name="T2").start()
    """)
    found = waits(bench)
    assert found["T1"][:2] == found["T2"][:2] == ("acquire", 7)
    assert found["main"][0] == "join"


def test_a_queue_of_a_million_hand_offs_loses_none(bench: Bench) -> None:
    output = bench.output("""
        import queue, threading
        q, total = queue.Queue(10), [0] * 4
        def work(n):
            while (item := q.get()) is not None:
                total[n] += item
        threads = [threading.Thread(target=work, args=[n]) for n in range(4)]
        for t in threads: t.start()
        for item in range(5000): q.put(item)
        for t in threads: q.put(None)
        for t in threads: t.join()
        print(sum(total) == sum(range(5000)))
    """)
    assert output == "True\n"


@pytest.mark.parametrize("how", ["put", "two threads", "call_soon_threadsafe", "to_thread"])
def test_asyncio_and_threads(bench: Bench, how: str) -> None:
    body = {
        "put": "line = await queue.get()",
        "two threads": "line = await asyncio.wrap_future(pool.submit(input))",
        "call_soon_threadsafe": "line = await queue2.get()",
        "to_thread": "line = await asyncio.to_thread(input)",
    }[how]
    program = bench.run(f"""
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor()
async def main():
    queue, queue2, loop = asyncio.Queue(), asyncio.Queue(), asyncio.get_running_loop()
    async def read(q):
        while True:
            await q.put(await asyncio.to_thread(input))
    def read2():
        while True:
            loop.call_soon_threadsafe(queue2.put_nowait, input())
    if {how!r} == "put":
        task = asyncio.create_task(read(queue))
    elif {how!r} == "call_soon_threadsafe":
        threading.Thread(target=read2, daemon=True).start()
    while True:
        {body}
        print("got", line)
asyncio.run(main())
""")
    for n in range(30):
        program.type(f"line {n}")
        bench.lab.settle()
        assert program.output.endswith(f"got line {n}\n")


def test_a_thread_that_fails_is_told_with_its_line(bench: Bench) -> None:
    program = bench.run("""
        import threading
        def work():
            raise ValueError("oh")
        t = threading.Thread(target=work, name="Worker")
        t.start()
        t.join()
        print("main goes on")
    """)
    program.expect_output("main goes on")
    program.expect_exit(None)
    crash = program.crashes[0]
    assert (crash.thread, crash.note, crash.data, crash.line) == (
        "Worker", "ValueError", b"oh", 4)
    assert "Exception in thread Worker" in program.errors and "oh" in program.errors
    assert program.status == 0


def test_a_thread_started_at_the_lowest_level_that_fails(bench: Bench) -> None:
    program = bench.run("""
        import _thread, time
        def work():
            raise ValueError("oh")
        _thread.start_new_thread(work, ())
        time.sleep(1)
    """)
    program.expect_exit(None)
    assert [crash.note for crash in program.crashes] == ["ValueError"]


def test_polling_a_closed_socket_with_epoll(bench: Bench) -> None:
    """The system forgets a closed socket, and so must the proof."""
    server = bench.serve("""
        import selectors, socket
        s = socket.create_server(("127.0.0.1", 5000))
        selector = selectors.DefaultSelector()
        selector.register(s, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is s:
                    selector.register(s.accept()[0], selectors.EVENT_READ)
                elif data := key.fileobj.recv(10):
                    key.fileobj.sendall(data)
                    key.fileobj.close()  # not unregistered
    """)
    import select

    if not hasattr(select, "epoll"):
        pytest.skip("not on this system")
    peer = server.connect()
    peer.send(b"hello")
    peer.expect(b"hello")
    peer.expect_end()
    bench.lab.settle()
    server.expect_waits_for("select")


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="Linux alone has it")
def test_threads_that_wait_in_one_epoll(bench: Bench) -> None:
    """Each event is given to one of them; who changes what they wait for wakes nobody else."""
    server = bench.serve("""
        import select, socket, threading
        listening = socket.create_server(("127.0.0.1", 5000))
        poll = select.epoll()
        poll.register(listening, select.EPOLLIN | select.EPOLLONESHOT)
        clients = {}
        def work():
            while True:
                [(descriptor, event)] = poll.poll(maxevents=1)
                if descriptor == listening.fileno():
                    c, _ = listening.accept()
                    clients[c.fileno()] = c
                    poll.register(c, select.EPOLLIN | select.EPOLLONESHOT)
                    poll.modify(listening, select.EPOLLIN | select.EPOLLONESHOT)
                elif data := clients[descriptor].recv(100):
                    clients[descriptor].sendall(data)
                    poll.modify(descriptor, select.EPOLLIN | select.EPOLLONESHOT)
                else:
                    clients.pop(descriptor).close()
        for _ in range(4):
            threading.Thread(target=work).start()
    """)
    for _ in range(10):
        peers = [server.connect() for _ in range(6)]
        for peer in peers:
            peer.send(b"hello")
        for peer in peers:
            peer.expect(b"hello")
            peer.expect_nothing()
            peer.half_close()
            peer.expect_end()
    assert server.running and not server.crashes


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="Linux alone has it")
def test_polling_for_edges(bench: Bench) -> None:
    """That there is room is told once, and again when it has been full; an end is told once."""
    server = bench.serve("""
        import select, socket
        listening = socket.create_server(("127.0.0.1", 5000))
        c, _ = listening.accept()
        c.setblocking(False)
        poll = select.epoll()
        poll.register(c, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET)
        out, ended = bytearray(), False
        while not ended or out:
            for _ in poll.poll():
                try:
                    while not ended:
                        data = c.recv(1024)
                        ended = not data
                        out += data
                except BlockingIOError:
                    pass
                try:
                    while out:
                        del out[:c.send(out)]
                except BlockingIOError:
                    pass
    """)
    peer = server.connect()
    for _ in range(20):
        peer.expect_nothing()
        peer.send(b"hello")
        peer.expect(b"hello")
    peer.pause(3)
    peer.send(b"again")
    peer.half_close()
    peer.expect(b"aga")
    bench.lab.settle()
    peer.resume()
    peer.expect(b"in")
    peer.expect_end()


@pytest.mark.parametrize("name", ["SelectSelector", "PollSelector", "DefaultSelector"])
def test_each_selector(bench: Bench, name: str) -> None:
    if not hasattr(selectors, name):
        pytest.skip("not on this system")
    server = bench.serve(f"""
        import selectors, socket
        listening = socket.create_server(("127.0.0.1", 5000))
        c, _ = listening.accept()
        selector = selectors.{name}()
        selector.register(c, selectors.EVENT_READ)
        while selector.select() and (data := c.recv(100)):
            c.sendall(data)
    """)
    peer = server.connect()
    peer.expect_nothing()
    peer.send(b"hello")
    peer.expect(b"hello")
    peer.expect_nothing()


KQUEUE = """
import selectors, socket, sys, threading
from selectors import EVENT_READ
# what a program gets on macOS; there, DefaultSelector is this
selectors.PollSelector._selector_cls = sys.modules["socklab.tap.waiting"].TapKqueue
selector = selectors.PollSelector()
listening = socket.create_server(("127.0.0.1", 5000))
"""


@pytest.mark.skipif(not hasattr(select, "poll"), reason="not on this system")
def test_a_poll_in_place_of_a_kqueue_forgets_a_closed_socket(bench: Bench) -> None:
    server = bench.serve(KQUEUE + """
selector.register(listening, EVENT_READ)
selector.select()
c, _ = listening.accept()
listening.close()  # and never unregistered
selector.register(c, EVENT_READ)
while selector.select() and (data := c.recv(100)):
    c.sendall(data)
c.close()
selector.select()
""")
    peer = server.connect()
    for word in (b"hello", b"again"):
        peer.expect_nothing()
        peer.send(word)
        peer.expect(word)
    peer.half_close()
    peer.expect_end()
    assert bench.lab.settle().kind == "still"  # nothing is left that could wake it


@pytest.mark.skipif(not hasattr(select, "poll"), reason="not on this system")
def test_a_poll_in_place_of_a_kqueue_sees_a_change_at_once(bench: Bench) -> None:
    server = bench.serve(KQUEUE + """
def echo():
    while True:
        for key, _ in selector.select():
            if data := key.fileobj.recv(100):
                key.fileobj.sendall(data)
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()
one, two = socket.socketpair()
selector.register(one, EVENT_READ)
threading.Thread(target=echo, daemon=True).start()
while True:
    c, _ = listening.accept()
    selector.register(c, EVENT_READ)
""")
    for _ in range(2):
        peer = server.connect()
        peer.expect_nothing()
        peer.send(b"hello")
        peer.expect(b"hello")
        peer.half_close()
        peer.expect_end()


@pytest.mark.skipif(not hasattr(select, "poll"), reason="not on this system")
def test_on_macos_the_end_of_a_stream_is_no_room_to_send(bench: Bench) -> None:
    program = bench.run("""
        import sys
        waiting = sys.modules["socklab.tap.waiting"]
        poll = waiting.TapKqueue()
        poll._held = {7}
        print(poll._tell([(7, 1 | 16), (8, 1 | 16)]))
    """)
    program.expect_exit(0)
    assert program.output == "[(7, 1), (8, 17)]\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not know it")
@pytest.mark.parametrize("wait", [
    "signal.pause()", "signal.sigwait([signal.SIGINT]); raise KeyboardInterrupt"])
def test_waiting_for_a_signal(bench: Bench, wait: str) -> None:
    """The main thread stands there for good while another one serves; Ctrl-C ends it."""
    server = bench.serve(f"""
        import signal, socket, threading
        listening = socket.create_server(("127.0.0.1", 5000))
        def serve():
            c, _ = listening.accept()
            while data := c.recv(100):
                c.sendall(data)
        if "sigwait" in {wait!r}:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        threading.Thread(target=serve, daemon=True).start()
        try:
            {wait}
        except KeyboardInterrupt:
            print("over")
    """)
    peer = server.connect()
    peer.expect_nothing()
    peer.send(b"hello")
    peer.expect(b"hello")
    server.interrupt()
    server.expect_output("over")
    server.expect_exit(0)


def test_registering_while_another_thread_polls(bench: Bench) -> None:
    import select

    if not hasattr(select, "epoll"):
        pytest.skip("not on this system")
    server = bench.serve("""
        import select, socket, threading
        s = socket.create_server(("127.0.0.1", 5000))
        epoll, clients = select.epoll(), {}
        def answer():
            while True:
                for fd, _ in epoll.poll():
                    clients[fd].sendall(clients[fd].recv(100))
        threading.Thread(target=answer, daemon=True).start()
        while True:
            c, _ = s.accept()
            clients[c.fileno()] = c
            epoll.register(c, select.EPOLLIN)
    """)
    peers = [server.connect() for _ in range(5)]
    bench.lab.settle()
    for _ in range(10):
        for peer in peers:
            peer.send(b"hello")
        bench.lab.settle()
        for peer in peers:
            peer.expect(b"hello")


def test_a_thread_that_has_ended_is_not_alive(bench: Bench) -> None:
    """When all is still, is_alive() must not find a thread in its last steps."""
    program = bench.run("""
        import threading

        class Slow:
            def __del__(self):
                for _ in range(1_000_000):
                    pass

        own = threading.local()

        def wait():
            own.slow = Slow()  # it goes when the thread's last line is long over
            gate.wait()

        while True:
            gate = threading.Event()
            thread = threading.Thread(target=wait)
            thread.start()
            input()
            gate.set()
            input()
            print("alive" if thread.is_alive() else "over", flush=True)
    """)
    for _ in range(10):
        program.type("")
        bench.lab.settle()
        program.type("")
        program.expect_output("over")


def test_queues_and_events_behave_like_those_of_the_library(bench: Bench) -> None:
    """What this prints, Python prints too (see the comparison)."""
    text = """
        import queue, threading
        q = queue.SimpleQueue()
        q.put(1); q.put_nowait(2); q.put(3, True, 5)
        print(q.qsize(), q.empty(), q.get(), q.get(False), q.get_nowait(), q.empty())
        for get in (q.get_nowait, lambda: q.get(False), lambda: q.get(timeout=0),
                    lambda: q.get(timeout=0.001), lambda: q.get(timeout=-1)):
            try:
                print(get())
            except (queue.Empty, ValueError) as error:
                print(type(error).__name__, error)
        print(queue.SimpleQueue[int])
        found = []
        threads = [threading.Thread(target=lambda: found.append(q.get())) for _ in range(20)]
        for t in threads: t.start()
        for n in range(20): q.put(n)
        for t in threads: t.join()
        print(sorted(found), q.qsize())
        e = threading.Event()
        print(e.is_set(), e.wait(0), e.wait(0.001), e.wait(-1))
        e.set()
        print(e.is_set(), e.wait(), e.wait(0), e.wait(5))
        e.clear()
        print(e.is_set())
        late = threading.Timer(0.01, e.set)
        late.start()
        print(e.wait(), e.wait(100), isinstance(e, threading.Event))
        class Mine(threading.Event):
            pass
        print(Mine().is_set())
    """
    plain = subprocess.run([sys.executable, bench.file(text)], cwd=bench.folder,
                           capture_output=True, text=True)
    assert plain.returncode == 0 and bench.output(text) == plain.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C does not end such a wait")
def test_an_item_is_not_lost_when_ctrl_c_comes(bench: Bench) -> None:
    program = bench.run("""
        import queue
        q = queue.SimpleQueue()
        try:
            print("waits")
            q.get()
        except KeyboardInterrupt:
            q.put("kept")
            print(q.get(), q.empty())
    """)
    program.expect_waits_for("acquire")
    program.interrupt()
    program.expect_output("kept True")
    program.expect_exit(0)
