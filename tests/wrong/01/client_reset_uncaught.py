# graded as: echo_client.py
# mistake: C03: recv() gives b"" or raises; only the first is met
# caught by: test_server_leaves
# fails as: crashed
# hint says: Is it inside your `try`?
"""Lesson 01: a client that sends typed lines and prints what comes back."""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    sock = socket.socket()
    try:
        sock.connect((HOST, PORT))
    except OSError as error:
        sys.exit(f"No echo from {HOST}, port {PORT}: {error}")
    talk(sock)
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
    data = b""
    while not data.endswith(b"\n"):
        piece = sock.recv(1024)
        if piece == b"":
            sys.exit("The server has left before the line was back.")
        data += piece
    return data.decode().removesuffix("\n")


if __name__ == "__main__":
    main()
