# graded as: chat_server.py
# mistake: C03: one thread for all, and one reset is its end
# caught by: test_leave
# fails as: crashed
"""Lesson 09: a chat room. It speaks Parley/1 (see PARLEY.md)."""

import select
import socket

listening = socket.create_server(("127.0.0.1", 5050))
names = {}  # connection: name, or None
rest = {}  # connection: bytes without a newline yet


def others(connection, line):
    for other, name in list(names.items()):
        if name is not None and other is not connection:
            other.sendall(f"{line}\n".encode())


def obey(connection, line):
    name = names[connection]
    if name is None and line.startswith("hello parley/1 "):
        names[connection] = line.removeprefix("hello parley/1 ")
        connection.sendall(f"welcome {names[connection]}\n".encode())
        others(connection, f"joined {names[connection]}")
    elif name is not None and line.startswith("say "):
        others(connection, f"said {name} {line[4:]}")
    elif name is not None and line == "who":
        members = sorted(filter(None, names.values()))
        connection.sendall(f"here {' '.join(members)}\n".encode())


def end(connection):
    name = names.pop(connection)
    if name is not None:
        others(connection, f"left {name}")
    connection.close()


while True:
    ready, _, _ = select.select([listening, *names], [], [])
    for connection in ready:
        if connection is listening:
            newcomer, _ = listening.accept()
            names[newcomer], rest[newcomer] = None, b""
            continue
        data = connection.recv(4096)
        *lines, rest[connection] = (rest[connection] + data).split(b"\n")
        for line in lines:
            if line.strip() == b"bye":
                data = b""
                break
            obey(connection, line.decode().removesuffix("\r"))
        if not data:
            end(connection)
