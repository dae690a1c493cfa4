# graded as: echo_client.py
# mistake: A01: one recv() is taken for the whole line
# caught by: test_line_in_pieces
# fails as: still
"""Lesson 01: a client that sends typed lines and prints what comes back."""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    sock = socket.socket()
    try:
        sock.connect((HOST, PORT))
        talk(sock)
    except OSError as error:
        sys.exit(f"No echo from {HOST}, port {PORT}: {error}")
    sock.close()


def talk(sock: socket.socket) -> None:
    while True:
        try:
            line = input("> ")
        except EOFError:
            break
        if line == "":
            break
        sock.sendall(line.encode() + b"\n")
        print(receive_line(sock))


def receive_line(sock: socket.socket) -> str:
    data = sock.recv(1024)
    if data == b"":
        raise ConnectionError("the server has left")
    return data.decode(errors="replace").removesuffix("\n")


if __name__ == "__main__":
    main()
