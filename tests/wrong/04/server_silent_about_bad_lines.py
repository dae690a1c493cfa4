# graded as: line_server.py
# mistake: E13: a bad line is skipped without a word
# caught by: test_bad_line
# fails as: waits
# hint says: Does it notice that the line is bad
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
        serve(connection)
        connection.close()


def serve(connection: socket.socket) -> None:
    """Answer every line of this client, until it has ended."""
    reader = LineReader(connection)
    number = 0
    while True:
        try:
            line = reader.read_line()
        except EOFError:
            return
        except ValueError:
            continue
        if line is None:
            return
        number += 1
        connection.sendall(f"{number} {line.upper()}\n".encode())


if __name__ == "__main__":
    main()
