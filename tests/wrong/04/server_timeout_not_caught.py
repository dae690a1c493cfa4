# graded as: line_server.py
# mistake: F07: a timeout that nobody catches ends the server in the middle of a line
# caught by: test_server_answers
# fails as: crashed
# hint says: Which line of yours says how long it may wait
"""Lesson 04: a server that numbers lines and sends them back in upper case."""

import socket

from lines import LineReader

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The line server listens on {HOST}, port {PORT}.")
    while True:
        connection, address = listening.accept()
        connection.settimeout(30)
        serve(connection)
        connection.close()


def serve(connection: socket.socket) -> None:
    """Answer every line of this client, until it has ended."""
    reader = LineReader(connection)
    number = 0
    try:
        while (line := reader.read_line()) is not None:  # "" is a line: an empty one
            number += 1
            connection.sendall(f"{number} {line.upper()}\n".encode())
    except EOFError:
        pass  # nobody waits for the answer to an unfinished line
    except ValueError as error:
        connection.sendall(f"error: {error}\n".encode())


if __name__ == "__main__":
    main()
