# graded as: chat_server.py
# style: selectors; what is due is a bytearray, which an except clause clears
import re
import selectors
import socket

HOST, PORT, PLACES = "127.0.0.1", 5050, 32
members = {}


def valid(name):
    return re.fullmatch(r"[A-Za-z0-9_-]{1,16}", name) is not None


def news(line, but):
    for m in list(members.values()):
        if m is not but:
            m.tell(line)


def leave(g):
    if g.name is not None and members.get(g.name) is g:
        del members[g.name]
        news(f"left {g.name}", g)


def obey(g, line):
    """False: it was bye."""
    match line.split(" ", 2):
        case ["bye"]:
            return False
        case [word, *_] if (word == "hello") == (g.name is not None):
            g.tell("error state hello first, and once")
        case ["hello", "parley/1", name] if not valid(name):
            g.tell("error name no")
        case ["hello", "parley/1", name] if name in members:
            g.tell("error taken sorry")
        case ["hello", "parley/1", _] if len(members) >= PLACES:
            g.tell("error full sorry")
        case ["hello", "parley/1", name]:
            g.name = name
            g.tell(f"welcome {name}")
            news(f"joined {name}", g)
            members[name] = g
        case ["hello", "parley/1"]:
            g.tell("error name which one?")
        case ["hello", *_]:
            g.tell("error version parley/1")
        case ["say", *_] if len(line) > 4:
            news(f"said {g.name} {line[4:]}", g)
        case ["to", name, text] if text:
            if name in members:
                members[name].tell(f"told {g.name} {text}")
            else:
                g.tell("error nobody no such member")
        case ["who"]:
            g.tell("here " + " ".join(sorted(members)))
        case _:
            g.tell("error command what?")
    return True


def lines():
    """A coroutine: bytes are sent in, a list of lines comes out; ValueError with .lines"""
    buffer, out = b"", []
    while True:
        buffer += yield out
        out = []
        while True:
            line, newline, rest = buffer.partition(b"\n")
            if len(line) > 1000:
                out.append(None)
                break
            if not newline:
                break
            buffer = rest
            try:
                out.append(line.removesuffix(b"\r").decode())
            except UnicodeDecodeError:
                out.append(None)
                break

sel = selectors.DefaultSelector()


class Guest:
    def __init__(self, sock):
        sock.setblocking(False)
        self.sock, self.name, self.out, self.last = sock, None, bytearray(), False
        self.parser = lines()
        next(self.parser)
        sel.register(sock, selectors.EVENT_READ, self)

    def tell(self, line):
        self.out += f"{line}\n".encode()
        self.watch()

    def watch(self):
        events = 0 if self.last else selectors.EVENT_READ
        events |= selectors.EVENT_WRITE if self.out else 0
        if events:
            sel.modify(self.sock, events, self)
        else:
            sel.unregister(self.sock)
            self.sock.close()

    def end(self):
        self.last = True
        leave(self)
        self.watch()

    def ready(self, mask):
        if mask & selectors.EVENT_WRITE:
            try:
                n = self.sock.send(self.out)
                del self.out[:n]
            except BlockingIOError:
                pass
            except OSError:
                self.out.clear()
                return self.end()
            self.watch()
        if mask & selectors.EVENT_READ and not self.last:
            try:
                data = self.sock.recv(4096)
            except OSError:
                self.out.clear()
                return self.end()
            if not data:
                return self.end()
            for line in self.parser.send(data):
                if line is None:
                    self.tell("error line bad")
                if line is None or not obey(self, line):
                    return self.end()


door = socket.create_server((HOST, PORT))
sel.register(door, selectors.EVENT_READ)
while True:
    for key, mask in sel.select():
        if key.data is None:
            Guest(door.accept()[0])
        elif key.fileobj.fileno() != -1:
            key.data.ready(mask)
