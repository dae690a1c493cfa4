# graded as: echo_server.py
# mistake: A16, C01: the end is a word, b"" goes on in the loop
# caught by: test_several_rounds
# fails as: word
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
        data = connection.recv(1024)
        if data == b"bye":
            break
        connection.sendall(data)


if __name__ == "__main__":
    main()
