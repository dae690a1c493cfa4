# graded as: frame_server.py
# mistake: F07: a timeout of five seconds ends a client that pauses in the middle of a frame
# caught by: test_server_in_pieces
# fails as: pause
"""Lesson 05: a server that answers each frame with its payload turned round."""

import socket

from frames import recv_frame, send_frame

HOST = "127.0.0.1"
PORT = 5050


def serve(connection: socket.socket) -> None:
    """Answer each frame of this client until no further frame comes."""
    while (payload := recv_frame(connection)) is not None:  # b"" is a payload too
        send_frame(connection, payload[::-1])


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")
    while True:
        connection, address = listening.accept()
        print("A client has come from", address)
        connection.settimeout(5)
        with connection:
            try:
                serve(connection)
                print("The client has left.")
            except (EOFError, ValueError, TimeoutError) as error:
                print("The client is cut off:", error)


if __name__ == "__main__":
    main()
