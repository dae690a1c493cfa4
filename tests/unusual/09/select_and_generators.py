# graded as: chat_server.py
# style: select.select with a short timeout, a generator for each client, short recvs
"""Lesson 09: a chat room made of generators."""

import re
import select
import socket


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.name = None
        self.data = b""
        self.out = bytearray()
        self.over = False
        self.steps = self.life()
        next(self.steps)

    def tell(self, line):
        self.out.extend(line.encode() + b"\n")

    def a_line(self):
        """Asks for more until a line is whole; returns it, or None at the end."""
        while b"\n" not in self.data:
            if len(self.data) > 1000:
                raise ValueError("too long")
            more = yield
            if not more:
                return None
            self.data += more
        line, self.data = self.data.split(b"\n", 1)
        if len(line) > 1000:
            raise ValueError("too long")
        return line.removesuffix(b"\r").decode()

    def life(self):
        try:
            while (line := (yield from self.a_line())) is not None and line != "bye":
                self.obey(line)
        except ValueError as error:
            self.tell(f"error line {error}")
        if self.name:
            for other in others(self):
                other.tell(f"left {self.name}")
            self.name = None
        self.over = True
        yield

    def obey(self, line):
        command, _, rest = line.partition(" ")
        if (command == "hello") is bool(self.name):
            self.tell("error state ...")
        elif command == "hello":
            version, _, name = rest.partition(" ")
            self.hello(version, name)
        elif command == "say" and rest:
            for other in others(self):
                other.tell(f"said {self.name} {rest}")
        elif command == "to" and rest.partition(" ")[2]:
            name, _, text = rest.partition(" ")
            found = [c for c in clients.values() if c.name == name]
            (found or [self])[0].tell(
                f"told {self.name} {text}" if found else "error nobody ..."
            )
        elif line == "who":
            names = sorted(c.name for c in clients.values() if c.name)
            self.tell("here " + " ".join(names))
        else:
            self.tell("error command ...")

    def hello(self, version, name):
        names = {c.name for c in clients.values() if c.name}
        if version != "parley/1":
            self.tell("error version ...")
        elif not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
            self.tell("error name ...")
        elif name in names:
            self.tell("error taken ...")
        elif len(names) >= 32:
            self.tell("error full ...")
        else:
            self.name = name
            self.tell(f"welcome {name}")
            for other in others(self):
                other.tell(f"joined {name}")

    def receive(self):
        self.steps.send(self.sock.recv(300))


clients = {}  # socket: Client


def others(client):
    return [c for c in clients.values() if c.name and c is not client]


def drop(client):
    if not client.over:
        client.steps.send(b"")
    del clients[client.sock]
    client.sock.close()


with socket.create_server(("127.0.0.1", 5050)) as listening:
    while True:
        reading = [listening] + [s for s, c in clients.items() if not c.over]
        writing = [s for s, c in clients.items() if c.out or c.over]
        can_read, can_write, _ = select.select(reading, writing, [], 0.5)
        for sock in can_read:
            if sock is listening:
                newcomer, _ = listening.accept()
                newcomer.setblocking(False)
                clients[newcomer] = Client(newcomer)
                continue
            try:
                clients[sock].receive()
            except OSError:
                drop(clients[sock])
        for sock in can_write:
            if sock not in clients:
                continue
            client = clients[sock]
            try:
                del client.out[: sock.send(client.out)]
                if client.over and not client.out:
                    drop(client)
            except OSError:
                drop(client)
