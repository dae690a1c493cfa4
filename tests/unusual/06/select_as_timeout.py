# graded as: steady_server.py
# style: create_server, a buffer of its own, select() as the timeout
"""Lesson 06: a line server that stays, whatever its clients do."""

import select
import socket


def lines_of(connection):
    rest = b""
    while True:
        while b"\n" not in rest:
            if len(rest) > 1000:
                raise ValueError("the line is too long")
            if not select.select([connection], [], [], 30)[0]:
                raise TimeoutError
            data = connection.recv(512)
            if not data:
                return
            rest += data
        line, rest = rest.split(b"\n", 1)
        if len(line) > 1000:
            raise ValueError("the line is too long")
        yield line.rstrip(b"\r").decode()


def main():
    with socket.create_server(("127.0.0.1", 5050), backlog=0) as listening:
        while True:
            connection, _ = listening.accept()
            try:
                try:
                    for number, line in enumerate(lines_of(connection), 1):
                        connection.sendall(f"{number} {line.upper()}\n".encode())
                except ValueError as error:
                    connection.sendall(f"error: {error}\n".encode())
                except TimeoutError:
                    connection.sendall(b"bye: idle\n")
            except OSError:
                pass
            finally:
                connection.close()


main()
