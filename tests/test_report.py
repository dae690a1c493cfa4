"""The report in all the ways that pytest can be asked for it: readable, and never ours to
blame on a student."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from grading import KIT, _clean, run_pytest, too_wide

NEVER_ACCEPTS = (
    "import socket\n"
    "listening = socket.create_server(('127.0.0.1', 5050))\n"
    "print('Grüezi ✔')\n"
    "input()\n"
)
CHAT_SERVER = """
import socket
listening = socket.socket()
listening.bind(("localhost", 5000))
listening.listen(2)
connection, address = listening.accept()
print("Connection from: " + str(address))
while text := connection.recv(1024).decode():
    print("Received from connected client: " + text)
    connection.send(input(" -> ").encode())
connection.close()
"""
CHAT_CLIENT = """
import socket
connection = socket.socket()
connection.connect(("localhost", 5000))
text = input(" -> ")
while text.lower().strip() != "bye":
    connection.send(text.encode())
    print("Received from server: " + connection.recv(1024).decode())
    text = input(" -> ")
connection.close()
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A submission of lesson 01 with a server that never accepts."""
    folder = tmp_path / "work"
    shutil.copytree(KIT / "solutions" / "01", folder)
    (folder / "echo_server.py").write_text(NEVER_ACCEPTS, encoding="utf-8")
    return folder


PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}  # as a reader has them: pytest-xdist too
MODES = [[], ["-v"], ["-q"], ["-x"], ["-k", "server"], ["--color=yes"], ["--core"],
         ["--hints", "3"], ["--junitxml=r.xml"], ["-n", "2"]]


@pytest.mark.parametrize("mode", MODES, ids=" ".join)
def test_a_failure_is_told_in_each_mode(work: Path, mode: list[str], tmp_path: Path) -> None:
    if "-n" in mode and find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed")
    mode = [m.replace("r.xml", str(tmp_path / "r.xml")) for m in mode]
    run = run_pytest("lessons/01", "--work", work, *mode, environment=PLUGINS)
    text = run.output
    assert run.status == 1
    assert "waits in input()" in text and "echo_server.py, line 4" in text, text
    assert "Hint:" in text
    assert "Traceback" not in text and "The kit failed" not in text, text
    if mode != ["--color=yes"]:
        # a path is as long as it is
        assert [row for row in too_wide(text) if "::" not in row and "/" not in row] == []


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_a_console_that_is_not_utf_8(work: Path, encoding: str) -> None:
    run = run_pytest("lessons/01", "--work", work, encoding=encoding,
                     environment={"PYTHONUTF8": "0"})
    text = run.output
    assert run.status == 1 and "INTERNALERROR" not in text
    assert "waits in input()" in text and "\\u" not in text.replace("\\u2714", ""), text


@pytest.mark.parametrize("arguments, sentence", [
    (["--work", "nowhere"], "there is no such folder"),
    (["--work", "README.md"], "that is a file"),
    (["--work", "lessons", "--solutions"], "not both"),
])
def test_a_wrong_option_gets_one_sentence(arguments: list[str], sentence: str) -> None:
    run = run_pytest("lessons/01", *arguments)
    assert run.status == 4 and sentence in run.output, run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize("arguments", [["lessons/01/test_echo.py::test_server_ends"],
                                       ["lessons/01", "-k", "server"],
                                       ["lessons/01", "-n", "2", "-k", "server"]], ids=" ".join)
def test_a_few_checks_show_nothing_of_the_whole(arguments: list[str]) -> None:
    if "-n" in arguments and find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed")
    run = run_pytest(*arguments, "--solutions", environment=PLUGINS)
    assert run.status == 0 and "core 1 of 1" in run.output, run.output
    assert "All done" not in run.output and "Core done" not in run.output


def test_a_folder_for_the_workers_of_xdist_that_is_none() -> None:
    if find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed")
    run = run_pytest("lessons/01", "-n", "2", "--work", "nowhere", environment=PLUGINS)
    assert run.status == 4 and "there is no such folder" in run.output, run.output
    assert "INTERNALERROR" not in run.output


def test_the_program_is_named_in_the_place_of_its_checks() -> None:
    run = run_pytest("lessons/00/hello.py")
    assert run.status == 5
    assert "no checks in hello.py. The checks of this lesson: python -m pytest lessons/00" \
        in run.output, run.output


def test_the_checks_come_in_their_order(work: Path) -> None:
    """Also if pytest is asked for another one, as by --ff."""
    names = ["test_several_rounds", "test_bytes_come_back"]
    run = run_pytest(*(f"lessons/01/test_echo.py::{name}" for name in names), "--work", work)
    rows = [row for row in run.output.splitlines() if row.startswith("  ✘")]
    assert [row[4:15] for row in rows] == ["What you se", "The server "], run.output


def test_a_wrong_file_name_is_guessed(work: Path) -> None:
    (work / "echo_server.py").rename(work / "echoserver.py")
    run = run_pytest("lessons/01", "--work", work)
    assert "Is echoserver.py meant?" in " ".join(run.output.split())


def test_pytest_lessons_shows_the_path() -> None:
    run = run_pytest("lessons", "--solutions")
    text = run.output
    assert run.status == 0, text
    for folder in sorted((KIT / "solutions").iterdir()):
        if folder.name.isdigit():
            assert f"✔ {folder.name} " in text


def test_the_chat_while_its_port_is_taken(tmp_path: Path) -> None:
    """Two gradings side by side, and another program on port 5000."""
    (tmp_path / "socket_server.py").write_text(CHAT_SERVER, encoding="utf-8")
    (tmp_path / "socket_client.py").write_text(CHAT_CLIENT, encoding="utf-8")
    folder = os.environ.get("KIT_TUTORIAL", str(tmp_path))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "lessons/02",
               "--core", "--work", folder]
    taken = socket.socket()
    with taken:
        try:
            taken.bind(("127.0.0.1", 5000))
            taken.listen()
        except OSError:
            pass  # then somebody else has it: just as well
        runs = [subprocess.Popen(command, cwd=KIT, env=_clean(), stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT) for _ in range(2)]
        for run in runs:
            text = run.communicate(timeout=300)[0].decode("utf-8", "replace")
            assert run.returncode == 0 and "core 5 of 5" in text, text


def test_an_old_pytest_is_told_what_to_do() -> None:
    code = ("import pytest, sys; pytest.__version__ = '8.0.0'; "
            "sys.exit(pytest.main(['lessons/00', '-p', 'no:cacheprovider']))")
    run = subprocess.run([sys.executable, "-c", code], cwd=KIT, capture_output=True,
                         env=_clean(), timeout=100)
    text = (run.stdout + run.stderr).decode("utf-8", "replace")
    assert run.returncode != 0 and "requirements.txt" in text, text
