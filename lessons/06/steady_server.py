"""Lesson 06: a line server that stays, whatever its clients do."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def serve(connection):
    """Answer the lines of one client until it ends."""
    # TODO 1: number each line and send it back in upper case, as in lesson 04.
    # TODO 2: an unfinished line, and a line that is not allowed.
    # TODO 6: a client that is silent for 30 seconds.


def main():
    listening = socket.socket()
    # TODO 5: something is missing here for a restart at once (macOS and Linux).
    listening.bind((HOST, PORT))
    listening.listen(2)
    print(f"The server listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address)
    serve(connection)
    # TODO 3: this client is done. Who closes what? And who serves the next one?
    # TODO 4: a client that breaks off must not take the server with it.

    listening.close()
    print("The server is over: the TODOs in steady_server.py say what it shall do.")


if __name__ == "__main__":
    main()
