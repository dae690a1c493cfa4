"""Given for lesson 04: a server that takes every recv for a line. Do not copy it.

python given_careless_server.py
"""

import socket

HOST = "127.0.0.1"
PORT = 5050


def main():
    listening = socket.create_server((HOST, PORT))
    print(f"The careless server listens on {HOST}, port {PORT}.")
    connection, address = listening.accept()
    number = 0
    while data := connection.recv(1024):
        number = number + 1
        print(f"recv returned {data!r}")
        answer = f"{number} {data.decode().strip().upper()}\n"
        connection.sendall(answer.encode())
    connection.close()
    listening.close()


if __name__ == "__main__":
    main()
