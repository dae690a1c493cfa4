# graded as: threaded_server.py
# style: a broken connection ends its thread with a traceback; makefile for both ways
"""Lesson 07: a line server with a thread for each client."""

import socket
import threading


def serve(connection):
    connection.settimeout(30)
    with connection, connection.makefile("rb") as lines:
        number = 0
        try:
            while (line := lines.readline(1001)).endswith(b"\n"):
                number += 1
                text = str(line[:-1].removesuffix(b"\r"), "utf-8").upper()
                connection.sendall(bytes(f"{number} {text}\n", "utf-8"))
        except TimeoutError:
            connection.sendall(b"bye: idle\n")
        except UnicodeDecodeError:
            connection.sendall(b"error: not UTF-8\n")
        else:
            if len(line) > 1000:
                connection.sendall(b"error: more than 1000 bytes\n")


def main():
    listening = socket.create_server(("127.0.0.1", 5050))
    threads = []
    while True:
        connection, _ = listening.accept()
        threads = [t for t in threads if t.is_alive()]
        threads.append(threading.Thread(None, serve, None, (connection,), daemon=True))
        threads[-1].start()


if __name__ == "__main__":
    main()
