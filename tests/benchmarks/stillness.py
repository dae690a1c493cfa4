"""Is "the program is still" always true?  Ask it at the most awkward moments.

    python tests/benchmarks/stillness.py [--count 20000] [--busy 4] [--seed 1] [--plain]

Again and again a program is given something (a connection, some bytes, an end, a line at
its keyboard) and is asked at once, or after a busy loop of random length, whether it is
still.  It must not be called still before it has reacted: before its reply is here.  And
when it has reacted, it must be called still soon.  Exits with 1 if an answer was wrong.

With --plain every send counts as a wait, as it does on Windows and on macOS.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from load import busy, table
from socklab.exchange import PATIENCE
from socklab.hub import Hub
from socklab.lesson import Failure, Lab, Peer, Program
from socklab.submission import Submission

PORT = 5000
GIVE_UP = 60.0  # seconds in which a program must be called still after its reaction

ONE_THREAD = """
import socket
server = socket.create_server(("127.0.0.1", 5000))
while True:
    c, _ = server.accept()
    c.sendall(b"welcome\\n")
    while data := c.recv(1024):
        c.sendall(data.upper())
    c.close()
"""
POLLING = """
import socket
def receive(c):
    c.settimeout(1)
    while True:
        try:
            return c.recv(1024)
        except TimeoutError:
            pass
""" + ONE_THREAD.replace("c.recv(1024)", "receive(c)")
QUEUE = """
import queue, socket, threading
server = socket.create_server(("127.0.0.1", 5000))
lines = queue.Queue()
def work():
    while True:
        c, data = lines.get()
        if data:
            c.sendall(data.upper())
        else:
            c.close()
threading.Thread(target=work, daemon=True).start()
while True:
    c, _ = server.accept()
    c.sendall(b"welcome\\n")
    while data := c.recv(1024):
        lines.put((c, data))
    lines.put((c, b""))
"""
PIPE = """
import os, socket, threading
server = socket.create_server(("127.0.0.1", 5000))
inside, outside = os.pipe()
lines = []
def work():
    while os.read(inside, 1):
        c, data = lines.pop(0)
        if data:
            c.sendall(data.upper())
        else:
            c.close()
threading.Thread(target=work, daemon=True).start()
while True:
    c, _ = server.accept()
    c.sendall(b"welcome\\n")
    while data := c.recv(1024):
        lines.append((c, data))
        os.write(outside, b"x")
    lines.append((c, b""))
    os.write(outside, b"x")
"""
THREADS = """
import socket, threading
server = socket.create_server(("127.0.0.1", 5000))
lock = threading.Lock()
def serve(c):
    c.sendall(b"welcome\\n")
    while data := c.recv(1024):
        with lock:
            c.sendall(data.upper())
    c.close()
while True:
    threading.Thread(target=serve, args=server.accept()[:1]).start()
"""
SOCKETSERVER = """
import socketserver
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"welcome\\n")
        while data := self.request.recv(1024):
            self.request.sendall(data.upper())
class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = daemon_threads = True
Server(("127.0.0.1", 5000), Handler).serve_forever()
"""
ASYNCIO = """
import asyncio
async def serve(reader, writer):
    writer.write(b"welcome\\n")
    while data := await reader.read(1024):
        writer.write(data.upper())
        await writer.drain()
    writer.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 5000) as server:
        await server.serve_forever()
asyncio.run(main())
"""
TO_THREAD = ASYNCIO.replace("writer.write(data.upper())",
                            "writer.write(await asyncio.to_thread(data.upper))")
SELECTORS = """
import selectors, socket
server = socket.create_server(("127.0.0.1", 5000))
selector = selectors.DefaultSelector()
selector.register(server, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        c = key.fileobj
        if c is server:
            c, _ = server.accept()
            c.setblocking(False)
            selector.register(c, selectors.EVENT_READ)
            c.sendall(b"welcome\\n")
        elif data := c.recv(1024):
            c.sendall(data.upper())
        else:
            selector.unregister(c)
            c.close()
"""
KEYBOARD = """
while True:
    print(input().upper())
"""
CHAT_CLIENT = """
import socket, threading
c = socket.create_connection(("127.0.0.1", 5000))
def show():
    while data := c.recv(1024):
        print(data.decode(), end="")
threading.Thread(target=show, daemon=True).start()
while True:
    c.sendall(input().encode() + b"\\n")
"""


PLAIN = """
import sys
sys.modules["socklab.tap.sockets"].Socket._send_at_once = lambda *_: 0
"""
preamble = ""  # of each program


class Failed(Exception):
    """The program never came to rest, or did not do its work: not an answer about it."""


@dataclass
class Subject:
    """A kind of program, and what has been counted of it."""

    name: str
    talk: Callable[[Asker, Path], None]
    questions: int = 0
    early: int = 0  # of these: asked before the reaction was there
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Asker:
    """Gives things to a program and asks, until enough questions are asked."""

    def __init__(self, subject: Subject, lab: Lab, dice: random.Random, count: int) -> None:
        self.subject, self.lab, self.dice = subject, lab, dice
        self.left = count

    def ask(self) -> bool:
        """One question; the answer is true if the lab would end a wait with "still"."""
        self.left -= 1
        self.subject.questions += 1
        programs = [p for p in self.lab.programs if not p.finished]
        self.lab._ask(programs, self.dice.choice([0.0, PATIENCE]))
        return all(p.answer and p.answer[0] for p in programs) and self.lab._proven(programs)

    def spin(self) -> None:
        """A busy loop of random length, from nothing to about two milliseconds."""
        for _ in range(int(2 ** self.dice.uniform(0, 15)) - 1):
            pass

    def given(self, what: str, reacted: Callable[[], bool]) -> None:
        """Something has been given: ask until the answer is yes, and look if it is true."""
        until = time.monotonic() + GIVE_UP
        while True:
            self.spin()
            before = reacted()
            self.subject.early += not before
            if self.ask():
                break
            if time.monotonic() > until:
                raise Failed(f"not called still after {what}")
            self.lab.hub.pump(0)
        if not reacted():
            self.subject.wrong.append(f"called still after {what}, without a reaction")
            while not reacted():  # so that the next question starts from a clean state
                self.lab.hub.pump(0.05)
                if time.monotonic() > until:
                    raise Failed(f"no reaction to {what}")


def serve(text: str, at_once: int) -> Callable[[Asker, Path], None]:
    """Talk with a server as `at_once` clients."""

    def talk(asker: Asker, folder: Path) -> None:
        (folder / "server.py").write_text(preamble + text)
        server = asker.lab.server("server.py", port=PORT)
        peers: list[Peer] = []
        while asker.left > 0:
            if len(peers) < at_once and (not peers or asker.dice.random() < 0.1):
                peers.append(_new_peer(asker, server))
            peer = asker.dice.choice(peers)
            if asker.dice.random() < 0.1:
                _end(asker, peer)
                peers.remove(peer)
            else:
                _say(asker, peer)

    return talk


def _new_peer(asker: Asker, server: Program) -> Peer:
    peer = server.connect()
    asker.given("a connection", lambda: peer.received == b"welcome\n")
    return peer


def _end(asker: Asker, peer: Peer) -> None:
    peer.half_close()
    asker.given("an end", lambda: bool(peer.ended))
    peer.close()


def _say(asker: Asker, peer: Peer) -> None:
    data = bytes(asker.dice.choices(b"abcdefgh", k=asker.dice.choice([1, 2, 10, 100, 3000])))
    due = len(peer.received) + len(data)
    peer.send(data)
    asker.given(f"{len(data)} bytes", lambda: len(peer.received) == due)
    if not peer.received.endswith(data.upper()):
        raise Failed("a wrong reply")


def type_lines(asker: Asker, folder: Path) -> None:
    """Talk with a program through its keyboard and screen."""
    (folder / "program.py").write_text(KEYBOARD)
    _type(asker, asker.lab.program("program.py"))


def two_programs(asker: Asker, folder: Path) -> None:
    """Two programs talk with each other; we type at one."""
    (folder / "server.py").write_text(preamble + SOCKETSERVER)
    (folder / "client.py").write_text(preamble + CHAT_CLIENT)
    asker.lab.server("server.py", port=PORT)
    client = asker.lab.program("client.py")
    client.expect_output("welcome\n")
    _type(asker, client)


def _type(asker: Asker, program: Program) -> None:
    while asker.left > 0 and program.typed < 50_000:  # the keyboard takes no more
        line = "".join(asker.dice.choices("abcdefgh ", k=asker.dice.randrange(1, 60)))
        _type_one(asker, program, line)


def _type_one(asker: Asker, program: Program, line: str) -> None:
    due = program.output + line.upper() + "\n"
    program.type(line)
    asker.given("a line", lambda: program.output == due)


SUBJECTS = {
    "one thread": serve(ONE_THREAD, 1), "polling": serve(POLLING, 1),
    "a queue between two": serve(QUEUE, 1), "a pipe between two": serve(PIPE, 1),
    "a thread each": serve(THREADS, 4),
    "socketserver": serve(SOCKETSERVER, 4), "asyncio": serve(ASYNCIO, 4),
    "asyncio and threads": serve(TO_THREAD, 4), "selectors": serve(SELECTORS, 4),
    "keyboard": type_lines, "two programs": two_programs,
}


def question(subject: Subject, hub: Hub, dice: random.Random, count: int) -> None:
    """Ask one kind of program `count` questions."""
    begun = time.monotonic()
    while subject.questions < count:
        with tempfile.TemporaryDirectory() as folder:
            lab = Lab(hub, Submission("00", Path(folder)))
            try:
                # a new program from time to time: the first moments are awkward ones too
                asker = Asker(subject, lab, dice, min(500, count - subject.questions))
                subject.talk(asker, Path(folder))
            except (Failed, Failure) as failed:
                subject.wrong.append(str(failed))
            finally:
                lab.close()
    subject.seconds = time.monotonic() - begun


def main() -> int:
    global preamble
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20_000, help="questions in all")
    parser.add_argument("--busy", type=int, default=4, help="busy processes beside it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=SUBJECTS, help="one kind of program alone")
    parser.add_argument("--plain", action="store_true",
                        help="every send is a wait, as on Windows and macOS")
    options = parser.parse_args()
    preamble = PLAIN * options.plain
    chosen = [options.only] if options.only else list(SUBJECTS)
    subjects = [Subject(name, SUBJECTS[name]) for name in chosen]
    hub, dice = Hub(), random.Random(options.seed)
    try:
        with busy(options.busy):
            for subject in subjects:
                question(subject, hub, dice, -(-options.count // len(subjects)))
                print(f"{subject.name}: {subject.questions} questions, "
                      f"{len(subject.wrong)} wrong", flush=True)
    finally:
        hub.close()
    print(table(
        ["program", "questions", "before the reaction", "wrong", "ms each"],
        [[s.name, s.questions, s.early, len(s.wrong),
          f"{1000 * s.seconds / s.questions:.1f}"] for s in subjects]
        + [["all", sum(s.questions for s in subjects), sum(s.early for s in subjects),
            sum(len(s.wrong) for s in subjects), ""]]))
    for subject in subjects:
        for text in subject.wrong[:5]:
            print(f"WRONG: {subject.name}: {text}")
    return 1 if any(subject.wrong for subject in subjects) else 0


if __name__ == "__main__":
    sys.exit(main())
