# graded as: line_server.py
# mistake: C09: says error, but never closes
# caught by: test_bad_line
# fails as: still

import socket

from lines import LineReader

HOST = "127.0.0.1"
PORT = 5050


def main():
    listening = socket.create_server((HOST, PORT))
    while True:
        connection, address = listening.accept()
        serve(connection)
        connection.close()


def serve(connection):
    reader = LineReader(connection)
    number = 0
    while True:
        try:
            line = reader.read_line()
        except EOFError:
            break
        except ValueError as error:
            connection.sendall(f"error: {error}\n".encode())
            continue
        if line is None:
            break
        number += 1
        connection.sendall(f"{number} {line.upper()}\n".encode())


if __name__ == "__main__":
    main()
