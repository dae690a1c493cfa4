# graded as: lines.py
# mistake: A04: one buffer for all readers
# caught by: test_ends
# fails as: wrong

class LineReader:
    buffer = bytearray()

    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit

    def read_line(self):
        while b"\n" not in self.buffer:
            piece = self.sock.recv(1024)
            if not piece:
                if self.buffer:
                    raise EOFError("unfinished line")
                return None
            self.buffer += piece
        end = self.buffer.index(b"\n")
        line = self.buffer[:end]
        del self.buffer[: end + 1]
        return line.decode()
