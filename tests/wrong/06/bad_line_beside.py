# graded as: steady_server.py
# mistake: C03: the except beside it is not for the sending of error:
# caught by: test_bad_line
# fails as: beside
# hint says: which except is for this block
"""Lesson 06: a line server that stays, whatever its clients do."""

import socket
import sys

from given_lines import LineReader


def main():
    door = socket.socket()
    if sys.platform != "win32":
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", 5050))
    door.listen()
    while True:
        connection, address = door.accept()
        with connection:
            connection.settimeout(30)
            reader = LineReader(connection)
            number = 0
            try:
                while True:
                    line = reader.read_line()
                    if line is None:
                        break
                    number += 1
                    connection.sendall(f"{number} {line.upper()}\n".encode())
            except EOFError:
                pass
            except ValueError as error:
                connection.sendall(f"error: {error}\n".encode())
            except TimeoutError:
                connection.sendall(b"bye: idle\n")
            except OSError as error:
                print("client broke off:", error)


main()
