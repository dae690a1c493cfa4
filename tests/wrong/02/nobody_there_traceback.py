# graded as: socket_client.py
# mistake: C11: connecting while nobody listens is a traceback
# caught by: test_nobody_there
# fails as: crashed
"""Lesson 02: a client that chats with a server, one line each in turn."""

import socket

HOST = "localhost"
PORT = 5000


def main() -> None:
    sock = socket.socket()
    sock.connect((HOST, PORT))
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
    return line.strip().lower() == "bye"


if __name__ == "__main__":
    main()
