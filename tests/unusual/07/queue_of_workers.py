# graded as: threaded_server.py
# style: 64 workers started beforehand take the connections from a queue
"""Lesson 07: a line server with many threads."""

import queue
import socket
import sys
import threading

from given_lines import LineReader

waiting: queue.Queue = queue.Queue()


def worker():
    while True:
        with waiting.get() as connection:
            try:
                serve(connection)
            except Exception as error:
                print(type(error).__name__, error, file=sys.stderr)


def serve(connection):
    connection.settimeout(30)
    reader, number, last = LineReader(connection), 0, ""
    try:
        while (line := reader.read_line()) is not None:
            number += 1
            connection.sendall(f"{number} {line.upper()}\n".encode())
    except EOFError:
        return
    except ValueError as error:
        last = f"error: {error}\n"
    except TimeoutError:
        last = "bye: idle\n"
    connection.sendall(last.encode())


if __name__ == "__main__":
    for _ in range(64):
        threading.Thread(target=worker, daemon=True).start()
    listening = socket.create_server(("127.0.0.1", 5050))
    while True:
        waiting.put(listening.accept()[0])
