"""A program as the checks see it: how it starts, ends, fails and is stopped."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from socklab.lesson import Failure, Program
from socklab.tap import parking, processes

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]


def failure(call: object, *arguments: object, **options: object) -> Failure:
    with pytest.raises(Failure) as caught:
        call(*arguments, **options)  # type: ignore[operator]
    return caught.value


ENDS = {
    "": 0, "import sys; sys.exit()": 0, "import sys; sys.exit(0)": 0, "raise SystemExit": 0,
    "import sys; sys.exit(3)": 3, "import sys; sys.exit('text')": 1, "exit(4)": 4, "quit()": 0,
    "import sys; sys.exit(True)": 1, "import sys; sys.exit(2.5)": 1, "import os; os._exit(5)": 5,
    "import sys; sys.exit(None)": 0, "raise SystemExit(6)": 6,
    "import threading; threading.Thread(target=exit, args=[7]).start()": 0,
    "import threading; threading.Thread(target=print, daemon=True).start()": 0,
    "import threading, os; threading.Thread(target=os._exit, args=[8]).start()": 8,
    "import atexit; atexit.register(print, 'over')": 0,
    "import asyncio; asyncio.run(asyncio.sleep(0))": 0,
    "import sys; sys.stdout = None": 0,
}


@pytest.mark.parametrize("text", ENDS)
def test_exit_status(bench: Bench, text: str) -> None:
    program = bench.run(text)
    program.expect_exit(ENDS[text])
    assert not program.running and program.crashes == [] and program.traceback is None


def test_the_wrong_status_is_told(bench: Bench) -> None:
    program = bench.run("raise SystemExit(3)")
    assert failure(program.expect_exit).kind == "wrong" and program.status == 3


def test_an_uncaught_exception(bench: Bench) -> None:
    program = bench.run("""
        def inner():
            raise ValueError("oh — dear")
        inner()
    """)
    program.expect_exit(1)
    assert program.traceback == "ValueError: oh — dear, line 3"
    assert "ValueError: oh — dear" in program.errors
    assert "socklab" not in program.errors
    assert failure(program.expect_exit).kind == "crashed"
    assert failure(program.expect_no_traceback).kind == "crashed"
    assert failure(program.expect_output, "no such text").kind == "crashed"


@pytest.mark.parametrize("text, name, line", [
    ("x = 1\ny = (", "SyntaxError", 2), ("if True:\nprint(1)", "IndentationError", 2),
    ("if True:\n\tx=1\n        y=2", "TabError", 3), ("print('a)", "SyntaxError", 1),
])
def test_a_syntax_error(bench: Bench, text: str, name: str, line: int) -> None:
    program = bench.run(text)
    error = failure(program.expect_output, "no such text")
    assert error.kind == "syntax" and error.crash is not None
    assert (error.crash.note, error.crash.line) == (name, line)


def test_binary_junk_for_a_source(bench: Bench) -> None:
    for junk in (b"\x00\x01\x02", bytes(range(256)), b"\xff\xfeh\x00i\x00",
                 "café".encode("cp1252")):
        (bench.folder / "program.py").write_bytes(junk)
        error = failure(bench.lab.program("program.py").expect_output, "no such text")
        assert error.kind == "syntax", junk


def test_a_deep_recursion(bench: Bench) -> None:
    program = bench.run("def f(n):\n    return f(n + 1)\nf(0)")
    program.expect_exit(1)
    assert program.crashes[0].note == "RecursionError" and len(program.crashes[0].key) <= 20


def test_a_crash_while_another_thread_waits(bench: Bench) -> None:
    program = bench.run("""
        import threading
        threading.Thread(target=threading.Event().wait).start()
        raise KeyError("oh")
    """)
    error = failure(program.expect_exit, 1)
    assert error.kind == "crashed" and program.running
    assert program.traceback == "KeyError: 'oh', line 4"


def test_threads_are_waited_for_at_the_end(bench: Bench) -> None:
    program = bench.run("""
        import atexit, threading, time
        from concurrent.futures import ThreadPoolExecutor
        atexit.register(print, "at exit")
        def work(name, seconds):
            time.sleep(seconds)
            print(name)
        threading.Thread(target=work, args=["thread", 20]).start()
        threading.Thread(target=work, args=["never", 100], daemon=True).start()
        ThreadPoolExecutor().submit(work, "pool", 40)
        print("end of main")
    """)
    program.expect_exit(0)
    assert program.output == "end of main\nthread\npool\nat exit\n"


def test_a_thread_that_never_ends_keeps_the_program(bench: Bench) -> None:
    program = bench.run("""
        import threading
        threading.Thread(target=threading.Event().wait, name="Waiter").start()
    """)
    error = failure(program.expect_exit)
    assert error.kind == "still" and error.outcome is not None
    assert [wait[:2] for wait in error.outcome.waits["program.py"]] == [
        ("main", "join"), ("Waiter", "acquire")]


# -- what a program finds --------------------------------------------------------------------


def test_it_runs_as_it_would_by_itself(bench: Bench) -> None:
    bench.file("VALUE = 42", "helper.py")
    bench.file("hello", "data.txt")
    program = bench.run("""
        import os, sys
        import helper, program
        print(__name__, helper.VALUE, open("data.txt").read(), sys.argv[1:])
        print(__file__ == os.path.join(os.getcwd(), "program.py") == sys.argv[0])
        print(sys.path[0] == os.getcwd(), "socklab" in "".join(sys.path))
        print(sys.modules[__name__].__dict__ is globals(), exit, quit)
    """, arguments=["--port", "Zoë"])
    program.expect_exit(0)
    lines = program.output.splitlines()
    assert lines[-4:] == [
        "__main__ 42 hello ['--port', 'Zoë']", "True", "True False",
        "True Use exit() or Ctrl-Z plus Return or Ctrl-D to exit "
        "Use quit() or Ctrl-Z plus Return or Ctrl-D to exit"]
    assert not (bench.folder / "__pycache__").exists(), "a file is left behind"


def test_installed_packages_are_found(bench: Bench) -> None:
    assert bench.output("import pytest\nprint(pytest.__name__)") == "pytest\n"
    program = bench.run("import no_such_module")
    program.expect_exit(1)
    assert program.traceback == "ModuleNotFoundError: No module named 'no_such_module', line 1"


@pytest.mark.parametrize("name", ["socket", "select", "threading"])
def test_a_file_with_the_name_of_a_module_is_told(bench: Bench, name: str) -> None:
    bench.file("", f"{name}.py")
    error = failure(bench.run, "import socket")
    assert error.kind == "shadow" and f"{name}.py" in error.what


def test_a_missing_file_is_told(bench: Bench) -> None:
    bench.file("", "echo_servr.py")
    error = failure(bench.lab.program, "echo_server.py")
    assert error.kind == "missing" and "Is echo_servr.py meant?" in error.what


# -- servers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text, kind, words", [
    ("", "silent", "does not get to listen on port 5000"),
    ("input()", "silent", "port 5000"),
    ("import os; os._exit(0)", "silent", "port 5000"),
    ("import socket\nsocket.create_server(('127.0.0.1', 5001))\ninput()", "silent", "port 5001"),
    ("import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 5000))\ninput()", "silent", "5000"),
    ("1/0", "crashed", "port 5000"), ("(", "syntax", "port 5000"),
    ("while True: pass", "running", "port 5000"),
    ("import threading\nt = threading.Thread(target=lambda: [0 for _ in iter(int, 1)])\n"
     "t.start()", "running", "port 5000"),
])
def test_a_server_that_does_not_listen(bench: Bench, text: str, kind: str, words: str) -> None:
    error = failure(bench.serve, text)
    assert error.kind == kind and words in error.what


def test_a_loop_that_spins_is_told_with_its_line(bench: Bench) -> None:
    error = failure(bench.serve, "x = 1\nwhile True:\n    x += 1\n")
    assert error.outcome is not None
    assert error.outcome.where[0] == "server.py" and error.outcome.where[1] in (2, 3)


def test_a_loop_after_the_end_is_told_with_its_line(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        while True:
            c.sendall(c.recv(100))
    """)
    peer = server.connect()
    peer.half_close()
    error = failure(peer.expect_end)
    assert error.kind == "running" and error.outcome is not None
    assert error.outcome.where == ("server.py", 5) and "b''" in error.outcome.note


def test_a_server_of_two_ports(bench: Bench) -> None:
    server = bench.serve("""
        import select, socket
        servers = [socket.create_server(("127.0.0.1", port)) for port in (5001, 5000)]
        while True:
            for s in select.select(servers, [], [])[0]:
                c, _ = s.accept()
                c.sendall(b"%d" % s.getsockname()[1])
    """)
    server.connect(port=5000).expect(b"5000")
    server.connect(port=5001).expect(b"5001")
    assert failure(server.connect, port=5002).kind == "closed"


def test_connecting_to_a_server_that_has_closed_its_door(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        s = socket.create_server(("127.0.0.1", 5000))
        c, _ = s.accept()
        s.close()
        c.sendall(b"hello")
        c.recv(10)
    """)
    assert not server.connect_refused()
    server.connect().expect(b"hello")
    assert server.connect_refused()
    assert failure(server.connect).kind == "closed"


def test_what_a_program_leaves_open_is_closed_and_not_reset(bench: Bench) -> None:
    """As Python itself does; Windows resets what a process leaves open."""
    server = bench.serve("""
        import socket, threading
        def read(connection):
            try:
                print("read", connection.recv(10))
            except OSError as error:
                print("read", error)
        s = socket.create_server(("127.0.0.1", 5000))
        silent, _ = s.accept()
        talking, _ = s.accept()
        threading.Thread(target=read, args=[silent], daemon=True).start()
        talking.sendall(talking.recv(10))
    """)
    silent, talking = server.connect(), server.connect()
    talking.send(b"hello")
    talking.expect(b"hello")
    for peer in (silent, talking):
        peer.expect_end()
    server.expect_exit(0)
    assert (silent.ended, talking.ended, server.output) == ("end", "end", "")


def test_a_full_queue_of_connections_is_proven(bench: Bench) -> None:
    if sys.platform != "linux":
        pytest.skip("each system has a way of its own with a full queue")
    server = bench.serve("""
        import socket
        s = socket.create_server(("127.0.0.1", 5000), backlog=1)
        input()
    """)
    for _ in range(129):  # the tap makes a short queue longer
        server.connect()
    error = failure(server.connect)
    assert error.kind == "still" and "accept" in error.what


# -- looking at it -----------------------------------------------------------------------------


def test_calls_are_counted(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        s = socket.create_server(("127.0.0.1", 5000))
        while True:
            c, _ = s.accept()
            while data := c.recv(1):
                c.send(data)
            c.close()
    """)
    for _ in range(3):
        with server.connect() as peer:
            peer.send(b"hello")
            peer.expect(b"hello")
    assert {name: server.calls(name) for name in ("accept", "recv", "send", "close", "bind")} == {
        "accept": 3, "recv": 18, "send": 15, "close": 3, "bind": 1}


def test_calls_are_counted_beyond_what_the_tape_holds(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        while data := c.recv(1):
            c.sendall(data)
        input()
    """)
    peer = server.connect()
    peer.send(bytes(5000))
    peer.expect(bytes(5000))
    assert server.calls("recv") == 5000
    recvs = sum(event.call == "recv" for event in bench.lab.tape.events)
    assert recvs < 4000 and bench.lab.tape.dropped > 1000
    peer.half_close()
    server.expect_waits_for("input")
    assert bench.lab.tape.ordered()[-1].who == "server.py"  # the last ones are kept


def test_waiting_for_a_call(bench: Bench) -> None:
    program = bench.run("input()\nimport time\ntime.sleep(5)")
    program.expect_waits_for("recv", "input")
    assert failure(program.expect_waits_for, "recv").kind == "still"
    program.type("")
    program.expect_waits_for("sleep")
    program.expect_exit(0)
    assert failure(program.expect_waits_for, "input").kind == "exited"


# -- stopping it -------------------------------------------------------------------------------


def test_stop(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.recv(10)
    """)
    peer = server.connect()
    bench.lab.settle()
    server.stop()
    assert not server.running and server.connect_refused()
    peer.expect_end()
    server.stop()  # once more does no harm


INTERRUPTED = {
    "sleep": "time.sleep(1e6)", "input": "input()", "recv": "a.recv(10)",
    "accept": "nobody.accept()", "lock": "threading.Event().wait()", "join": "t.join()",
    "select": "select.select([nobody], [], [])", "timed": "(a.settimeout(1e6), a.recv(10))",
    "queue": "queue.Queue().get()", "timed queue": "queue.Queue().get(timeout=1e6)",
    "stdin": "sys.stdin.readline()", "poll": "socketserver.TCPServer(('', 0), None)"
                                            ".serve_forever()",
}


@pytest.mark.parametrize("how", INTERRUPTED)
@pytest.mark.skipif(os.name == "nt", reason="on Windows Ctrl-C ends few of these waits")
def test_ctrl_c_ends_every_wait(bench: Bench, how: str) -> None:
    program = bench.run(f"""
import queue, select, socket, socketserver, sys, threading, time
s = socket.create_server(("127.0.0.1", 5000))
a = socket.create_connection(("127.0.0.1", 5000))
nobody = socket.create_server(("127.0.0.1", 5001))
t = threading.Thread(target=threading.Event().wait, daemon=True)
t.start()
try:
    print("waits")
    {INTERRUPTED[how]}
except KeyboardInterrupt:
    print("interrupted")
    input()
    print("goes on")
""")
    program.expect_output("waits")
    bench.lab.settle()
    program.interrupt()
    program.expect_output("interrupted")
    program.type("")
    program.expect_output("goes on")
    program.expect_exit(0)


@pytest.mark.skipif(os.name == "nt", reason="on Windows Ctrl-C does not end a sleep here")
def test_ctrl_c_uncaught(bench: Bench) -> None:
    """Also when it strikes just before the system call that waits has begun."""
    for _ in range(20):
        program = bench.run("import time\ntime.sleep(1e6)")
        bench.lab.settle()
        program.interrupt()
        program.expect_exit(130)
        assert program.crashes[0].note == "KeyboardInterrupt"


@pytest.mark.skipif(os.name == "nt", reason="on Windows Ctrl-C does not end a wait here")
@pytest.mark.parametrize("style", ["flag and sleep", "flag and timeout", "event", "ignored",
                                   "raises", "asyncio", "asyncio handler"])
def test_ctrl_c_with_a_handler(bench: Bench, style: str) -> None:
    body = {
        "flag and sleep": "while not stop.is_set():\n    time.sleep(1)",
        "flag and timeout": "s.settimeout(1)\nwhile not stop.is_set():\n"
                            "    try: s.accept()\n    except TimeoutError: pass",
        "event": "stop.wait()",
        "ignored": "signal.signal(signal.SIGINT, signal.SIG_IGN)\ninput()",
        "raises": "signal.signal(signal.SIGINT, lambda *a: sys.exit('bye'))\ninput()",
        "asyncio": "async def main():\n    try: await asyncio.sleep(1e6)\n"
                   "    except asyncio.CancelledError: print('cancelled')\n"
                   "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
                   "try: asyncio.run(main())\nexcept KeyboardInterrupt: pass",
        "asyncio handler": "async def main():\n    stop = asyncio.Event()\n"
                           "    asyncio.get_running_loop().add_signal_handler(2, stop.set)\n"
                           "    for _ in range(3):\n"
                           "        await stop.wait(); stop.clear(); print('stops')\n"
                           "asyncio.run(main())",
    }[style]
    program = bench.run(f"""
import asyncio, signal, socket, sys, threading, time
s = socket.create_server(("127.0.0.1", 5000))
stop = threading.Event()
def handle(number, frame):
    assert number == signal.SIGINT
    stop.set()
print(signal.signal(signal.SIGINT, handle) is signal.default_int_handler,
      signal.getsignal(signal.SIGINT) is handle)
{body}
print("over")
""")
    for _ in range(3 if style == "asyncio handler" else 1):
        bench.lab.settle()
        program.interrupt()
    if style == "ignored":
        program.expect_waits_for("input")
        program.type("")
    if style == "raises":
        program.expect_exit(1)
        assert program.errors == "bye\n"
        return
    program.expect_output("True True", "over")
    program.expect_exit(0)
    assert program.output.count("stops") == (3 if style == "asyncio handler" else 0)
    assert ("cancelled" in program.output) == (style == "asyncio")


# -- other processes ---------------------------------------------------------------------------


def test_a_child_may_outlive_the_program_but_not_the_check(bench: Bench) -> None:
    program = bench.run("""
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        print(child.pid)
    """)
    program.expect_exit(0)
    assert program.started_processes == 1
    strays = program.close()
    assert strays == 1 or os.name == "nt"
    bench.lab.programs.remove(program)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_does_not_hide_the_end_of_the_program(bench: Bench) -> None:
    program = bench.run("""
        import os, time
        if os.fork() == 0:
            time.sleep(1000)
        print("parent")
    """)
    program.expect_output("parent")
    program.expect_exit(0)
    assert program.close() == 1
    bench.lab.programs.remove(program)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forking_server(bench: Bench) -> None:
    server: Program = bench.serve("""
        import os, socket
        s = socket.create_server(("127.0.0.1", 5000))
        while True:
            c, _ = s.accept()
            if os.fork() == 0:
                s.close()
                while data := c.recv(100):
                    c.sendall(data.upper())
                os._exit(0)
            c.close()
    """)
    for _ in range(12):
        peer = server.connect()
        peer.send(b"hello")
        peer.expect(b"HELLO")
        peer.close()
    server.close()
    bench.lab.programs.remove(server)


def test_a_program_waits_for_its_child(bench: Bench) -> None:
    assert bench.output("""
        import subprocess, sys
        done = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True)
        print(done.stdout.strip().decode())
    """) == "42\n"


@pytest.mark.parametrize("start", [
    "os.system('exit 0')",
    "subprocess.run('exit 0', shell=True)",
    "subprocess.run([sys.executable, '-c', 'pass'], capture_output=True)",
    pytest.param("children.append(subprocess.Popen([sys.executable, '-c', 'pass']))",
                 marks=pytest.mark.skipif(sys.platform == "darwin" and sys.version_info < (3, 13),
                                          reason="the system cannot be asked")),
    "os.popen('exit 0').read()",
    "failing()",
])
def test_a_program_is_still_again_when_its_child_is_over(bench: Bench, start: str) -> None:
    program = bench.run(f"""
        import os, subprocess, sys
        def failing():
            try:
                subprocess.run(["no-such-program"])
            except OSError:
                pass
        children = []
        for number in range(12):
            {start}
        print("ready")
        input()
    """)
    program.expect_output("ready")
    begun = time.monotonic()
    while program.untracked and time.monotonic() < begun + 30:  # the last child is ending
        bench.lab.settle()
    found = bench.lab.wait(lambda: False, program, horizon=60)
    assert (found.kind, program.untracked) == ("still", False)
    assert program.started_processes == 12


def test_two_threads_may_look_after_the_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that starts a child, and the tap's own."""
    class Child:
        pass

    monkeypatch.setattr(processes, "_children", [weakref.ref(Child()) for _ in range(2000)])
    monkeypatch.setattr(parking, "untracked", ["subprocess.Popen"] * 2000)
    pace = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(processes.look) for _ in range(4)]:
                done.result()
    finally:
        sys.setswitchinterval(pace)
    assert processes._children == [] and parking.untracked == []


@pytest.mark.skipif(os.name == "nt", reason="there a child is given no socket")
@pytest.mark.parametrize("given", ["stdin=c", "pass_fds=[c.fileno()]", "close_fds=False"])
def test_a_child_that_may_have_a_socket_is_not_followed(bench: Bench, given: str) -> None:
    server = bench.serve(f"""
        import socket, subprocess, sys
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        subprocess.run([sys.executable, "-c", "pass"], {given})
        c.recv(10)
    """)
    server.connect()
    bench.lab.settle()
    assert server.untracked


def test_children_that_are_waited_for_have_a_limit_too(bench: Bench) -> None:
    program = bench.run("""
        import os
        while True:
            os.system("exit 0")
    """)
    outcome = bench.lab.wait(lambda: False, program)
    assert outcome is not None
    if sys.platform == "win32" and outcome.kind == "running":
        return  # there, to start a process takes so much work that this is seen first
    assert outcome.kind in ("processes", "exited")
    assert program.started_processes == 501


def test_processes_without_end_are_stopped(bench: Bench) -> None:
    program = bench.run("""
        import subprocess, sys
        while True:
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    """)
    outcome = bench.lab.wait(lambda: False, program)
    assert outcome is not None and outcome.kind in ("processes", "exited")
    assert program.started_processes <= 20
    program.close()
    bench.lab.programs.remove(program)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_of_multiprocessing_are_counted(bench: Bench, method: str) -> None:
    """However they start; and what they give is waited for: nothing is still meanwhile."""
    program = bench.run(f"""
        import multiprocessing
        if __name__ == "__main__":
            ways = multiprocessing.get_context("{method}")
            for number in range(3):
                child = ways.Process(target=print, args=("child", number), daemon=True)
                child.start()
                child.join()
            while True:
                ways.Process(target=print, daemon=True).start()
    """)
    assert bench.lab.wait(lambda: program.started_processes >= 3, program) is None
    outcome = bench.lab.wait(lambda: False, program)
    assert outcome is not None and outcome.kind in ("processes", "exited")
    assert 16 < program.started_processes <= 20
    program.close()
    bench.lab.programs.remove(program)


def test_memory(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        kept = []
        server = socket.create_server(("127.0.0.1", 5000))
        while True:
            connection, _ = server.accept()
            kept.append(b"x" * 10_000_000)
    """)
    before = server.memory
    server.connect()
    assert 9_500_000 < server.memory - before < 12_000_000
    server.stop()
    assert server.memory == 0


def test_the_last_words_of_a_program_are_never_lost(bench: Bench) -> None:
    """It ends in the midst of our questions, with much to say that is not yet on its way."""
    for _ in range(150):
        assert bench.output("for n in range(12): print(n)").split() == [
            str(n) for n in range(12)]


def test_the_status_of_a_sudden_end_is_a_number(bench: Bench) -> None:
    assert bench.output("""
        import os
        for wrong in "x", None, 1.5:
            try:
                os._exit(wrong)
            except TypeError as error:
                print("TypeError")
    """).split() == ["TypeError"] * 3
