# graded as: lines.py
# mistake: A05: only the two bytes \r\n taken for an end
# caught by: test_one_line
# fails as: still

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.buffer = b""

    def read_line(self):
        while b"\r\n" not in self.buffer:
            piece = self.sock.recv(1024)
            if not piece:
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode()
