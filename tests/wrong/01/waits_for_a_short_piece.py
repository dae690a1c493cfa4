# graded as: echo_server.py
# mistake: A02: a full piece is taken for a sign that more is on its way
# caught by: test_large_transfer
# fails as: full
"""Lesson 01: a server that sends every byte back to its client."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address)
    serve(connection)
    connection.close()
    listening.close()
    print("The client has left.")


def serve(connection: socket.socket) -> None:
    while True:
        data = receive_message(connection)
        if data == b"":
            break
        connection.sendall(data)


def receive_message(connection: socket.socket) -> bytes:
    message = b""
    while True:
        piece = connection.recv(1024)
        message += piece
        if len(piece) < 1024:
            return message


if __name__ == "__main__":
    main()
