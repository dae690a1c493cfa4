"""Lesson 01: a server that sends every byte back to its client."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def main():
    listening = socket.create_server((HOST, PORT))  # socket, bind and listen in one
    print(f"The server listens on {HOST}, port {PORT}.")

    # TODO 1: wait for one client. What you get is a second socket, for this client.
    # TODO 2: take what comes from the client and send it back.
    # TODO 3: do so again and again, until the client has ended.
    # TODO 4: close the client's socket.
    input("Nobody is served yet (see the TODOs). Press Enter to end. ")  # remove this

    listening.close()


if __name__ == "__main__":
    main()
