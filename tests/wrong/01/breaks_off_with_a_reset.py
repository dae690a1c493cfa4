# graded as: echo_server.py
# mistake: C05: SO_LINGER, to have the port back sooner: what is on its way is thrown away
# caught by: test_half_close
# fails as: reset
# hint says: SO_LINGER
"""Lesson 01: a server that sends every byte back to its client."""

import socket
import struct

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address)
    serve(connection)
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()
    listening.close()
    print("The client has left.")


def serve(connection: socket.socket) -> None:
    while True:
        data = connection.recv(1024)
        if data == b"":
            break
        connection.sendall(data)


if __name__ == "__main__":
    main()
