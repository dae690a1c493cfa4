# graded as: line_server.py
# mistake: E13: the error is swallowed, the client learns nothing
# caught by: test_bad_line
# fails as: closed

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
    try:
        while True:
            line = reader.read_line()
            if line is None:
                break
            number += 1
            connection.sendall(f"{number} {line.upper()}\n".encode())
    except EOFError:
        pass
    except ValueError:
        pass


if __name__ == "__main__":
    main()
