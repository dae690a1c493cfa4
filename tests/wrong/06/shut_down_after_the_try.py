# graded as: steady_server.py
# mistake: C03: shutdown() after the try, of a client that is gone
# caught by: test_bad_line
# fails as: beside
# hint says: which except is for this block
"""Lesson 06: a line server that stays, whatever its clients do."""

import socket

from given_lines import LineReader


def serve(connection):
    connection.settimeout(30)
    reader = LineReader(connection)
    number = 0
    try:
        while (line := reader.read_line()) is not None:
            number += 1
            connection.sendall(f"{number} {line.upper()}\n".encode())
    except EOFError:
        pass
    except ValueError as error:
        connection.sendall(f"error: {error}\n".encode())
    except TimeoutError:
        connection.sendall(b"bye: idle\n")


door = socket.create_server(("127.0.0.1", 5050))
while True:
    connection, address = door.accept()
    try:
        serve(connection)
    except OSError as error:
        print("broke off", error)
        connection.close()
    else:
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
