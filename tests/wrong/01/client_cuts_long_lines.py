# graded as: echo_client.py
# mistake: A02: a line is cut to fit one recv(1024)
# caught by: test_line_in_pieces
# fails as: wrong
# hint says: all of the line that was typed
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
        sock.sendall(line.encode()[:1023] + b"\n")
        print(receive_line(sock))


def receive_line(sock: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\n"):
        piece = sock.recv(1024)
        if piece == b"":
            raise ConnectionError("the server has left before the line was back")
        data += piece
    return data.decode().removesuffix("\n")


if __name__ == "__main__":
    main()
