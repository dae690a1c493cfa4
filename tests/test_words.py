"""The words of the report, to the letter, and what editors and other tools get of it.

They are tried on a small kit with lessons of its own, made at test time from the real
bench, so that the words of the real lessons can change freely.  To write the golden texts
again, run this file with the environment variable KIT_GOLDEN=write and read the changes.
"""

from __future__ import annotations

import os
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from grading import KIT, Run, run_pytest, too_wide

GOLDEN = Path(__file__).with_name("golden")

CHECKS = '''\
"""Lesson 01: Sample."""

import pytest
from socklab.lesson import Lab, Program, core, more


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("server.py", port=5050)


@core
def test_comes_back(server: Program) -> None:
    """What is sent comes back."""
    peer = server.connect()
    peer.send(b"hello")
    peer.expect(b"hello")


@core
def test_again(server: Program) -> None:
    """A second message comes back as well, and so does every one that follows it."""
    peer = server.connect()
    for data in (b"one", b"two", b"three"):
        peer.send(data)
        peer.expect(data)


@core
def test_ends(server: Program) -> None:
    """When its client has ended, the server ends."""
    peer = server.connect()
    peer.half_close()
    peer.expect_end()
    server.expect_exit(0)


@more
def test_text(lab: Lab, server: Program) -> None:
    """Text of all kinds comes back: Grüezi, 東京."""
    for word in ("Grüezi", "東京"):
        with lab.case(f"the word {word}"):
            peer = server.connect() if word[0] == "G" else peer
            peer.send(word.encode())
            peer.expect(word.encode())


@more
def test_long(server: Program) -> None:
    """10,000 bytes come back."""
    peer = server.connect()
    peer.send(bytes(10_000))
    peer.expect(bytes(10_000))
'''

HINTS = '''\
[lesson]
title = "Sample"
done = """Bytes went out and came back, all of them, and in order. That is what the word
echo stands for, here and on the network."""

[test_comes_back]
question = "Which line takes the bytes, and which line gives them back to the client?"
concept = "What is taken with recv() has to be sent with sendall()."
sketch = """
data = connection.recv(1024)
connection.send...(data)"""

[test_comes_back.still]
question = "On which line does your server wait, and for whom?"
'''

NUMBERS = '''\
"""Lesson 02: Numbers."""

from socklab.lesson import Lab, core


@core
def test_double(lab: Lab) -> None:
    """double(n) returns twice n."""
    got = lab.module("double.py").call("double", 21).value_or_fail()
    if got != 42:
        lab.fail(f"double(21) should return 42. It returned {got}.")
'''
DOUBLE = "def double(n):\n    return n + n\n"

LISTEN = '''\
import socket
listening = socket.create_server(("127.0.0.1", 5050))
connection, address = listening.accept()
'''
RIGHT = LISTEN + '''\
while data := connection.recv(1024):
    connection.sendall(data)
'''
SERVERS = {
    "right": RIGHT,
    "upper": RIGHT.replace("sendall(data)", "sendall(data.upper())"),
    "deaf": LISTEN + "import threading\nthreading.Event().wait()\n",
    "once": LISTEN + "connection.sendall(connection.recv(1024))\nconnection.recv(1024)\n"
            "listening.recv(1)\n",
    "crash": RIGHT.replace("    conn", "    {b'hello': 1, b'one': 2}[data]\n    conn"),
    "asks": "answer = input('Which of the many ports of this machine shall I listen on "
            "for you today? ')\n" + RIGHT,
    "quits": "import sys\nsys.exit('Today I am closed.')\n",
    "port": RIGHT.replace("5050", "5051"),
    "syntax": "import socket\nif 1 > 0\n    listening = socket.socket()\n",
}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small kit: the real bench, lesson 01 with a server, lesson 02 with a function."""
    kit = tmp_path_factory.mktemp("kit")
    shutil.copy(KIT / "pyproject.toml", kit)
    shutil.copytree(KIT / "lessons" / "socklab", kit / "lessons" / "socklab",
                    ignore=shutil.ignore_patterns("__pycache__"))
    write(kit / "lessons/01/test_sample.py", CHECKS)
    write(kit / "lessons/01/hints.toml", HINTS)
    write(kit / "lessons/01/server.py", RIGHT)
    write(kit / "lessons/02/test_numbers.py", NUMBERS)
    write(kit / "lessons/02/double.py", DOUBLE)
    write(kit / "tests/test_other.py", "def test_other():\n    pass\n")
    return kit


@pytest.fixture
def work(kit: Path) -> Callable[[str], str]:
    """Makes a folder with one of the SERVERS in it; its path is short, for golden texts."""
    def make(server: str) -> str:
        write(kit / "mine" / server / "server.py", SERVERS[server])
        return f"mine/{server}"

    return make


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def ours(run: Run) -> str:
    """The part of the output that the bench has written, without what differs each time."""
    theirs = r"=+ .* =+|!+ .* !+|collect\w+ .*|lessons/\S+ (PASSED|FAILED).*|\d+ \w+.* in .*s"
    lines = [line.rstrip() for line in run.output.splitlines()]
    text = "\n".join(line for line in lines if not re.fullmatch(theirs, line))
    text = re.sub(r"(?<=01 Sample · ).*|(?<=--work=)\S+|(?<=file server.py in )\S+", "WORK", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


# -- golden texts ----------------------------------------------------------------------

GOLDEN_RUNS: dict[str, tuple[str, tuple[str, ...]]] = {
    **{name: (name, ()) for name in SERVERS},
    "right-core": ("right", ("--core",)),
    "upper-core": ("upper", ("--core", "--hints", "0")),
    "upper-verbose": ("upper", ("-v", "--hints", "3")),
    "upper-quiet": ("upper", ("-q",)),
    "upper-first": ("upper", ("-x",)),
    "upper-some": ("upper", ("-k", "text or long")),
    "deaf-hints": ("deaf", ("--hints=2", "-k", "comes_back")),
}


@pytest.mark.parametrize("name", GOLDEN_RUNS)
def test_golden(name: str, kit: Path, work: Callable[[str], str]) -> None:
    server, options = GOLDEN_RUNS[name]
    run = run_pytest("lessons/01", "--work", work(server), *options, folder=kit)
    assert run.status == (0 if server == "right" else 1), run.output
    assert too_wide(ours(run)) == []
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("KIT_GOLDEN") == "write":
        write(path, ours(run))
    assert ours(run) == path.read_text(encoding="utf-8")


def test_no_golden_text_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(GOLDEN_RUNS)


def test_colour_changes_nothing_else(kit: Path, work: Callable[[str], str]) -> None:
    folder = work("upper")
    run = run_pytest("lessons/01", "--work", folder, "--color=yes", folder=kit)
    for title, colour in (("✘ What is sent comes back.", "31"), ("✔ When its client", "32")):
        assert re.search(rf"\x1b\[{colour}m *{title}", run.output), run.output
    run.output = re.sub(r"\x1b\[[0-9;]*m", "", run.output)
    assert ours(run) == (GOLDEN / "upper.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_plain_marks_where_others_cannot_be_shown(
        encoding: str, kit: Path, work: Callable[[str], str]) -> None:
    run = run_pytest("lessons/01", "--work", work("upper"), folder=kit, encoding=encoding)
    assert "  X What is sent comes back." in run.output
    assert "  + When its client has ended, the server ends." in run.output
    assert "Gr\\xfcezi" in run.output if encoding == "ascii" else "Grüezi" in run.output
    assert too_wide(ours(run)) == []


# -- what tools get ----------------------------------------------------------------------

def test_last_failed(kit: Path, work: Callable[[str], str], tmp_path: Path) -> None:
    folder, cache = work("once"), tmp_path / "cache"
    run_pytest("lessons/01", "--work", folder, folder=kit, cache=cache)
    again = run_pytest("lessons/01", "--work", folder, "--lf", folder=kit, cache=cache)
    assert again.status == 1 and "What is sent comes back." not in again.output
    assert re.search(r"01 Sample: core 0 of [12]\b", again.output), again.output


def test_collect_only(kit: Path) -> None:
    run = run_pytest("lessons/01", "--collect-only", folder=kit)
    assert run.status == 0 and "<Function test_comes_back>" in run.output
    assert "core 0 of" not in run.output  # nothing was graded
    quiet = run_pytest("lessons/01", "--collect-only", "-q", folder=kit)
    assert quiet.output.startswith("lessons/01/test_sample.py::test_comes_back")


def test_one_check_is_not_all(kit: Path) -> None:
    run = run_pytest("lessons/01/test_sample.py::test_long", folder=kit)
    assert run.status == 0 and "✔ 10,000 bytes come back." in run.output


def test_junit_file(kit: Path, work: Callable[[str], str], tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    run_pytest("lessons/01", "--work", work("upper"), f"--junitxml={file}", folder=kit)
    cases = {case.get("name"): case for case in ET.parse(file).iter("testcase")}
    assert list(cases) == ["test_comes_back", "test_again", "test_ends", "test_text",
                           "test_long"]
    failure = cases["test_comes_back"].find("failure")
    assert failure is not None and "came   b'HELLO'" in (failure.text or "")
    assert [p.get("value") for p in cases["test_comes_back"].iter("property")] == ["wrong"]
    assert cases["test_ends"].find("failure") is None


def test_an_editor_gets_the_whole_message(
        kit: Path, work: Callable[[str], str], tmp_path: Path) -> None:
    write(tmp_path / "panel.py", """
def pytest_runtest_logreport(report):
    if report.failed:
        print("PANEL", report.nodeid, report.longreprtext.splitlines()[0])
""")
    run = run_pytest("lessons/01", "-p", "panel", "-s", "--work", work("upper"), folder=kit,
                     environment={"PYTHONPATH": str(tmp_path)})
    told = [line for line in run.output.splitlines() if line.startswith("PANEL")]
    assert len(told) == 3
    assert told[0].endswith("test_comes_back Other bytes come back than the contract says.")


def test_beside_other_tests(kit: Path, tmp_path: Path) -> None:
    """An editor may run the whole folder; then pytest's own report comes."""
    run = run_pytest(".", folder=kit)
    assert run.status == 0, run.output
    assert "tests/test_other.py ." in run.output and "lessons/02/test_numbers.py ." in run.output
    write(tmp_path / "02" / "double.py", "def double(n):\n    return n\n")
    run = run_pytest("tests", "lessons/02", "--work", tmp_path, folder=kit)
    assert run.status == 1
    assert "double(21) should return 42. It returned 21." in run.output


def test_overview(kit: Path, tmp_path: Path) -> None:
    run = run_pytest("lessons", folder=kit)
    assert run.status == 0, run.output
    assert "  ✔ 01 Sample                 core 3 of 3 · more 2 of 2" in run.output
    write(tmp_path / "01" / "server.py", SERVERS["once"])
    write(tmp_path / "02" / "double.py", DOUBLE)
    run = run_pytest("lessons", "--work", tmp_path, folder=kit)
    assert run.status == 1
    assert "  ✘ 01 Sample                 core 1 of 3 · more 0 of 2" in run.output
    assert re.search(r"✔ 02 +core 1 of 1", run.output)
    assert "Where to go on: python -m pytest lessons/01" in run.output


# -- faults that are not the student's -------------------------------------------------------

@pytest.mark.parametrize(("arguments", "says", "status"), [
    (("lessons/01", "--solutions"), "this is the student's edition", 4),
    (("lessons/01", "--hints", "4"), "invalid choice", 4),
    (("lessons/01", "-k", "nothing"), "5 deselected", 5),
    (("lessons/01", "--work", "lessons/socklab"), "There is no file server.py", 1),
    (("lessons/99",), "not found: lessons/99", 4),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else None)
def test_what_cannot_be_done_is_said(kit: Path, arguments: tuple, says: str,
                                     status: int) -> None:
    run = run_pytest(*arguments, folder=kit)
    assert says in " ".join(run.output.split()) and run.status == status, run.output
    assert "Traceback" not in run.output and "INTERNALERROR" not in run.output


@pytest.mark.parametrize(("text", "says"), [
    ("def test_x(:\n    pass\n", "SyntaxError"),
    ("import nonsense\n", "No module named 'nonsense'"),
    ("def test_x(leb):\n    pass\n", "fixture 'leb' not found"),
    ("def test_x(lab):\n    {}[1]\n", "KeyError: 1"),
])
def test_a_broken_checks_file(kit: Path, text: str, says: str) -> None:
    """A check that is broken says so, where, and never blames the student."""
    write(kit / "lessons/03/test_broken.py", text)
    run = run_pytest("lessons/03", folder=kit)
    shutil.rmtree(kit / "lessons/03")
    assert run.status in (1, 2), run.output
    assert says in run.output and "test_broken.py" in run.output, run.output
    assert "\nHint:" not in run.output.replace("\nHint: make sure your test modules", "")
