"""Lesson 05: a server that answers each frame with its payload turned round."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def serve(connection):
    """Answer each frame of this client until no further frame comes."""
    # TODO 2: import what you need from frames.py, at the top of this file.
    # TODO 3: take each frame and send back one with its payload turned round.


def main():
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    # TODO 1: serve one client after the other.
    # TODO 4: a bad frame ends the connection to its client, not the server.

    listening.close()
    print("The server is over: the TODOs in frame_server.py say what it shall do.")


if __name__ == "__main__":
    main()
