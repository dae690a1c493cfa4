# graded as: line_server.py
# mistake: the function calls itself for the next line, so it ends after a thousand
# caught by: test_many_lines
# fails as: crashed
# hint says: Which function calls itself
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
        try:
            answer(connection, LineReader(connection), 1)
        except EOFError:
            pass
        except ValueError as error:
            connection.sendall(f"error: {error}\n".encode())
        connection.close()


def answer(connection: socket.socket, reader: LineReader, number: int) -> None:
    """Answer the next line, and all lines after it."""
    line = reader.read_line()
    if line is None:
        return
    connection.sendall(f"{number} {line.upper()}\n".encode())
    answer(connection, reader, number + 1)


if __name__ == "__main__":
    main()
