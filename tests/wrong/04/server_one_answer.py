# graded as: line_server.py
# mistake: C08: one connection taken for one line
# caught by: test_server_answers
# fails as: closed
# hint says: closes this

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
            break
    except EOFError:
        pass
    except ValueError as error:
        connection.sendall(f"error: {error}\n".encode())


if __name__ == "__main__":
    main()
