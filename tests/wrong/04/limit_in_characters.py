# graded as: lines.py
# mistake: A12: the limit counts characters, not bytes
# caught by: test_limit
# fails as: returned

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.buffer = b""

    def read_line(self):
        while b"\n" not in self.buffer:
            if len(self.buffer) > self.limit:
                raise ValueError("line too long")
            piece = self.sock.recv(1024)
            if not piece:
                if self.buffer:
                    raise EOFError("unfinished line")
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        text = line.decode()
        if len(text) > self.limit:
            raise ValueError("line too long")
        return text.removesuffix("\r")
