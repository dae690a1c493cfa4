# graded as: socket_client.py
# style: a thread receives, an Event gives the turn; the thread ends the program with os._exit
"""A chat client that ends at once when the server has gone, also while somebody types."""

import os
import socket
import sys
import threading

my_turn = threading.Event()


def receive(sock: socket.socket) -> None:
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            data = b""
        if not data:
            print("\nThe server has gone.", flush=True)
            os._exit(0)  # the main thread may stand in input()
        print("Server:", data.decode())
        my_turn.set()


def main() -> None:
    sock = socket.socket()
    if sock.connect_ex(("localhost", 5000)) != 0:
        print("There is no server.", file=sys.stderr)
        sys.exit(1)
    my_turn.set()
    threading.Thread(target=receive, args=(sock,), daemon=True).start()
    while True:
        my_turn.wait()
        line = input(" -> ")
        if line.strip().lower() == "bye":
            break
        if line:
            my_turn.clear()
            try:
                sock.sendall(line.encode())
            except ConnectionError:
                my_turn.wait()  # the other thread says it, and ends the program
    sock.shutdown(socket.SHUT_RDWR)
    sock.close()


if __name__ == "__main__":
    main()
