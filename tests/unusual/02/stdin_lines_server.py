# graded as: socket_server.py
# style: for line in sys.stdin; listens on ""; the listening socket is closed early
"""A chat server whose main loop goes over the typed lines."""

import socket
import sys


def prompt() -> None:
    print(" -> ", end="", flush=True)


def hear(connection: socket.socket) -> bool:
    try:
        data = connection.recv(1024)
    except ConnectionError:
        data = b""
    if not data:
        print("The client is not there any more.")
        return False
    print("Client:", data.decode())
    prompt()
    return True


def main() -> None:
    with socket.create_server(("", 5000)) as listener:
        connection, address = listener.accept()
    print("Connection from: ", *address)
    with connection:
        if not hear(connection):
            return
        for line in sys.stdin:
            line = line.rstrip("\r\n")
            if line == "":
                prompt()
                continue
            if line.lower().strip() == "bye":
                break
            try:
                connection.sendall(line.encode())
            except ConnectionError:
                print("Nobody there to read this.")
                break
            if not hear(connection):
                break


main()
