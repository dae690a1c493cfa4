# graded as: steady_server.py
# mistake: A15: makefile("r") decodes a bad line together with the good one before it
# caught by: test_bad_line
# fails as: good
# hint says: How much does your server decode at a time
"""Lesson 06: a line server that stays, whatever its clients do."""

import socket
import sys


def serve(connection):
    connection.settimeout(30)
    number = 0
    with connection.makefile("r", encoding="utf-8", newline="\n") as lines:
        try:
            while line := lines.readline(1001):
                if not line.endswith("\n"):
                    if len(line) > 1000:
                        connection.sendall(b"error: too long\n")
                    return
                number += 1
                line = line.removesuffix("\n").removesuffix("\r")
                connection.sendall(f"{number} {line.upper()}\n".encode())
        except UnicodeDecodeError:
            connection.sendall(b"error: not UTF-8\n")
        except TimeoutError:
            connection.sendall(b"bye: idle\n")


def main():
    door = socket.socket()
    if sys.platform != "win32":
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", 5050))
    door.listen()
    while True:
        connection, address = door.accept()
        with connection:
            try:
                serve(connection)
            except OSError as error:
                print("gone:", error)


main()
