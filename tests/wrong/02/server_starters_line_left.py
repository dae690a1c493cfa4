# graded as: socket_server.py
# mistake: it ends without a word; the starter's own line is no sentence of hers
# caught by: test_server_notices
# fails as: no_sentence
"""Lesson 02: a server that chats with one client, one line each in turn."""

import socket

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
    print("Over: the TODOs in socket_server.py say what to do.")  # remove this


def talk(connection: socket.socket) -> None:
    while True:
        data = connection.recv(1024)
        if data == b"":
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
