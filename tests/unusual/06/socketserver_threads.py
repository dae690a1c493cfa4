# graded as: steady_server.py
# style: a ThreadingTCPServer on given_lines: several clients at once; tracebacks are printed
"""Lesson 06: a line server that stays, whatever its clients do."""

import socketserver
import sys

from given_lines import LineReader


class Lines(socketserver.BaseRequestHandler):
    def setup(self):
        self.request.settimeout(30)
        self.reader = LineReader(self.request)

    def handle(self):
        try:
            for number, line in enumerate(iter(self.reader.read_line, None), start=1):
                self.request.sendall(f"{number} {line.upper()}\n".encode())
        except EOFError:
            return
        except ValueError as error:
            self.request.sendall(b"error: %s\n" % str(error).encode())
        except TimeoutError:
            self.request.sendall(b"bye: idle\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True


Server(("", 5050), Lines).serve_forever()
