# graded as: line_server.py
# mistake: C14: the number outlives the client
# caught by: test_next_client
# fails as: wrong

import socket

from lines import LineReader

HOST = "127.0.0.1"
PORT = 5050
number = 0


def main():
    listening = socket.create_server((HOST, PORT))
    while True:
        connection, address = listening.accept()
        serve(connection)
        connection.close()


def serve(connection):
    reader = LineReader(connection)
    global number
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


if __name__ == "__main__":
    main()
