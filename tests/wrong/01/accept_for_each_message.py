# graded as: echo_server.py
# mistake: C08: a connection is taken for one message
# caught by: test_several_rounds
# fails as: still
"""Lesson 01: a server that sends every byte back to its client."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    while True:
        connection, address = listening.accept()
        data = connection.recv(1024)
        if data == b"":
            break
        connection.sendall(data)
    connection.close()
    listening.close()


if __name__ == "__main__":
    main()
