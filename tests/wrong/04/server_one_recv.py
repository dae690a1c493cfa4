# graded as: line_server.py
# mistake: A01: one recv taken for one line
# caught by: test_server_answers
# fails as: wrong

import socket

HOST = "127.0.0.1"
PORT = 5050


def main():
    listening = socket.create_server((HOST, PORT))
    while True:
        connection, address = listening.accept()
        serve(connection)
        connection.close()


def serve(connection):
    number = 0
    try:
        while True:
            data = connection.recv(1024)
            if not data:
                break
            line = data.decode().strip()
            number += 1
            connection.sendall(f"{number} {line.upper()}\n".encode())
    except EOFError:
        pass
    except ValueError as error:
        connection.sendall(f"error: {error}\n".encode())


if __name__ == "__main__":
    main()
