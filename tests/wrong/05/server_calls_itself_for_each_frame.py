# graded as: frame_server.py
# mistake: the function calls itself for the next frame, so it ends after a thousand
# caught by: test_server_in_pieces
# fails as: crashed
# hint says: Which function calls itself
"""Lesson 05: a server that answers each frame with its payload turned round."""

import socket

from frames import recv_frame, send_frame

HOST = "127.0.0.1"
PORT = 5050


def serve(connection: socket.socket) -> None:
    """Answer each frame of this client until no further frame comes."""
    payload = recv_frame(connection)
    if payload is not None:
        send_frame(connection, payload[::-1])
        serve(connection)


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")
    while True:
        connection, address = listening.accept()
        print("A client has come from", address)
        with connection:
            try:
                serve(connection)
                print("The client has left.")
            except (EOFError, ValueError) as error:
                print("The client is cut off:", error)


if __name__ == "__main__":
    main()
