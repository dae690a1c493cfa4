# graded as: socket_client.py
# mistake: C09: bye is looked for before the loop that asks again
# caught by: test_empty_line
# fails as: bye
"""Lesson 02: a client that chats with a server, one line each in turn."""

import socket
import sys

HOST = "localhost"
PORT = 5000


def main() -> None:
    sock = socket.socket()
    try:
        sock.connect((HOST, PORT))
    except OSError as error:
        sys.exit(f"No server answers at {HOST}, port {PORT}: {error}")
    try:
        talk(sock)
    except ConnectionError as error:
        print("The server has gone:", error)
    sock.close()


def talk(sock: socket.socket) -> None:
    while True:
        line = input(" -> ")
        if is_bye(line):
            return
        while line == "":
            line = input(" -> ")
        sock.sendall(line.encode())
        data = sock.recv(1024)
        if data == b"":
            print("The server has ended the chat.")
            return
        print("Received from server:", data.decode())


def is_bye(line: str) -> bool:
    return line.strip().lower() == "bye"


if __name__ == "__main__":
    main()
