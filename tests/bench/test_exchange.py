"""The heart of the bench: a wait ends with what is waited for, or with why it never comes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from socklab import exchange
from socklab.failure import Outcome
from socklab.lesson import Failure, Program

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

NEVER = bool  # bool() is False
BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def outcome(bench: Bench, program: Program | None = None, horizon: float = 60) -> Outcome:
    """Wait for what never comes."""
    found = bench.lab.wait(NEVER, program, horizon)
    assert found is not None
    return found


# -- one test for each kind of outcome -------------------------------------------------------


def test_what_is_waited_for_comes(bench: Bench) -> None:
    program = bench.run("print('hello')\ninput()")
    assert bench.lab.wait(lambda: "hello" in program.output) is None


def test_still(bench: Bench) -> None:
    bench.run("x = 1\ninput()")
    begun = time.monotonic()
    found = outcome(bench)
    assert found.kind == "still"
    assert found.waits == {"program.py": [
        ("main", "input", "program.py", 2, "", None, (("stdin", 0),))]}
    assert time.monotonic() - begun < 10  # as a rule it takes a few milliseconds


def test_exited(bench: Bench) -> None:
    program = bench.run("print('hello')")
    found = outcome(bench, program)
    assert (found.kind, found.who) == ("exited", "program.py")
    assert program.output == "hello\n"


def test_the_end_of_another_program_is_no_reason_to_stop_waiting(bench: Bench) -> None:
    stays = bench.run("input()", "stays.py")
    bench.run("pass", "ends.py")
    assert outcome(bench, stays).kind == "still"
    stays.type("")
    assert outcome(bench, stays).kind == "exited"


def test_all_have_exited(bench: Bench) -> None:
    bench.run("pass", "one.py")
    bench.run("pass", "two.py")
    assert outcome(bench).kind == "exited"


def test_no_program_at_all(bench: Bench) -> None:
    assert outcome(bench).kind == "exited"


def test_running(bench: Bench) -> None:
    program = bench.run("while True:\n    pass\n")
    begun = time.process_time()
    found = outcome(bench)
    assert (found.kind, found.who) == ("running", "program.py")
    assert found.where[0] == "program.py" and found.where[1] in (1, 2)
    assert time.process_time() - begun < 1
    assert program.running


def test_running_in_c_code(bench: Bench) -> None:
    """It holds Python's lock all the time, so it does not even answer."""
    bench.run("sum(iter(int, 1))")
    assert outcome(bench).kind == "running"


def test_running_in_a_thread_while_the_others_wait(bench: Bench) -> None:
    bench.run("import threading\nthreading.Thread(target=input).start()\nwhile 1: pass\n")
    found = outcome(bench)
    assert found.kind == "running" and found.where == ("program.py", 3)


def test_running_after_the_end_of_a_stream(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        while True:
            data = c.recv(100)
    """)
    server.connect().half_close()
    found = outcome(bench)
    assert (found.kind, found.where) == ("running", ("server.py", 5))
    assert "b''" in found.note


def test_a_long_computation_that_ends_is_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only without any progress is it a loop: here some bytes come now and then."""
    monkeypatch.setattr(exchange, "CPU_LIMIT", 0.5)
    server = bench.serve("""
        import socket, time
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        for n in range(10):
            begun = time.process_time()
            while time.process_time() < begun + 0.2:
                pass
            c.sendall(b"x")
    """)
    server.connect().expect(b"x" * 10)


def test_two_programs_of_one_name_are_told_apart(bench: Bench) -> None:
    """One spins and the other one gets on; neither hides the other."""
    text = """
        import sys, time
        if sys.argv[1] == "spin":
            while True: pass
        while True: time.sleep(0.01)
    """
    quiet = bench.run(text, arguments=["sleep"])
    spinning = bench.run(text, arguments=["spin"])
    found = outcome(bench)
    assert (found.kind, found.who) == ("running", spinning.name)
    assert (quiet.name, spinning.name) == ("program.py", "program.py (2)")
    spinning.stop()
    assert list(outcome(bench, horizon=1).waits) == ["program.py"]
    assert bench.run(text, arguments=["sleep"]).name == "program.py (2)"


def test_flooded(bench: Bench) -> None:
    bench.run("while True: print('x' * 100)")
    found = outcome(bench)
    assert (found.kind, found.who) == ("flooded", "program.py")


def test_flooded_with_bytes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "RECEIVED_LIMIT", (1_000_000, 20))
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        while True:
            c.sendall(bytes(1000))
    """)
    server.connect()
    found = outcome(bench)
    assert (found.kind, found.who, found.note) == ("flooded", "server.py", "sends")


def test_a_few_bytes_again_and_again(bench: Bench) -> None:
    """A loop that always sends something gets on; but nobody could have asked for it all."""
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        data = c.recv(100)
        while data:
            c.sendall(data)
    """)
    server.connect().send(b"hello")
    found = outcome(bench)
    assert (found.kind, found.who, found.note) == ("flooded", "server.py", "sends")
    assert found.where == ("server.py", 6)


def test_many_small_sends_with_a_reason(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends each byte on its own to many others may do so."""
    monkeypatch.setattr(exchange, "SENDS_LIMIT", (100, 100))
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        while data := c.recv(100):
            for byte in data * 100:
                c.sendall(bytes([byte]))
    """)
    peer = server.connect()
    peer.send(b"hello" * 10)
    peer.expect(b"hello" * 1000)
    module = bench.module("""
        def send(connection, data):
            for byte in data:
                connection.sendall(bytes([byte]))
    """)
    wire = module.wire()
    module.call("send", wire, b"x" * 5000)
    wire.peer.expect(b"x" * 5000)


def test_who_went_on_without_end_once_is_known_sooner(bench: Bench) -> None:
    """It is ended at once, and in the next checks its file may do less, without a reason."""
    spins = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        while True:
            c.sendall(c.recv(100))
    """)
    peer = spins.connect()
    peer.half_close()
    with pytest.raises(Failure) as caught:
        peer.expect_end()
    bench.lab.complete(caught.value)
    assert spins.finished
    bench.lab.close()
    bench.lab = bench.new_lab()
    again = bench.lab.program("server.py")
    other = bench.run("input()")
    for program, limited in [(again, True), (other, False)]:
        assert bench.lab._too_much(program, 500, (2000, 1)) == limited
    bench.lab.handed = 1000
    for program, most in [(again, 20 + 1000), (other, 2000 + 2 * 1000)]:
        assert not bench.lab._too_much(program, most, (2000, 2))
        assert bench.lab._too_much(program, most + 1, (2000, 2))


def test_what_fails_again_and_again_is_no_progress(bench: Bench) -> None:
    bench.run("""
        import socket
        while True:
            try:
                socket.create_connection(("127.0.0.1", 5000))
            except OSError:
                pass
    """)
    found = outcome(bench)
    assert (found.kind, found.who) == ("running", "program.py")


def test_work_without_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets on and on: connects to itself, again and again."""
    monkeypatch.setattr(exchange, "WORK_LIMIT", 1.0)
    bench.run("""
        import socket
        door = socket.create_server(("127.0.0.1", 5000))
        while True:
            with socket.create_connection(("127.0.0.1", 5000)):
                door.accept()[0].close()
    """)
    found = outcome(bench)
    assert (found.kind, found.who) == ("running", "program.py")


@pytest.mark.skipif(sys.platform == "win32", reason="the job object bounds them there")
def test_processes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ALIVE_LIMIT", 5)
    program = bench.run("""
        import subprocess, sys
        for _ in range(7):
            subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
        input()
    """)
    found = outcome(bench)
    assert (found.kind, found.who) == ("processes", "program.py")
    program.stop()


def test_late(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tap cannot see is given time, and then an end."""
    monkeypatch.setattr(exchange, "REAL_LIMIT", 1.0)
    bench.run("""
        import socket
        one = socket.socket(type=socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        one.recvfrom(100)
    """)
    assert outcome(bench).kind == "late"


def test_what_was_late_once_is_given_less_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole lesson would take a minute for each of its checks."""
    monkeypatch.setattr(exchange, "REAL_AGAIN", 0.5)
    bench.run("""
        import socket
        one = socket.socket(type=socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        one.recvfrom(100)
    """)
    bench.hub.late.add(bench.folder / "program.py")
    assert outcome(bench).kind == "late"


def test_late_though_it_gets_on_and_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "LONGEST", 2.0)
    bench.run("""
        import socket
        s = socket.create_server(("127.0.0.1", 5000))
        while True:
            c = socket.create_connection(("127.0.0.1", 5000))
            s.accept()[0].close()
    """)
    assert outcome(bench).kind == "late"


def test_late_is_not_for_what_ends_in_real_time(bench: Bench) -> None:
    program = bench.run("""
        import socket, threading
        one = socket.socket(type=socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        def send():
            for _ in range(100_000): pass
            socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", one.getsockname())
        threading.Thread(target=send).start()
        print(one.recvfrom(100)[0])
    """)
    program.expect_output("b'x'")


@pytest.mark.skipif(sys.platform == "win32", reason="a job object guards the parent there")
def test_parent(bench: Bench) -> None:
    """A program that kills the warden: the grader lives on and says so."""
    program = bench.run("""
        import os, signal
        os.kill(os.getppid(), signal.SIGKILL)
        input()
    """)
    before, found = bench.hub.warden_losses, outcome(bench, program)
    while bench.hub.warden_losses == before:  # the system may take its time to kill
        found = outcome(bench, program)
    found = outcome(bench, program)
    assert (found.kind, found.who) == ("parent", "program.py")
    other = bench.new_lab()
    try:
        next_one = other.program(bench.file("print('hello')", "next.py"))
        next_one.expect_output("hello")
        next_one.expect_exit(0)
    finally:
        other.close()


# -- timers ----------------------------------------------------------------------------------


def test_timers_are_let_run_out_up_to_the_horizon(bench: Bench) -> None:
    program = bench.run("import time\nfor n in range(100): print(n); time.sleep(10)")
    assert outcome(bench, horizon=0).kind == "still"
    assert program.output == "0\n"
    assert outcome(bench, horizon=25).kind == "still"
    assert program.output == "0\n1\n2\n"
    outcome(bench, horizon=65)
    assert program.output.endswith("\n8\n")


def test_a_wait_without_end_of_timers_ends(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "FIRINGS", 50)
    bench.run("import time\nwhile True: time.sleep(0.0001)")
    assert outcome(bench).kind == "still"


def test_short_sleeps_of_a_program_that_gets_on(bench: Bench) -> None:
    """Letter by letter it prints, for twenty seconds: it is far from being still."""
    program = bench.run("""
        import time
        for _ in range(1000):
            print("x", end="", flush=True)
            time.sleep(0.02)
        print(" over")
    """)
    program.expect_output("x over")


def test_many_that_look_around_all_the_time(bench: Bench) -> None:
    """A minute takes some hundred jumps, not six hundred thousand."""
    program = bench.run("""
        import threading, time
        def look():
            while time.monotonic() < end:
                time.sleep(0.001)
            ended.append(time.monotonic() - end)
        ended, end = [], time.monotonic() + 59.5
        threads = [threading.Thread(target=look) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(max(ended) < 0.2, flush=True)
        time.sleep(1000)
    """)
    bench.lab.jump(60)
    program.expect_output("True")


def test_settle_lets_no_timer_run_out(bench: Bench) -> None:
    program = bench.run("import time\ntime.sleep(5)\nprint('over')")
    assert bench.lab.settle().kind == "still" and program.output == ""
    assert bench.lab.settle(horizon=10).kind == "exited" and program.output == "over\n"


def test_settle_fails_if_there_is_no_rest(bench: Bench) -> None:
    bench.run("while True: pass")
    with pytest.raises(Failure) as caught:
        bench.lab.settle()
    assert caught.value.kind == "running"


# -- two programs that talk with each other ----------------------------------------------------

PING = """
import socket, sys
s = socket.create_connection(("127.0.0.1", 5000))
while line := input():
    s.sendall(line.encode())
    print(s.recv(100))
"""
PONG = """
import socket
s = socket.create_server(("127.0.0.1", 5000))
while True:
    c, _ = s.accept()
    while data := c.recv(100):
        c.sendall(data.upper())
"""


def test_what_is_between_two_programs_is_counted(bench: Bench) -> None:
    bench.serve(PONG)
    client = bench.run(PING, "client.py")
    for n in range(100):
        client.type(f"line {n}")
        bench.lab.settle()
        assert client.output.endswith(f"b'LINE {n}'\n")


def test_bytes_go_round_and_round(bench: Bench) -> None:
    """Three programs in a ring hand on a number until it is 300."""
    text = """
        import socket, sys
        mine, following = int(sys.argv[1]), int(sys.argv[2])
        s = socket.create_server(("127.0.0.1", mine))
        print("ready")
        if input() == "start":
            out = socket.create_connection(("127.0.0.1", following))
            c, _ = s.accept()
            out.sendall(b"1\\n")
        else:
            c, _ = s.accept()
            out = socket.create_connection(("127.0.0.1", following))
        for line in c.makefile():
            if int(line) == 300:
                print("done")
                break
            out.sendall(b"%d\\n" % (int(line) + 1))
        input()
    """
    ring = [bench.run(text, f"{n}.py", arguments=[str(5000 + n), str(5000 + (n + 1) % 3)])
            for n in range(3)]
    for program in ring:
        program.expect_output("ready")
    for program in ring[1:] + ring[:1]:
        program.type("start" if program is ring[0] else "")
    bench.lab.settle()
    assert sum("done" in program.output for program in ring) == 1


def test_both_wait_for_the_other(bench: Bench) -> None:
    bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.recv(100)
    """)
    bench.run("""
        import socket
        s = socket.create_connection(("127.0.0.1", 5000))
        s.recv(100)
    """, "client.py")
    found = outcome(bench)
    assert found.kind == "still"
    assert {who: waits[0][1:4] for who, waits in found.waits.items()} == {
        "server.py": ("recv", "server.py", 4), "client.py": ("recv", "client.py", 4)}


def test_both_send_and_neither_reads(bench: Bench) -> None:
    bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.sendall(bytes(30_000_000))
        c.recv(100)
    """)
    bench.run("""
        import socket
        s = socket.create_connection(("127.0.0.1", 5000))
        s.sendall(bytes(30_000_000))
        s.recv(100)
    """, "client.py")
    found = outcome(bench)
    assert found.kind == "still"
    assert {waits[0][1] for waits in found.waits.values()} == {"send"}


@pytest.mark.parametrize("pause", ["", "time.sleep(0.05)"])
def test_a_large_transfer_between_two_programs_is_never_still(bench: Bench, pause: str) -> None:
    """The writer stands in one sendall all the time, often at a full connection."""
    bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.sendall(bytes(20_000_000))
        c.recv(1)
    """)
    client = bench.run(f"""
        import socket, time
        s = socket.create_connection(("127.0.0.1", 5000))
        size = 0
        while size < 20_000_000:
            size += len(s.recv(65536))
            {pause}
        print(size)
        input()
    """, "client.py")
    assert outcome(bench, horizon=600).kind == "still"
    assert client.output == "20000000\n"


def test_the_end_of_one_reaches_the_other(bench: Bench) -> None:
    for end in ("c.close()", "c.shutdown(socket.SHUT_WR); input()", "import os; os._exit(0)", "",
                "c = None", "1/0"):
        server = bench.serve(f"""
            import socket
            c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
            c.recv(1)
            {end}
        """)
        client = bench.run("""
            import socket
            s = socket.create_connection(("127.0.0.1", 5000))
            s.sendall(b"x")
            print(s.recv(10))
        """, "client.py")
        client.expect_output("b''")
        client.expect_exit(0)
        server.stop()
        bench.lab.addresses.lingering.clear()


def test_a_server_is_restarted_many_times(bench: Bench) -> None:
    for n in range(10):
        server = bench.serve(PONG)
        client = bench.run(PING, "client.py")
        client.type(f"line {n}")
        bench.lab.settle()
        assert client.output == f"b'LINE {n}'\n"
        client.stop()
        server.stop()
        bench.lab.addresses.lingering.clear()


def test_listening_twice_counts_on(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        s = socket.socket()
        s.bind(("127.0.0.1", 5000))
        s.listen()
        s.accept()[0].sendall(b"x")
        s.listen(10)
        while True:
            s.accept()[0].sendall(b"x")
    """)
    for _ in range(5):
        server.connect().expect(b"x")
        bench.lab.settle()


def test_programs_come_and_go(bench: Bench) -> None:
    server = bench.serve(PONG)
    bench.file(PING, "client.py")
    for _ in range(15):
        client = bench.lab.program("client.py")
        client.type("hello")
        client.expect_output("HELLO")
        client.type("")
        client.expect_exit(0)
    assert server.running and server.calls("accept") == 15


ECHO = """
    import socket
    c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
    while data := c.recv(4096):
        c.sendall(data)
"""


def test_what_is_proven_is_not_asked_again_until_something_is_given(bench: Bench) -> None:
    stays = "    c.close()\n    input()\n"  # whoever has told its end is not asked any more
    server = bench.serve(ECHO + stays)
    peer = server.connect()
    peer.send(b"one")
    peer.expect(b"one")
    bench.lab.settle()
    asked = server._question
    for _ in range(5):
        bench.lab.settle()
        peer.expect_nothing()
    assert server._question == asked
    for act in (lambda: peer.send(b"two"), peer.half_close):
        act()
        bench.lab.settle()
        assert server._question > asked
        asked = server._question
    peer.expect(b"two")
    peer.expect_end()


def test_a_question_is_answered_when_the_program_has_come_to_rest(bench: Bench) -> None:
    """Else each step of a program would cost a question, and most answers would be no."""
    server = bench.serve(ECHO)
    peer = server.connect()
    for _ in range(50):
        peer.send(b"x" * 100)
        bench.lab.settle()
    assert server._question < 150
    assert peer.read(5000) == b"x" * 5000


def test_the_last_events_before_a_sudden_end_are_on_the_tape(bench: Bench) -> None:
    server = bench.serve("""
        import os, socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.recv(100)
        c.send(b"so long")
        os._exit(3)
    """)
    peer = server.connect()
    peer.send(b"hello")
    assert peer.read_all() == b"so long"
    server.expect_exit(3)
    told = [event.call for event in bench.lab.tape.events if event.who == server.name]
    assert told[-2:] == ["recv", "send"]


def test_what_has_not_changed_is_not_told_again_and_stays_known(bench: Bench) -> None:
    program = bench.run("""
        import socket
        import threading

        def serve(conn):
            conn.settimeout(20)
            while conn.recv(10):
                pass

        listening = socket.create_server(("127.0.0.1", 5000))
        while True:
            conn, _ = listening.accept()
            threading.Thread(target=serve, args=(conn,)).start()
    """)
    bench.lab.wait(lambda: 5000 in program.listened)
    ann, bob = program.connect(), program.connect()
    told: list[tuple] = []
    take = program._take_still

    def listen(number: int, still: bool, now: float, new: tuple, *rest: tuple) -> None:
        told.append(new)
        take(number, still, now, new, *rest)

    program._take_still = listen  # type: ignore[method-assign]

    def waits() -> list[tuple]:
        return [(call, line) for _, call, _, line, *_ in bench.lab.settle().waits["program.py"]]

    assert waits() == [("accept", 12), ("recv", 7), ("recv", 7)]
    told.clear()
    ann.send(b"hi")
    assert waits() == [("accept", 12), ("recv", 7), ("recv", 7)]
    assert len({number for new in told for number, _ in new}) == 1  # ann's thread
    bob.close()
    assert waits() == [("accept", 12), ("recv", 7)]
    [seconds] = [wait[5] for wait in bench.lab.settle().waits["program.py"] if wait[5]]
    assert 19 < seconds <= 20
    bench.lab.jump(5)
    [seconds] = [wait[5] for wait in bench.lab.settle().waits["program.py"] if wait[5]]
    assert 14 < seconds < 15.1  # though nothing new was told of this thread


@pytest.mark.parametrize("sends", [[], ["--plain"]], ids=["here", "Windows and macOS"])
def test_a_program_is_never_called_still_too_early(sends: list[str]) -> None:
    """Ten kinds of programs, asked at awkward moments; the benchmark asks 20,000 times."""
    command = [sys.executable, str(BENCHMARKS / "stillness.py"), "--count=300", "--busy=0", *sends]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
