# graded as: steady_server.py
# mistake: F03: words that the contract does not know end the talk, too
# caught by: test_lines
# fails as: word
"""Lesson 06: a line server that stays, whatever its clients do."""

import socket
import sys

from given_lines import LineReader

HOST = "127.0.0.1"
PORT = 5050
IDLE = 30  # seconds


def listen() -> socket.socket:
    listening = socket.socket()
    if sys.platform != "win32":  # there, it would let two servers share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((HOST, PORT))
    listening.listen()
    return listening


def serve(connection: socket.socket) -> None:
    """Answer the lines of this client until it ends, errs or falls silent."""
    connection.settimeout(IDLE)
    reader = LineReader(connection)
    number = 0
    try:
        while (line := reader.read_line()) is not None:
            if line.lower() in ("bye", "exit"):
                break
            number += 1
            connection.sendall(f"{number} {line.upper()}\n".encode())
    except EOFError:
        pass  # an unfinished last line gets no answer
    except ValueError as error:
        connection.sendall(f"error: {error}\n".encode())
    except TimeoutError:
        connection.sendall(b"bye: idle\n")


def main() -> None:
    listening = listen()
    print(f"The server listens on {HOST}, port {PORT}.")
    while True:
        connection, address = listening.accept()
        print("A client has come from", address)
        with connection:  # closed at the end of this block, however it ends
            try:
                serve(connection)
                print("The client has left.")
            except OSError as error:  # the trouble of one client, not of the server
                print("The client broke off:", error)


if __name__ == "__main__":
    main()
