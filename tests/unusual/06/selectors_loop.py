# graded as: steady_server.py
# style: selectors, non-blocking sockets, a table of deadlines
"""Lesson 06: a line server that stays, whatever its clients do."""

import selectors
import socket
import time

selector = selectors.DefaultSelector()


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.inbox = self.outbox = b""
        self.number = 0
        self.closing = False
        self.deadline = time.monotonic() + 30
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ, self)

    def drop(self):
        selector.unregister(self.sock)
        self.sock.close()

    def say(self, text, last=False):
        self.outbox += text.encode()
        self.closing = self.closing or last

    def read(self):
        data = self.sock.recv(4096)
        self.deadline = time.monotonic() + 30
        self.closing = self.closing or not data
        *lines, self.inbox = (self.inbox + data).split(b"\n")
        for line in lines:
            try:
                if len(line) > 1000:
                    raise ValueError("too long")
                text = line.decode().removesuffix("\r").upper()
            except ValueError:
                self.say("error: bad line\n", last=True)
                return
            self.number += 1
            self.say(f"{self.number} {text}\n")
        if len(self.inbox) > 1000:
            self.say("error: too long\n", last=True)

    def turn(self, events):
        try:
            if events & selectors.EVENT_READ and not self.closing:
                self.read()
            if self.outbox:
                self.outbox = self.outbox[self.sock.send(self.outbox) :]
        except BlockingIOError:
            pass
        except OSError:
            return self.drop()
        if self.closing and not self.outbox:
            return self.drop()
        wanted = selectors.EVENT_WRITE if self.closing else selectors.EVENT_READ
        if self.outbox:
            wanted |= selectors.EVENT_WRITE
        selector.modify(self.sock, wanted, self)


def main():
    listening = socket.create_server(("127.0.0.1", 5050))
    listening.setblocking(False)
    selector.register(listening, selectors.EVENT_READ)
    while True:
        clients = [k.data for k in list(selector.get_map().values()) if k.data]
        wait = min((c.deadline - time.monotonic() for c in clients), default=None)
        for key, events in selector.select(None if wait is None else max(wait, 0)):
            if key.data is None:
                Client(listening.accept()[0])
            else:
                key.data.turn(events)
        for client in clients:
            if client.sock.fileno() != -1 and time.monotonic() >= client.deadline:
                client.say("bye: idle\n", last=True)
                client.turn(0)


if __name__ == "__main__":
    main()
