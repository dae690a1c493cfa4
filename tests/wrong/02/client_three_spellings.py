# graded as: socket_client.py
# mistake: A16: the spellings that came to mind, instead of lower()
# caught by: test_bye_ends_the_client
# fails as: wrong
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
        # sys.exit(text) prints the text on stderr; the exit status is then 1
        sys.exit(f"No server answers at {HOST}, port {PORT}: {error}")
    try:
        talk(sock)
    except ConnectionError as error:  # reset, or sent to somebody who has gone
        print("The server has gone:", error)
    sock.close()


def talk(sock: socket.socket) -> None:
    while True:
        line = ask()
        if is_bye(line):
            return
        sock.sendall(line.encode())
        data = sock.recv(1024)
        if data == b"":
            print("The server has ended the chat.")
            return
        print("Received from server:", data.decode())


def ask() -> str:
    line = ""
    while line == "":  # b"" would not travel, and then both sides would wait
        line = input(" -> ")
    return line


def is_bye(line: str) -> bool:
    return line.strip() in ("bye", "BYE", "Bye")


if __name__ == "__main__":
    main()
