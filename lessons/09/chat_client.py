"""Lesson 09: a client for the chat room. It listens and types at the same time."""

import socket

from given_lines import LineReader

HOST = "127.0.0.1"
PORT = 5050
LONGEST = 1100  # bytes in a line of the room


def show(line):
    """Show one line of the room to the person at the screen."""
    # TODO 2: who says what? Who has come, who has left?


def main():
    sock = socket.create_connection((HOST, PORT))
    reader = LineReader(sock, LONGEST)
    print("The room is there:", sock.getpeername())
    print("Its lines will come through", type(reader).__name__)

    # TODO 1: ask for a name, say hello with it, and wait for welcome.
    # TODO 3: two things at the same time: lines come, and lines are typed.
    # TODO 8: /to, /who and /quit.
    # TODO 9: nobody there, or the room is gone, before welcome or after it: say it in a
    # sentence. How does the thread that types get to know that the room is gone?

    sock.close()
    print("The end: the TODOs in chat_client.py say what to do.")  # remove this


if __name__ == "__main__":
    main()
