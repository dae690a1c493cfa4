# graded as: steady_server.py
# style: settimeout(1) and a count of the seconds, a class, logging
"""Lesson 06: a line server that stays, whatever its clients do."""

import logging
import socket
import sys
import time

logging.basicConfig(level=logging.INFO)


class Visit:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = bytearray()
        self.number = 0

    def run(self) -> None:
        self.connection.settimeout(1)
        last = time.monotonic()
        while True:
            try:
                data = self.connection.recv(1024)
            except TimeoutError:
                if time.monotonic() - last >= 30:
                    self.connection.sendall(b"bye: idle\n")
                    return
                continue
            if not data:
                return
            last = time.monotonic()
            self.buffer += data
            if not self.answer_all():
                self.connection.sendall(b"error: bad line\n")
                return

    def answer_all(self) -> bool:
        while (at := self.buffer.find(b"\n")) >= 0:
            line, self.buffer = self.buffer[:at], self.buffer[at + 1 :]
            try:
                text = line.removesuffix(b"\r").decode()
            except UnicodeDecodeError:
                return False
            if len(line) > 1000:
                return False
            self.number += 1
            self.connection.sendall(f"{self.number} {text.upper()}\n".encode())
        return len(self.buffer) <= 1000


def main() -> None:
    door = socket.socket()
    if sys.platform != "win32":
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", 5050))
    door.listen()
    while True:
        connection, address = door.accept()
        try:
            Visit(connection).run()
        except ConnectionError:
            logging.exception("%s is gone", address)
        connection.close()


if __name__ == "__main__":
    main()
