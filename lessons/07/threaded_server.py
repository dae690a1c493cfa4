"""Lesson 07: a line server with a thread for each client."""

import socket
import threading

HOST = "127.0.0.1"
PORT = 5050


def serve(connection):
    """Do all that one client needs, from its first line to its end."""
    print("A client is served in the thread", threading.current_thread().name)
    # TODO 1: answer its lines, as your server of lesson 04 or 06 does it.
    # TODO 4: the client is done. Who closes its connection?
    # TODO 5: a client may break off. Who writes that to stderr?


def main():
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address)
    serve(connection)
    # TODO 2: the next client should not have to wait for this one's end.
    # TODO 3: and the next one after that?
    # TODO 6: Ctrl-C, while threads are waiting for their clients.

    connection.close()
    listening.close()
    print("The server ends: the TODOs in threaded_server.py say what it shall do.")


if __name__ == "__main__":
    main()
