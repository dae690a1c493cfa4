# graded as: steady_server.py
# style: a watchdog thread (threading.Timer) says bye and shuts the connection down
"""Lesson 06: a line server that stays, whatever its clients do."""

import socket
import sys
import threading

from given_lines import LineReader


def dismiss(connection):
    try:
        connection.sendall(b"bye: idle\n")
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def serve(connection):
    reader = LineReader(connection)
    number = 0
    while True:
        watchdog = threading.Timer(30, dismiss, [connection])
        watchdog.daemon = True
        watchdog.start()
        try:
            line = reader.read_line()
        finally:
            watchdog.cancel()
        if line is None:
            return
        number += 1
        connection.sendall(f"{number} {line.upper()}\n".encode())


def main():
    listening = socket.socket()
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 5050))
    listening.listen(128)
    while True:
        connection, _ = listening.accept()
        try:
            try:
                serve(connection)
            except ValueError as error:
                connection.sendall(f"error: {error}\n".encode())
        except (OSError, EOFError):
            pass
        connection.close()


if __name__ == "__main__":
    main()
