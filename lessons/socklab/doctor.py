"""doctor: is this machine ready for the lessons, and what does the school's IT need to know?

Each look gives one line.  It says what is not as it should be, and what helps.
"""

from __future__ import annotations

import argparse
import errno
import platform
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .report import ASCII, FAILED, NOT_RUN, PASSED
from .submission import KIT

PORTS = {5050: "the lessons", 5000: "lesson 02"}
OLDEST_PYTEST = (8, 4)
INSTALL = "python -m pip install -r requirements.txt"
MARKS = PASSED + FAILED + NOT_RUN
EXAMPLES = """examples:
  python lessons/socklab doctor
  python lessons/socklab doctor --it > for-our-it.txt
"""
# Who often listens at a port that a lesson needs.
AIRPLAY = ("On macOS this is mostly the AirPlay receiver: System Settings, General, "
           "AirDrop & Handoff, AirPlay Receiver: off.")
WHO = {"win32": "netstat -ano | findstr :{}", "darwin": "lsof -nP -iTCP:{} -sTCP:LISTEN",
       "linux": "ss -ltnp 'sport = :{}'"}
RESERVED = "netsh interface ipv4 show excludedportrange protocol=tcp"


@dataclass
class Finding:
    """One look: `mark` is PASSED, FAILED or NOT_RUN (good to know, but no fault)."""

    mark: str
    what: str
    help: str = ""


def register(tools: argparse._SubParsersAction) -> None:
    """Add this tool to the command line."""
    parser = tools.add_parser(
        "doctor", help="look whether this machine is ready for the lessons",
        description="Look whether this machine is ready for the lessons.\nIt changes nothing.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--it", action="store_true",
                        help="print what the school's IT needs to know, and end")
    parser.set_defaults(run=lambda options: tell_it() if options.it else doctor())


def doctor() -> int:
    """Look at this machine and print each finding; return 1 if something is missing."""
    faults = 0
    can_show = console(_encoding()).mark == PASSED
    marks = {mark: mark if can_show else mark.translate(ASCII) for mark in MARKS}
    for found in findings():
        faults += found.mark == FAILED
        print(f"{marks[found.mark]} {found.what}", flush=True)
        if found.help:
            print("    " + found.help)
    print(f"\n{faults} of these must be mended." if faults else
          "\nThis machine is ready. Go on with: python -m pytest lessons/00")
    return 1 if faults else 0


def findings() -> Iterator[Finding]:
    """Look at one thing after the other."""
    yield python()
    yield child()
    yield pytest_version()
    yield jupyter()
    yield loopback("127.0.0.1")
    yield loopback("::1")
    for number, who in PORTS.items():
        yield port(number, who)
    yield writable(KIT / "lessons")
    yield console(_encoding())
    yield from shadowing(KIT)
    yield Finding(NOT_RUN, "The firewall cannot be seen from here.",
                  "If a window asks about Python, both answers are fine: loopback never goes "
                  "through it.")


def python() -> Finding:
    """Which Python is this?  (The command line has turned older ones away.)"""
    return Finding(PASSED, f"Python {platform.python_version()}, on {platform.platform()}.",
                   sys.executable)


def child() -> Finding:
    """May Python start a program?  The checks run each program in a process of its own."""
    try:
        done = subprocess.run([sys.executable, "-c", "print('hello')"], capture_output=True,
                              stdin=subprocess.DEVNULL)
    except OSError as error:
        return Finding(FAILED, f"Python may not start a program: {error}.",
                       "The school's IT has to allow it: python lessons/socklab doctor --it")
    if done.stdout.strip() != b"hello":
        return Finding(FAILED, "A program that Python starts does not get to its end.",
                       "A guard against viruses may stop it: ask the school's IT.")
    return Finding(PASSED, "Python may start programs.")


def pytest_version() -> Finding:
    """Is there a pytest that the checks can use?"""
    version = installed("pytest")
    if not version:
        return Finding(FAILED, "pytest is missing: the checks need it.", INSTALL)
    numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST_PYTEST:
        return Finding(FAILED, f"pytest {version} is too old: the checks need "
                       f"{'.'.join(map(str, OLDEST_PYTEST))} or newer.", INSTALL)
    return Finding(PASSED, f"pytest {version}.")


def jupyter() -> Finding:
    """Are the notebooks' programs there?"""
    version = installed("jupyterlab")
    if version and installed("ipykernel"):
        return Finding(PASSED, f"JupyterLab {version}, for the notebooks.")
    return Finding(NOT_RUN, "Jupyter is missing: the checks work, the notebooks do not open.",
                   INSTALL)


def installed(package: str) -> str:
    """The version of a package; "" if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def loopback(address: str) -> Finding:
    """Does a byte travel from this machine to itself?"""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.create_server((address, 0), family=family) as listening, \
                socket.create_connection(listening.getsockname()[:2], timeout=10) as near:
            far, _ = listening.accept()
            with far:
                near.sendall(b"!")
                far.settimeout(10)
                far.recv(1)
    except OSError as error:
        if family == socket.AF_INET6:
            return Finding(NOT_RUN, f"No loopback over {address} (IPv6): no lesson needs it.")
        return Finding(FAILED, f"Loopback over {address} does not work: {error}.",
                       "Something on this machine stops it, a guard against viruses for "
                       "example: ask the school's IT.")
    return Finding(PASSED, f"Loopback works: {address}.")


def port(number: int, who: str, system: str = sys.platform) -> Finding:
    """Can a program of the lessons listen at this port?"""
    try:
        taken = _taken(number, system)
    except PermissionError:
        return Finding(FAILED, f"The system does not give port {number} away ({who}).",
                       f"On Windows it may be in a reserved range; see: {RESERVED}")
    except OSError as error:
        return Finding(FAILED, f"Nothing can listen at port {number} ({who}): {error}.")
    if not taken:
        return Finding(PASSED, f"Port {number} is free, for {who}.")
    helps = "Perhaps a server of yours runs in another terminal: Ctrl-C ends it."
    if number == 5000 and system == "darwin":
        helps = AIRPLAY
    command = WHO.get(system, WHO["linux"]).format(number)
    return Finding(FAILED, f"Port {number} is taken ({who}).", f"{helps} Who it is: {command}")


def _taken(number: int, system: str) -> bool:
    """Does somebody listen at a port?  Old connections that linger there are no hindrance."""
    address = ("127.0.0.1", number)
    try:
        with socket.socket() as sock:
            sock.bind(address)
            return False
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
    try:
        if system == "darwin":  # a bind() there does not notice who listens on all addresses
            socket.create_connection(address, timeout=10).close()
            return True
        socket.create_server(address).close()
        return False
    except OSError:
        return system != "darwin"


def writable(folder: Path) -> Finding:
    """Can the student's programs be saved here?"""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding(PASSED, "The folder of the kit can be written to.", str(folder.parent))
    except OSError as error:
        return Finding(FAILED, f"Nothing can be saved in {folder}: {error.strerror}.",
                       "Unpack or copy the kit into a folder of your own, Documents for "
                       "example.")


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "ascii"


def console(encoding: str) -> Finding:
    """Can this terminal show the marks of the reports?"""
    try:
        f"{MARKS} ü".encode(encoding)
    except UnicodeEncodeError:
        helps = "The reports use + X - instead. To see all characters, on Windows: " \
                'first "chcp 65001", and "set PYTHONUTF8=1"'
        return Finding(NOT_RUN, f"This terminal cannot show all characters ({encoding}).", helps)
    return Finding(PASSED, f"The terminal can show all characters ({encoding}).")


def shadowing(kit: Path) -> Iterator[Finding]:
    """Is there a file that Python would take for one of its own modules?"""
    taken = sys.stdlib_module_names | {"pytest"}
    places = [kit, kit / "lessons", *sorted(kit.glob("lessons/[0-9][0-9]"))]
    found = [path for place in places for path in sorted(place.glob("*.py"))
             if path.stem in taken]
    for path in found:
        yield Finding(FAILED, f"{path.relative_to(kit).as_posix()} has the name of a module of "
                      "Python.", f"`import {path.stem}` finds it instead: give it another name.")
    if not found:
        yield Finding(PASSED, "No file has the name of a module of Python.")


IT = f"""Sockets, Step by Step: what it needs on the machines of a class

Programs
  Python 3.11 or newer, from www.python.org or the school's own package.
  pytest, and Jupyter for the notebooks:  {INSTALL}
  A terminal, an editor, a browser. git is not needed: the kit is a folder of files.
  No rights of an administrator, no service, no driver, no container.

Internet, for the installation alone
  pypi.org and files.pythonhosted.org (HTTPS, port 443), for pip; www.python.org for Python.
  A school without them: packages can be brought along, README.md, "A class without internet".

While the class works
  Loopback only: 127.0.0.1 and ::1. The students' programs listen at TCP ports
  {' and '.join(map(str, sorted(PORTS)))}; the checks choose free ports. Jupyter serves the
  browser at http://localhost:8888 (or the next free port).
  Python starts Python: each program that is checked is a process of its own, and is ended
  again. A guard against viruses or a list of allowed programs must not stop that.
  No firewall rule is needed.

One exception, in lesson 01, if the teacher wishes it
  The teacher's machine runs solutions/01/class_server.py. It listens at TCP port 5050 on all
  its addresses, and the students' machines connect to it over the school's network. Its
  firewall must let Python in, and the network must let the machines of the class reach each
  other (a guest Wi-Fi mostly does not).

Known traps
  macOS: the AirPlay receiver holds port 5000.
  Windows: Hyper-V, WSL and Docker reserve ranges of ports:
    {RESERVED}
  Windows: "python" opens the Store if Python is not installed; "py" does not.

Files
  All is written below the folder of the kit and in the folder for temporary files: the
  students' programs in lessons, those of the notebooks in notebooks/work. No data of persons
  is collected or sent anywhere.
"""


def tell_it() -> int:
    """Print what the school's IT needs to know."""
    print(IT, end="")
    return 0
