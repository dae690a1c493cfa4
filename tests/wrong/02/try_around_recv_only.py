# graded as: socket_server.py
# mistake: C03: a reset is met in recv() but not in send()
# caught by: test_server_notices
# fails as: crashed
"""Lesson 02: a server that chats with one client, one line each in turn."""

import socket

HOST = "localhost"
PORT = 5000


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    connection, address = listening.accept()
    listening.close()  # this server talks with one client: nobody else may queue up
    print("Connection from:", address)
    talk(connection)
    connection.close()


def talk(connection: socket.socket) -> None:
    while True:
        try:
            data = connection.recv(1024)
        except ConnectionResetError:
            data = b""
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
