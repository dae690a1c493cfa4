# graded as: threaded_server.py
# mistake: A17: one send, its return value ignored
# caught by: test_bad_line
# fails as: short
"""Lesson 07: a line server with a thread for each client."""

import socket
import sys
import threading

from given_lines import LineReader

HOST = "127.0.0.1"
PORT = 5050
IDLE = 30  # seconds


def answer_lines(connection: socket.socket) -> None:
    """Answer the lines of this client until it ends, errs or falls silent."""
    connection.settimeout(IDLE)
    reader = LineReader(connection)
    number = 0  # local: every call of this function has a number of its own
    try:
        while (line := reader.read_line()) is not None:
            number += 1
            connection.send(f"{number} {line.upper()}\n".encode())
    except EOFError:
        pass  # an unfinished last line gets no answer
    except ValueError as error:
        connection.sendall(f"error: {error}\n".encode())
    except TimeoutError:
        connection.sendall(b"bye: idle\n")


def serve(connection: socket.socket, port: int) -> None:
    """All about one client, to its end. This runs in the client's own thread."""
    with connection:  # here, not in main(): only this thread knows when it is over
        try:
            answer_lines(connection)
        except OSError as error:
            print(f"The client at port {port} broke off: {error}", file=sys.stderr)


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")
    while True:
        connection, address = listening.accept()
        # a daemon thread does not keep the program alive after Ctrl-C
        threading.Thread(
            target=serve, args=(connection, address[1]), daemon=True
        ).start()


if __name__ == "__main__":
    main()
