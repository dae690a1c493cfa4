# graded as: socket_server.py
# mistake: C08: a new connection is expected for every turn
# caught by: test_server_asks_and_answers
# fails as: still
"""Lesson 02: a server that chats with one client, one line each in turn."""

import socket

HOST = "localhost"
PORT = 5000


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    talk(listening)
    listening.close()


def talk(listening: socket.socket) -> None:
    while True:
        connection, address = listening.accept()
        print("Connection from:", address)
        data = connection.recv(1024)
        if data == b"":
            print("The client has ended the chat.")
            return
        print("Received from client:", data.decode())
        line = ask()
        if is_bye(line):
            return
        connection.sendall(line.encode())


def ask() -> str:
    line = ""
    while line == "":  # b"" would not travel, and then both sides would wait
        line = input(" -> ")
    return line


def is_bye(line: str) -> bool:
    return line.strip().lower() == "bye"


if __name__ == "__main__":
    main()
