# graded as: echo_server.py
# mistake: a recv before the loop, none in it
# caught by: test_several_rounds
# fails as: wrong
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
    data = connection.recv(1024)
    while data != b"":
        connection.sendall(data)


if __name__ == "__main__":
    main()
