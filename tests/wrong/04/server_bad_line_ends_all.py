# graded as: line_server.py
# mistake: C03: a bad line leads out of the loop of all clients
# caught by: test_bad_line
# fails as: exited
# hint says: Which loop did your program leave
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
        good = serve(connection)
        connection.close()
        if not good:
            break


def serve(connection: socket.socket) -> bool:
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
        return False
    return True


if __name__ == "__main__":
    main()
