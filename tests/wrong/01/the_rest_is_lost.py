# graded as: echo_server.py
# mistake: E16: the thread that sends is a daemon; the program ends without it
# caught by: test_half_close
# fails as: closed
"""Lesson 01: a server that sends every byte back to its client."""

import queue
import socket
import threading

HOST = "127.0.0.1"
PORT = 5050


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The server listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address)
    serve(connection)
    connection.close()
    listening.close()
    print("The client has left.")


def serve(connection: socket.socket) -> None:
    pieces = queue.Queue()
    threading.Thread(target=send, args=(connection, pieces), daemon=True).start()
    while True:
        data = connection.recv(1024)
        if data == b"":
            break
        pieces.put(data)


def send(connection: socket.socket, pieces: queue.Queue) -> None:
    while True:
        connection.sendall(pieces.get())


if __name__ == "__main__":
    main()
