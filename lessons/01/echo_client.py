"""Lesson 01: a client that sends typed lines and prints what comes back."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def main():
    sock = socket.socket()

    # TODO 5: connect to the server at HOST and PORT.
    # TODO 6: ask for a line. An empty line, or the end of the input, is the end.
    # TODO 7: send the line, with a newline, as bytes.
    # TODO 8: wait until the whole line is back, and print it as text.
    # TODO 9: do so for every line.
    # TODO 10: a sentence instead of a traceback when no server is there.

    sock.close()
    print("The client is over: the TODOs in echo_client.py say what it shall do.")


if __name__ == "__main__":
    main()
