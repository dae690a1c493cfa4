# graded as: socket_client.py
# mistake: C01: ten seconds without a reply are taken for the end
# caught by: test_client_waits_for_the_reply
# fails as: impatient
"""Lesson 02: a client that chats with a server, one line each in turn."""

import socket
import sys

HOST = "localhost"
PORT = 5000


def main() -> None:
    sock = socket.socket()
    sock.settimeout(10)
    try:
        sock.connect((HOST, PORT))
    except OSError as error:
        sys.exit(f"No server answers at {HOST}, port {PORT}: {error}")
    try:
        talk(sock)
    except (ConnectionError, TimeoutError) as error:
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
    while line == "":
        line = input(" -> ")
    return line


def is_bye(line: str) -> bool:
    return line.strip().lower() == "bye"


if __name__ == "__main__":
    main()
