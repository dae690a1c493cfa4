"""doctor: each fault of a machine is found, and nothing is called a fault that is none."""

from __future__ import annotations

import errno
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from grading import KIT
from socklab import doctor
from socklab.report import FAILED, NOT_RUN, PASSED
from terminal import run_tool


def test_it_runs_to_its_end() -> None:
    """Whatever this machine is like: a line for each look, and a status that fits them."""
    done = run_tool("doctor")
    marks = re.findall(f"^[{doctor.MARKS}](?= )", done.stdout, re.M)
    assert len(marks) >= 12 and done.stderr == ""
    assert done.returncode == (1 if FAILED in marks else 0)
    assert ("This machine is ready." in done.stdout) == (FAILED not in marks)


def test_python_alone_is_enough() -> None:
    done = run_tool("doctor", python=["-S", "-E"])
    assert done.returncode == 1 and done.stderr == ""
    # with -E, Windows has a code page that lacks some of the marks
    assert f" pytest is missing: the checks need it.\n    {doctor.INSTALL}" in done.stdout
    assert " Jupyter is missing" in done.stdout


def test_a_terminal_without_the_marks() -> None:
    done = run_tool("doctor", PYTHONIOENCODING="ascii")
    assert "\n- This terminal cannot show all characters (ascii)." in done.stdout
    assert not re.search("[^\x00-\x7f]", done.stdout.replace(str(KIT), "")), done.stdout


def test_a_pipe_that_nobody_reads() -> None:
    tool = subprocess.Popen([sys.executable, "lessons/socklab", "doctor", "--it"], cwd=KIT,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert tool.stdout and tool.stderr
    tool.stdout.close()
    assert b"Traceback" not in tool.stderr.read()
    tool.stderr.close()
    tool.wait()


# -- ports ------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_a_port_that_is_taken(system: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        number = door.getsockname()[1]
        found = doctor.port(number, "lesson 99", system)
    assert (found.mark, found.what) == (FAILED, f"Port {number} is taken (lesson 99).")
    assert f":{number}" in found.help and doctor.WHO[system].split()[0] in found.help


def test_airplay_is_named_on_macos_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_taken", lambda number, system: True)
    assert "AirPlay" in doctor.port(5000, "lesson 02", "darwin").help
    assert "AirPlay" not in doctor.port(5000, "lesson 02", "win32").help
    assert "AirPlay" not in doctor.port(5050, "the lessons", "darwin").help


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_a_free_port_even_if_an_old_connection_lingers(system: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        number = door.getsockname()[1]
        with socket.create_connection(door.getsockname()) as client:
            server, _ = door.accept()
            server.close()  # first: this end lingers, and guards the port
            assert client.recv(1) == b""
    found = doctor.port(number, "lesson 99", system)
    assert found == doctor.Finding(PASSED, f"Port {number} is free, for lesson 99.")


def test_a_port_in_a_reserved_range(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "forbidden by its access permissions")

    monkeypatch.setattr(socket.socket, "bind", refused)
    found = doctor.port(5050, "the lessons")
    assert found.mark == FAILED and doctor.RESERVED in found.help


# -- the rest ---------------------------------------------------------------------------------


def test_loopback() -> None:
    assert doctor.loopback("127.0.0.1").mark == PASSED


@pytest.mark.parametrize(("address", "mark"), [("127.0.0.1", FAILED), ("::1", NOT_RUN)])
def test_no_loopback(address: str, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError("no such network")

    monkeypatch.setattr(socket, "create_connection", refused)
    assert doctor.loopback(address).mark == mark


@pytest.mark.parametrize(("version", "mark"), [
    ("", FAILED), ("8.3.5", FAILED), ("7.4", FAILED), ("8.4.0", PASSED), ("10.0rc1", PASSED)])
def test_versions_of_pytest(version: str, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda package: version)
    assert doctor.pytest_version().mark == mark


def test_the_oldest_pytest_is_that_of_the_requirements() -> None:
    oldest = ".".join(map(str, doctor.OLDEST_PYTEST))
    assert f"pytest>={oldest} " in (KIT / "requirements.txt").read_text(encoding="utf-8")


def test_a_python_that_may_start_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.child().mark == PASSED
    monkeypatch.setattr(sys, "executable", str(KIT / "no-such-python"))
    assert doctor.child().mark == FAILED


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    assert doctor.writable(tmp_path).mark == PASSED
    found = doctor.writable(tmp_path / "missing")
    assert found.mark == FAILED and "folder of your own" in found.help


@pytest.mark.parametrize(("encoding", "mark"), [
    ("utf-8", PASSED), ("cp1252", NOT_RUN), ("cp437", NOT_RUN), ("ascii", NOT_RUN)])
def test_encodings(encoding: str, mark: str) -> None:
    assert doctor.console(encoding).mark == mark


@pytest.mark.parametrize("file", ["socket.py", "lessons/queue.py", "lessons/01/socket.py",
                                  "lessons/07/threading.py", "pytest.py"])
def test_a_file_with_the_name_of_a_module(file: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")
    (path.parent / "echo_server.py").write_text("", encoding="utf-8")
    found = list(doctor.shadowing(tmp_path))
    assert [f.mark for f in found] == [FAILED] and found[0].what.startswith(file)


def test_the_kit_has_no_such_file() -> None:
    (found,) = doctor.shadowing(KIT)
    assert found.mark == PASSED


def test_what_the_it_is_told_names_all_ports_of_the_lessons() -> None:
    done = run_tool("doctor", "--it")
    assert done.returncode == 0
    used = {int(number) for path in KIT.glob("lessons/[0-9][0-9]/*.py")
            for number in re.findall(r"^PORT = (\d+)$", path.read_text(encoding="utf-8"), re.M)}
    assert used == set(doctor.PORTS)
    for word in [*map(str, used), "pypi.org", "files.pythonhosted.org", "8888", "127.0.0.1",
                 "solutions/01/class_server.py", doctor.INSTALL, doctor.RESERVED]:
        assert word in done.stdout, word
    assert (KIT / "solutions" / "01" / "class_server.py").is_file()
