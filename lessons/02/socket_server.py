"""Lesson 02: a server that chats with one client, one line each in turn."""

import socket

HOST = "localhost"
PORT = 5000


def main():
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    # TODO 1: wait for one client. Print "Connection from: " and its address.
    # TODO 2: wait for a message, and print it as text.
    # TODO 3: ask the person at this keyboard for a line, and send it.
    # TODO 4: take turns until the client has ended. Then this server ends too.

    listening.close()
    print("Over: the TODOs in socket_server.py say what to do.")  # remove this


if __name__ == "__main__":
    main()
