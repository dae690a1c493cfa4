# graded as: chat_server.py
# style: one thread, no select: it looks at every socket, and sleeps for 20 ms between two rounds
"""Lesson 09: a chat room that looks around fifty times a second."""

import re
import socket
import time
from collections import deque

PLACES = 32
members = {}


class Guest:
    def __init__(self, sock):
        sock.setblocking(False)
        self.sock, self.name, self.leaving = sock, None, False
        self.buffer, self.out = b"", bytearray()

    def tell(self, line):
        self.out += f"{line}\n".encode()

    def look(self):
        """One look at this guest: send, then receive; False when all is over."""
        try:
            self.send()
            if not self.leaving:
                self.read()
        except OSError:
            self.leave()
            return False
        return bool(self.out) or not self.leaving

    def send(self):
        try:
            if self.out:
                del self.out[: self.sock.send(bytes(self.out))]
        except BlockingIOError:
            pass  # it does not read: the rest waits

    def read(self):
        try:
            data = self.sock.recv(8192)
        except BlockingIOError:
            return
        self.buffer += data
        while not self.leaving:
            line, newline, rest = self.buffer.partition(b"\n")
            if len(line) > 1000:
                self.give_up()
            elif not newline:
                break
            else:
                self.buffer = rest
                self.take(line.removesuffix(b"\r"))
        if not data:
            self.leave()

    def give_up(self):
        self.tell("error line at most 1000 bytes of UTF-8")
        self.leave()

    def take(self, line):
        try:
            text = line.decode()
        except UnicodeDecodeError:
            self.give_up()
            return
        if text == "bye":
            self.leave()
        else:
            self.obey(text)

    def obey(self, line):
        match line.split(" ", 2):
            case [word, *_] if (word == "hello") == (self.name is not None):
                self.tell("error state hello first, and once")
            case ["hello", "parley/1", *name]:
                self.join(*name or [""])
            case ["hello", *_]:
                self.tell("error version parley/1")
            case ["say", *_] if len(line) > 4:
                news(f"said {self.name} {line[4:]}", self)
            case ["to", name, text] if text:
                if name in members:
                    members[name].tell(f"told {self.name} {text}")
                else:
                    self.tell("error nobody no such member")
            case ["who"]:
                self.tell("here " + " ".join(sorted(members)))
            case _:
                self.tell("error command what?")

    def join(self, name):
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,16}", name):
            self.tell("error name letters, digits, _ or -")
        elif name in members:
            self.tell("error taken sorry")
        elif len(members) >= PLACES:
            self.tell("error full sorry")
        else:
            self.name = name
            self.tell(f"welcome {name}")
            news(f"joined {name}", self)
            members[name] = self

    def leave(self):
        self.leaving = True
        if members.get(self.name) is self:
            del members[self.name]
            news(f"left {self.name}", self)


def news(line, sender):
    for member in members.values():
        if member is not sender:
            member.tell(line)


def main():
    door = socket.create_server(("127.0.0.1", 5050))
    door.setblocking(False)
    guests = deque()
    while True:
        try:
            while True:
                guests.appendleft(Guest(door.accept()[0]))  # who came last is looked at first
        except BlockingIOError:
            pass
        for _ in range(len(guests)):
            guest = guests.popleft()
            if guest.look():
                guests.append(guest)
            else:
                guest.sock.close()
        time.sleep(0.02)


if __name__ == "__main__":
    main()
