# graded as: hard_chat_server.py
# mistake: F03: whether a TEXT follows is asked of strip(): blanks alone are refused
# caught by: test_wrong_lines
# fails as: only_blanks
"""Lesson 12: a chat room for all sorts of clients. It speaks Parley/1, within limits."""

import queue
import re
import select
import socket
import sys
import threading
import time

HOST = "127.0.0.1"
PORT = 5050

LINE = 1000  # bytes before the newline
LINES = 30  # lines of one client in a second
HELLO = 10  # seconds from connecting to welcome
WHOLE = 10  # seconds from the first byte of a line to its newline
SILENCE = 120  # seconds from one line of a member to the next
WAITING = 100  # lines that wait for one client
TAKING = 10  # seconds in which a client takes what is due
PLACES = 32  # members
CONNECTIONS = 40  # members and strangers

members = {}  # name: Guest
lock = threading.Lock()  # guards members, and the order in which all hear the news
doors = threading.Semaphore(CONNECTIONS)  # whoever is connected holds one of them


class Refused(Exception):
    """This client goes beyond a limit. Its arguments: a code of Parley, and words."""


class Guest:
    """Somebody who is connected; a member of the room as soon as there is a name."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.name = None
        self.buffer = b""  # what has come and is not yet a line
        self.came = self.since = time.monotonic()
        self.second, self.lines = self.came, 0
        self.outbox = queue.SimpleQueue()

    # -- what it says: the reading thread

    def read_line(self) -> str | None:
        """Return its next line; None at the end of its stream."""
        while b"\n" not in self.buffer:
            if len(self.buffer) > LINE:
                raise Refused("line", f"a line has at most {LINE} bytes")
            self.wait()
            data = self.connection.recv(4096)
            if not data:
                return None
            if not self.buffer:
                self.since = time.monotonic()
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        self.since = time.monotonic()
        self.count()
        if len(line) > LINE:
            raise Refused("line", f"a line has at most {LINE} bytes")
        try:
            return line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            raise Refused("line", "this line is not UTF-8") from None

    def wait(self) -> None:
        """Wait for bytes, but not beyond the deadline, however many drops come in."""
        if self.name is None:
            deadline = self.came + HELLO
        elif self.buffer:
            deadline = self.since + WHOLE
        else:
            deadline = self.since + SILENCE
        left = max(0, deadline - time.monotonic())
        # not settimeout(): that would hold for the writing thread, too
        try:
            ready = select.select([self.connection], [], [], left)[0]
        except ValueError:  # it has no descriptor any more: hang_up() was faster
            raise ConnectionAbortedError("we have hung up") from None
        if not ready:
            raise Refused("limit", "this took too long")

    def count(self) -> None:
        """Count a line; begin again in each new second."""
        now = time.monotonic()
        if now - self.second >= 1:
            self.second, self.lines = now, 0
        self.lines += 1
        if self.lines > LINES:
            raise Refused("limit", f"more than {LINES} lines in a second")

    # -- what it hears: any thread tells, the writing thread sends

    def tell(self, line: str) -> None:
        """Never waits: the line goes out when this guest reads."""
        if self.outbox.qsize() < WAITING:
            self.outbox.put(line)
        else:
            report(self, f"{WAITING} lines wait for it")
            self.hang_up()

    def write(self) -> None:
        """The writing thread: the only one that sends to this guest. None is the end."""
        try:
            while (line := self.outbox.get()) is not None:
                self.connection.sendall(f"{line}\n".encode())
        except OSError as error:  # TimeoutError, too
            report(self, f"it does not take its lines: {error}")
            self.hang_up()

    def hang_up(self) -> None:
        """Wake the threads that wait for this guest."""
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the guest was faster
        if sys.platform == "win32":  # there, only close() wakes them
            self.connection.close()


def report(guest: Guest, what: str) -> None:
    print(f"{guest.name or 'A stranger'}: {what}", file=sys.stderr)


def tell_others(line: str, sender: Guest) -> None:
    """To all members but one. The lock must be held."""
    for member in members.values():
        if member is not sender:
            member.tell(line)


def join(guest: Guest, version: str, name: str) -> None:
    if version != "parley/1":
        guest.tell("error version this room speaks parley/1")
        return
    if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
        guest.tell("error name 1 to 16 letters (A to Z), digits, _ or -")
        return
    with lock:  # around the look and the entry: nobody slips in between
        if name in members:
            guest.tell("error taken somebody has this name")
        elif len(members) >= PLACES:
            guest.tell("error full no place is free")
        else:
            guest.tell(f"welcome {name}")
            tell_others(f"joined {name}", guest)
            guest.name = name
            members[name] = guest


def leave(guest: Guest) -> None:
    with lock:
        if guest.name is not None:
            del members[guest.name]
            tell_others(f"left {guest.name}", guest)


def say(guest: Guest, text: str) -> None:
    with lock:
        tell_others(f"said {guest.name} {text}", guest)


def say_to(guest: Guest, name: str, text: str) -> None:
    with lock:
        if name in members:
            members[name].tell(f"told {guest.name} {text}")
        else:
            guest.tell("error nobody no member has this name")


def who(guest: Guest) -> None:
    with lock:
        guest.tell(" ".join(["here", *sorted(members)]))


def obey(guest: Guest, line: str) -> None:
    """Do what one line asks for: compare it with what is known, and never run it."""
    command, _, rest = line.partition(" ")
    word, _, text = rest.partition(" ")
    if (guest.name is None) != (command == "hello"):
        guest.tell("error state say hello once, and first")
    elif command == "hello":
        join(guest, word, text)
    elif command == "say" and rest.strip():
        say(guest, rest)
    elif command == "to" and text:
        say_to(guest, word, text)
    elif line == "who":
        who(guest)
    else:
        guest.tell("error command this room knows say, to, who, bye")


def read(guest: Guest) -> None:
    """Obey the lines of this guest until it leaves, in whatever way."""
    try:
        while (line := guest.read_line()) not in (None, "bye"):
            obey(guest, line)
    except Refused as refusal:
        code, words = refusal.args
        report(guest, words)
        guest.tell(f"error {code} {words}")
    except OSError as error:
        report(guest, f"it broke off: {error}")


def serve(connection: socket.socket) -> None:
    """All about one guest, to the end. This runs in the guest's own thread."""
    connection.settimeout(TAKING)  # for what we send; wait() is stricter with what comes
    guest = Guest(connection)
    writer = threading.Thread(target=guest.write, daemon=True)
    writer.start()
    try:
        read(guest)
    finally:  # on every way out, also after a mistake of ours
        leave(guest)
        guest.outbox.put(None)
        writer.join(TAKING)  # what is due still goes out, but not for ever
        guest.hang_up()
        connection.close()
        doors.release()


def refuse(connection: socket.socket) -> None:
    """No door is free. A new connection takes a short line without waiting."""
    print("A connection too many is refused.", file=sys.stderr)
    with connection:
        try:
            connection.sendall(b"error limit too many are connected\n")
        except OSError:
            pass  # it is gone already


def main() -> None:
    listening = socket.create_server((HOST, PORT), backlog=CONNECTIONS)
    print(f"The room is open on {HOST}, port {PORT}.")
    while True:
        try:
            connection, _ = listening.accept()
        except OSError as error:  # on Windows: it has gone while it was waiting
            print(f"Nobody has come: {error}", file=sys.stderr)
            continue
        if doors.acquire(blocking=False):
            threading.Thread(target=serve, args=(connection,), daemon=True).start()
        else:
            refuse(connection)


if __name__ == "__main__":
    main()
