"""Lesson 04: a server that numbers lines and sends them back in upper case."""

import socket

from lines import LineReader  # your class, in the file beside this one

HOST = "127.0.0.1"
PORT = 5050


def main():
    listening = socket.create_server((HOST, PORT))
    print(f"The line server listens on {HOST}, port {PORT}.")

    # TODO 1: wait for a client. Serve it. Then the next one, and so on.

    listening.close()
    print("The server is over: the TODOs in line_server.py say what it shall do.")


def serve(connection):
    """Answer every line of this client, until it has ended."""
    reader = LineReader(connection)
    print("The first line is", reader.read_line())
    # TODO 2: count each line and answer it, until the client ends.
    # TODO 3: an unfinished last line gets no answer.
    # TODO 4: a bad line gets "error: " and a reason. Then close the connection.


if __name__ == "__main__":
    main()
