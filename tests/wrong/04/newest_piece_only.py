# graded as: lines.py
# mistake: A05: the newline is searched in the newest piece only
# caught by: test_lines_in_one_segment
# fails as: still

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.buffer = b""

    def read_line(self):
        piece = b""
        while b"\n" not in piece:
            piece = self.sock.recv(1024)
            if not piece:
                if self.buffer:
                    raise EOFError("unfinished line")
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()
