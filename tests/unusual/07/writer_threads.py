# graded as: threaded_server.py
# style: two threads for each client, one reads and one writes, with a queue between
"""Lesson 07: a line server with two threads for each client."""

import queue
import socket
import sys
import threading

from given_lines import LineReader


def write(connection, answers):
    """Send what is in the queue; None is the end."""
    try:
        with connection:
            while (answer := answers.get()) is not None:
                connection.sendall(answer.encode())
            connection.shutdown(socket.SHUT_WR)
    except OSError as error:
        print("not sent:", error, file=sys.stderr)


def read(connection, answers):
    number = 0
    reader = LineReader(connection)
    try:
        while (line := reader.read_line()) is not None:
            number += 1
            answers.put(f"{number} {line.upper()}\n")
    except TimeoutError:
        answers.put("bye: idle\n")
    except ValueError as error:
        answers.put(f"error: {error}\n")
    except EOFError:
        pass
    except OSError as error:
        print("broken off:", error, file=sys.stderr)
    answers.put(None)


def main():
    listening = socket.create_server(("127.0.0.1", 5050))
    while True:
        connection, _ = listening.accept()
        connection.settimeout(30)
        answers = queue.SimpleQueue()
        for task in (read, write):
            threading.Thread(target=task, args=(connection, answers), daemon=True).start()


if __name__ == "__main__":
    main()
