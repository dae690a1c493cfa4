# graded as: echo_client.py
# mistake: E16: the thread that prints is a daemon; the program ends without it
# caught by: test_client_ends
# fails as: exited
"""Lesson 01: a client that sends typed lines and prints what comes back."""

import socket
import sys
import threading

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
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    while True:
        try:
            line = input("> ")
        except EOFError:
            break
        if line == "":
            break
        sock.sendall(line.encode() + b"\n")


def listen(sock: socket.socket) -> None:
    for line in sock.makefile(encoding="utf-8"):
        print(line, end="")


if __name__ == "__main__":
    main()
