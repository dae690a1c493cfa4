# graded as: echo_server.py
# mistake: C05: at b"" it closes, with bytes in its own buffer
# caught by: test_half_close
# fails as: closed
# hint says: Where in your program were they
"""Lesson 01: a server that sends every byte back to its client."""

import selectors
import socket

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address)
    connection.setblocking(False)
    serve(connection)
    connection.close()
    listening.close()
    print("The client has left.")


def serve(connection: socket.socket) -> None:
    selector = selectors.DefaultSelector()
    selector.register(connection, selectors.EVENT_READ)
    waiting = b""
    while True:
        [(_, events)] = selector.select()
        if events & selectors.EVENT_READ:
            data = connection.recv(1024)
            if data == b"":
                return
            waiting += data
        if events & selectors.EVENT_WRITE:
            waiting = waiting[connection.send(waiting):]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if waiting else 0)
        selector.modify(connection, wanted)


if __name__ == "__main__":
    main()
