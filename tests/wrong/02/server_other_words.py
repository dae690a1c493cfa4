# graded as: socket_server.py
# mistake: other words than those of the contract say who has connected
# caught by: test_server_prints_what_comes
# fails as: who
"""Lesson 02: a server that chats with one client, one line each in turn."""

import socket

HOST = "localhost"
PORT = 5000


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    connection, address = listening.accept()
    listening.close()
    print("Connected by", address)
    try:
        talk(connection)
    except ConnectionError as error:  # reset, or sent to somebody who has gone
        print("The client has gone:", error)
    connection.close()


def talk(connection: socket.socket) -> None:
    while True:
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
