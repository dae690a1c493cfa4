# graded as: threaded_server.py
# style: _thread.start_new_thread, recv(1), settimeout(1) and a count of seconds
"""Lesson 07: a line server with a thread for each client."""

import _thread
import socket
import sys


def serve(connection):
    connection.settimeout(1.0)
    number, line, silent = 0, b"", 0
    try:
        while True:
            try:
                byte = connection.recv(1)
            except TimeoutError:
                silent += 1
                if silent < 30:
                    continue
                connection.sendall(b"bye: idle\n")
                return
            silent = 0
            if byte == b"":
                return
            line += byte
            if len(line) > 1001 or len(line) == 1001 and byte != b"\n":
                connection.sendall(b"error: too long\n")
                return
            if byte == b"\n":
                number += 1
                text = line.rstrip(b"\r\n").decode()
                send(connection, f"{number} {text.upper()}\n")
                line = b""
    except UnicodeDecodeError:
        connection.sendall(b"error: not UTF-8\n")
    except OSError as error:
        sys.stderr.write(f"{error!r}\n")
    finally:
        connection.close()


def send(connection, text):
    rest = text.encode()
    while rest:
        try:
            rest = rest[connection.send(rest):]
        except TimeoutError:
            pass  # a slow reader; its thread can wait


listening = socket.socket()
if sys.platform != "win32":
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listening.bind(("127.0.0.1", 5050))
listening.listen(100)
while True:
    _thread.start_new_thread(serve, (listening.accept()[0],))
