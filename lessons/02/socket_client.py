"""Lesson 02: a client that chats with a server, one line each in turn."""

import socket

HOST = "localhost"
PORT = 5000


def main():
    sock = socket.socket()

    # TODO 5: connect to the server.
    # TODO 6: ask the person at this keyboard for a line, and send it.
    # TODO 7: wait for the reply, and print it as text.
    # TODO 8: take turns until the line is bye, BYE or "  Bye  ".

    sock.close()
    print("Over: the TODOs in socket_client.py say what to do.")  # remove this


if __name__ == "__main__":
    main()
