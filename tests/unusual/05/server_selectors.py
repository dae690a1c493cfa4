# graded as: frame_server.py
# style: selectors and non-blocking sockets, frames parsed from a buffer
"""Lesson 05: a server that answers each frame with its payload turned round."""

import selectors
import socket

selector = selectors.DefaultSelector()


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.inbox = bytearray()
        self.outbox = bytearray()
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ, self)

    def ready(self, events):
        try:
            if events & selectors.EVENT_READ:
                self.read()
            if self.outbox:
                del self.outbox[: self.sock.send(self.outbox)]
        except BlockingIOError:
            pass
        except (OSError, EOFError, ValueError):
            selector.unregister(self.sock)
            self.sock.close()
            return
        wanted = selectors.EVENT_READ
        if self.outbox:
            wanted |= selectors.EVENT_WRITE
        selector.modify(self.sock, wanted, self)

    def read(self):
        data = self.sock.recv(4096)
        if not data:
            raise EOFError
        self.inbox += data
        while len(self.inbox) >= 4:
            size = int.from_bytes(self.inbox[:4], "big")
            if size > 1_000_000:
                raise ValueError
            if len(self.inbox) < 4 + size:
                break
            self.outbox += self.inbox[:4] + self.inbox[4 : 4 + size][::-1]
            del self.inbox[: 4 + size]


def main():
    listening = socket.create_server(("127.0.0.1", 5050))
    selector.register(listening, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            if key.data is None:
                Client(listening.accept()[0])
            else:
                key.data.ready(events)


main()
