"""watch: each socket call as it happens, on the real port; what cannot be run is told."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from socklab.__main__ import main
from socklab.hub import Hub
from terminal import CTRL_C, Tool, run_tool

pty = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")
SERVER = """\
import socket

listening = socket.create_server(("127.0.0.1", 0))
print("port", listening.getsockname()[1])
connection, address = listening.accept()
while data := connection.recv(1024):
    connection.sendall(data)
"""
OFFICE = """\
class Office:
    def __init__(self, seats):
        self.free = seats

    def buy(self, name):
        self.free -= 1
"""
ASKS = "print('Hello,', input('Your name? '))\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "server.py"
    path.write_text(SERVER, encoding="utf-8")
    return path


def printed_port(tool: Tool) -> int:
    """Read on until the program has printed its port."""
    tool.until("\nport ")
    while not (found := re.search(r"\nport (\d+)\n", tool.shown)):
        tool.read()
    return int(found[1])


def test_each_call_is_shown_with_its_line(program: Path) -> None:
    """A stranger on the real port is served: no virtual ports here."""
    with Tool("watch", str(program)) as tool:
        port = printed_port(tool)
        assert f"    [  line 3  listens on port {port}]\n" in tool.shown
        with socket.create_connection(("127.0.0.1", port)) as client:
            tool.until("[  line 5  accept()]")
            client.sendall(b"hello")
            tool.until("[  line 6  recv(1024): 5 bytes  b'hello']")
            tool.until("[  line 7  sendall(5 bytes)  b'hello']")
            assert client.recv(100) == b"hello"
        assert tool.status() == 0
        assert "[  line 6  recv(1024): b'' (the end)]" in tool.shown


def test_what_is_typed_goes_to_the_program(tmp_path: Path) -> None:
    path = tmp_path / "asks.py"
    path.write_text(ASKS, encoding="utf-8")
    with Tool("watch", str(path)) as tool:
        tool.until("Your name? ")
        tool.type("Zoë\n")
        assert tool.status() == 0 and "Hello, Zoë\n" in tool.shown


def test_arguments_and_the_exit_status_are_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "status.py"
    path.write_text("import sys\nsys.exit(len(sys.argv[1:]))\n", encoding="utf-8")
    assert run_tool("watch", str(path), "a", "b", "c").returncode == 3


def test_python_alone_is_enough(tmp_path: Path) -> None:
    """-S: without the packages that somebody has installed."""
    path = tmp_path / "alone.py"
    path.write_text("print('hello')\n", encoding="utf-8")
    done = run_tool("watch", str(path), python=["-S", "-E"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


@pytest.mark.parametrize(("content", "said"), [
    (None, "There is no file {path}.\n"),
    ("def f(:\n", "Python cannot read line 1 of {path}: invalid syntax.\n"),
    ("x = 1\n  y = 2\n", "Python cannot read line 2 of {path}: unexpected indent.\n"),
    ("a = '\0'\n", "source code"),
], ids=["missing", "syntax", "indent", "binary"])
@pytest.mark.parametrize("options", [[], ["--turnstile"]], ids=["watch", "turnstile"])
def test_what_cannot_be_run(content: str | None, said: str, options: list[str],
                            tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    done = run_tool("watch", *options, str(path))
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert said.format(path=path) in done.stderr


def test_a_folder_is_no_program(tmp_path: Path) -> None:
    done = run_tool("watch", str(tmp_path))
    assert done.returncode == 2 and "is a folder. Name the program in it." in done.stderr


def test_a_file_that_hides_a_module_of_python(program: Path) -> None:
    (program.parent / "socket.py").write_text("", encoding="utf-8")
    done = run_tool("watch", str(program))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "socket.py beside server.py has the name of a module of Python" in done.stdout


@pytest.mark.parametrize(("options", "said"), [
    (["--call", "buy(x)"], "'buy(x)' is not a call with plain arguments"),
    (["--make", "Hall(1)"], "has no attribute 'Hall'"),
    (["--make", "Office("], "'Office(' is not a call"),
    (["--make", "Office()"], "Office cannot be used. office.py: TypeError"),
])
def test_the_turnstile_says_what_is_wrong(options: list[str], said: str,
                                          tmp_path: Path) -> None:
    path = tmp_path / "office.py"
    path.write_text(OFFICE, encoding="utf-8")
    done = run_tool("watch", "--turnstile", *options, str(path))
    assert done.returncode == 1 and said in done.stdout and "Traceback" not in done.stderr


CASH = """
import threading

class Office(list):
    lock = threading.Lock()

    def buy(self, name):
        with LOCK:
            number = len(self)
            self.append(name)
        return number
"""


@pytest.mark.parametrize("lock", ["self.lock", "threading.Lock()"])
def test_the_turnstile_says_which_results_are_a_race(lock: str, tmp_path: Path) -> None:
    path = tmp_path / "office.py"
    path.write_text(CASH.replace("LOCK", lock), encoding="utf-8")
    done = run_tool("watch", "--turnstile", "--make", "Office()", str(path))
    for text in done.stdout.split("\n\n")[1::2]:
        one, two = text.count("gives 0"), text.count("gives 1")
        assert ("never gave that" in text) == (one == 2 or two == 2), done.stdout
    assert ("never gave that" in done.stdout) == (lock != "self.lock")


SLOW = """
import time

class Office:
    def __init__(self):
        self.left = 1

    def buy(self, name):
        if self.left > 0:
            time.sleep(0.1)
            self.left -= 1
        return self.left
"""


def test_the_turnstile_does_not_know_what_is_right_if_no_call_is_alone(tmp_path: Path) -> None:
    path = tmp_path / "office.py"
    path.write_text(SLOW, encoding="utf-8")
    done = run_tool("watch", "--turnstile", "--make", "Office()", str(path))
    assert "gives -1" in done.stdout, done.stdout
    assert "never gave that" not in done.stdout


def test_the_turnstile_on_methods_that_are_not_written_in_python(tmp_path: Path) -> None:
    path = tmp_path / "office.py"
    path.write_text("class Office(list):\n    pass\n", encoding="utf-8")
    done = run_tool("watch", "--turnstile", "--make", "Office()", "--call", "append(1)",
                    "--call", "append(2)", str(path))
    assert "append(1) gives None, append(2) gives None. The first" in done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [["watch", "--foo", "x.py"], ["watch"], ["dance"], []])
def test_a_wrong_command_gets_one_sentence_and_the_way_to_help(arguments: list[str]) -> None:
    done = run_tool(*arguments)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 2
    assert "--help)" in done.stderr.splitlines()[1]


def test_each_tool_explains_itself_with_an_example() -> None:
    tools = run_tool("--help").stdout
    for tool in ("watch", "talk", "doctor"):
        assert tool in tools
        shown = run_tool(tool, "--help")
        assert shown.returncode == 0 and f"python lessons/socklab {tool}" in \
            shown.stdout.partition("example")[2]
        assert all(len(line) <= 80 for line in shown.stdout.splitlines()), shown.stdout


@pty
def test_ctrl_c_ends_the_program_and_frees_its_port(program: Path) -> None:
    with Tool("watch", str(program), terminal=True) as tool:
        port = printed_port(tool)
        tool.type(CTRL_C)
        assert tool.status() == 130
        assert tool.shown.endswith("\nStopped.\n") and "Traceback" not in tool.shown
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_ctrl_c_ends_the_turnstile(tmp_path: Path, capsys: pytest.CaptureFixture,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "office.py"
    path.write_text(OFFICE, encoding="utf-8")
    handle, looks = Hub._handle, 0

    def counted(hub: Hub, *what: Any) -> bool:
        nonlocal looks
        looks += 1
        if looks == moment:
            raise KeyboardInterrupt
        return handle(hub, *what)

    monkeypatch.setattr(sys, "argv", ["socklab", "watch", "--turnstile", str(path)])
    undisturbed = (main(), capsys.readouterr().out)
    assert re.match(r"\d\d rounds, each with the threads switched", undisturbed[1])
    monkeypatch.setattr(Hub, "_handle", counted)
    for moment in range(1, 100):  # at each look; how many there are depends on the machine
        looks = 0
        status, shown = main(), capsys.readouterr().out
        if looks < moment:  # it was over before
            break
        assert status == 130 and shown == "\nStopped.\n"
    assert moment > 3 and (status, shown) == undisturbed


RACING = """
import socket
import threading

names = []
lock = threading.Lock()

def serve(connection):
    with connection:
        name = connection.recv(100)
        with LOCK:
            new = name not in names
            names.append(name)
        connection.sendall(b"welcome" if new else b"taken")

with socket.create_server(("127.0.0.1", 5050)) as listening:
    while True:
        threading.Thread(target=serve, args=(listening.accept()[0],)).start()
"""


@pytest.mark.parametrize("lock", ["lock", "threading.Lock()"])
def test_the_turnstile_in_a_running_server(lock: str, tmp_path: Path) -> None:
    path = tmp_path / "server.py"
    path.write_text(RACING.replace("LOCK", lock), encoding="utf-8")
    done = run_tool("watch", str(path), "--turnstile", "--send", "ann", "ann")
    assert done.returncode == 0, done.stderr
    twice = "first client reads b'welcome',\nthe second one b'welcome'" in done.stdout
    assert twice == (lock != "lock")
    assert "\n  Thread-1 (serve)                    Thread-2 (serve)\n" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_the_turnstile_and_a_program_that_is_no_server(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("print('Hello')\n", encoding="utf-8")
    done = run_tool("watch", str(path), "--turnstile", "--send", "a", "b")
    assert done.returncode == 1 and done.stdout == \
        "program.py does not listen: with --send it has to be a server.\n"


def test_the_turnstile_and_a_server_that_fails_at_its_start(tmp_path: Path) -> None:
    path = tmp_path / "server.py"
    path.write_text("import socket\nimport given_lines_of_mine\n", encoding="utf-8")
    done = run_tool("watch", str(path), "--turnstile", "--send", "a", "b")
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "server.py ends before it serves anybody: ModuleNotFoundError" in done.stdout
