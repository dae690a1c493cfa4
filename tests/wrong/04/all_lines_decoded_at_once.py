# graded as: lines.py
# mistake: B04: a bad line spoils the good one before it
# caught by: test_not_utf8
# fails as: crashed

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.rest = b""
        self.lines = []

    def read_line(self):
        while not self.lines:
            if len(self.rest) > self.limit:
                raise ValueError("line too long")
            piece = self.sock.recv(1024)
            if not piece:
                if self.rest:
                    raise EOFError("unfinished line")
                return None
            *whole, self.rest = (self.rest + piece).split(b"\n")
            if max(map(len, whole), default=0) > self.limit:
                raise ValueError("line too long")
            self.lines += [line.decode().removesuffix("\r") for line in whole]
        return self.lines.pop(0)
