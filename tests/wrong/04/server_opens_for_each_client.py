# graded as: line_server.py
# mistake: D07: the port is opened again for each client: Address already in use
# caught by: test_next_client
# fails as: crashed
# hint says: opened it a second time
"""Lesson 04: a server that numbers lines and sends them back in upper case."""

import socket

from lines import LineReader

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    while True:
        listening = socket.create_server((HOST, PORT))
        print(f"The line server listens on {HOST}, port {PORT}.")
        connection, address = listening.accept()
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
