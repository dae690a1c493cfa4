# graded as: lines.py
# mistake: A16: \r\n leaves its \r in the line
# caught by: test_line_ends
# fails as: wrong

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
        if len(line) > self.limit:
            raise ValueError("line too long")
        return line.decode()
