# graded as: socket_server.py
# mistake: C05: SO_LINGER, to have the port back sooner: what is on its way is thrown away
# caught by: test_server_says_bye
# fails as: reset
# hint says: SO_LINGER
"""Lesson 02: a server that chats with one client, one line each in turn."""

import socket
import struct

HOST = "localhost"
PORT = 5000


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    connection, address = listening.accept()
    listening.close()
    print("Connection from:", address)
    try:
        talk(connection)
    except ConnectionError as error:
        print("The client has gone:", error)
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
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
