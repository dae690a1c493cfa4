# graded as: lines.py
# mistake: C01: b"" taken for "nothing yet"
# caught by: test_ends
# fails as: running

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.buffer = b""

    def read_line(self):
        while b"\n" not in self.buffer:
            piece = self.sock.recv(1024)
            if piece:
                self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()
