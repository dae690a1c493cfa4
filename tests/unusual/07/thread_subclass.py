# graded as: threaded_server.py
# style: a subclass of Thread, a buffer of its own, Ctrl-C caught
"""Lesson 07: a line server with a thread for each client."""

import socket
import sys
import threading
import traceback


class ClientThread(threading.Thread):
    count = 0

    def __init__(self, sock, address):
        ClientThread.count += 1  # in the main thread alone
        super().__init__(name=f"client {ClientThread.count} at {address}", daemon=True)
        self.sock = sock
        self.buffer = bytearray()
        self.number = 0
        sock.settimeout(30)

    def run(self):
        try:
            self.talk()
        except TimeoutError:
            self.sock.sendall(b"bye: idle\n")
        except OSError:
            traceback.print_exc()
        finally:
            print(self.name, "is done")
            self.sock.close()

    def talk(self):
        while data := self.sock.recv(4096):
            self.buffer += data
            while (end := self.buffer.find(b"\n")) >= 0:
                line = bytes(self.buffer[:end])
                del self.buffer[: end + 1]
                if not self.answer(line):
                    return
            if len(self.buffer) > 1000:
                self.sock.sendall(b"error: no newline in 1000 bytes\n")
                return

    def answer(self, line):
        try:
            if len(line) > 1000:
                raise ValueError("more than 1000 bytes")
            text = line.decode("utf-8").removesuffix("\r").upper()
        except ValueError as error:
            self.sock.sendall(f"error: {error}\n".encode())
            return False
        self.number += 1
        self.sock.sendall(f"{self.number} {text}\n".encode())
        return True


def main():
    with socket.create_server(("", 5050), backlog=100) as door:
        print("waiting ...")
        try:
            while True:
                ClientThread(*door.accept()).start()
        except KeyboardInterrupt:
            print("bye", file=sys.stderr)


main()
