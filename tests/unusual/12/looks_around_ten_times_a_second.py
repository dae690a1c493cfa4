# graded as: hard_chat_server.py
# style: one thread that never waits in a call: it looks at every socket, and sleeps in between
"""Lesson 12: a chat room that looks around ten times in a second."""

import re
import socket
import sys
import time

LINE, LINES, WAITING, MEMBERS, GUESTS = 1000, 60, 150, 32, 40
HELLO, WHOLE, TAKING, SILENCE = 12, 12, 12, 130  # seconds

guests = []
members = {}


class Guest:
    def __init__(self, sock):
        sock.setblocking(False)
        self.sock, self.name, self.inbox, self.outbox = sock, None, b"", []
        self.came = self.begun = self.heard = time.monotonic()
        self.left = None  # when it has left; what is due is still sent
        self.gone = False  # nothing can be sent any more
        self.lines = []  # when they came, those of the last second

    def tell(self, line):
        if len(self.outbox) < WAITING:
            self.outbox.append((time.monotonic(), f"{line}\n".encode()))
        else:
            self.gone = True

    def refuse(self, code, why):
        print(f"{self.name}: {why}", file=sys.stderr)
        self.tell(f"error {code} {why}")
        self.leave()

    def leave(self):
        if self.left is None:
            self.left = time.monotonic()
            if members.get(self.name) is self:
                del members[self.name]
                tell_all(f"left {self.name}", self)

    def send(self):
        try:
            while self.outbox:
                since, data = self.outbox[0]
                sent = self.sock.send(data)
                if sent == len(data):
                    del self.outbox[0]
                else:
                    self.outbox[0] = since, data[sent:]
        except BlockingIOError:
            if time.monotonic() - self.outbox[0][0] > TAKING:
                self.gone = True
        except OSError:
            self.gone = True

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            self.look_at_the_clock()
            return
        except OSError as error:
            print(f"{self.name}: {error}", file=sys.stderr)
            self.gone = True
            return
        if data:
            if not self.inbox:
                self.begun = time.monotonic()
            self.inbox += data
            self.take_lines()
        else:
            self.leave()

    def take_lines(self):
        while self.left is None:
            line, newline, rest = self.inbox.partition(b"\n")
            if len(line) > LINE:
                self.refuse("line", "too long")
            elif newline:
                self.inbox = rest
                self.take(line)
            else:
                self.look_at_the_clock()
                return

    def take(self, data):
        now = self.begun = self.heard = time.monotonic()
        self.lines = [*(then for then in self.lines if then > now - 1), now]
        if len(self.lines) > LINES:
            self.refuse("limit", "too many lines")
            return
        try:
            line = data.decode().removesuffix("\r")
        except UnicodeDecodeError:
            self.refuse("line", "no UTF-8")
            return
        if line == "bye":
            self.leave()
        else:
            obey(self, line)

    def look_at_the_clock(self):
        now = time.monotonic()
        if self.name is None:
            late = now - self.came > HELLO
        elif self.inbox:
            late = now - self.begun > WHOLE
        else:
            late = now - self.heard > SILENCE
        if late:
            self.refuse("limit", "too late")

    def look(self):
        """Do what can be done for this guest; is it still there?"""
        self.send()
        if not self.gone and self.left is None:
            self.receive()
            self.send()
        if self.gone:
            self.leave()
            print(f"{self.name} is gone", file=sys.stderr)
        elif self.left is None or self.outbox and time.monotonic() - self.left < TAKING:
            return True
        self.sock.close()
        return False


def tell_all(line, sender):
    for member in members.values():
        if member is not sender:
            member.tell(line)


def join(guest, version, name):
    if version != "parley/1":
        guest.tell("error version parley/1 is spoken here")
    elif not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
        guest.tell("error name another one, please")
    elif name in members:
        guest.tell("error taken another one, please")
    elif len(members) >= MEMBERS:
        guest.tell("error full later, please")
    else:
        guest.name = name
        guest.tell(f"welcome {name}")
        tell_all(f"joined {name}", guest)
        members[name] = guest


def obey(guest, line):
    match line.split(" ", 2):
        case [word, *_] if (word == "hello") == (guest.name is not None):
            guest.tell("error state hello comes first, and once")
        case ["hello", *rest]:
            join(guest, *[*rest, "", ""][:2])
        case ["say", *_] if len(line) > 4:
            tell_all(f"said {guest.name} {line[4:]}", guest)
        case ["to", name, text] if text:
            if name in members:
                members[name].tell(f"told {guest.name} {text}")
            else:
                guest.tell("error nobody of this name")
        case ["who"]:
            guest.tell(" ".join(["here", *sorted(members)]))
        case _:
            guest.tell("error command which one?")


def accept_all(listening):
    while True:
        try:
            sock, _ = listening.accept()
        except BlockingIOError:
            return
        except OSError:
            continue  # on Windows: it has gone while it was waiting
        if len(guests) < GUESTS:
            guests.append(Guest(sock))
        else:
            print("one too many", file=sys.stderr)
            try:
                sock.send(b"error limit too many\n")
            except OSError:
                pass
            sock.close()


listening = socket.create_server(("127.0.0.1", 5050), backlog=60)
listening.setblocking(False)
while True:
    guests = [guest for guest in guests if guest.look()]
    accept_all(listening)
    time.sleep(0.1)
