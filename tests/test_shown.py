"""Every listing of a page is what its file holds, or what its command prints."""

from __future__ import annotations

import ctypes
import doctest
import errno
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from grading import KIT, _clean
from pages import Listing, markdown, page
from socklab.design.transcripts import load_all
from test_lessons import digest, recorded
from test_readme import checked, copy_of_the_kit

Maker = Callable[[Path], str]  # gets an empty folder; gives all that is printed
SHOWN: dict[tuple[str, str], Maker] = {}  # (page, first line of the listing) -> who makes it
# Neither printed by a program nor typed: forms.
WRITTEN = {
    ("lessons/09/PARLEY.md", "from a client                    from the room"),
    ("lessons/10/README.md", 'form = "told NAME TEXT"           told ann lee is late'),
}
COMMANDS = r"python3? |py |git |quarto |cmd /c |for d in |grep |foreach |Select-String |pytest "
ERRORS = "lessons/ERRORS.md"
DOCS = "lessons/10/parley/protocol.md"  # written by a tool; bench/test_design_draw.py compares


def shows(name: str, first: str) -> Callable[[Maker], Maker]:
    """This function makes what the listing with this first line shows."""
    def keep(maker: Maker) -> Maker:
        SHOWN[name, first] = maker
        return maker
    return keep


def listings(which: Callable[[str, Listing], bool]) -> list:
    """Listings of all pages, as pytest parameters."""
    return [pytest.param(name, listing, id=f"{name}-{at}") for name in markdown()
            for at, listing in enumerate(page(name).listings) if which(name, listing)]


def is_command(listing: Listing) -> bool:
    return all(re.match(COMMANDS, line) for line in listing.text.splitlines())


def is_shown(name: str, listing: Listing) -> bool:
    return (name, listing.first) in SHOWN


# -- running ---------------------------------------------------------------------------------


def complaint(program: str, folder: Path, *arguments: str) -> str:
    """Run a program's text with this Python; return all that it writes to stderr."""
    (folder / "program.py").write_text(textwrap.dedent(program), encoding="utf-8")
    return ran(folder, *(arguments or ("program.py",)))


def ran(folder: Path, *arguments: str) -> str:
    environment = {**_clean(), "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True,
                          stdin=subprocess.DEVNULL, env=environment)
    return done.stderr.decode("utf-8").replace("\r\n", "\n")


def terminals(folder: Path, *programs: str | tuple[str, str], typed: list[str]) -> dict[str, str]:
    """Run programs against each other; return the terminal of each, with what was typed.

    A program is a path in the kit, or (name, text).  `typed` goes to the last one.
    """
    from socklab import notebook

    names = []
    for program in programs:
        name, text = program if isinstance(program, tuple) else (
            Path(program).name, (KIT / program).read_text(encoding="utf-8"))
        (folder / name).write_text(text, encoding="utf-8")
        names.append(name)
    before, notebook._folder = notebook._folder, folder
    try:
        picture = notebook.play(*names[-2:], typed=typed)
    finally:
        notebook._folder = before
    seen: dict[str, str] = dict.fromkeys(names, "")
    for event in picture.events:
        if event.call in ("output", "type"):
            seen[event.who] += event.data.decode("utf-8")
    return seen


def same_everywhere(text: str) -> str:
    """Without the version and the ports, which differ from run to run."""
    text = re.sub(r"Python 3\.\d+\.\d+\S*", "Python 3.x.y", text)
    text = re.sub(r"^\d\d:\d\d:\d\d ", "hh:mm:ss ", text, flags=re.M)
    return re.sub(r"port \d{5}", "port xxxxx", text)


def in_order(shown: str, printed: str) -> bool:
    """Are the lines of one text among those of the other, in this order?"""
    rest = iter([line.rstrip() for line in printed.splitlines()])
    return all(line.rstrip() in rest for line in shown.splitlines())


# -- the handouts ------------------------------------------------------------------------------


@shows("lessons/00/README.md", "TypeError: a bytes-like object is required, not 'str'")
def text_on_the_wire(folder: Path) -> str:
    return complaint('import socket\nsocket.socketpair()[0].sendall("hello")', folder)


@shows("lessons/00/README.md", "Python 3.11.7")
def hello(folder: Path) -> str:
    if recorded().get("lessons/00/hello.py") != digest(KIT / "lessons/00/hello.py"):
        pytest.skip("lessons/00/hello.py has been edited")
    return terminals(folder, ("other.py", "import socket\n"
                              "socket.create_server(('127.0.0.1', 1)).accept()"),
                     "lessons/00/hello.py", typed=[])["hello.py"]


ONCE = '''
import socket
listening = socket.create_server(("127.0.0.1", 5050))
connection, address = listening.accept()
connection.sendall(connection.recv(1024))
connection.close()
'''


@shows("lessons/01/README.md", "> hello")
def echo_once(folder: Path) -> str:
    seen = terminals(folder, ("server.py", ONCE), "solutions/01/echo_client.py",
                     typed=["hello", "again"])
    return seen["echo_client.py"]


CHATS = '''
import socket
listening = socket.create_server(("localhost", 5000))
connection, address = listening.accept()
while data := connection.recv(1024):
    connection.sendall(data + b" you")
'''
SENDS_NOTHING = '''
import socket
sock = socket.create_connection(("localhost", 5000))
while (line := input(" -> ")) != "bye":
    sock.sendall(line.encode())
    print("Received from server:", sock.recv(1024).decode())
'''


@shows("lessons/02/README.md", " -> hello")
def chat_falls_silent(folder: Path) -> str:
    seen = terminals(folder, ("server.py", CHATS), ("client.py", SENDS_NOTHING),
                     typed=["hello", ""])
    return seen["client.py"]


@shows("lessons/03/README.md", "recv(1024) returned 1024 bytes.")
def three_pieces(folder: Path) -> str:
    seen = terminals(folder, "solutions/03/stream.py", "lessons/03/given_receiver.py",
                     "lessons/03/given_sender.py", typed=[])
    return seen["given_receiver.py"]


@shows("lessons/04/README.md", "   sent b'he'")
def careless(folder: Path) -> str:
    seen = terminals(folder, "lessons/04/given_careless_server.py",
                     "lessons/04/given_client.py", typed=["he|llo", "one&two", ""])
    return seen["given_client.py"]


@shows("lessons/05/README.md", "83 apples")
def length_as_text(folder: Path) -> str:
    message = "3 apples"
    return f"{len(message)}{message}"


@shows("lessons/05/README.md", '>>> (256).to_bytes(4, "big")')
def dialogue(folder: Path) -> str:
    listing = next(each for each in page("lessons/05/README.md").listings
                   if each.first.startswith(">>>"))
    test = doctest.DocTestParser().get_doctest(listing.text, {}, "page", None, None)
    return listing.text if doctest.DocTestRunner().run(test).failed == 0 else ""


def on_linux(program: str) -> Maker:
    def make(folder: Path) -> str:
        if sys.platform != "linux":
            pytest.skip("the number is that of Linux; the page names the other ones")
        return complaint(program, folder)
    return make


PAIR = '''\
    import socket
    listening = socket.create_server(("127.0.0.1", 0))
    ours = socket.create_connection(listening.getsockname())
    theirs, address = listening.accept()
'''
RESET = PAIR + '''\
    theirs.sendall(b"for nobody")
    ours.recv(1, socket.MSG_PEEK)
    ours.close()  # with bytes unread: a reset
    theirs.recv(1)
'''
TAKEN = '''\
    import socket
    listening = socket.create_server(("127.0.0.1", 0))
    other = socket.socket()
    other.bind(listening.getsockname())
'''
STAR = '''\
    import threading, socket
    def serve(connection):
        pass
    connection = socket.socket()
    threading.Thread(target=serve, args=(connection)).start()
'''
shows("lessons/06/README.md", "ConnectionResetError: [Errno 104] Connection reset by peer")(
    on_linux(RESET))
shows("lessons/06/README.md", "OSError: [Errno 98] Address already in use")(on_linux(TAKEN))


@shows("lessons/07/README.md", "> hello")
def behind_a_silent_client(folder: Path) -> str:
    steady, given = "solutions/06/steady_server.py", "solutions/06/given_lines.py"
    with bench(folder, steady, given, "lessons/04/given_client.py") as lab:
        silent = lab.server("steady_server.py", port=5050).connect()
        silent.expect_nothing()  # the server waits for it now
        client = lab.program("given_client.py")
        lab.settle()
        client.type("hello")
        lab.settle(horizon=1)
        return screen(lab, "given_client.py")


shows("lessons/07/README.md", "TypeError: __main__.serve() argument after * must be an iterable, "
      "not socket")(lambda folder: complaint(STAR, folder).replace(
          "Value after *", "__main__.serve() argument after *"))  # in Python 3.15


@contextmanager
def bench(folder: Path, *programs: str | tuple[str, str]) -> Iterator[Any]:
    """A Lab on a folder with these programs: a path in the kit, or (name, text)."""
    from socklab.hub import Hub
    from socklab.lesson import Lab
    from socklab.submission import Submission

    for program in programs:
        name, text = program if isinstance(program, tuple) else (
            Path(program).name, (KIT / program).read_text(encoding="utf-8"))
        (folder / name).write_text(text, encoding="utf-8")
    hub = Hub(spares=1)
    lab = Lab(hub, Submission("", folder), to_come=0)
    try:
        yield lab
    finally:
        lab.close()
        hub.close()


def settle(lab: Any) -> None:
    """Let everything happen that happens without anybody's doing."""
    lab.wait(lambda: False)


def screen(lab: Any, name: str) -> str:
    """What stands on the terminal of a program."""
    return "".join(event.data.decode("utf-8") for event in lab.tape.ordered()
                   if event.who == name and event.call in ("output", "type"))


@shows("lessons/08/README.md", "thread 1: buy('ann')                thread 2: buy('bob')")
def one_seat_twice(folder: Path) -> str:
    office, given = "tests/wrong/08/no_lock.py", "lessons/08/given_lines.py"
    with bench(folder, office, given) as lab:
        rounds = lab.turnstile("no_lock.py", setup="Office", setup_args=(1,),
                               threads=[("buy", ("ann",)), ("buy", ("bob",))])
    twice = [each.table for each in rounds if list(each.results) == [1, 1]]
    shown = page("lessons/08/README.md").listings[0].text
    return next((table for table in twice if in_order(shown, table)), twice[0])


ONE_LOOP = '''
import socket
from given_lines import LineReader
sock = socket.create_connection(("127.0.0.1", 5050))
reader = LineReader(sock, 1100)
sock.sendall(b"hello parley/1 ann\\n")
print(reader.read_line())
while True:
    sock.sendall(f"say {input('> ')}\\n".encode())
    print(reader.read_line())
'''


@shows("lessons/09/README.md", "welcome ann")
def nobody_listens(folder: Path) -> str:
    server, given = "solutions/09/chat_server.py", "solutions/09/given_lines.py"
    with bench(folder, server, given, ("ann.py", ONE_LOOP)) as lab:
        room = lab.server("chat_server.py", port=5050)
        ann = lab.program("ann.py")
        settle(lab)
        ann.type("hello?")  # nobody is there yet, and no answer comes: she waits in recv
        settle(lab)
        bob = room.connect()
        bob.send(b"hello parley/1 bob\nsay hi\nsay is anybody here?\n")
        settle(lab)
        ann.type("ah, bob is here")
        settle(lab)
        return screen(lab, "ann.py")


@shows("lessons/09/PARLEY.md", "client 1                         client 2")
def talk_in_a_room(folder: Path) -> str:
    """Say the lines with > to the solution; write down what it says where a < stands."""
    server, given = "solutions/09/chat_server.py", "solutions/09/given_lines.py"
    shown = next(each.text for each in page("lessons/09/PARLEY.md").listings
                 if each.first.startswith("client 1"))
    column = shown.index("client 2")
    heard = []
    with bench(folder, server, given) as lab:
        room = lab.server("chat_server.py", port=5050)
        peers = room.connect(), room.connect()
        for line in shown.splitlines():
            said = [line[:column].rstrip(), line[column:]]
            for at, text in enumerate(said):
                if text.startswith("> "):
                    peers[at].send(text[2:].encode() + b"\n")
                elif text.startswith("< "):
                    said[at] = "< " + peers[at].read_line().decode().removesuffix("\n")
                elif "closes" in text:
                    peers[at].expect_end()
            heard.append(f"{said[0]:{column}}{said[1]}".rstrip())
    return "\n".join(heard)


@shows("lessons/09/CLASS.md",
       "The room is open on 127.0.0.1, port 5071. Type who, kick NAME or quit.")
def room_of_a_class(folder: Path) -> str:
    names = ("class_room.py", "chat_server.py", "given_lines.py")
    with bench(folder, *(f"solutions/09/{name}" for name in names)) as lab:
        room = lab.program("class_room.py", arguments=["127.0.0.1", "5071"])
        settle(lab)
        peers = {}
        for name, line in (("ann", "hello parley/1 ann"), ("bob", "hello parley/1 bob"),
                           ("bob", "say Grüezi, Ann!"), ("ann", "to bob Hi, Bob")):
            if name not in peers:
                peers[name] = room.connect()
                settle(lab)
            peers[name].send(line.encode() + b"\n")
            settle(lab)
        for line in ("who", "kick bob", "quit"):
            room.type(line)
            settle(lab)
        return screen(lab, "class_room.py")


@shows("lessons/11/README.md",
       r"Your engine breaks when a member's b'who\r\n' arrives as b'who\r' and b'\n'.")
def smallest_case(folder: Path) -> str:
    kit = copy_of_the_kit(folder / "kit")
    shutil.copy(KIT / "tests/wrong/11/crlf_replaced_in_pieces.py", kit / "lessons/11/engine.py")
    return checked(kit, "lessons/11", "-x", "--hints", "0")


READS_A_LINE = '''
import os, psutil, socket, sys, threading
ours, theirs = socket.socketpair()
for sock in (ours, theirs):  # so that next to nothing waits in the system
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
lines = theirs.makefile("rb")
threading.Thread(target=next, args=(lines, None), daemon=True).start()
megabyte, sent = b"x" * 1_000_000, 0
for size in (1, 11, 21, 41):  # the first one brings all the rest of the program in
    while sent < size:
        ours.sendall(megabyte)
        sent += 1
    print(psutil.Process().memory_info().rss // 1_000_000, file=sys.stderr)
os._exit(0)
'''


FOUR = "C ann: hello oxo/1 ann     ann says it                C: …       if there is one client"


@shows("lessons/10/FORMAT.md", FOUR)
def the_lines_of_a_transcript(folder: Path) -> str:
    """The column on the left is read as the one in the middle says."""
    shown = next(each.text for each in page("lessons/10/FORMAT.md").listings
                 if each.first == FOUR)
    (folder / "transcripts").mkdir()
    left = "\n".join(re.split("   +", row)[0] for row in shown.splitlines())
    (folder / "transcripts" / "four.txt").write_text(left, encoding="utf-8")
    [read] = load_all(folder)
    same = [(line.sender, line.who, line.text or line.act) for line in read.lines] == [
        ("client", "ann", "hello oxo/1 ann"), ("server", "ann", "wait"),
        ("client", "ann", "ends"), ("server", "ann", "ends"), ("client", "ann", "connects"),
        ("client", "ann", "x" * 101)]
    return shown if same else f"{read.lines}"


@shows("lessons/12/README.md", "sent        memory")
def a_line_without_end(folder: Path) -> str:
    """Megabytes differ from machine to machine; how many more for ten more must not."""
    pytest.importorskip("psutil", reason="psutil (a part of jupyter) is missing")
    if sys.platform != "linux":
        pytest.skip("measured on Linux")
    shown = page("lessons/12/README.md").listings[0].text
    rows = [[float(n) for n in re.findall(r"[\d.]+", row)] for row in shown.splitlines()[1:]]
    seen = [int(n) for n in complaint(READS_A_LINE, folder).split()]
    told = [memory - rows[0][1] for _, memory in rows]
    same = all(abs((now - seen[0]) - due) <= 3 for now, due in zip(seen, told, strict=True))
    return shown if same else f"{seen}"


@pytest.mark.parametrize("name, listing", listings(is_shown))
def test_it_shows_what_is_printed(name: str, listing: Listing, tmp_path: Path) -> None:
    printed = SHOWN[name, listing.first](tmp_path)
    assert in_order(same_everywhere(listing.text), same_everywhere(printed)), printed


@pytest.mark.parametrize("name, listing", listings(lambda _, each: each.info == "python"))
def test_python_in_a_page_is_python(name: str, listing: Listing) -> None:
    compile(listing.text, name, "exec")


@pytest.mark.parametrize("name, listing", listings(lambda _, each: is_command(each)))
def test_commands_name_files_that_are_there(name: str, listing: Listing) -> None:
    for word in re.findall(r"(?:lessons|solutions|notebooks|tests)/[\w./-]+|requirements.txt",
                           listing.text):
        assert (KIT / word).exists(), word


def test_every_listing_is_accounted_for() -> None:
    """Written by hand and run by nobody, a listing would be wrong one day."""
    unknown = [(name, each.first) for name in markdown() for each in page(name).listings
               if not (each.made or each.info in ("python", "toml") or is_command(each)
                       or is_shown(name, each) or (name, each.first) in WRITTEN
                       or name in (ERRORS, DOCS))]
    assert unknown == []
    there = {(name, each.first) for name in markdown() for each in page(name).listings}
    assert set(SHOWN) <= there, "no page shows this any more"


# -- what this error means ----------------------------------------------------------------------

SYSTEM = {"win32": "Windows", "darwin": "macOS"}.get(sys.platform, "Linux")
UNCONNECTED = "import socket\nsocket.socket().recv(1)"
BROKEN = RESET.replace("    theirs.recv(1)\n", "") + '''\
    for attempt in range(3):
        try:
            theirs.recv(1) if attempt == 0 else theirs.sendall(b"x")
        except ConnectionResetError:
            pass
    raise ConnectionAbortedError(None, "", None, 10053)  # what Windows says, or 10054
'''
FILES = '''\
    import resource, socket
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    kept = [socket.socket() for _ in range(30)]
'''


def decoding(data: str) -> str:
    return f"{data}.decode()"


def by_number(name: str, windows: int) -> str:
    """What the system says about an error that cannot be had at once on every machine."""
    if sys.platform == "win32":
        return f"raise OSError(None, {ctypes.FormatError(windows)!r}, None, {windows})"
    number = getattr(errno, name)
    return f"raise OSError({number}, {os.strerror(number)!r})"


# heading -> the programs that get its messages, in order
PROVOKED: dict[str, list[str]] = {
    "Indentation and tabs": ["while True:\nprint()", "if True:\n        x = 1\n    y = 2",
                             "if True:\n        x = 1\n\ty = 2"],
    "Address already in use": [TAKEN],
    "Permission denied for a port": [by_number("EACCES", 10013)],
    "Address not available": ["import socket\nsocket.socket().bind(('192.0.2.1', 0))"],
    "Name not found": ["import socket\n"  # looked up by nobody
                       "socket.getaddrinfo('locahost', 1, flags=socket.AI_NUMERICHOST)"],
    "Host and port are one pair": ["import socket\nsocket.socket().connect('localhost', 1)",
                                   "import socket\nsocket.socket().bind('localhost', 1)"],
    "Too many open files": [by_number("ENOBUFS", 10055) if sys.platform == "win32" else FILES],
    "Connection refused": ['''\
        import socket
        quiet = socket.socket()
        quiet.bind(("127.0.0.1", 0))  # taken, and nobody listens
        socket.create_connection(quiet.getsockname())
        '''],
    "Timed out": [by_number("ETIMEDOUT", 10060), PAIR + "    theirs.settimeout(0.01)\n"
                  "    theirs.recv(1)\n"],
    "Not connected": [UNCONNECTED],
    "Connection reset": [RESET],
    "Broken pipe, connection aborted": [by_number("EPIPE", 10053) if sys.platform == "win32"
                                        else BROKEN],
    "Used after close": ["import socket\ns = socket.socket()\ns.close()\ns.recv(1)"],
    "EOF when reading a line": ["input()"],
    "Ctrl-C does not end the program": [
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"  # see nohup
        "signal.raise_signal(signal.SIGINT)"],
    "A bytes-like object is required": ["import socket\nsocket.socket().send('x')"],
    "No attribute encode or decode": ["b''.encode()", "''.decode()"],
    "Bytes that are no text": [decoding(r"b'Z\xc3'".replace("Z", "ab")),
                               decoding(r"b'\xff'")],
    "The screen cannot show a character": ["import sys\nsys.stdout.reconfigure(encoding='cp1252')"
                                           "\nprint('\\u2192')"],
    "Unpack requires a buffer": ["import struct\nstruct.unpack('!I', b'abc')"],
    "JSON that does not fit": ["import json\njson.loads('{\"a\": 1}{\"b\": 2}')",
                               "import json\njson.loads('[\"a')", "import json\njson.loads('')"],
    "Exception in thread": ["import threading\ndef serve():\n    raise OSError\n"
                            "threading.Thread(target=serve).start()"],
    "Argument after star": [STAR],
    "Changed size during iteration": ["d = {1: 1}\nfor x in d:\n    d[2] = 2",
                                      "d = {1}\nfor x in d:\n    d.add(2)"],
}
# What depends on more than Python, or not on a program at all.
ELSEWHERE = {
    "The command py or python is not found", "Running scripts is disabled",
    "This environment is externally managed",
    "No module named pytest", "No such file or directory", "Your file has the name of a module",
}


def entries() -> dict[str, list[Listing]]:
    """heading -> its listings, for each error of the page."""
    text = (KIT / ERRORS).read_text(encoding="utf-8")
    found = re.split(r"^### (.*)$", text, flags=re.M)[1:]
    pairs = zip(found[::2], found[1::2], strict=True)
    return {head: [Listing("text", t, False)
                   for t in re.findall(r"^```text\n(.*?)^```", body, re.S | re.M)]
            for head, body in pairs}


def messages(head: str, system: str = SYSTEM) -> list[str]:
    """What one entry says for a system and this Python; a message may go on in the next line."""
    text = "\n".join(listing.text for listing in entries()[head])
    joined = re.sub(r"\n {2,}", " ", text)
    found, python = [], "from 3.15" if sys.version_info >= (3, 15) else "to 3.14"
    for line in filter(None, joined.splitlines()):
        label = re.match(r"(Windows|macOS|Linux|to 3\.14|from 3\.15)  +(.*)", line)
        if not label or label[1] in (system, python):
            found.append(label[2] if label else line)
    return found


def fits(message: str, printed: str) -> bool:
    """Is there such a line?  … stands for anything."""
    pattern = ".*".join(map(re.escape, message.split("…")))
    return any(re.fullmatch(pattern, line.strip()) for line in printed.splitlines())


@pytest.mark.parametrize("head", PROVOKED)
def test_the_message_is_what_this_system_says(head: str, tmp_path: Path) -> None:
    due = messages(head)
    programs = PROVOKED[head]
    assert len(due) == len(programs)
    for message, program in zip(due, programs, strict=True):
        printed = complaint(program, tmp_path)
        assert fits(message, printed), printed


def test_a_missing_pytest(tmp_path: Path) -> None:
    assert fits(messages("No module named pytest")[0], ran(tmp_path, "-I", "-S", "-m", "pytest"))


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    printed = ran(tmp_path, "lessons/01/echo_server.py")
    assert fits(messages("No such file or directory")[0], printed)


def test_a_file_called_socket(tmp_path: Path) -> None:
    (tmp_path / "socket.py").write_text("import socket\nsocket.create_server\n", "utf-8")
    printed = ran(tmp_path, "socket.py")
    assert any(fits(m, printed) for m in messages("Your file has the name of a module"))


def test_thirty_messages_and_no_other() -> None:
    assert set(entries()) == {*PROVOKED, *ELSEWHERE} and len(entries()) == 30
    text = (KIT / ERRORS).read_text(encoding="utf-8")
    for body in re.split(r"^### .*$", text, flags=re.M)[1:]:
        for section in ("**What has happened.**", "**What to do.**", "**Lesson:** ["):
            assert body.count(section) == 1, body


def test_the_numbers_in_the_table_are_those_of_the_messages() -> None:
    text = (KIT / ERRORS).read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(.*)\]\(#(.*)\) \| (-?\d+) \| (-?\d+) \| (-?\d+) \|$", text, re.M)
    assert len(rows) == 11
    heads = {re.sub(r"[^a-z ]", "", head.lower()).replace(" ", "-"): head for head in entries()}
    for words, anchor, *numbers in rows:
        assert words in heads[anchor] or heads[anchor].startswith(words.split(",")[0])
        for system, number in zip(("Windows", "macOS", "Linux"), numbers, strict=True):
            first = messages(heads[anchor], system)[0]
            assert re.search(rf"\[\w+ {number}\]", first), (words, system)
