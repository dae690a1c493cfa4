# graded as: lines.py
# style: MSG_PEEK looks for the newline before anything is taken
import socket


class LineReader:
    """Looks first (MSG_PEEK), takes only what belongs to the line."""

    def __init__(self, sock, limit=1000):
        self.sock, self.limit = sock, limit
        self.line = bytearray()

    def read_line(self):
        while True:
            seen = self.sock.recv(256, socket.MSG_PEEK)
            if not seen:
                if self.line:
                    raise EOFError
                return None
            end = seen.find(b"\n")
            size = len(seen) if end < 0 else end + 1
            self.line += self.sock.recv(size)
            whole = end >= 0
            if len(self.line) - whole > self.limit:
                raise ValueError(f"more than {self.limit} bytes")
            if whole:
                line = bytes(self.line[:-1])
                self.line.clear()
                if line[-1:] == b"\r":
                    line = line[:-1]
                return str(line, encoding="utf-8", errors="strict")
