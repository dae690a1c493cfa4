# graded as: threaded_server.py
# style: four threads wait in one epoll; EPOLLONESHOT gives each event to one of them
# not on: win32, darwin (epoll is Linux's)
"""Lesson 07: a line server with four threads for all clients."""

import select
import socket
import sys
import threading
import time

IN, OUT, ONCE = select.EPOLLIN, select.EPOLLOUT, select.EPOLLONESHOT
FULL = 100_000  # bytes that wait to be sent: then nothing more is read


class Client:
    def __init__(self, connection):
        self.connection = connection
        self.came, self.answers, self.number = b"", b"", 0
        self.over, self.last = False, time.monotonic()

    def take(self, data):
        self.last, self.over = time.monotonic(), not data
        self.came += data
        while not self.over and b"\n" in self.came:
            line, _, self.came = self.came.partition(b"\n")
            self.answer(line)
        if not self.over and len(self.came) > 1001:
            self.end(b"error: this line is too long\n")

    def answer(self, line):
        try:
            text = line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            self.end(b"error: this is not UTF-8\n")
            return
        if len(line) > 1000:
            self.end(b"error: this line is too long\n")
            return
        self.number += 1
        self.answers += f"{self.number} {text.upper()}\n".encode()

    def end(self, word):
        self.answers, self.over = self.answers + word, True

    def wanted(self):
        reading = 0 if self.over or len(self.answers) >= FULL else IN
        return ONCE | reading | (OUT if self.answers else 0)


def accept():
    try:
        connection, _ = listening.accept()
        connection.setblocking(False)
        with lock:
            clients[connection.fileno()] = Client(connection)
        epoll.register(connection, ONCE | IN)
    except OSError as error:
        print("no client:", error, file=sys.stderr)
    epoll.modify(listening, ONCE | IN)


def serve(client):
    connection = client.connection
    try:
        if client.wanted() & IN:
            try:
                client.take(connection.recv(8192))
            except BlockingIOError:
                pass
        if client.answers:
            try:
                client.answers = client.answers[connection.send(client.answers):]
            except BlockingIOError:
                pass
        if not client.over or client.answers:
            epoll.modify(connection, client.wanted())
            return
    except OSError as error:
        print("a client:", error, file=sys.stderr)
    with lock:
        del clients[connection.fileno()]
    connection.close()


def work():
    while True:
        for descriptor, _ in epoll.poll(maxevents=1):
            if descriptor == listening.fileno():
                accept()
            else:
                with lock:
                    client = clients[descriptor]
                serve(client)


listening = socket.create_server(("127.0.0.1", 5050), backlog=100)
listening.setblocking(False)
epoll, lock, clients = select.epoll(), threading.Lock(), {}
epoll.register(listening, ONCE | IN)
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
while True:
    time.sleep(0.5)
    with lock:
        silent = [c for c in clients.values()
                  if time.monotonic() - c.last >= 30 and not c.over]
        for client in silent:
            client.end(b"bye: idle\n")
            epoll.modify(client.connection, ONCE | OUT)
