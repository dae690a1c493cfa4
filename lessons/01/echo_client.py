"""Lesson 01: a client that sends typed lines and prints what comes back."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def main():
    sock = socket.socket()

    # TODO 5: connect to the server at HOST and PORT.
    # TODO 6: ask for a line. An empty line, or the end of the input, is the end.
    # TODO 7: send the line, with a newline, as bytes.
    # TODO 8: take what comes back, and print it as text.
    # TODO 9: do so for every line.
    # TODO 10: a line may come back in pieces: wait until all of it is there.
    # TODO 11: no server, or it leaves before the line is back: a sentence on stderr.

    sock.close()
    print("Over: the TODOs in echo_client.py say what to do.")  # remove this


if __name__ == "__main__":
    main()
