# graded as: line_server.py
# style: selectors, non-blocking sockets, buffers for both ways

import selectors
import socket


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.inbox = b""
        self.outbox = b""
        self.number = 0
        self.ending = False

    def read(self):
        data = self.sock.recv(4096)
        self.ending = not data
        self.inbox += data
        while b"\n" in self.inbox and not self.ending:
            line, _, self.inbox = self.inbox.partition(b"\n")
            self.answer(line)
        if len(self.inbox) > 1000 and not self.ending:
            self.fail("line too long")

    def answer(self, line):
        if len(line) > 1000:
            return self.fail("line too long")
        try:
            text = line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            return self.fail("not UTF-8")
        self.number += 1
        self.outbox += f"{self.number} {text.upper()}\n".encode()

    def fail(self, reason):
        self.outbox += f"error: {reason}\n".encode()
        self.ending = True

    def wanted(self):
        return selectors.EVENT_WRITE if self.outbox else selectors.EVENT_READ

    def write(self):
        self.outbox = self.outbox[self.sock.send(self.outbox) :]


def main():
    selector = selectors.DefaultSelector()
    listening = socket.create_server(("127.0.0.1", 5050))
    listening.setblocking(False)
    selector.register(listening, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            client = key.data
            if client is None:
                sock, _ = listening.accept()
                sock.setblocking(False)
                selector.register(sock, selectors.EVENT_READ, Client(sock))
                continue
            if events & selectors.EVENT_READ:
                client.read()
            if events & selectors.EVENT_WRITE:
                client.write()
            if client.ending and not client.outbox:
                selector.unregister(client.sock)
                client.sock.close()
            else:
                selector.modify(client.sock, client.wanted(), client)


main()
