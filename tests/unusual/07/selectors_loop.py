# graded as: threaded_server.py
# style: selectors, one thread, non-blocking sockets, a table of deadlines
"""Lesson 07: a line server that serves many clients."""

import selectors
import socket
import sys
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

    def read(self):
        data = self.sock.recv(4096)
        self.deadline = time.monotonic() + 30
        if not data:
            self.closing = True
        *lines, self.inbox = (self.inbox + data).split(b"\n")
        for line in lines:
            try:
                if len(line) > 1000:
                    raise ValueError
                text = line.decode().removesuffix("\r").upper()
            except ValueError:
                self.refuse()
                return
            self.number += 1
            self.outbox += f"{self.number} {text}\n".encode()
        if len(self.inbox) > 1000:
            self.refuse()

    def refuse(self):
        self.outbox += b"error: bad line\n"
        self.closing = True

    def turn(self, events):
        try:
            if events & selectors.EVENT_READ and not self.closing:
                self.read()
            if self.outbox:
                try:
                    self.outbox = self.outbox[self.sock.send(self.outbox):]
                except BlockingIOError:
                    pass
        except OSError as error:
            print("client lost:", error, file=sys.stderr)
            self.drop()
            return
        if self.closing and not self.outbox:
            self.drop()
            return
        events = 0 if self.closing else selectors.EVENT_READ
        if self.outbox:
            events |= selectors.EVENT_WRITE
        selector.modify(self.sock, events, self)


def main():
    door = socket.create_server(("127.0.0.1", 5050))
    door.setblocking(False)
    selector.register(door, selectors.EVENT_READ)
    while True:
        now = time.monotonic()
        clients = [k.data for k in selector.get_map().values() if k.data]
        for client in clients:
            if client.deadline <= now and not client.closing:
                client.outbox += b"bye: idle\n"
                client.closing = True
                client.turn(0)
        wait = min((c.deadline - now for c in clients if not c.closing), default=None)
        for key, events in selector.select(wait):
            if key.data is None:
                Client(door.accept()[0])
            else:
                key.data.turn(events)


main()
