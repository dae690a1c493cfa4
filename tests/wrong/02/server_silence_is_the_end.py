# graded as: socket_server.py
# mistake: C01: half a minute without a message is taken for the end
# caught by: test_server_ends_with_its_client
# fails as: impatient
"""Lesson 02: a server that chats with one client, one line each in turn."""

import socket

HOST = "localhost"
PORT = 5000


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    connection, address = listening.accept()
    listening.close()
    print("Connection from:", address)
    connection.settimeout(30)
    try:
        talk(connection)
    except OSError as error:
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
    while line == "":
        line = input(" -> ")
    return line


def is_bye(line: str) -> bool:
    return line.strip().lower() == "bye"


if __name__ == "__main__":
    main()
