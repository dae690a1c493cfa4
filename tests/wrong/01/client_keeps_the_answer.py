# graded as: echo_client.py
# mistake: what was collected for one line is still there for the next
# caught by: test_client_talks
# fails as: stale
"""Lesson 01: a client that sends typed lines and prints what comes back."""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050


def main():
    sock = socket.socket()
    try:
        sock.connect((HOST, PORT))
    except OSError:
        sys.exit("Nobody listens on port 5050.")
    answer = b""
    while True:
        try:
            line = input("> ")
        except EOFError:
            break
        if line == "":
            break
        try:
            sock.sendall((line + "\n").encode())
            while not answer.endswith(b"\n"):
                piece = sock.recv(1024)
                if piece == b"":
                    sys.exit("The server has left.")
                answer += piece
        except ConnectionError:
            sys.exit("The server has left.")
        print(answer.decode(), end="")
    sock.close()


if __name__ == "__main__":
    main()
