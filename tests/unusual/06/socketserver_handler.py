# graded as: steady_server.py
# style: socketserver, one client at a time, with the timeout of the handler
"""Lesson 06: a line server that stays, whatever its clients do."""

import socketserver
import sys


class Lines(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self):
        number = 0
        try:
            while line := self.rfile.readline(1001):
                if not line.endswith(b"\n"):
                    if len(line) > 1000:
                        self.wfile.write(b"error: too long\n")
                    return
                number += 1
                text = line.decode().removesuffix("\n").removesuffix("\r")
                self.wfile.write(f"{number} {text.upper()}\n".encode())
        except UnicodeDecodeError as error:
            self.wfile.write(f"error: {error.reason}\n".encode())
        except TimeoutError:
            self.wfile.write(b"bye: idle\n")


class Server(socketserver.TCPServer):
    allow_reuse_address = sys.platform != "win32"

    def handle_error(self, request, client_address):
        print(client_address, sys.exception() if hasattr(sys, "exception") else "error")


if __name__ == "__main__":
    with Server(("127.0.0.1", 5050), Lines) as server:
        server.serve_forever()
