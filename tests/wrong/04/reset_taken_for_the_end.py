# graded as: lines.py
# mistake: E13: a reset is swallowed
# caught by: test_ends
# fails as: reset
# hint says: recv() raised an error

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.buffer = b""

    def read_line(self):
        while b"\n" not in self.buffer:
            if len(self.buffer) > self.limit:
                raise ValueError("line too long")
            try:
                piece = self.sock.recv(1024)
            except OSError:
                return None
            if not piece:
                if self.buffer:
                    raise EOFError("unfinished line")
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        if len(line) > self.limit:
            raise ValueError("line too long")
        return line.removesuffix(b"\r").decode()
