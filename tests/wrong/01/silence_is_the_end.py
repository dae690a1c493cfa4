# graded as: echo_server.py
# mistake: C01: two seconds without a byte are taken for the end
# caught by: test_several_rounds
# fails as: impatient
# hint says: What told your server that nothing more
"""Lesson 01: a server that sends every byte back to its client."""

import socket

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address)
    connection.settimeout(2)
    serve(connection)
    connection.close()
    listening.close()
    print("The client has left.")


def serve(connection: socket.socket) -> None:
    while True:
        try:
            data = connection.recv(1024)
        except TimeoutError:
            break
        if data == b"":
            break
        connection.sendall(data)


if __name__ == "__main__":
    main()
