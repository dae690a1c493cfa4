# graded as: lines.py
# mistake: A05: the newline is expected at the end of a piece
# caught by: test_lines_in_one_segment
# fails as: wrong

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.buffer = b""

    def read_line(self):
        while not self.buffer.endswith(b"\n"):
            piece = self.sock.recv(1024)
            if not piece:
                if self.buffer:
                    raise EOFError("unfinished line")
                return None
            self.buffer += piece
        line, self.buffer = self.buffer, b""
        return line[:-1].decode()
