# graded as: steady_server.py
# style: one thread accepts, a worker serves from a queue, one client at a time
"""Lesson 06: a line server that stays, whatever its clients do."""

import queue
import socket
import sys
import threading

from given_lines import LineReader

waiting = queue.Queue()


def worker():
    while True:
        with waiting.get() as connection:
            try:
                serve(connection)
            except Exception as error:
                print(type(error).__name__, error)


def serve(connection):
    connection.settimeout(30)
    reader, number = LineReader(connection), 0
    last = ""
    try:
        while (line := reader.read_line()) is not None:
            number += 1
            connection.sendall(f"{number} {line.upper()}\n".encode())
    except ValueError as error:
        last = f"error: {error}\n"
    except TimeoutError:
        last = "bye: idle\n"
    connection.sendall(last.encode())


if __name__ == "__main__":
    threading.Thread(target=worker, daemon=True).start()
    with socket.socket() as listening:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        listening.bind(("127.0.0.1", 5050))
        listening.listen()
        while True:
            waiting.put(listening.accept()[0])
