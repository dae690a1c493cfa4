# graded as: hard_chat_server.py
# style: one thread, selectors; the next deadline of all is the timeout of select()
"""Lesson 12: a chat room in one thread, with a clock."""

import contextlib
import re
import selectors
import socket
import sys
import time

LIMITS = {"hello": 11, "line": 11, "member": 125, "send": 11}
selector = selectors.DefaultSelector()
guests = set()
members = {}


class Guest:
    def __init__(self, sock):
        self.sock, self.name, self.inbox, self.outbox = sock, None, b"", []
        self.leaving = False
        self.tokens, self.filled = 40.0, time.monotonic()
        self.read_by = time.monotonic() + LIMITS["hello"]
        self.send_by = None
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ, self)
        guests.add(self)

    def tell(self, line):
        self.outbox.append(f"{line}\n".encode())
        if len(self.outbox) > 120:
            print(self.name, "does not read", file=sys.stderr)
            self.outbox.clear()
            self.leave()
        elif self.send_by is None:
            self.send_by = time.monotonic() + LIMITS["send"]
        self.watch()

    def watch(self):
        events = selectors.EVENT_WRITE if self.outbox or self.leaving else 0
        if not self.leaving:
            events |= selectors.EVENT_READ
        selector.modify(self.sock, events, self)

    def refuse(self, code, why):
        if not self.leaving:
            print(f"{self.name}: {why}", file=sys.stderr)
            self.leave()
            self.tell(f"error {code} {why}")

    def leave(self):
        if not self.leaving:
            self.leaving = True
            self.read_by = None
            self.send_by = time.monotonic() + LIMITS["send"]
            if self.name is not None:
                del members[self.name]
                announce(f"left {self.name}", self)
            self.watch()

    def close(self):
        self.leave()
        guests.discard(self)
        selector.unregister(self.sock)
        self.sock.close()

    def turn(self, events):
        try:
            if events & selectors.EVENT_READ:
                self.read()
            if events & selectors.EVENT_WRITE:
                self.write()
        except BlockingIOError:
            pass
        except OSError as error:
            print(self.name, error, file=sys.stderr)
            self.close()

    def write(self):
        while self.outbox:
            sent = self.sock.send(self.outbox[0])
            self.send_by = time.monotonic() + LIMITS["send"]
            self.outbox[0] = self.outbox[0][sent:]
            if not self.outbox[0]:
                del self.outbox[0]
        self.send_by = None
        if self.leaving:
            self.close()
        else:
            self.watch()

    def read(self):
        data = self.sock.recv(4096)
        if self.leaving:
            return
        if data and not self.inbox and self.name is not None:
            self.read_by = time.monotonic() + LIMITS["line"]
        *lines, self.inbox = (self.inbox + data).split(b"\n")
        for line in lines:
            if not self.leaving:
                self.take(line)
        if lines and self.name is not None and not self.leaving:
            self.read_by = time.monotonic() + LIMITS["line" if self.inbox else "member"]
        if len(self.inbox) > 1000:
            self.refuse("line", "too long")
        if not data:
            self.leave()

    def take(self, line):
        now = time.monotonic()
        self.tokens = min(40.0, self.tokens + 40 * (now - self.filled)) - 1
        self.filled = now
        if self.tokens < 0:
            self.refuse("limit", "too many lines")
            return
        try:
            if len(line) > 1000:
                raise ValueError("too long")
            text = line.decode().removesuffix("\r")
        except ValueError as error:
            self.refuse("line", str(error))
            return
        if text == "bye":
            self.leave()
        elif (answer := self.obey(text)) is not None:
            self.tell(answer)

    def obey(self, line):
        words = line.split(" ", 2)
        if (words[0] == "hello") != (self.name is None):
            return "error state not now"
        match words:
            case ["hello", *rest]:
                return self.join(*(rest + ["", ""])[:2])
            case ["say", *_] if len(line) > 4:
                announce(f"said {self.name} {line[4:]}", self)
            case ["who"]:
                return " ".join(["here", *sorted(members)])
            case ["to", name, text] if text:
                if name not in members:
                    return "error nobody who is that"
                members[name].tell(f"told {self.name} {text}")
            case _:
                return "error command what is that"
        return None

    def join(self, version, name):
        if version != "parley/1":
            return "error version another one"
        if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
            return "error name another one"
        if name in members:
            return "error taken another one"
        if len(members) >= 32:
            return "error full later"
        self.name, members[name] = name, self
        self.read_by = time.monotonic() + LIMITS["member"]
        announce(f"joined {name}", self)
        return f"welcome {name}"


def announce(line, sender):
    for member in list(members.values()):
        if member is not sender:
            member.tell(line)


def welcome(listening):
    connection, _ = listening.accept()
    if len(guests) >= 40:
        print("too many", file=sys.stderr)
        with connection, contextlib.suppress(OSError):
            connection.send(b"error limit too many\n")
    else:
        Guest(connection)


def overdue():
    """End what is late; return the seconds until somebody else may be."""
    now = time.monotonic()
    for guest in list(guests):
        if guest.read_by is not None and guest.read_by <= now:
            guest.refuse("limit", "too late")
        if guest.send_by is not None and guest.send_by <= now:
            guest.close()
    times = [t for guest in guests for t in (guest.read_by, guest.send_by) if t is not None]
    return max(0.0, min(times) - now) if times else None


def main():
    listening = socket.create_server(("127.0.0.1", 5050), backlog=100)
    selector.register(listening, selectors.EVENT_READ)
    while True:
        for key, events in selector.select(overdue()):
            if key.data is None:
                welcome(listening)
            elif key.data in guests:
                key.data.turn(events)


main()
