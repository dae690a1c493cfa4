"""Given for lesson 04: type lines, see the answers; cut and merge lines by hand.

python given_client.py

hello      sends this line
he|llo     sends b"he", half a second later b"llo\n"
one&two    sends both lines in one call: b"one\ntwo\n"
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
    sock.settimeout(0.5)  # for human eyes only: no program should live by pauses
    print("Type a line. An empty one ends.   he|llo is cut, one&two are merged.")
    while text := input("> "):
        line = text.replace("&", "\n") + "\n"
        for piece in line.split("|"):
            print("   sent", piece.encode())
            sock.sendall(piece.encode())
            show_answers(sock)
    sock.close()


def show_answers(sock):
    """Print what comes, until nothing has come for half a second."""
    try:
        while data := sock.recv(1024):
            print("    got", data)
        sys.exit("The server has closed the connection.")
    except TimeoutError:
        pass


if __name__ == "__main__":
    main()
