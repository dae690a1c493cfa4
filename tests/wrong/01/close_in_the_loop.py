# graded as: echo_server.py
# mistake: close() stands inside the loop
# caught by: test_several_rounds
# fails as: crashed
"""Lesson 01: a server that sends every byte back to its client.

python echo_server.py [HOST] [PORT]
"""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    host = sys.argv[1] if len(sys.argv) > 1 else HOST
    port = int(sys.argv[2]) if len(sys.argv) > 2 else PORT
    listening = socket.create_server((host, port))  # socket, bind and listen in one
    print(f"The server listens on {host}, port {port}.")

    connection, address = listening.accept()  # a second socket, for this client
    print("A client has come from", address)
    serve(connection)
    connection.close()
    listening.close()
    print("The client has left.")


def serve(connection: socket.socket) -> None:
    while True:
        data = connection.recv(1024)  # at most 1024 bytes; often fewer
        if data == b"":  # not "nothing yet" but "nothing any more"
            break
        connection.sendall(data)
        connection.close()


if __name__ == "__main__":
    main()
