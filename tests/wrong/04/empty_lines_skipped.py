# graded as: lines.py
# mistake: A03: an empty line taken for nothing
# caught by: test_lines_in_one_segment
# fails as: wrong

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.buffer = b""

    def read_line(self):
        while True:
            while b"\n" not in self.buffer:
                piece = self.sock.recv(1024)
                if not piece:
                    if self.buffer:
                        raise EOFError("unfinished line")
                    return None
                self.buffer += piece
            line, self.buffer = self.buffer.split(b"\n", 1)
            if line:
                return line.decode()
