# graded as: lines.py
# mistake: A16: the end of the line is not taken off
# caught by: test_one_line
# fails as: wrong

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.buffer = b""

    def read_line(self):
        while b"\n" not in self.buffer:
            piece = self.sock.recv(1024)
            if not piece:
                return None
            self.buffer += piece
        end = self.buffer.index(b"\n") + 1
        line, self.buffer = self.buffer[:end], self.buffer[end:]
        return line.decode()
