# graded as: chat_server.py
# mistake: C14: who leaves is taken out by its name, twice, and the second time it is another one's
# caught by: test_slow_reader
# fails as: left_again
"""Lesson 09: a chat room in one thread."""

import re
import selectors
import socket

selector = selectors.DefaultSelector()
members = {}  # name: Guest


class Guest:
    def __init__(self, sock):
        self.sock = sock
        self.name = None
        self.inbox = self.outbox = b""
        self.leaving = False
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ, self)

    def tell(self, line):
        self.outbox += f"{line}\n".encode()
        self.watch()

    def watch(self):
        events = 0 if self.leaving else selectors.EVENT_READ
        if self.outbox or self.leaving:
            events |= selectors.EVENT_WRITE
        selector.modify(self.sock, events, self)

    def turn(self, events):
        try:
            if events & selectors.EVENT_READ:
                self.read()
            if events & selectors.EVENT_WRITE and self.outbox:
                self.outbox = self.outbox[self.sock.send(self.outbox) :]
                self.watch()
            gone = self.leaving and not self.outbox
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            self.leave()
            selector.unregister(self.sock)
            self.sock.close()

    def read(self):
        data = self.sock.recv(4096)
        *lines, self.inbox = (self.inbox + data).split(b"\n")
        for line in lines:
            if not self.leaving:
                self.take(line)
        if len(self.inbox) > 1000 and not self.leaving:
            self.take(self.inbox)
        if not data:
            self.leave()

    def take(self, line):
        try:
            if len(line) > 1000:
                raise ValueError("too long")
            text = line.decode().removesuffix("\r")
        except ValueError as error:
            self.tell(f"error line {error}")
            self.leave()
            return
        if text == "bye":
            self.leave()
        else:
            self.obey(text)

    def obey(self, line):
        say = re.fullmatch("say (.+)", line, re.DOTALL)
        to = re.fullmatch("to ([^ ]*) (.+)", line, re.DOTALL)
        hello = re.fullmatch("hello(?: ([^ ]*)(?: (.*))?)?", line, re.DOTALL)
        if hello and self.name is None:
            self.join(hello[1] or "", hello[2] or "")
        elif hello or self.name is None:
            self.tell("error state that does not belong here")
        elif say:
            announce(f"said {self.name} {say[1]}", self)
        elif to and to[1] not in members:
            self.tell(f"error nobody there is no {to[1]} here")
        elif to:
            members[to[1]].tell(f"told {self.name} {to[2]}")
        elif line == "who":
            self.tell("here " + " ".join(sorted(members)))
        else:
            self.tell("error command I beg your pardon?")

    def join(self, version, name):
        if version != "parley/1":
            self.tell("error version parley/1, please")
        elif not re.fullmatch("[-A-Za-z0-9_]{1,16}", name):
            self.tell("error name this is no name")
        elif name in members:
            self.tell("error taken this is somebody else")
        elif len(members) == 32:
            self.tell("error full there is no chair left")
        else:
            self.name, members[name] = name, self
            self.tell(f"welcome {name}")
            announce(f"joined {name}", self)

    def leave(self):
        self.leaving = True
        if members.pop(self.name, None) is not None:
            announce(f"left {self.name}", self)
        self.watch()


def announce(line, sender):
    for member in members.values():
        if member is not sender:
            member.tell(line)


def main():
    listening = socket.create_server(("127.0.0.1", 5050))
    selector.register(listening, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            if key.data is None:
                Guest(listening.accept()[0])
            elif key.fileobj.fileno() != -1:
                key.data.turn(events)


if __name__ == "__main__":
    main()
