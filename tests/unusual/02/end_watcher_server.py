# graded as: socket_server.py
# style: a thread receives into a queue; it ends the program with os._exit when the client has gone
"""A chat server that ends at once when the client has gone, also while somebody types."""

import os
import queue
import socket
import sys
import threading


def receive(connection: socket.socket, inbox: queue.Queue) -> None:
    try:
        while data := connection.recv(1024):
            inbox.put(data)
    except ConnectionError as error:
        print("\nTrouble:", error)
    print("\nThe client has gone.")
    sys.stdout.flush()
    os._exit(0)  # the main thread may stand in input()


def main() -> None:
    listening = socket.create_server(("localhost", 5000))
    connection, address = listening.accept()
    print("Connection from:", address)
    inbox: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=receive, args=(connection, inbox), daemon=True).start()
    while True:
        print("Client:", inbox.get().decode())
        line = ""
        while line == "":
            line = input(" -> ")
        if line.strip().lower() == "bye":
            break
        try:
            connection.sendall(line.encode())
        except ConnectionError:
            inbox.get()  # the other thread says it, and ends the program
    connection.close()
    listening.close()


if __name__ == "__main__":
    main()
