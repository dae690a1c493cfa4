# graded as: socket_client.py
# mistake: C08: the client connects anew for every line
# caught by: test_client_waits_for_the_reply
# fails as: still
"""Lesson 02: a client that chats with a server, one line each in turn."""

import socket

HOST = "localhost"
PORT = 5000


def main() -> None:
    while True:
        line = ask()
        if is_bye(line):
            return
        sock = socket.create_connection((HOST, PORT))
        sock.sendall(line.encode())
        data = sock.recv(1024)
        if data == b"":
            print("The server has ended the chat.")
            return
        print("Received from server:", data.decode())
        sock.close()


def ask() -> str:
    line = ""
    while line == "":  # b"" would not travel, and then both sides would wait
        line = input(" -> ")
    return line


def is_bye(line: str) -> bool:
    return line.strip().lower() == "bye"


if __name__ == "__main__":
    main()
