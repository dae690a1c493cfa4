# graded as: echo_server.py
# mistake: F03: words that the contract does not know end the server, too
# caught by: test_several_rounds
# fails as: word
"""Lesson 01: a server that sends every byte back to its client."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    listening = socket.create_server((HOST, PORT))  # socket, bind and listen in one
    print(f"The server listens on {HOST}, port {PORT}.")

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
        if data.strip() in (b"quit", b"exit", b"bye"):
            break
        connection.sendall(data)  # bytes in, bytes out: nothing to decode


if __name__ == "__main__":
    main()
