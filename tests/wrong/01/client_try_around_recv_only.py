# graded as: echo_client.py
# mistake: C03: a reset is met in recv() but not in sendall()
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
        # sys.exit(text) prints the text on stderr; the exit status is then 1
        sys.exit(f"No echo from {HOST}, port {PORT}: {error}")
    talk(sock)
    sock.close()


def talk(sock: socket.socket) -> None:
    while True:
        try:
            line = input("> ")
        except EOFError:  # Ctrl-D, or Ctrl-Z and Enter on Windows
            break
        if line == "":
            break
        sock.sendall(line.encode() + b"\n")
        try:
            print(receive_line(sock))
        except ConnectionError as error:
            sys.exit(f"The server has gone: {error}")


def receive_line(sock: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\n"):  # safe here: no second line is on its way
        piece = sock.recv(1024)
        if piece == b"":
            raise ConnectionError("the server has left before the line was back")
        data += piece
    return data.decode().removesuffix("\n")  # a whole line: no letter is cut


if __name__ == "__main__":
    main()
