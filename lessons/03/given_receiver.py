"""Given for lesson 03: wait for one sender and show what recv returns.

python given_receiver.py        show every recv(1024), until the sender ends
python given_receiver.py 3000   call recv_exactly(sock, 3000) of your stream.py
"""

import socket
import sys

from stream import recv_exactly

HOST = "127.0.0.1"
PORT = 5050


def main():
    listening = socket.create_server((HOST, PORT))
    print(f"The receiver listens on {HOST}, port {PORT}.")
    connection, address = listening.accept()
    if len(sys.argv) > 1:
        n = int(sys.argv[1])
        data = recv_exactly(connection, n)
        print(f"recv_exactly(sock, {n}) returned {len(data)} bytes.")
    else:
        show_every_recv(connection)
    connection.close()
    listening.close()


def show_every_recv(connection):
    data = b"?"
    while data:
        data = connection.recv(1024)
        print(f"recv(1024) returned {len(data)} bytes.")


if __name__ == "__main__":
    main()
