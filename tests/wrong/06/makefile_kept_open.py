# graded as: steady_server.py
# mistake: C05: the connection is closed, but the file of makefile() still uses it
# caught by: test_half_close
# fails as: still
"""Lesson 06: a line server that stays, whatever its clients do."""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050
IDLE = 30  # seconds


def listen() -> socket.socket:
    listening = socket.socket()
    if sys.platform != "win32":  # there, it would let two servers share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((HOST, PORT))
    listening.listen()
    return listening


def main() -> None:
    listening = listen()
    print(f"The server listens on {HOST}, port {PORT}.")
    while True:
        connection, address = listening.accept()
        print("A client has come from", address)
        connection.settimeout(IDLE)
        lines = connection.makefile("rb")
        number = 0
        try:
            while line := lines.readline(1002):
                if not line.endswith(b"\n"):
                    if len(line) > 1000:
                        connection.sendall(b"error: too long\n")
                    break
                number += 1
                text = line.decode().removesuffix("\n").removesuffix("\r")
                connection.sendall(f"{number} {text.upper()}\n".encode())
        except ValueError as error:
            connection.sendall(f"error: {error}\n".encode())
        except TimeoutError:
            connection.sendall(b"bye: idle\n")
        except OSError as error:
            print("The client broke off:", error)
        connection.close()


if __name__ == "__main__":
    main()
