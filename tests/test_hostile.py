"""Hostile or broken programs: the right verdict, in words, and nothing left behind.

Each case is a program, written to a folder of its own at test time and graded as a
teacher would do it.  Whatever it does, every check has a result, the first failure says
what the program did, no process of it goes on, and no file appears in its folder.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import grading
import pytest

LISTEN = """\
import os, signal, socket, subprocess, sys, threading, time
listening = socket.create_server(("127.0.0.1", 5050))
"""
SERVE = """\
connection, address = listening.accept()
while data := connection.recv(1024):
    connection.sendall(data)
connection.close()
listening.close()
"""
RIGHT = LISTEN + SERVE
CHECKS = {"00": 7, "01": 12, "02": 11}
MARK = "KIT_HOSTILE_MARK"  # in the environment of everything that a case starts


def serving(line: str) -> str:
    """The right server, with one more line before each sendall."""
    return RIGHT.replace("    connection.sendall", f"    {line}\n    connection.sendall")


@dataclass
class Case:
    """A program and the verdict that is due.

    fails_as: the kind of the first failure, or "one|other" if both are right; "" if the
    program must pass every check.
    says: patterns that the text of that failure matches.
    slow: nothing can be proven, so a check takes a second or more: stop at the first that fails.
    """

    name: str
    source: str | bytes
    fails_as: str
    says: tuple[str, ...] = ()
    file: str = "echo_server.py"
    lesson: str = "01"
    beside: dict[str, str] = field(default_factory=dict)
    posix: bool = False
    slow: bool = False

    def write(self, folder: Path) -> Path:
        """Make the submission: the solution's other files, and these."""
        own = {"01": "echo_server.py", "00": "hello.py", "02": "socket_server.py"}
        shutil.copytree(grading.KIT / "solutions" / self.lesson, folder,
                        ignore=shutil.ignore_patterns(own[self.lesson], "*.md", "__pycache__"))
        source = self.source if isinstance(self.source, bytes) else self.source.encode()
        if self.file:
            (folder / self.file).write_bytes(source)
        for name, text in self.beside.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder


# A process that would stay for an hour, and shows the mark among its arguments.
SLEEPER = (f'[sys.executable, "-c", "import time; time.sleep(3600)", '
           f'os.environ.get("{MARK}", "")]')

BROKEN = [
    Case("syntax error", RIGHT + "while True\n    pass\n", "syntax",
         ("Python cannot read it", "echo_server.py, line 8", "while True")),
    Case("binary junk", bytes(range(256)) * 20, "syntax", ("Python cannot read it",)),
    Case("null bytes", b"import socket\0\n", "syntax", ("Python cannot read it",)),
    Case("another encoding", "name = 'Gr\xfcezi'\n".encode("latin-1"), "syntax",
         ("Python cannot read it", "(?i)utf-8")),
    Case("wrong file name", RIGHT, "missing",
         ("no file echo_server.py", "echo_sever.py", "that name"), file="echo_sever.py"),
    Case("no file", "", "missing", ("no file echo_server.py",), file=""),
    Case("empty file", "", "silent", ("port 5050", "has ended")),
    Case("missing module", "import sockets\n" + RIGHT, "crashed",
         ("ModuleNotFoundError", "sockets", "line 1")),
    Case("unknown name", LISTEN + "conection.recv(1)\n", "crashed",
         ("NameError", "conection", "line 3")),
    Case("crash on the second message", serving('{b"hello": 1, b"one": 2}[data]'),
         "crashed", ("KeyError", "line 5")),
    Case("deep recursion", "def again(n):\n    return again(n + 1)\nagain(0)\n", "crashed",
         ("RecursionError", "line 2")),
    Case("deep recursion without a limit", "import sys\nsys.setrecursionlimit(10**9)\n"
         "def again(n):\n    return [again(n + 1) for _ in (1,)]\nagain(0)\n",
         "running|silent|crashed", ("round and round|ended by|RecursionError",)),
]

ENDS = [
    Case("sys.exit(0)", "import sys\nsys.exit(0)\n" + RIGHT, "silent",
         ("has ended", "exit status 0")),
    Case("os._exit(0)", "import os\nos._exit(0)\n" + RIGHT, "silent",
         ("has ended", "exit status 0")),
    Case("os._exit(0) in a module", "import os\nos._exit(0)\n", "exited",
         ("has ended",), lesson="00", file="hello.py"),
    Case("os._exit(0) at a message", serving("os._exit(0)"), "closed", ("exit status 0",)),
    Case("kills itself", "import os\nos.kill(os.getpid(), 9)\n" + RIGHT, "silent",
         ("ended by signal 9",), posix=True),
    Case("aborts", "import os\nos.abort()\n" + RIGHT, "silent",
         ("ended by signal 6|has ended",)),
    Case("kills its parent", "import os\nos.kill(os.getppid(), 9)\n" + RIGHT, "parent",
         ("ended the process that had started it",)),
    Case("kills its group", "import os\nos.killpg(0, 9)\n" + RIGHT, "silent",
         ("ended by signal 9",), posix=True),
]

ENDLESS = [
    Case("a loop before it listens", "while True:\n    pass\n" + RIGHT, "running",
         ("round and round", "echo_server.py, line [12]")),
    Case("a loop after the end", LISTEN + "connection, address = listening.accept()\n"
         "while True:\n    data = connection.recv(1024)\n    connection.sendall(data)\n",
         "running", ("round and round", r"recv\(\) returned b'' [0-9,]+ times", "line 5")),
    Case("waits for a key", "input('ready? ')\n" + RIGHT, "silent",
         (r"waits in input\(\)", "line 1")),
    Case("never accepts", LISTEN + "threading.Event().wait()\n", "still",
         (r"waits in Event.wait\(\)", "line 3")),
    Case("threads without end", LISTEN + "def spin():\n    while True:\n        pass\n"
         "for _ in range(2):\n    threading.Thread(target=spin).start()\n" + SERVE, "running",
         ("round and round", "line [45]"), slow=True),
    Case("new threads without end", LISTEN + "def sit():\n    time.sleep(1000)\n"
         "while True:\n    threading.Thread(target=sit).start()\n" + SERVE, "crashed",
         ("starts threads without end", "line 6"), slow=True),
    Case("SIGTERM ignored", LISTEN + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
         "signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + SERVE +
         "threading.Event().wait()\n", "still", (r"waits in Event.wait\(\)",)),
]

WRONG = [
    Case("the first 1024 bytes only", LISTEN + "connection, address = listening.accept()\n"
         "connection.sendall(connection.recv(1024))\n", "closed", ("has ended",)),
    Case("one send", RIGHT.replace("sendall", "send"), "wrong|still",
         ("Other bytes|Something is missing", "only 7 taken")),
    Case("each chunk decoded", serving("data.decode()"), "crashed",
         ("UnicodeDecodeError", "line 5")),
]

OUTPUT = [
    Case("200 MB through print", LISTEN + "for _ in range(200):\n"
         "    print('x' * 1_000_000)\n" + SERVE, "flooded", ("prints without end",)),
    Case("200 MB through print, line by line", LISTEN + "while True:\n"
         "    print('hello')\n" + SERVE, "flooded", ("prints without end",), slow=True),
    Case("200 MB through os.write", LISTEN + "for _ in range(200):\n"
         "    os.write(1, b'x' * 1_000_000)\n" + SERVE, "flooded", ("prints without end",)),
    Case("prints that look like a pass", "print('12 passed in 0.01s')\n"
         "print('\\x1b[32mAll done.\\x1b[0m  \\u2714 What you send comes back')\n", "silent",
         ("port 5050",)),
    Case("prints that look like ours", "import sys\n"
         "sys.stdout.buffer.write(b'\\0\\0\\0\\5s3;end' * 50)\n" + RIGHT, ""),
    Case("prints all it gets", serving("print(data)"), ""),
    Case("stdout closed", "import sys\nsys.stdout.close()\n" + RIGHT, ""),
    Case("stdout closed, then print", "import sys\nsys.stdout.close()\nprint(1)\n" + RIGHT,
         "crashed", ("ValueError", "line 3")),
    Case("stderr closed, then a crash", "import sys\nsys.stderr.close()\nprint(no)\n",
         "crashed", ("NameError", "line 3")),
    Case("stdin closed", "import sys\nsys.stdin.close()\n" + RIGHT, ""),
    Case("stdin closed, then input", "import sys\nsys.stdin.close()\ninput()\n" + RIGHT,
         "crashed", ("ValueError", "line 3")),
]

MEDDLES = [
    Case("chdir", "import os, tempfile\nos.chdir(tempfile.gettempdir())\n" + RIGHT, ""),
    Case("sys.path emptied", LISTEN + "sys.path[:] = []\n" + SERVE, ""),
    Case("garbage into every descriptor", LISTEN + "for number in range(3, 200):\n"
         "    try:\n        os.write(number, b'\\xff' * 1000)\n"
         "    except OSError:\n        pass\n" + SERVE, "silent|closed",
         ("a connection of the bench, or written into it",)),
    Case("descriptors closed", "import os\nos.closerange(3, 100)\n" + RIGHT, "silent",
         ("has closed a connection of the bench",)),
    Case("another program in its place", "import os, sys\nos.execv(sys.executable, "
         "[sys.executable, '-c', 'import time; time.sleep(3600)'])\n", "lost",
         ("has become another program",), posix=True, slow=True),
    Case("colours in an exception", "raise ValueError('\\x1b[32mAll done.\\r\\n')\n",
         "crashed", (r"ValueError: \\x1b\[32mAll done",)),
    Case("a conftest beside it", serving("data = data.upper()"), "wrong",
         ("Other bytes",), beside={
            "conftest.py": "import os, pytest\nopen('loaded', 'w').close()\n"
        "@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
        "    report = yield\n    report.outcome = 'passed'\n    return report\n",
        "pytest.ini": "[pytest]\naddopts = --collect-only\n",
        "test_all.py": "def test_all():\n    pass\n"}),
    Case("a sitecustomize beside it", "try:\n    import no_such_module\n"
         "except ImportError:\n    pass\n" + RIGHT, "", beside={
             "sitecustomize.py": "import os\nos._exit(0)\n",
             "usercustomize.py": "import os\nos._exit(0)\n"}),
    *[Case(f"{name}.py beside it", RIGHT, "shadow", (f"{name}.py", "name of a module"),
           beside={f"{name}.py": "wrong = True\n"})
      for name in ("socket", "select", "threading")],
    Case("a folder that shadows nothing", RIGHT, "", beside={"queue.txt": "socket"}),
]

PROCESSES = [
    Case("a child stays", serving("pass") + f"subprocess.Popen({SLEEPER})\n", "processes",
         ("has ended, but .* started still run",)),
    Case("a child stays without our environment", serving("pass") + f"subprocess.Popen("
         f"{SLEEPER}, env={{}}, start_new_session=True)\n", "processes",
         ("has ended, but .* started still run",)),
    Case("a grandchild stays", LISTEN + "if os.fork() == 0:\n    os.setsid()\n"
         "    if os.fork():\n        os._exit(0)\n"
         f"    command = {SLEEPER}\n    os.execve(command[0], command, {{}})\nos.wait()\n"
         + SERVE, "processes", ("has ended, but .* started still run",), posix=True, slow=True),
    Case("a child keeps the output", LISTEN + f"subprocess.Popen({SLEEPER}, stdout=1, "
         "stderr=2)\n" + SERVE, "processes", ("has ended, but .* started still run",), slow=True),
    Case("a forked child keeps the port", LISTEN + "if os.fork() == 0:\n"
         "    time.sleep(3600)\n" + SERVE, "processes",
         ("has ended, but .* started still run",), posix=True, slow=True),
    Case("a forked child serves", LISTEN + "connection, address = listening.accept()\n"
         "if os.fork() == 0:\n    while data := connection.recv(1024):\n"
         "        connection.sendall(data)\n    os._exit(0)\nconnection.close()\n"
         "listening.close()\nos.wait()\n", "", posix=True),
    Case("forks without end", LISTEN + "while True:\n    os." + "fork()\n" + SERVE,
         "processes", ("more processes than the checks can follow",), posix=True),
    Case("starts processes without end", LISTEN + "while True:\n    subprocess.Popen("
         + SLEEPER + ")\n" + SERVE, "processes", ("more processes than the checks can follow",)),
    Case("starts itself without end", "import subprocess, sys\nwhile True:\n"
         "    subprocess." + "Popen([sys.executable, __file__])\n", "processes",
         ("more processes than the checks can follow",)),
    Case("starts itself once each", "import subprocess, sys\nsubprocess."
         + "Popen([sys.executable, __file__]).wait()\n", "processes",
         ("more processes than the checks can follow",)),
]

CASES = BROKEN + ENDS + ENDLESS + WRONG + OUTPUT + MEDDLES + PROCESSES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict(case: Case, tmp_path: Path) -> None:
    if case.posix and sys.platform == "win32":
        pytest.skip("Windows has no such call")
    folder = case.write(tmp_path / "work")
    before = listing(folder)
    mark = f"{os.getpid()}-{re.sub(r'[^a-z0-9]+', '-', case.name)}"
    graded = grading.grade(case.lesson, folder, tmp_path / "junit.xml",
                           *(["-x"] if case.slow else []), environment={MARK: mark})
    assert alive(mark) == []
    assert listing(folder) == before
    assert "The kit failed here" not in graded.output, graded.output
    if not case.slow:
        assert len(graded.results) == CHECKS[case.lesson], graded.output
    if not case.fails_as:
        assert (graded.status, graded.failed) == (0, []), graded.output
        return
    assert graded.status == 1, graded.output
    first = graded.failed[0]
    assert first.kind in case.fails_as.split("|"), graded.output
    for pattern in case.says:
        assert re.search(pattern, " ".join(first.text.split())), first.text


def listing(folder: Path) -> dict[str, bytes]:
    """All files in a folder, with what is in them."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
            for path in folder.rglob("*")}


def alive(mark: str) -> list[str]:
    """The command lines of the processes that show `mark` (empty where there is no /proc)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            shown = command + (entry / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or belongs to somebody else
        if mark.encode() in shown and int(entry.name) != os.getpid():
            found.append(command.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found
