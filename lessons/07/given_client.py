"""Given for lesson 07: type a line, see the answer.

python given_client.py
"""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050


def main():
    try:
        sock = socket.create_connection((HOST, PORT))
    except ConnectionRefusedError:
        sys.exit("Nobody listens there. Start a server first.")
    stream = sock.makefile("rw", encoding="utf-8", newline="\n")
    print("Connected. Type a line; an empty one ends.")
    while line := input("> "):
        print(line, file=stream, flush=True)
        answer = stream.readline()
        if not answer:
            sys.exit("The server has closed the connection.")
        print(answer, end="")


if __name__ == "__main__":
    main()
