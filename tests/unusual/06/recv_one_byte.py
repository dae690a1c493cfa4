# graded as: steady_server.py
# style: recv(1), answers byte by byte, SO_REUSEPORT as well, closing()
"""Lesson 06: a line server that stays, whatever its clients do."""

import socket
import sys
from contextlib import ExitStack, closing, suppress


def read_line(connection):
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if byte == b"":
            return None
        line += byte
        if len(line) > 1001 or len(line) == 1001 and byte != b"\n":
            raise ValueError("more than 1000 bytes")
    return line[:-1].removesuffix(b"\r").decode("utf-8")


def serve(connection):
    connection.settimeout(30.0)
    number = 0
    while True:
        try:
            line = read_line(connection)
        except TimeoutError:
            answer, last = "bye: idle\n", True
        except ValueError:
            answer, last = "error: not a line of ours\n", True
        else:
            if line is None:
                return
            number += 1
            answer, last = f"{number} {line.upper()}\n", False
        for byte in answer.encode():
            connection.sendall(bytes([byte]))
        if last:
            return


with ExitStack() as stack:
    door = stack.enter_context(closing(socket.socket()))
    if sys.platform != "win32":
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    door.bind(("127.0.0.1", 5050))
    door.listen(1)
    while True:
        client, who = door.accept()
        with closing(client), suppress(OSError):
            serve(client)
