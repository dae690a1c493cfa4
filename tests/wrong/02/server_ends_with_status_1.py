# graded as: socket_server.py
# mistake: sys.exit(text) at a good end: exit status 1
# caught by: test_server_ends_with_its_client
# fails as: status
"""Lesson 02: a server that chats with one client, one line each in turn."""

import socket
import sys

HOST = "localhost"
PORT = 5000


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    connection, address = listening.accept()
    listening.close()  # this server talks with one client: nobody else may queue up
    print("Connection from:", address)
    try:
        talk(connection)
    except ConnectionError as error:  # reset, or sent to somebody who has gone
        print("The client has gone:", error)
    connection.close()


def talk(connection: socket.socket) -> None:
    while True:
        data = connection.recv(1024)
        if data == b"":
            sys.exit("The client has gone.")
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
