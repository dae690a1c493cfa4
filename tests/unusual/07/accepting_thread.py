# graded as: threaded_server.py
# style: a thread accepts, the main thread waits; the others are daemons of it
"""Lesson 07: a line server with a thread for each client."""

import socket
import sys
import threading
from contextlib import closing

from given_lines import LineReader


def serve(connection, who):
    with closing(connection):
        connection.settimeout(30)
        reader = LineReader(connection)
        answers = iter(range(1, sys.maxsize))
        try:
            for line in iter(reader.read_line, None):
                connection.sendall(b"%d %s\n" % (next(answers), line.upper().encode()))
        except TimeoutError:
            connection.sendall(b"bye: idle\n")
        except OSError as error:
            print(f"{who}: {error}", file=sys.stderr, flush=True)
        except (EOFError, ValueError) as error:
            if isinstance(error, ValueError):
                connection.sendall(b"error: " + str(error).encode() + b"\n")


def accept_all(listening):
    while True:
        connection, who = listening.accept()
        threading.Thread(target=lambda c=connection, w=who: serve(c, w)).start()


def main():
    with socket.create_server(("localhost", 5050)) as listening:
        # threads inherit "daemon" from the thread that starts them
        threading.Thread(target=accept_all, args=[listening], daemon=True).start()
        threading.Event().wait()


if __name__ == "__main__":
    main()
